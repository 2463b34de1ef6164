"""What a person does wrong, what is said then, and what is left behind: nothing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hydra.core.global_hydra import GlobalHydra
from PIL import Image

from wsss.__main__ import main

SMALL = ["dataset.train=4", "dataset.val=2", "dataset.size=32"]


def folder(root: Path, *, labels: str = "image,labels\na.png,cat\nb.png,dog\n") -> None:
    (root / "images").mkdir(parents=True)
    for name in ("a", "b"):
        Image.fromarray(np.full((8, 6, 3), 90, dtype=np.uint8)).save(root / "images" / f"{name}.png")
    (root / "labels.csv").write_text(labels, encoding="utf-8")


def with_mask(root: Path, mask: np.ndarray) -> None:
    folder(root)
    (root / "masks").mkdir()
    Image.fromarray(mask.astype(np.uint8)).save(root / "masks" / "a.png")


OWN = ["dataset=folder", "dataset.root='{root}'", "dataset.val_fraction=0.5"]
Make = Callable[[Path], object]
CASES: dict[str, tuple[Make, list[str], list[str]]] = {
    "an unknown key": (Path.mkdir, [*SMALL, "cam.blok=last"], ["cam.blok=last", "did you mean 'block'"]),
    "an unknown group": (Path.mkdir, [*SMALL, "cams=cam"], ["cams=cam", "did you mean 'cam'"]),
    "an unknown option": (Path.mkdir, [*SMALL, "refine=crff"], ["refine=crff", "background crf"]),
    "a wrong type": (
        Path.mkdir,
        [*SMALL, "fit.classifier.epochs=many"],
        ["fit.classifier.epochs", "integer", "'many'"],
    ),
    "several at once": (
        Path.mkdir,
        [*SMALL, "cams=cam", "refine=crff", "fit.segmenter.epochs=a"],
        ["cams=cam", "refine=crff", "fit.segmenter.epochs"],
    ),
    "a value out of range": (Path.mkdir, [*SMALL, "views.scales=[0]"], ["views", "scales must be positive"]),
    "an unknown block": (Path.mkdir, [*SMALL, "cam=gradcam", "cam.block=end"], ["cam.block=end", "last"]),
    "an unknown backbone": (Path.mkdir, [*SMALL, "classifier.backbone=resnet1"], ["resnet1", "resnet18"]),
    "no root": (Path.mkdir, ["dataset=folder"], ["dataset.root", "has no value"]),
    "a wrong root": (Path.mkdir, ["dataset=voc", "dataset.root='{root}/nowhere'"], ["nowhere"]),
    "a missing image": (
        lambda root: folder(root, labels="image,labels\na.png,cat\nc.png,dog\n"),
        OWN,
        ["c.png"],
    ),
    "a label outside the classes": (folder, [*OWN, "dataset.classes=[cat, cow]"], ["dog", "cow"]),
    "a mask of another size": (
        lambda root: with_mask(root, np.zeros((4, 4))),
        [*OWN, "dataset.masks=masks"],
        ["masks/a.png"],
    ),
    "a label outside in a mask": (
        lambda root: with_mask(root, np.full((8, 6), 7)),
        [*OWN, "dataset.masks=masks"],
        ["masks/a.png", "7"],
    ),
    "a batch larger than the data": (
        folder,
        [*OWN, "classifier.weights=none", "classifier.backbone=resnet10t"],
        ["batch_size", "16"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_ends_in_one_clear_line_and_loses_nothing(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make, overrides, said = CASES[case]
    root = tmp_path / "it's my data"
    make(root)
    before = sorted(root.rglob("*"))
    monkeypatch.chdir(tmp_path)
    words = [word.replace("{root}", str(root).replace("'", "\\'")) for word in overrides]
    monkeypatch.setattr("sys.argv", ["wsss", "run", *words, "segmenter=unet", "segmenter.encoder_weights=none"])
    GlobalHydra.instance().clear()
    with pytest.raises(SystemExit) as stopped:
        main()
    err = capsys.readouterr().err
    assert stopped.value.code == 2, err
    assert "Traceback" not in err
    for words_said in said:
        assert words_said in err
    assert all(line.startswith("wsss: ") for line in err.splitlines() if not line.startswith(" ")), err
    assert not (tmp_path / "outputs").exists()
    assert sorted(root.rglob("*")) == before
