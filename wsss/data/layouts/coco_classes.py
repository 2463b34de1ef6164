"""Categories of COCO's files as classes: by increasing id, without the gaps between ids."""

from collections.abc import Mapping, Sequence

from wsss.data.layouts.coco_file import CocoFile
from wsss.data.listing import Problem
from wsss.errors import one_of


def categories_of(files: Mapping[str, CocoFile]) -> tuple[dict[int, str], list[Problem]]:
    """Return the names of all categories by increasing id, and a problem for every id that has two names.

    `files` are the annotation files by their names.
    """
    names: dict[int, str] = {}
    sources: dict[int, str] = {}
    problems = []
    for file, content in files.items():
        for category in content.categories:
            name = names.setdefault(category.id, category.name)
            source = sources.setdefault(category.id, file)
            if name != category.name:
                why = (
                    f"category {category.id} is {name!r} in {source} and {category.name!r} in {file}: number them alike"
                )
                problems.append(Problem(kind="class", why=why, name=str(category.id), complaint="two names"))
    return dict(sorted(names.items())), problems


def chosen_classes(
    categories: Mapping[int, str], wanted: Sequence[str] | None
) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the classes, all categories where none are `wanted`, and a problem for a class that is not a category."""
    if wanted is None:
        return tuple(categories.values()), []
    known = list(categories.values())
    strange = [name for name in wanted if name not in known]
    has = f"the annotations have: {one_of(known)}"
    return tuple(wanted), [
        Problem(kind="class", why=f"dataset.classes: there is no category {name!r}; {has}", name=name, complaint=has)
        for name in strange
    ]
