"""`wsss explain` from the command line."""

import json
from functools import partial
from pathlib import Path

import command_line
import numpy as np
import pytest
from PIL import Image
from toy_runs import Run

from wsss.apps.explain.explainer import SIDE
from wsss.apps.explain.methods import QUICK
from wsss.commands import explain
from wsss.models.clip.text_bank import TextBank, write_bank

call = partial(command_line.call, "explain")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two images with awkward names in the current folder's photos/, and a mask of the first."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, size=(40, 60, 3), dtype=np.uint8))
    noise.save(folder / "epoch=3, it's (1).png")
    noise.convert("L").save(folder / "grey.jpg")
    Image.fromarray(np.ones((40, 60), dtype=np.uint8)).save(tmp_path / "mask.png")
    return folder


def test_an_image_with_its_mask(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    image = photos / "epoch=3, it's (1).png"
    given = ("--model", toy_run.out, "--mask", "mask.png", "--classes", "bee,snail", "--device", "cpu")
    assert call(monkeypatch, image, *given) == 0
    printed = capsys.readouterr().out.splitlines()
    folder = photos.parent / "explanations"
    assert printed[-2:] == [str(folder / "sheets/epoch=3, it's (1).png"), str(folder / "explanations.json")]
    assert any("bee" in line and line.startswith("epoch=3, it's (1).png") for line in printed)
    table = json.loads((folder / "explanations.json").read_text(encoding="utf-8"))
    (row,) = table["images"]
    assert [(each["class"], each["method"]) for each in row["explanations"]] == [
        (name, method) for name in ("bee", "snail") for method in QUICK
    ]
    assert set(row["explanations"][0]["scores"]) == set(table["metrics"])
    with Image.open(folder / row["sheet"]) as sheet:
        assert sheet.width > 600


def test_of_many_images_only_the_means_are_printed_and_a_resumed_call_keeps_them(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in range(explain.SHOWN - 1):
        Image.new("RGB", (32, 32), (place, 0, 0)).save(photos / f"{place}.png")
    given = ("photos", "--model", toy_run.out, "--methods", "cam", "--classes", "bee", "--device", "cpu")
    assert call(monkeypatch, *given) == 0
    printed = capsys.readouterr().out
    assert f"means over {explain.SHOWN + 1} images" in printed
    assert "grey.jpg" not in printed
    assert str(photos.parent / "explanations/sheets") in printed.splitlines()
    first = (photos.parent / "explanations/explanations.json").read_text(encoding="utf-8")
    assert call(monkeypatch, *given, "--resume") == 0
    assert (photos.parent / "explanations/explanations.json").read_text(encoding="utf-8") == first
    assert f"means over {explain.SHOWN + 1} images" in capsys.readouterr().out


def test_a_folder_in_which_one_is_broken(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "empty.png").touch()
    given = ("--model", toy_run.out, "--methods", "cam,representative", "--no-scores", "--out", "my out")
    assert call(monkeypatch, "photos", *given, "--device", "cpu") == 1
    printed = capsys.readouterr()
    assert "empty.png is empty (0 bytes)" in printed.err
    assert "representative is left out: RepresentativeCAM asks binary classifiers" in printed.out
    names = {path.name for path in (photos.parent / "my out/sheets").iterdir()}
    assert names == {"epoch=3, it's (1).png", "grey.png"}


def test_maps_as_files_and_the_time_that_scores_take(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--model", toy_run.out, "--methods", "cam", "--classes", "bee", "--maps", "--device", "cpu")
    assert call(monkeypatch, photos / "grey.jpg", *given) == 0
    folder = photos.parent / "explanations"
    assert np.load(folder / "maps/grey/bee cam.npy").shape == (40, 60)
    assert (folder / "maps/grey/bee cam.png").is_file()
    printed = capsys.readouterr().out.replace("\n", " ")
    assert "with scores this takes about" in printed
    row = json.loads((folder / "explanations.json").read_text(encoding="utf-8"))["images"][0]
    assert call(monkeypatch, photos / "grey.jpg", *given, "--resume") == 0
    assert json.loads((folder / "explanations.json").read_text(encoding="utf-8"))["images"][0] == row
    (folder / "maps/grey/bee cam.png").unlink()
    assert call(monkeypatch, photos / "grey.jpg", *given, "--resume") == 0
    assert (folder / "maps/grey/bee cam.png").is_file(), "what is missing is made again"
    assert "with scores this takes about" not in capsys.readouterr().out


def test_all_methods_that_fit(toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = ("--methods", "all", "--classes", "bee", "--no-scores", "--device", "cpu")
    assert call(monkeypatch, photos / "grey.jpg", "--model", toy_run.out, *given) == 0
    table = json.loads((photos.parent / "explanations/explanations.json").read_text(encoding="utf-8"))
    left_out = ["adcam", "caa", "clip_es", "lpcam", "mctformer", "representative", "softmax_gradcam", "vscam"]
    assert list(table["left_out"]) == left_out
    assert {"scorecam", "fgcam_scorecam", "clustercam"} < set(table["methods"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["photos", "--model", "photos"], "photos is not a run: it has no run.yaml"),
        (["nowhere", "--model", "RUN"], "nowhere is not there"),
        (
            ["photos", "--model", "RUN", "--methods", "cam,x"],
            "--methods: there is no 'x'; there are: ablationcam, adcam, caa",
        ),
        (["photos", "--model", "RUN", "--classes", "cow"], "--classes: there is no 'cow'; there are: bee, ladybird"),
        (
            ["photos", "--model", "RUN", "--methods", "representative"],
            "methods: representative does not fit this network",
        ),
        (["photos", "--model", "RUN", "--side", "8"], "--side: side must be at least 32 pixels, got 8"),
        (["photos", "--model", "RUN", "--mask", "mask.png"], "is one mask for 2 images"),
        (["photos/grey.jpg", "--model", "RUN", "--mask", "small.png"], "small.png has 4 x 4 pixels and"),
        (["photos", "--model", "RUN", "--store", "gone"], "its store"),
        (["photos", "--model", "RUN", "--out", "taken"], "taken has a folder 'sheets'"),
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
    (photos.parent / "taken/sheets").mkdir(parents=True)
    Image.new("L", (4, 4)).save(photos.parent / "small.png")
    assert call(monkeypatch, *(str(toy_run.out) if word == "RUN" else word for word in arguments)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (photos.parent / "explanations").exists()


def test_help_shows_an_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "--help") == 0
    assert "wsss explain cat.jpg --model outputs/toy/1" in capsys.readouterr().out
    assert ",".join(QUICK) == explain.METHODS
    assert SIDE == explain.SIDE


def test_boxes_of_maps(toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = ("photos", "--model", toy_run.out, "--methods", "cam,layercam", "--classes", "bee", "--device", "cpu")
    assert call(monkeypatch, *given, "--no-scores", "--boxes", "--voc", "--threshold", "0.3", "--split") == 0
    out = photos.parent / "explanations"
    table = json.loads((out / "explanations.json").read_text(encoding="utf-8"))
    boxes = json.loads((out / "boxes.json").read_text(encoding="utf-8"))
    assert table["files"] == {"boxes": "boxes.json"}
    assert {box["source"] for box in boxes["annotations"]} <= {"cam", "layercam"}
    assert len(boxes["annotations"]) > 0
    assert all((out / name).is_file() for row in table["images"] for name in row["annotations"])


def test_pixels_of_the_segmentation_network(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second image is smaller, and has no such pixel: it is named, and the first is kept."""
    Image.new("RGB", (32, 32)).save(photos / "small.png")
    (photos / "grey.jpg").unlink()
    given = ("photos", "--model", toy_run.out, "--methods", "gradcam", "--classes", "bee", "--device", "cpu")
    assert call(monkeypatch, *given, "--network", "segmenter", "--point", "50,10", "--no-scores") == 1
    assert "small.png: pixels: 50,10 is not in the image of 32 x 32 pixels" in capsys.readouterr().err
    table = json.loads((photos.parent / "explanations/explanations.json").read_text(encoding="utf-8"))
    assert table["network"] == "segmenter, pixel 50,10"
    (row,) = table["images"]
    assert [each["class"] for each in row["explanations"]] == ["bee"]


def test_masks_of_pixels_are_a_part_of_what_is_resumed(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = photos / "epoch=3, it's (1).png"
    given = ("--model", toy_run.out, "--methods", "gradcam", "--classes", "bee", "--device", "cpu", "--no-scores")
    words = (image, *given, "--network", "segmenter", "--pixels", "mask.png", "--resume")
    table = photos.parent / "explanations/explanations.json"
    assert call(monkeypatch, *words) == 0
    first = json.loads(table.read_text(encoding="utf-8"))["images"][0]["files"]
    Image.fromarray(np.tri(40, 60).astype(np.uint8)).save(photos.parent / "mask.png")
    assert call(monkeypatch, *words) == 0
    second = json.loads(table.read_text(encoding="utf-8"))["images"][0]["files"]
    assert first["image"] == second["image"]
    assert first["pixels"] != second["pixels"]


def test_leads_over_a_class(
    toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("photos", "--model", toy_run.out, "--methods", "cam,fgcam", "--device", "cpu", "--no-scores")
    assert call(monkeypatch, *given, "--against", "bee") == 0
    table = json.loads((photos.parent / "explanations/explanations.json").read_text(encoding="utf-8"))
    assert table["against"] == "bee"
    assert {each["class"] for row in table["images"] for each in row["explanations"]}.isdisjoint({"bee"})
    assert list(table["methods"]) == ["cam"]
    assert call(monkeypatch, *given, "--against", "dragon") == 2
    assert "there is no other class 'dragon'" in capsys.readouterr().err


def test_a_network_of_timm_without_a_run(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("photos", "--network", "tf_efficientnet_lite0", "--weights", "packaged", "--device", "cpu", "--no-scores")
    assert call(monkeypatch, *given, "--classes", "tabby cat,Dalmatian") == 0
    table = json.loads((photos.parent / "explanations/explanations.json").read_text(encoding="utf-8"))
    assert (table["model"], table["network"]) == ("tf_efficientnet_lite0, weights packaged", "tf_efficientnet_lite0")
    assert table["classes"] == ["tabby", "dalmatian"]
    assert list(table["methods"]) == ["gradcam", "gradcam_plusplus", "layercam"]
    assert "may be unlike" not in capsys.readouterr().out
    assert call(monkeypatch, *given, "--classes", "dog") == 2
    assert "--classes: there is no 'dog'; names with it are: Maltese dog" in capsys.readouterr().err


def test_a_network_whose_weights_cannot_be_had(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", fail)
    assert call(monkeypatch, "photos", "--network", "resnet18", "--device", "cpu") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "https://huggingface.co/timm/resnet18" in line
    assert "--weights FILE" in line
    assert not (photos.parent / "explanations").exists()


def test_words_of_a_bank_without_a_run(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 512)).astype(np.float32)
    bank = TextBank(
        classes=("tabby cat", "dog"),
        backgrounds=("sky",),
        vectors=vectors,
        scale=20.0,
        tower="vit_xsmall_patch16_clip_224",
    )
    write_bank(photos.parent / "animals.npz", bank)
    given = ("photos/grey.jpg", "--bank", "animals.npz", "--weights", "none", "--device", "cpu", "--no-scores")
    assert call(monkeypatch, *given, "--classes", "tabby cat,dog") == 0
    table = json.loads((photos.parent / "explanations/explanations.json").read_text(encoding="utf-8"))
    assert list(table["methods"]) == ["softmax_gradcam", "clip_es"]
    assert (table["classes"], table["network"]) == (["tabby cat", "dog"], "CLIP, animals.npz")
    assert list(table["images"][0]["probabilities"]) == ["tabby cat", "dog"]
    assert "may be unlike" not in capsys.readouterr().out
    assert call(monkeypatch, *given, "--classes", "cow") == 2
    assert "--classes: there is no 'cow'; there are: tabby cat, dog" in capsys.readouterr().err
