"""`wsss predict` from the command line."""

import json
import os
import shutil
from functools import partial
from pathlib import Path

import command_line
import numpy as np
import pytest
from PIL import Image
from toy_runs import Run

from wsss.apps.predict import task as task_module
from wsss.commands import predict
from wsss.tiles import Tiles

call = partial(command_line.call, "predict")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A grey, a CMYK, a palette and a turned image, in the current folder's photos/."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, size=(40, 60, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    image.convert("L").save(folder / "grey, (1).png")
    image.convert("CMYK").save(folder / "cmyk.jpg")
    image.convert("P").save(folder / "it's.gif")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(folder / "turned.jpg", exif=exif)
    return folder


def test_a_folder(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "photos", "--model", toy_run.out, "--device", "cpu") == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(photos.parent / "predictions" / "predictions.json")
    sizes = {}
    for path in (photos.parent / "predictions" / "masks").iterdir():
        with Image.open(path) as mask:
            sizes[path.name] = mask.size
    assert sizes == {"grey, (1).png": (60, 40), "cmyk.png": (60, 40), "it's.png": (60, 40), "turned.png": (40, 60)}


def test_a_resumed_call_does_what_changed_and_then_nothing(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("photos", "--model", toy_run.out, "--device", "cpu", "--resume")
    out = photos.parent / "predictions"
    assert call(monkeypatch, *given) == 0
    first = json.loads((out / "predictions.json").read_text(encoding="utf-8"))
    made = (out / "masks/cmyk.png").stat().st_ino
    shutil.copy(photos / "turned.jpg", photos / "it's.gif")
    os.utime(photos / "it's.gif", (1e9, 1e9))  # older than its mask
    assert call(monkeypatch, *given) == 0
    with Image.open(out / "masks/it's.png") as mask:
        assert mask.size == (40, 60)
    assert (out / "masks/cmyk.png").stat().st_ino == made
    changed = json.loads((out / "predictions.json").read_text(encoding="utf-8"))
    assert [a == b for a, b in zip(first["images"], changed["images"], strict=True)] == [True, True, False, True]
    assert call(monkeypatch, *given) == 0
    assert json.loads((out / "predictions.json").read_text(encoding="utf-8")) == changed
    assert "4 of 4 images are predicted" in capsys.readouterr().out


def test_formats_are_named_and_unsure_images_told(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(task_module, "UNSURE", 1.1)
    given = ("photos", "--model", toy_run.out, "--device", "cpu", "--formats", "confidence", "coco", "label_studio")
    assert call(monkeypatch, *given) == 0
    out = photos.parent / "predictions"
    assert {path.name for path in out.iterdir() if path.is_file()} == {
        *("predictions.json", "coco.json", "label_studio.json", "label_studio.xml")
    }
    assert len(list((out / "confidence").iterdir())) == 4
    assert "4 of 4 images may be unlike those that were learnt from" in capsys.readouterr().out
    assert call(monkeypatch, "photos", "--model", toy_run.out, "--formats", "csv") == 2
    assert "confidence, coco, polygons, label_studio" in capsys.readouterr().err.replace("'", "")


def test_images_that_are_unlike_the_drawn_scenes_are_named(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (64, 64), "white").save(photos / "white.png")
    assert call(monkeypatch, photos, "--model", toy_run.out, "--device", "cpu") == 0
    table = json.loads((photos.parent / "predictions/predictions.json").read_text(encoding="utf-8"))
    far = {row["image"]: row["unlikeness"] for row in table["images"] if row["unlikeness"] > 1}
    assert sorted(far, key=lambda image: -far[image]) == table["unlike"]
    assert "white.png" in table["unlike"]
    said = capsys.readouterr().out
    assert f"{len(far)} of 5 images may be unlike those that were learnt from (features further off" in said


def test_what_was_not_compared_is_said(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wsss.apps.predict.predictor.read_statistics", lambda _: None)
    assert call(monkeypatch, photos, "--model", toy_run.out, "--device", "cpu") == 0
    table = json.loads((photos.parent / "predictions/predictions.json").read_text(encoding="utf-8"))
    assert table["unlike"] is None
    assert "were not compared with those that were learnt from" in capsys.readouterr().out.replace("\n", " ")


def test_json_is_all_that_is_printed(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "empty.png").touch()
    code = call(monkeypatch, photos, "--model", toy_run.out, "--out", "my out", "--json", "--device", "cpu")
    printed = capsys.readouterr()
    table = json.loads(printed.out)
    assert table == json.loads((photos.parent / "my out/predictions.json").read_text(encoding="utf-8"))
    assert table["labels"][:2] == [
        {"label": 0, "name": "background", "colour": "#000000"},
        {"label": 1, "name": "bee", "colour": "#800000"},
    ]
    assert len(table["images"]) == 4
    assert code == 1
    assert "empty.png is empty (0 bytes)" in printed.err


def test_a_moved_store(toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path / "moved")
    image = photos / "cmyk.jpg"
    assert call(monkeypatch, image, "--model", toy_run.out, "--store", copy.store, "--device", "cpu") == 0
    assert (tmp_path / "predictions/masks/cmyk.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["photos", "--model", "photos"], "photos is not a run: it has no run.yaml"),
        (["nowhere", "--model", "RUN"], "nowhere is not there"),
        (["empty", "--model", "RUN"], "empty holds no image"),
        (["photos", "--model", "RUN", "--tile", "100"], "--tile: a tile must have at least 256 pixels a side, got 100"),
        (["photos", "--model", "RUN", "--store", "gone"], "its store"),
        (["photos", "--model", "RUN", "--out", "taken"], "taken has a folder 'masks'"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    arguments: list[str],
    said: str,
    toy_run: Run,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (photos.parent / "empty").mkdir()
    (photos.parent / "taken/masks").mkdir(parents=True)
    assert call(monkeypatch, *(str(toy_run.out) if word == "RUN" else word for word in arguments)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (photos.parent / "predictions").exists()


def test_help_shows_an_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "--help") == 0
    assert "wsss predict photos --model outputs/toy/1" in capsys.readouterr().out
    assert Tiles.side == predict.TILE


def test_boxes_are_written_for_coco_and_voc(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("photos", "--model", toy_run.out, "--device", "cpu", "--boxes", "--voc", "--min-area", "0")
    assert call(monkeypatch, *given) == 0
    out = photos.parent / "predictions"
    table = json.loads((out / "predictions.json").read_text(encoding="utf-8"))
    boxes = json.loads((out / "boxes.json").read_text(encoding="utf-8"))
    assert table["files"] == {"boxes": "boxes.json"}
    assert sum(len(row["boxes"]) for row in table["images"]) == len(boxes["annotations"])
    for row in table["images"]:
        assert {box["class"] for box in row["boxes"]} == set(row["classes"])
        assert (out / row["annotations"]).is_file()
    assert call(monkeypatch, *given[:-3], "--resume") == 0, "without --voc, and with another area"
    assert "annotations" not in json.loads((out / "predictions.json").read_text(encoding="utf-8"))["images"][0]
    capsys.readouterr()
    assert call(monkeypatch, *given[:5], "--voc") == 2
    assert "--voc is about boxes: add --boxes" in capsys.readouterr().err
    assert call(monkeypatch, *given[:5], "--boxes", "--min-area", "3") == 2
    assert "use shares such as 0.3" in capsys.readouterr().err
