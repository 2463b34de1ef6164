"""Masks that belong to images, and what else lies in their folder."""

from pathlib import Path

from wsss.data.layouts.base import image_id
from wsss.data.layouts.match_masks import Masks, match_masks, missing_masks


def masks_of(root: Path, *names: str, ids: tuple[str, ...] = ("a",), known: tuple[str, ...] = ()) -> Masks:
    """The masks that are found among files of these names."""
    for name in names:
        (root / "masks" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "masks" / name).touch()
    return match_masks(ids, root=root, folder="masks", known=known)


def test_masks_are_matched_by_id_in_any_normal_form(tmp_path: Path):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    masks = masks_of(tmp_path, f"{decomposed}.png", "sub/x.1.png", ids=(composed, "sub/x.1", "y"))
    assert masks == Masks(paths={composed: f"masks/{decomposed}.png", "sub/x.1": "masks/sub/x.1.png"})
    assert image_id(f"{decomposed}.png") == composed


def test_masks_that_belong_to_no_image(tmp_path: Path):
    masks = masks_of(tmp_path, "a_mask.png")
    (problem,) = masks.problems
    assert (masks.paths, problem.kind) == ({}, "mask")
    assert f"{tmp_path}/masks holds no mask of any image, such as a.png" in problem.why


def test_a_folder_that_is_missing(tmp_path: Path):
    masks = match_masks(["a"], root=tmp_path, folder="gone")
    (problem,) = masks.problems
    assert (masks.paths, problem.kind) == ({}, "mask")
    assert problem.why == (f"there is no folder {tmp_path}/gone: name it in `dataset.masks`, or set dataset.masks=null")
    assert missing_masks(tmp_path, "gone") == [problem]
    assert match_masks(["a"], root=tmp_path, folder=None) == Masks()
    (tmp_path / "masks").mkdir()
    assert missing_masks(tmp_path, "masks") == missing_masks(tmp_path, None) == []


def test_files_that_are_masks_of_nothing_are_noted(tmp_path: Path):
    masks = masks_of(tmp_path, "a.png", "b.png", "b.tif", "c_mask.png", "d.npy", ids=("a",), known=("b",))
    assert masks.paths == {"a": "masks/a.png"}
    (note,) = masks.notes
    what = "left out, 3 files in 'masks', because no image has such a mask: b.tif, c_mask.png, d.npy"
    assert note == f"{what}; name masks like their images, as .png"


def test_masks_of_other_images_need_no_note(tmp_path: Path):
    assert masks_of(tmp_path, "a.png", "b.PNG", known=("b",)).notes == ()


def test_two_masks_of_one_image(tmp_path: Path):
    (problem,) = masks_of(tmp_path, "a.png", "a.PNG").problems
    assert (problem.kind, problem.why) == ("name", "masks: a.PNG and a.png have one id, 'a': rename one of them")
