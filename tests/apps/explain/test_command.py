"""Many images: all that can be read are explained, and the rest is named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from toy_runs import Run

from wsss.apps.explain import Explainer
from wsss.apps.explain.command import SHOWN, Request, explain_many
from wsss.apps.explain.methods import fitting
from wsss.apps.explain.output import Output, head_of
from wsss.apps.explain.scoring import Scoring
from wsss.apps.predict.inputs import find_inputs


@pytest.fixture(scope="module")
def explainer(toy_run: Run) -> Explainer:
    return replace(Explainer.of(toy_run.out, device="cpu"), scoring=Scoring(steps=2, percentiles=(50,)))


def call(explainer: Explainer, folder: Path, **options: Any) -> dict[str, Any]:
    inputs, asked = find_inputs([folder]), fitting(["cam", "layercam", "representative"], explainer.networks)
    head = head_of(explainer, asked, run=Path("run"), root=inputs.root)
    request = Request(methods=asked, classes=("bee",), **options)
    return explain_many(explainer, inputs, request=request, output=Output(folder=folder.parent / "out"), head=head)


def photos(folder: Path, *, count: int) -> Path:
    folder.mkdir()
    for place in range(count):
        noise = np.random.default_rng(place).integers(0, 256, size=(32, 40, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"a, {place}.png")
    return folder


def test_images_masks_and_means(explainer: Explainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = photos(tmp_path / "photos", count=2)
    (folder / "b.jpg").write_text("no image")
    mask = tmp_path / "mask.png"
    Image.fromarray(np.ones((32, 40), dtype=np.uint8)).save(mask)
    table = call(explainer, folder, masks={"a, 0.png": mask})
    assert [row["image"] for row in table["images"]] == ["a, 0.png", "a, 1.png"]
    assert "b.jpg is no image" in table["failed"]["b.jpg"]
    assert list(table["methods"]) == ["cam", "layercam"]
    assert "binary classifiers" in table["left_out"]["representative"]
    assert table["metrics"]["deletion"]["better"] == "lower"
    first, second = (row["explanations"][0]["scores"] for row in table["images"])
    assert first["energy"] == pytest.approx(1)  # the mask is all of the image
    assert "energy" not in second
    means = table["means"]["cam"]
    assert means["pairs"] == 2
    assert means["scores"]["insertion"] == pytest.approx((first["insertion"] + second["insertion"]) / 2)
    assert means["scores"]["pxap"] == pytest.approx(1)
    printed = capsys.readouterr().out
    assert "a, 0.png: bee" in printed
    assert "means over 2 images" in printed
    assert "1 unreadable" in printed


def test_of_many_images_only_the_means_are_printed(
    explainer: Explainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    table = call(explainer, photos(tmp_path / "photos", count=SHOWN + 1))
    assert len(table["images"]) == SHOWN + 1
    printed = capsys.readouterr().out
    assert f"means over {SHOWN + 1} images" in printed
    assert "a, 0.png" not in printed


def test_without_scores_nothing_is_ranked(explainer: Explainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = call(explainer, photos(tmp_path / "photos", count=2), scored=False)
    assert {each["method"]: each["scores"] for row in table["images"] for each in row["explanations"]} == {
        "cam": {},
        "layercam": {},
    }
    assert "means" not in capsys.readouterr().out


def test_nothing_that_can_be_read_is_an_empty_table(explainer: Explainer, tmp_path: Path):
    folder = photos(tmp_path / "photos", count=0)
    (folder / "b.jpg").touch()
    table = call(explainer, folder)
    assert (table["images"], table["means"]) == ([], {})
    assert list(table["failed"]) == ["b.jpg"]
