"""Image-level labels in JSON: an object of images with lists of class names."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeGuard

from wsss.data.layouts.label_row import LabelRow, composed, stripped
from wsss.data.layouts.lines import read_lines
from wsss.data.listing import Problem
from wsss.errors import brief
from wsss.validation import early_end_of, reason

JSON_FORM: Final = '{"cat 1.jpg": ["cat", "dog"], "empty.jpg": []}'
COCO: Final = frozenset(("images", "annotations", "categories"))
"""Members of a file of COCO's, which are not images."""


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order, repeated ones included."""


def read_json_labels(path: Path) -> Iterator[LabelRow | Problem]:
    """Yield a row for every image of a JSON file, and what is wrong with it."""
    lines, problems = read_lines(path, kind="label")
    yield from problems
    if problems:
        return
    text = "".join(lines)
    try:
        # Numbers cannot be labels: read as floats, they may have any number of digits.
        table = json.loads(text, object_pairs_hook=_Pairs, parse_int=float)
    except json.JSONDecodeError as error:
        if early := early_end_of(text.encode()):
            yield Problem(kind="label", why=f"{path} is {early}: copy or export it again")
        else:
            yield _problem(f"{path} is not JSON ({reason(error)})")
        return
    except RecursionError:
        yield _problem(f"{path} is nested too deeply")
        return
    if not isinstance(table, _Pairs):
        yield _problem(f"{path} holds no object of images")
        return
    if {name for name, _ in table} >= COCO:
        why = f"{path} holds annotations in COCO's form: use dataset=coco, or --layout coco"
        yield Problem(kind="label", why=f"{why}, in place of {JSON_FORM}")
        return
    for image, names in table:
        yield _row(path, image, names)


def _row(path: Path, image: str, names: object) -> LabelRow | Problem:
    if not _is_text(image):
        why = f"{path}: the name {brief(image)} holds half of a letter, which no file has: write it whole"
        return Problem(kind="label", why=why, name=brief(image), complaint="half of a letter")
    if not _is_list_of_names(names):
        why = f"{path}: the labels of {brief(image)} are not a list of names: write {JSON_FORM}"
        return Problem(kind="label", why=why, name=brief(image), complaint="no list of names")
    return LabelRow(image=composed(image), names=stripped(names), split=None, source=f"{path}, {brief(image)}")


def _is_list_of_names(names: object) -> TypeGuard[list[str]]:
    if not isinstance(names, list) or isinstance(names, _Pairs):
        return False
    return all(isinstance(name, str) and name.strip() and _is_text(name) for name in names)


def _is_text(name: str) -> bool:
    """Whether a name can be written to a file: JSON can hold halves of letters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _problem(why: str) -> Problem:
    return Problem(kind="label", why=f"{why}: write {JSON_FORM}")
