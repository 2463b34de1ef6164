"""`wsss data check` refuses exactly what a run refuses, in the same words."""

from pathlib import Path

import pytest
from damages import HARMLESS, REFUSED, Damage
from data_sets import checked, devkit, edit, own_folder
from run_says import run_says

from wsss.data.layouts.base import Layout
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.voc import VOC
from wsss.data.listing import sentences

FOLDERS: dict[str, tuple[Damage, dict[str, object]]] = {
    "a separator of another kind": (lambda r: edit(r / "labels.csv", "dog;person", '"dog,person"'), {}),
    "a line for each label": (lambda r: edit(r / "labels.csv", "b.png,cat;dog", "b.png,cat,train\nb.png,dog"), {}),
    "names with their folder": (lambda r: edit(r / "labels.csv", "a.png", "images/a.png"), {}),
    "a name without its suffix": (lambda r: edit(r / "labels.csv", "a.png", "a"), {}),
    "an image of another suffix": (lambda r: (r / "images/a.png").rename(r / "images/a.heic"), {}),
    "two images of one id": (lambda r: (r / "images/a.png").rename(r / "images/b.PNG"), {}),
    "no label file": (lambda r: (r / "labels.csv").unlink(), {}),
    "another class": (lambda _: None, {"classes": ("cat", "dog")}),
    "no mask": (lambda r: [path.unlink() for path in (r / "masks").iterdir()], {"masks": "masks"}),
    "a word too many": (lambda r: edit(r / "labels.csv", "a.png,dog", "a.png,dog,cat"), {}),
}


def compare(layout: Layout, into: Path) -> None:
    told = {sentence for _, sentence in sentences(checked(layout).problems)}
    said, _ = run_says(layout, into)
    assert set(said) <= told
    assert bool(said) == bool(told)


@pytest.mark.parametrize("name", [*REFUSED, *HARMLESS])
def test_devkits(name: str, tmp_path: Path) -> None:
    root = devkit(tmp_path / "kit")
    damage = REFUSED[name][0] if name in REFUSED else HARMLESS[name]
    damage(root)
    compare(VOC(root=root), tmp_path)


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(name: str, tmp_path: Path) -> None:
    root = own_folder(tmp_path / "own")
    damage, options = FOLDERS[name]
    damage(root)
    layout = Folder(root=root, **options)
    assert checked(layout).problems
    compare(layout, tmp_path)


def test_the_reason_behind_a_path_does_not_name_it_again() -> None:
    """What the system says of a file holds its path: `wsss.validation.reason` leaves it out."""
    raw = [
        path
        for path in (Path(__file__).parents[2] / "wsss").rglob("*.py")
        if "({error})" in path.read_text(encoding="utf-8")
    ]
    assert raw == []
