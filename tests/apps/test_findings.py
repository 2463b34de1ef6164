"""Findings as files."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wsss.apps.findings import Measure, csv_name, exceeded, limits_in, read_findings, write_findings
from wsss.draw.findings import Finding, FindingsPage, Part
from wsss.draw.tables import Table
from wsss.errors import ConfigError, StoreError

TABLE = Table(title="Context by class", columns=("class", "left"), rows=(("boat", 0.75),))
PAGE = FindingsPage(
    title="Debug of a run",
    command="wsss debug run",
    created=datetime(2026, 1, 2, tzinfo=UTC),
    classes=("boat",),
    findings=(
        Finding(kind="slices", severity=0.1, sentence="mild"),
        Finding(kind="context", severity=0.9, sentence="bad", subject="boat", numbers={"left": 0.75}, images=("b",)),
    ),
    parts=(Part(kind="context", title="Context", sentence="Looked at.", tables=(TABLE,)),),
    notes=("a note",),
)
MEASURES = {"context": Measure(value=0.75, words="the most that is left")}


def test_all_files_are_written_and_read(tmp_path: Path) -> None:
    html = write_findings(tmp_path / "out", PAGE, name="debug", head={"split": "val"}, measures=MEASURES)
    assert html.read_text().startswith("<!doctype html>")
    assert (tmp_path / "out/context_by_class.csv").read_text() == "class,left\nboat,0.75\n"
    read = read_findings(tmp_path / "out/debug.json")
    assert [(each.kind, each.level, each.numbers) for each in read.findings] == [
        ("context", "serious", {"left": 0.75}),
        ("slices", "minor", {}),
    ]
    assert read.measures == {"context": 0.75}
    assert read.head == {"split": "val"}
    assert read.tables[0].file == "context_by_class.csv"


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "debug.json").write_text(json.dumps({"format": 1}))
    with pytest.raises(StoreError, match=r"debug\.json cannot be read"):
        read_findings(tmp_path / "debug.json")


def test_a_table_has_a_plain_file_name() -> None:
    assert csv_name("slices", TABLE) == "slices_context_by_class.csv"
    assert csv_name("x", Table(title="../a/b: c", columns=("d",), rows=())) == "x_a_b_c.csv"


def test_limits() -> None:
    limits = limits_in(["context=0.5"], known=("context", "tags"))
    assert limits == {"context": 0.5}
    assert exceeded(limits, MEASURES) == ["context: the most that is left 0.75, over 0.5"]
    assert exceeded({"context": 0.75}, MEASURES) == []


def test_wrong_limits_are_named_together() -> None:
    with pytest.raises(ConfigError) as raised:
        limits_in(["context", "boats=1"], known=("context", "tags"))
    assert [problem.partition(":")[0] for problem in raised.value.problems] == [
        "--fail-over context",
        "--fail-over boats=1",
    ]
    for text in ("tags=-1", "context=-0.1", "tags=nan"):
        with pytest.raises(ConfigError, match=f"--fail-over {text}: every number is 0 or more"):
            limits_in([text], known=("context", "tags"))
    with pytest.raises(ConfigError, match="tags"):
        exceeded({"tags": 1}, MEASURES)
