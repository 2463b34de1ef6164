"""Which images are meant, and what their results are called."""

import hashlib
import os
from pathlib import Path

import pytest
from archives import tar_of, zip_of

from wsss.apps.batch.inputs import find_inputs, result_names
from wsss.errors import DataError

STRANGE = ("cat (1).jpg", "it's.PNG", "a,b.jpg", "epoch=3.webp", "2007_000033.jpg", 'näh/猫 "x".jpg')


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_folder_is_searched_with_its_sub_folders(tmp_path: Path) -> None:
    touch(tmp_path, "b.jpg", "sub/a.png", "notes.txt", ".hidden/c.jpg", "sub/.d.jpg")
    inputs = find_inputs([tmp_path])
    assert inputs.root == tmp_path
    assert inputs.names == {"b.jpg": "b", "sub/a.png": "sub/a"}


def test_any_name_works(tmp_path: Path) -> None:
    names = find_inputs([touch(tmp_path, *STRANGE)]).names
    assert names == {name: name.rpartition(".")[0] for name in sorted(STRANGE)}


def test_a_name_that_is_not_utf_8_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    foreign = os.fsdecode(b"caf\xe9.jpg")
    touch(tmp_path, "a.jpg", foreign)
    with pytest.raises(DataError, match=r"the names of 1 images are not UTF-8, such as b'.*caf\\xe9.jpg': rename them"):
        find_inputs([tmp_path / foreign])
    with pytest.raises(DataError, match=r"holds the name 'caf\\udce9\.jpg', which is not UTF-8: rename it"):
        find_inputs([tmp_path])


def test_images_of_one_stem_keep_their_names_apart(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.png", "x/a.jpg", "b.jpg")
    assert find_inputs([tmp_path]).names == {"a.jpg": "a.jpg", "a.png": "a.png", "b.jpg": "b", "x/a.jpg": "x/a"}


def test_no_two_names_are_equal_even_if_one_image_is_called_like_anothers_result() -> None:
    names = result_names(["a.jpg", "a.png", "a.jpg.jpg", "a.jpg.png", "b", "b.jpg"])
    assert len(set(names.values())) == len(names)


def test_single_images_are_named_from_the_folder_that_holds_them_all(tmp_path: Path) -> None:
    touch(tmp_path, "one/a.jpg", "two/a.jpg", "two/b.jpg", "two/photo")
    assert find_inputs([tmp_path / "one/a.jpg"]).names == {"a.jpg": "a"}
    both = find_inputs([tmp_path / "one/a.jpg", tmp_path / "two"])
    assert both.root == tmp_path
    assert both.names == {"one/a.jpg": "one/a", "two/a.jpg": "two/a", "two/b.jpg": "two/b"}
    # Named by hand, a file needs no suffix and may be hidden.
    assert find_inputs([tmp_path / "two/photo"]).names == {"photo": "photo"}


def test_an_image_given_twice_is_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "sub/a.jpg")
    monkeypatch.chdir(tmp_path)
    assert find_inputs([Path(), Path("sub"), Path("sub/a.jpg")]).names == {"sub/a.jpg": "sub/a"}


def test_a_way_back_leads_out_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "x/a.jpg", "y/a.jpg")
    monkeypatch.chdir(tmp_path / "x")
    inputs = find_inputs([Path("../y/../x"), Path("../y/a.jpg")])
    assert (inputs.root, inputs.names) == (tmp_path, {"x/a.jpg": "x/a", "y/a.jpg": "y/a"})


def test_a_link_keeps_its_own_name(tmp_path: Path) -> None:
    touch(tmp_path, "far/a.jpg", "x/b.jpg")
    (tmp_path / "x/link.jpg").symlink_to(tmp_path / "far/a.jpg")
    assert find_inputs([tmp_path / "x/link.jpg", tmp_path / "x"]).names == {"link.jpg": "link", "b.jpg": "b"}


def test_earlier_results_are_no_images(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "predictions/masks/a.png", "predictions/overlays/a.jpg", "predictions/b.jpg")
    out = tmp_path / "predictions"
    assert set(find_inputs([tmp_path], without=[out / "masks", out / "overlays"]).names) == {
        "a.jpg",
        "predictions/b.jpg",
    }


def test_home_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    touch(tmp_path, "p/a.jpg")
    assert find_inputs([Path("~/p")]).root == tmp_path / "p"


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone is not there: name images"):
        find_inputs([tmp_path / "gone"])


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    with pytest.raises(DataError, match=r"holds no image, nor do its sub-folders: .* \.png"):
        find_inputs([tmp_path])


def test_archives_are_folders_of_images(tmp_path: Path):
    files = {"a.png": b"first", "sub/b.png": b"second", "c.txt": b""}
    one, two = tar_of(tmp_path / "1.tar", files), zip_of(tmp_path / "2.zip", files)
    inputs = find_inputs([one])
    assert (inputs.root, inputs.names) == (one, {"a.png": "a", "sub/b.png": "sub/b"})
    assert inputs.digests("a.png")["image"] == {"bytes": 5, "sha256": hashlib.sha256(b"first").hexdigest()}
    assert list(find_inputs([one / "sub/b.png", two]).names) == ["1.tar/sub/b.png", "2.zip/a.png", "2.zip/sub/b.png"]
    with pytest.raises(DataError, match=r"1\.tar/x\.png is not there: name images, or folders or archives"):
        find_inputs([one / "x.png"])


def test_masks_of_shards_are_no_images_but_can_be_named(tmp_path: Path):
    files = dict.fromkeys(("a.jpg", "a.json", "a.seg.png", "b.jpg", "b.png", "b.txt", "c.jpg", "c.png"), b"")
    shard = tar_of(tmp_path / "0.tar", files)
    inputs = find_inputs([shard])
    assert list(inputs.names) == ["a.jpg", "b.jpg", "c.jpg", "c.png"]
    assert inputs.left_out == ("a.seg.png", "b.png")
    (note,) = inputs.notes()
    assert note.startswith("left out, 2 images of archives, because they lie beside an image and its labels")
    assert note.endswith("an image that is named is always taken: a.seg.png, b.png")
    named = find_inputs([shard / "b.png", shard])
    assert ("b.png" in named.names, named.left_out) == (True, ("a.seg.png",))
    assert find_inputs([touch(tmp_path / "folder", *files)]).notes() == []


def test_archives_of_a_folder_without_images_are_named(tmp_path: Path):
    tar_of(tmp_path / "0.tar", {"a.jpg": b""})
    with pytest.raises(DataError, match=r"holds no image.*: name the archives that lie there \(.*/0\.tar\)$"):
        find_inputs([tmp_path])
