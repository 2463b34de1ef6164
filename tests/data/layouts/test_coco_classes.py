"""Categories as classes."""

from pathlib import Path

from wsss.data.layouts.coco_annotations import Annotations
from wsss.data.layouts.coco_classes import categories_of, chosen_classes
from wsss.data.layouts.coco_file import Category, CocoFile


def holding(**names: int) -> CocoFile:
    categories = [Category(id=i, name=name) for name, i in names.items()]
    return CocoFile(images=[], annotations=Annotations(Path()), categories=categories)


def test_categories_of_all_files_by_their_ids():
    categories, problems = categories_of({"a.json": holding(dog=18, person=1), "b.json": holding(cat=17, person=1)})
    assert list(categories.items()) == [(1, "person"), (17, "cat"), (18, "dog")]
    assert problems == []


def test_two_names_of_one_id():
    _, problems = categories_of({"a.json": holding(dog=1), "b.json": holding(cat=1)})
    assert [each.why for each in problems] == [
        "category 1 is 'dog' in a.json and 'cat' in b.json: number them alike",
    ]


def test_classes_are_all_categories_or_those_that_are_wanted():
    categories = {1: "person", 18: "dog"}
    assert chosen_classes(categories, None) == (("person", "dog"), [])
    assert chosen_classes(categories, ("dog",)) == (("dog",), [])
    (problem,) = chosen_classes(categories, ("dog", "cat"))[1]
    assert problem.why == "dataset.classes: there is no category 'cat'; the annotations have: person, dog"
