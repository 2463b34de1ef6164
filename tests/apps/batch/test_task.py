"""Many images: all that can be read, once, and again where a file changed."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from wsss.apps.batch.inputs import Inputs, find_inputs
from wsss.apps.batch.output import Output, Row
from wsss.apps.batch.task import Example, Task, work_off

IMAGES = ["a 1.png", "a,2.png", "b/a 1.png", "it's.png", "ü.png"]


@dataclass(frozen=True, kw_only=True)
class Brightness(Task[float]):
    """The mean of every image, in a file; `seen` holds the paths in the order in which they were looked at."""

    title: ClassVar[str] = "brightness"
    unit: ClassVar[str] = "halves"

    seen: list[str] = field(default_factory=list)
    stop_at: int = 100

    @property
    def steps(self) -> int:
        return 2

    def look(self, example: Example, *, advance: Callable[[], object]) -> float:
        if len(self.seen) == self.stop_at:
            raise KeyboardInterrupt
        self.seen.append(example.path)
        advance()
        advance()
        return float(example.image.mean() if example.mask is None else example.image[example.mask == 1].mean())

    def write(self, example: Example, result: float, *, output: Output) -> Row:
        path = output.file("text", name=example.name, suffix=".txt")
        path.write_text(f"{result}", encoding="utf-8")
        return {"text": output.relative(path), "mean": result}

    def summary(self, rows: Sequence[Row], *, output: Output) -> dict[str, Any]:
        return {"brightest": max((row["mean"] for row in rows), default=None)}


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """Five images and two that are none."""
    folder = tmp_path / "photos"
    (folder / "b").mkdir(parents=True)
    for place, name in enumerate(IMAGES):
        Image.fromarray(np.full((2, 4, 3), place, dtype=np.uint8)).save(folder / name)
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("no image")
    return find_inputs([folder])


def call(inputs: Inputs, task: Brightness | None = None, **options: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the table, and which images were looked at."""
    task = task or Brightness()
    output = Output(folder=inputs.root.parent / "out", name="means", parts={"text": "texts"})
    return work_off(task, inputs, output=output, head={"root": str(inputs.root)}, **options), task.seen


def test_all_that_can_be_read_is_done_and_the_rest_is_named(inputs: Inputs, capsys: pytest.CaptureFixture[str]):
    table, seen = call(inputs)
    assert seen == IMAGES
    assert [row["image"] for row in table["images"]] == IMAGES
    assert [row["mean"] for row in table["images"]] == [0, 1, 2, 3, 4]
    assert (table["root"], table["brightest"]) == (str(inputs.root), 4)
    assert list(table["failed"]) == ["empty.jpg", "text.jpg"]
    assert "empty.jpg is empty (0 bytes)" in table["failed"]["empty.jpg"]
    assert (inputs.root.parent / "out/texts/b/a 1.txt").read_text() == "2.0"
    printed = capsys.readouterr().out
    assert "14/14" in printed
    assert "2 left out" in printed


def test_a_row_keeps_size_and_hash_of_what_it_was_made_of(inputs: Inputs):
    mask = inputs.root.parent / "mask.png"
    Image.fromarray(np.ones((2, 4), dtype=np.uint8)).save(mask)
    table, _ = call(replace(inputs, masks={"a,2.png": mask}))
    content = (inputs.root / "a,2.png").read_bytes()
    digest = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    assert table["images"][1]["files"]["image"] == digest
    assert table["images"][1]["files"]["mask"]["bytes"] == mask.stat().st_size
    assert list(table["images"][0]["files"]) == ["image"]


def test_everything_is_done_again_unless_it_is_to_be_resumed(inputs: Inputs):
    first, _ = call(inputs)
    assert call(inputs) == (first, IMAGES)
    assert call(inputs, resume=True) == (first, [])
    (inputs.root.parent / "out/texts/b/a 1.txt").unlink()
    assert call(inputs, resume=True) == (first, ["b/a 1.png"])


def test_nothing_at_all_is_an_empty_table(inputs: Inputs):
    assert call(replace(inputs, names={}), resume=True) == (
        {"root": str(inputs.root), "images": [], "brightest": None, "failed": {}},
        [],
    )


def test_an_image_that_was_replaced_is_done_again_whatever_its_date(inputs: Inputs):
    """`cp -p` brings an older date along, and a date can be set: the content decides."""
    call(inputs)
    old = inputs.root.parent / "old.png"
    Image.fromarray(np.full((2, 4, 3), 9, dtype=np.uint8)).save(old)
    os.utime(old, (1e9, 1e9))
    shutil.copy2(old, inputs.root / "it's.png")
    os.utime(inputs.root / "ü.png", (2e9, 2e9))
    table, seen = call(inputs, resume=True)
    assert seen == ["it's.png"]
    assert table["images"][3]["mean"] == 9


def test_an_image_whose_mask_changed_is_done_again(inputs: Inputs):
    call(inputs)
    mask = inputs.root.parent / "mask.png"
    masked = replace(inputs, masks={"a,2.png": mask})
    for shown in (1, 2):
        Image.fromarray(np.array([[1] * 4, [shown] * 4], dtype=np.uint8)).save(mask)
        assert call(masked, resume=True)[1] == ["a,2.png"]
        assert call(masked, resume=True)[1] == []
    assert call(inputs, resume=True)[1] == ["a,2.png"]


def test_an_image_that_broke_since_is_named_and_has_no_row(inputs: Inputs):
    call(inputs)
    (inputs.root / "it's.png").write_text("no image")
    table, seen = call(inputs, resume=True)
    assert seen == []
    assert "it's.png" not in [row["image"] for row in table["images"]]
    assert "it's.png" in table["failed"]


def test_an_interrupted_call_goes_on_where_it_stopped(inputs: Inputs):
    with pytest.raises(KeyboardInterrupt):
        call(inputs, Brightness(stop_at=2))
    table, seen = call(inputs, resume=True)
    assert len(table["images"]) == 5
    assert len(seen) == 5 - 1  # the second was not written yet
