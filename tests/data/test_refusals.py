"""What a run refuses of a data set, each by hand."""

from pathlib import Path

import pytest

from wsss.data.examine import Examined
from wsss.data.listing import Entry, Listing, Problem
from wsss.data.refusals import refused_of_data, refused_of_splits
from wsss.types import Size

GOOD = Examined(size=Size(height=2, width=3))
BAD = Examined(problem=Problem(kind="image", why="/x/b.png is empty"))


def entry(i: str, *names: str) -> Entry:
    return Entry(id=i, image=f"{i}.png", names=names, source=f"line {i}")


def refused(listing: Listing, *, skipped: tuple[str, ...] = (), **examined: Examined) -> list[tuple[str, str]]:
    problems = refused_of_data(listing, {e.id: GOOD for e in listing.entries} | examined, skipped=skipped)
    return [(problem.kind, problem.why) for problem in problems]


def listing(*entries: Entry, classes: tuple[str, ...] = ("cat", "dog"), **splits: tuple[str, ...]) -> Listing:
    return Listing(root=Path("/x"), classes=classes, entries=entries, splits=splits)


def test_nothing_to_refuse():
    assert refused(listing(entry("a", "cat"), entry("b"), train=("a",), val=("b",))) == []
    assert refused(listing()) == []


def test_broken_files_unless_they_are_skipped():
    data = listing(entry("a", "cat"), entry("b"), train=("a", "b"))
    assert refused(data, b=BAD) == [("image", "/x/b.png is empty")]
    assert refused(data, b=BAD, skipped=("b",)) == []


@pytest.mark.parametrize(
    ("classes", "said"),
    [((), "no classes"), (("cat", "cat"), "'cat' is named twice"), (("background",), "is label 0 already")],
)
def test_names_that_cannot_be_classes(classes: tuple[str, ...], said: str):
    ((kind, why),) = refused(listing(entry("a"), classes=classes))
    assert kind == "class"
    assert said in why


def test_labels_that_are_no_class():
    data = listing(entry("a", "cow", "cow"), entry("b", "cow"), entry("c", "ant"))
    remedy = "correct the label, or add the class to `dataset.classes`, which has cat, dog"
    assert refused(data) == [
        ("class", f"1 image is labelled 'ant', which is not a class (line c): {remedy}"),
        ("class", f"2 images are labelled 'cow', which is not a class (line a, line b): {remedy}"),
    ]


def test_masks_of_nothing():
    drawn = Examined(size=Size(height=2, width=3), labels={0: 5, 255: 1})
    data = listing(entry("a", "cat"), entry("b"))
    assert refused(data, b=drawn) == []
    ((kind, why),) = refused(data, a=drawn)
    assert (kind, "the masks hold only 0 and 255" in why) == ("mask", True)


def test_empty_splits():
    data = listing(entry("a", "cat"), entry("b"), train=("a",), val=("b",), test=())
    assert refused(data, b=BAD, skipped=("b",)) == [
        ("split", "split 'test' is empty: list at least one image in it, or leave the split out"),
        ("split", "split 'val' is empty: none of its images can be read; b.png is empty"),
    ]


def test_one_image_for_two_splits():
    ((kind, why),) = refused(listing(entry("a", "cat"), train=("a",), val=()))
    assert (kind, why.endswith("; one image cannot fill two splits, so add others")) == ("split", True)


def test_splits_that_trainings_need():
    def told(**splits: list[bool]) -> list[str]:
        return [problem.why.partition(";")[0] for problem in refused_of_splits(splits, train="train", val="val")]

    assert told(train=[True, False], val=[False]) == []
    assert told(train=[True], test=[True]) == ["there is no split 'val'"]
    assert told(test=[True]) == ["there is no split 'train'", "there is no split 'val'"]
    assert told(train=[False], val=[True]) == ["no image of split 'train' shows any class: give images their labels"]
    assert told(train=[], val=[True]) == [], "an empty split is refused as such"
    assert refused_of_splits({"all": [True]}, train="all", val="all") == []
