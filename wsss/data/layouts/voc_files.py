"""Files of a VOC devkit: lists of images, annotations, and the lists of the classification task."""

import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from xml.etree import ElementTree as ET

from wsss.boxes.box import Box
from wsss.data.images import IMAGE_SUFFIXES
from wsss.data.layouts.lines import read_lines
from wsss.data.listing import Problem
from wsss.errors import FileError, one_of
from wsss.paths import NotRegularError, open_regular
from wsss.validation import reason

CLASS_LISTS: Final = "ImageSets/Main"
"""Folder of the lists `<class>_<split>.txt`, an image and a mark a line."""
SHOWN: Final = "1"
DIFFICULT: Final = "0"
NOT_SHOWN: Final = "-1"


def missing_list(*paths: Path) -> list[Problem]:
    """Return a problem for each list that is not there."""
    problems = []
    for path in paths:
        if not path.is_file():
            others = sorted(other.name for other in path.parent.glob("*.txt"))
            there = f"; that folder has {one_of(others)}" if others else ""
            why = f"there is no list {path}{there}: name the lists in `dataset.splits`"
            problems.append(Problem(kind="list", why=why))
    return problems


def read_list(path: Path, *, known: Container[str] = ()) -> Iterator[str | Problem]:
    """Yield the ids of a split's list, in its order, and what is wrong with it.

    A line that is a `known` id as a whole is that: ids may hold spaces and slashes. Otherwise its first column is the
    image, as an id or, in the lists of many repositories, as a path. Other columns and blank lines are skipped.
    """
    if missing := missing_list(path):
        yield from missing
        return
    lines, problems = read_lines(path, kind="list")
    yield from problems
    places: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        i = _id_of(line, known)
        if i in places:
            why = f"{path} lists {i} twice, in lines {places[i]} and {number}: delete one"
            yield Problem(kind="list", why=why, name=f"{i} in line {number}", complaint=f"twice in {path}")
        else:
            places[i] = number
            yield i
    if not places and not problems:
        why = f"{path} is empty: list one image a line, or take the list out of `dataset.splits`"
        yield Problem(kind="list", why=why)


def _id_of(line: str, known: Container[str]) -> str:
    line = unicodedata.normalize("NFC", line.strip())
    first = line.split()[0]
    for text in (line, first):
        if text in known:
            return text
    path = PurePosixPath(first)
    is_path = "/" in first or path.suffix.lower() in IMAGE_SUFFIXES
    return path.stem if is_path else first


@dataclass(frozen=True, kw_only=True)
class Marked:
    """An object of an annotation: its class, and its box where it has one."""

    name: str
    box: Box | None = None


def read_objects(path: Path, *, difficult: bool) -> tuple[Marked, ...]:
    """Return every object of a VOC annotation, without the parts that some objects are divided into.

    `difficult` says whether objects marked as such count. Raises `FileError` for any other file.
    """
    try:
        with open_regular(path, links=True) as file:
            root = ET.parse(file).getroot()  # noqa: S314, files of one's own data set, and expat limits entities
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        remedy = "put it there, or take the image out of the lists"
        raise FileError(path, f"is not there, where labels are read: {remedy}") from error
    except (ET.ParseError, ValueError) as error:
        raise FileError(path, f"is not XML ({reason(error)}): copy it again") from error
    except NotRegularError as error:
        raise FileError(path, f"{error.strerror}: replace it by a file") from error
    except PermissionError as error:
        raise FileError(path, "may not be read by you: change its permissions") from error
    # `{*}` is any namespace, which some tools declare.
    objects = [
        found for found in root.findall("{*}object") if difficult or found.findtext("{*}difficult", "0").strip() != "1"
    ]
    marked = tuple(Marked(name=found.findtext("{*}name", "").strip(), box=_box(found, path)) for found in objects)
    if not all(each.name for each in marked):
        raise FileError(path, "has an object without a name: write <name> into every <object>")
    return marked


def _box(marked: ET.Element, path: Path) -> Box | None:
    """Return an object's box: VOC counts pixels from 1 on, and the last one belongs to the box."""
    bounds = marked.find("{*}bndbox")
    if bounds is None:
        return None
    texts = [bounds.findtext(f"{{*}}{edge}", "").strip() for edge in ("xmin", "ymin", "xmax", "ymax")]
    try:
        left, top, right, bottom = (float(text) for text in texts)
        # Tools that count from 0 write a 0 at the image's edge.
        return Box(left=max(left - 1, 0), top=max(top - 1, 0), right=right, bottom=bottom)
    except ValueError as error:
        remedy = "write numbers, xmin < xmax and ymin < ymax, or take <bndbox> out: boxes only score"
        raise FileError(path, f"has a box of {', '.join(texts)}: {remedy}") from error


def read_class_lists(
    home: Path, *, classes: Sequence[str], splits: Mapping[str, Sequence[str]], difficult: bool
) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Return the labels of images by `ImageSets/Main/<class>_<split>.txt`: 1 shows it, -1 does not, 0 is difficult.

    Args:
        home: The devkit.
        classes: Names of the classes, one list each.
        splits: The images of every split, by the name of its list.
        difficult: Whether 0 counts as shown.

    Returns:
        The class names of every image of which each list says something, and what is wrong with the lists.
    """
    labels: dict[str, list[str]] = {i: [] for ids in splits.values() for i in ids}
    silent: set[str] = set()
    problems: list[Problem] = []
    for split, ids in splits.items():
        for name in classes:
            path = home / CLASS_LISTS / f"{name}_{split}.txt"
            marks, of_list = _read_class_list(path)
            problems += of_list
            silent |= {i for i in ids if i not in marks}
            if not of_list:
                problems += [_without_mark(i, path) for i in ids if i not in marks]
            shown = {SHOWN, DIFFICULT} if difficult else {SHOWN}
            for i in ids:
                if marks.get(i) in shown:
                    labels[i].append(name)
    return {i: tuple(names) for i, names in labels.items() if i not in silent}, problems


def _read_class_list(path: Path) -> tuple[dict[str, str], list[Problem]]:
    if not path.is_file():
        why = (
            f"there is no list {path}, where labels are read: put it there, or take the class out of `dataset.classes`"
        )
        return {}, [Problem(kind="label", why=why, name=path.name, complaint="no list of a class")]
    lines, problems = read_lines(path, kind="label")
    marks: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        i, _, mark = unicodedata.normalize("NFC", line.strip()).rpartition(" ")
        if mark in (SHOWN, DIFFICULT, NOT_SHOWN) and i.strip():
            marks[i.strip()] = mark
        elif line.strip():
            why = f"{path}, line {number}: {line.strip()!r} is not an image with 1, 0 or -1: write `<image> -1`"
            problems.append(Problem(kind="label", why=why, name=f"line {number}", complaint=f"{path}: no mark"))
    return marks, problems


def _without_mark(i: str, path: Path) -> Problem:
    why = f"{path} says nothing of {i}: write `{i} 1` where it shows the class, else `{i} -1`"
    return Problem(kind="label", why=why, name=i, complaint=f"{path}: nothing said")
