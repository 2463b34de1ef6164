"""All parts on one page."""

from pathlib import Path

import pytest
from debugged import Looked
from PIL import Image

from wsss.apps.debug.investigation import USUAL, Request, debug, head
from wsss.draw.findings import render_findings
from wsss.errors import DataError


def test_every_part_is_on_the_page_and_the_worst_finding_first(marked: Looked):
    found = debug(marked.subject, Request(images=5, count=3), title="t", command="wsss debug t")
    assert [part.kind for part in found.page.parts] == list(USUAL)
    assert found.page.worst[0].subject == "red"
    assert found.measures["context"].value > 0.5
    assert "With red erased" in render_findings(found.page)
    assert "96 of 96 images have a true mask" in found.page.notes[0]


def test_what_is_asked_for_alone(plain: Looked, tmp_path: Path):
    Image.new("RGB", (64, 64), (110, 110, 110)).save(tmp_path / "a.png")
    request = Request(parts=("confusions",), split="train", negatives=tmp_path)
    found = debug(plain.subject, request, title="t", command="c")
    assert [part.kind for part in found.page.parts] == ["confusions", "negatives"]
    assert "On train" in found.page.parts[0].sentence


def test_a_split_that_is_not_there_is_refused_before_anything(plain: Looked):
    with pytest.raises(DataError, match="no split 'test'"):
        debug(plain.subject, Request(split="test"), title="t", command="c")


def test_negatives_that_are_not_there_are_refused_before_anything(
    plain: Looked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("wsss.apps.debug.investigation.survey", lambda *_, **__: pytest.fail("looked first"))
    with pytest.raises(DataError, match="holds no image"):
        debug(plain.subject, Request(negatives=tmp_path), title="t", command="c")


def test_the_same_call_finds_the_same(marked: Looked):
    request = Request(parts=("context", "slices"), images=5)
    one, other = (debug(marked.subject, request, title="t", command="c") for _ in range(2))
    assert [f.sentence for f in one.page.worst] == [f.sentence for f in other.page.worst]


def test_the_head_says_what_was_looked_at(plain: Looked, tmp_path: Path):
    said = head(plain.subject, Request(images=7), run=tmp_path)
    assert (said["images"], said["side"], said["run"]) == (7, 64, str(tmp_path.resolve()))
