"""Folders as labels."""

from wsss.data.layouts.class_folders import folder_notes, rows_of_folders, split_folders
from wsss.data.listing import parted


def shown(*names: str) -> dict[str, tuple[str, str | None]]:
    rows, problems = parted(rows_of_folders(names, folder="images"))
    assert problems == []
    return {row.image: (*row.names, row.split) for row in rows}


def test_the_first_folder_is_the_class():
    assert shown("cat/1.jpg", "cat/more/2.jpg", "sea lion/1.jpg") == {
        "cat/1.jpg": ("cat", None),
        "cat/more/2.jpg": ("cat", None),
        "sea lion/1.jpg": ("sea lion", None),
    }
    assert folder_notes(["cat/1.jpg"], folder="images") == []


def test_folders_of_splits_stand_above_classes():
    names = ["train/cat/1.jpg", "train/dog/2.jpg", "Valid/cat/3.jpg"]
    assert shown(*names) == {
        "train/cat/1.jpg": ("cat", "train"),
        "train/dog/2.jpg": ("dog", "train"),
        "Valid/cat/3.jpg": ("cat", "Valid"),
    }
    assert folder_notes(names, folder="images") == [
        "splits are the folders Valid, train of 'images', and classes the folders in them"
    ]


def test_one_folder_named_like_a_split_is_divided_further():
    names = ["train/cat/1.jpg", "train/dog/2.jpg"]
    assert shown(*names) == {"train/cat/1.jpg": ("cat", None), "train/dog/2.jpg": ("dog", None)}
    assert folder_notes(names, folder="images") == ["'train' is a split, and classes the folders in it"]


def test_a_train_beside_a_car_is_a_class():
    assert split_folders(["train/1.jpg", "car/2.jpg", "train/old/3.jpg"]) == ()
    assert shown("train/1.jpg", "car/2.jpg") == {"train/1.jpg": ("train", None), "car/2.jpg": ("car", None)}


def test_images_in_the_folder_of_no_class():
    _, problems = parted(rows_of_folders(["train/1.jpg", "val/cat/2.jpg", "x.jpg"], folder="images"))
    assert [problem.why.partition(":")[0] for problem in problems] == [
        "images/train/1.jpg lies in the folder of no class",
        "images/x.jpg lies in the folder of no class",
    ]
    assert len({problem.complaint for problem in problems}) == 1
