"""Explanations of many images: sheets, scores, their means, and what a second call keeps."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from toy_runs import Run

from wsss.apps.batch.inputs import find_inputs
from wsss.apps.batch.task import Example, work_off
from wsss.apps.explain import Explainer
from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.methods import fitting
from wsss.apps.explain.scoring import Judgement, Scoring
from wsss.apps.explain.task import Explain, explanations
from wsss.types import Size


@pytest.fixture(scope="module")
def explainer(toy_run: Run) -> Explainer:
    return replace(Explainer.of(toy_run.out, device="cpu"), scoring=Scoring(steps=2, percentiles=(50,)))


def call(
    explainer: Explainer, folder: Path, *, masks: dict[str, Path] | None = None, resume: bool = False, **options: Any
) -> dict[str, Any]:
    inputs = replace(find_inputs([folder]), masks=masks or {})
    methods = fitting(["cam", "layercam", "representative"], explainer.networks)
    task = Explain(explainer=explainer, methods=methods, **{"classes": ("bee",), **options})
    output = explanations(folder.parent / "out")
    return work_off(task, inputs, output=output, head=task.head(inputs, model="run"), resume=resume)


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
    table = call(explainer, folder, masks={"a, 0.png": mask}, printed=True)
    assert [row["image"] for row in table["images"]] == ["a, 0.png", "a, 1.png"]
    assert "b.jpg is not an image" in table["failed"]["b.jpg"]
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
    assert "1 left out" in printed
    assert "6/6" in printed, "two methods of three images"


def test_a_second_call_keeps_the_means_of_the_first(explainer: Explainer, tmp_path: Path):
    folder = photos(tmp_path / "photos", count=2)
    half = np.repeat([[0] * 20 + [1] * 20], 32, axis=0).astype(np.uint8)
    Image.fromarray(half).save(tmp_path / "mask.png")
    masks = {f"a, {place}.png": tmp_path / "mask.png" for place in range(2)}
    first = call(explainer, folder, masks=masks)
    assert call(explainer, folder, masks=masks, resume=True) == first  # with its times: nothing was asked again
    (tmp_path / "out/counts/a, 1.npz").unlink()
    again = call(explainer, folder, masks=masks, resume=True)
    assert again["images"][0] == first["images"][0]
    assert {method: means["scores"] for method, means in again["means"].items()} == {
        method: means["scores"] for method, means in first["means"].items()
    }


@pytest.mark.parametrize("options", [{"classes": ("snail",)}, {"scored": False}])
def test_other_options_are_other_explanations(explainer: Explainer, tmp_path: Path, options: dict[str, Any]):
    folder = photos(tmp_path / "photos", count=1)
    call(explainer, folder, scored=True)
    (row,) = call(explainer, folder, resume=True, **options)["images"]
    assert {each["class"] for each in row["explanations"]} == set(options.get("classes", ("bee",)))
    assert bool(row["explanations"][0]["scores"]) == options.get("scored", True)


def test_scores_are_printed_only_where_they_are_asked_for(
    explainer: Explainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    call(explainer, photos(tmp_path / "photos", count=1))
    assert "a, 0.png" not in capsys.readouterr().out


def test_without_scores_nothing_is_ranked(explainer: Explainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = call(explainer, photos(tmp_path / "photos", count=2), scored=False, printed=True)
    assert {each["method"]: each["scores"] for row in table["images"] for each in row["explanations"]} == {
        "cam": {},
        "layercam": {},
    }
    assert "a, 0.png" not in capsys.readouterr().out


def test_nothing_that_can_be_read_is_an_empty_table(explainer: Explainer, tmp_path: Path):
    folder = photos(tmp_path / "photos", count=0)
    (folder / "b.jpg").touch()
    table = call(explainer, folder)
    assert (table["images"], table["means"]) == ([], {})
    assert list(table["failed"]) == ["b.jpg"]


def test_files_and_row_of_an_image(explainer: Explainer, tmp_path: Path):
    each = Explanation(
        cls=0,
        name="cat",
        method="cam",
        probability=0.75,
        heat=np.zeros((5, 10), dtype=np.float32),
        size=Size(height=20, width=40),
        seconds=0.5,
        judgement=Judgement(scores={"adcc": 0.5, "pointing": None}),
    )
    explained = Explained(explanations=(each,), probabilities={"cat": 0.75, "dog": 0.25}, left_out={})
    task, output = Explain(explainer=explainer, methods=fitting(["cam"], explainer.networks)), explanations(tmp_path)
    example = Example(path="x/it's.jpg", name="x/it's", image=np.zeros((20, 40, 3), np.uint8), files={})
    assert task.write(example, explained, output=output) == {
        "sheet": "sheets/x/it's.png",
        "width": 40,
        "height": 20,
        "probabilities": {"cat": 0.75, "dog": 0.25},
        "explanations": [
            {
                "class": "cat",
                "method": "cam",
                "probability": 0.75,
                "seconds": 0.5,
                "scores": {"adcc": 0.5, "pointing": None},
            }
        ],
    }
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        "sheets/x/it's.png"
    ]
    with Image.open(tmp_path / "sheets/x/it's.png") as picture:
        assert picture.format == "PNG"
