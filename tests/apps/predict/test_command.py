"""Many images: all that can be read, once."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from toy_runs import Run

from wsss.apps.predict import Predictor
from wsss.apps.predict.command import predict_many
from wsss.apps.predict.inputs import Inputs, find_inputs
from wsss.apps.predict.output import Output, head_of


@pytest.fixture(scope="module")
def predictor(toy_run: Run) -> Predictor:
    return Predictor.of(toy_run.out, device="cpu")


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """Five images and two that are none."""
    folder = tmp_path / "photos"
    (folder / "b").mkdir(parents=True)
    for name in ("a 1.png", "a,2.png", "b/a 1.png", "it's.png", "ü.png"):
        noise = np.random.default_rng(0).integers(0, 256, size=(32, 48, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / name)
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("no image")
    return find_inputs([folder])


def call(predictor: Predictor, inputs: Inputs, *, resume: bool = False) -> dict[str, Any]:
    output = Output(folder=inputs.root.parent / "out")
    head = head_of(predictor, run=Path("run"), root=inputs.root)
    return predict_many(predictor, inputs, output=output, head=head, resume=resume)


def asked(monkeypatch: pytest.MonkeyPatch, *, stop_after: int = 100) -> list[tuple[int, ...]]:
    """Return a list to which every image's size is added that the network looks at; interrupt it after so many."""
    plain, sizes = Predictor.__call__, []

    def counting(self: Predictor, image: Any) -> Any:
        if len(sizes) == stop_after:
            raise KeyboardInterrupt
        sizes.append(image.shape)
        return plain(self, image)

    monkeypatch.setattr(Predictor, "__call__", counting)
    return sizes


def test_all_that_can_be_read_is_predicted_and_the_rest_is_named(predictor: Predictor, inputs: Inputs) -> None:
    table = call(predictor, inputs)
    assert [row["image"] for row in table["images"]] == ["a 1.png", "a,2.png", "b/a 1.png", "it's.png", "ü.png"]
    assert list(table["failed"]) == ["empty.jpg", "text.jpg"]
    assert "empty.jpg is empty (0 bytes)" in table["failed"]["empty.jpg"]
    out = inputs.root.parent / "out"
    for row in table["images"]:
        with Image.open(out / row["mask"]) as mask:
            assert (mask.mode, mask.size) == ("P", (48, 32))
        assert (out / row["overlay"]).is_file()
        shown = sum(area["pixels"] for area in row["classes"].values())
        assert 0 <= shown <= 32 * 48


def test_everything_is_done_again_unless_it_is_to_be_resumed(
    predictor: Predictor, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = asked(monkeypatch)
    first = call(predictor, inputs)
    assert len(sizes) == 5
    assert call(predictor, inputs) == first
    assert len(sizes) == 10
    assert call(predictor, inputs, resume=True) == first
    assert len(sizes) == 10
    (inputs.root.parent / "out/masks/b/a 1.png").unlink()
    assert call(predictor, inputs, resume=True) == first
    assert len(sizes) == 11


def test_an_interrupted_call_goes_on_where_it_stopped(
    predictor: Predictor, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        asked(patch, stop_after=3)
        with pytest.raises(KeyboardInterrupt):
            call(predictor, inputs)
    sizes = asked(monkeypatch)
    table = call(predictor, inputs, resume=True)
    assert len(table["images"]) == 5
    assert len(sizes) == 5 - 2  # the third was not written yet
