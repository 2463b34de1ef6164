"""A page of findings."""

from datetime import UTC, datetime

import numpy as np
import pytest
from page_reader import Reader

from wsss.draw.findings import Finding, FindingsPage, Mosaic, Part, render_findings, worst_first
from wsss.draw.panels import HeatPanel, ImagePanel
from wsss.draw.sheet import Sheet, SheetRow
from wsss.draw.tables import Table

PICTURE = np.full((8, 12, 3), 90, dtype=np.uint8)
SHEET = Sheet(
    title="boats",
    rows=(
        SheetRow(
            id="<i>boat</i>",
            image=PICTURE,
            classes=("boat",),
            panels=(ImagePanel(title="image"), HeatPanel(title="map", scores=np.eye(4, dtype=np.float32))),
        ),
    ),
)
TABLE = Table(title="Context", columns=("class", "left"), rows=(("boat", 0.75), ("cat", None)))
MILD = Finding(kind="slices", severity=0.2, sentence="Dark images are worse.")
BAD = Finding(
    kind="context",
    severity=0.9,
    sentence="75 % of boat <remains>.",
    remedy="Add boats on land.",
    subject="boat",
    numbers={"left": 0.75},
    images=("b1",),
    sheets=(SHEET,),
    mosaics=(Mosaic(title="water", pictures=(PICTURE, PICTURE)),),
    table=TABLE,
)
PARTS = (
    Part(kind="context", title="Context", sentence="Two classes were looked at.", tables=(TABLE,), sheets=(SHEET,)),
    Part(kind="slices", title="Slices", sentence="Looked at.", mosaics=(Mosaic(title="dark", pictures=(PICTURE,)),)),
)


def page(*findings: Finding, notes: tuple[str, ...] = ()) -> FindingsPage:
    return FindingsPage(
        title="Debug of <run>",
        command="wsss debug 'a run'",
        created=datetime(2026, 1, 2, tzinfo=UTC),
        classes=("boat", "cat"),
        findings=findings,
        parts=PARTS,
        notes=notes,
    )


def test_the_worst_comes_first_and_equal_ones_in_one_order() -> None:
    twin = Finding(kind="audit", severity=0.2, sentence="b")
    assert worst_first([MILD, twin, BAD]) == worst_first([BAD, MILD, twin]) == (BAD, twin, MILD)


def test_the_page_is_one_file_that_says_everything() -> None:
    html = render_findings(page(MILD, BAD, notes=("One image was left out.",)))
    assert "://" not in html
    assert "<script" not in html
    text = Reader(html).text
    assert text.index("75 % of boat <remains>.") < text.index("Dark images are worse.")
    for words in ("2 findings, 1 serious and 1 minor", "Add boats on land.", "One image was left out.", "<i>boat</i>"):
        assert words in text
    assert "0.75" in text
    assert html.count('alt="water,') == 2


def test_places_are_named_once() -> None:
    reader = Reader(render_findings(page(MILD, BAD)))
    assert len(set(reader.ids)) == len(reader.ids)
    assert {"finding-1", "finding-2", "context", "slices", "finding-1-1-1"} <= set(reader.ids)


def test_a_page_without_findings_says_so() -> None:
    assert (
        "Nothing stands out in Context and Slices. What was looked at is below." in Reader(render_findings(page())).text
    )


def test_no_table_is_mentioned_where_a_part_has_none() -> None:
    assert "rows" not in Reader(render_findings(page())).text.split("Slices")[-1]


@pytest.mark.parametrize(
    ("severity", "level"), [(1.0, "serious"), (0.667, "serious"), (0.5, "notable"), (0.0, "minor")]
)
def test_a_severity_has_a_word(severity: float, level: str) -> None:
    assert Finding(kind="x", severity=severity, sentence="y").level == level


def test_a_severity_is_a_share() -> None:
    with pytest.raises(AssertionError, match="severity"):
        Finding(kind="x", severity=1.5, sentence="y")
