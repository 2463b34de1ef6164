"""Images of none of the classes join those that are learnt from."""

from pathlib import Path

import pytest
from data_sets import checked, draw_image

from wsss.apps.check.tables import remarks
from wsss.data.layouts.folder import Folder
from wsss.errors import DataError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for key, name in enumerate(("images/a", "images/b", "negatives/lawn", "negatives/sea/x")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        draw_image(tmp_path / f"{name}.png", key=key)
    (tmp_path / "labels.csv").write_text("image,labels,split\na.png,cat,train\nb.png,cat,val\n", encoding="utf-8")
    return tmp_path


def test_they_are_learnt_from_and_show_nothing(home: Path):
    index = Folder(root=home, negatives="negatives").index(home)
    assert index.splits == {"train": ("a", "negatives/lawn", "negatives/sea/x"), "val": ("b",)}
    assert index.records["negatives/lawn"].classes == ()
    assert index.records["negatives/lawn"].image == "negatives/lawn.png"
    assert Folder(root=home).index(home).splits == {"train": ("a",), "val": ("b",)}


def test_they_count_in_the_fingerprint_and_in_the_limit(home: Path):
    layout = Folder(root=home, negatives="negatives", limit=2)
    assert layout.sources() == (home / "images", home / "labels.csv", home / "negatives")
    assert layout.index(home).splits["train"] == ("a", "negatives/lawn")


def test_they_join_the_first_split_where_none_is_called_train(home: Path):
    text = "image,labels,split\na.png,cat,learn\nb.png,cat,test\n"
    (home / "labels.csv").write_text(text, encoding="utf-8")
    assert len(Folder(root=home, negatives="negatives").index(home).splits["learn"]) == 3


def test_a_check_knows_them(home: Path):
    assert Folder.found_at(home, {}) == {"labels": "labels.csv", "masks": None, "negatives": "negatives"}
    check = checked(Folder(root=home, negatives="negatives"))
    assert check.negatives == ("negatives/lawn.png", "negatives/sea/x.png")
    assert any("2 images are without a label; they are learnt as showing none" in remark for remark in remarks(check))
    assert check.problems == ()


def test_a_folder_without_an_image_is_refused(home: Path):
    (home / "empty").mkdir()
    for name in ("empty", "nowhere"):
        for ask in (lambda layout: layout.sources(), lambda layout: layout.index(home)):
            with pytest.raises(DataError, match=rf"{name} holds no image: .* or set dataset\.negatives=null"):
                ask(Folder(root=home, negatives=name))


def test_two_images_of_one_id_are_refused(home: Path):
    draw_image(home / "negatives" / "lawn.bmp", key=9)
    with pytest.raises(DataError, match=r"lawn\.bmp and negatives/lawn\.png have one id, 'negatives/lawn'"):
        Folder(root=home, negatives="negatives").index(home)
