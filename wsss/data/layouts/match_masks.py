"""Masks of a folder, matched to images by their names."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wsss.data.archives import is_folder
from wsss.data.images import find_files
from wsss.data.layouts.base import ambiguous, by_id, image_id
from wsss.data.listing import Problem
from wsss.errors import one_of

SUFFIX: Final = ".png"
"""A format that keeps labels as they are."""


@dataclass(frozen=True, kw_only=True)
class Masks:
    """The masks of images by id, relative to the data set's root, and what is wrong or was left out."""

    paths: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def match_masks(ids: Sequence[str], *, root: Path, folder: str | None, known: Container[str] = ()) -> Masks:
    """Return the masks that are there, `<folder>/<id>.png` below `root`, by id; an image may do without.

    A folder that is missing, or holds a mask of none of the images, is a problem, and so are two masks of one image.

    Args:
        ids: The images.
        root: The data set's root.
        folder: The folder of masks; None where there is to be none.
        known: Further images that are there, whose masks are in no need of a note.
    """
    if folder is None:
        return Masks()
    if problems := missing_masks(root, folder):
        return Masks(problems=tuple(problems))
    files = [path for group in find_files(root / folder) for path in group]
    wanted = set(ids)
    found = {i: paths for i, paths in by_id(path for path in files if _is_mask(path)).items() if i in wanted}
    if ids and not found:
        why = f"{root / folder} holds no mask of any image, such as {ids[0]}{SUFFIX}: name masks like their images"
        return Masks(problems=(Problem(kind="mask", why=f"{why}, or set dataset.masks=null"),))
    return Masks(
        paths={i: f"{folder}/{paths[0]}" for i, paths in found.items()},
        problems=tuple(ambiguous(found, folder=folder)),
        notes=_left_out(
            [path for path in sorted(files) if not _is_mask(path) or not _is_known(path, wanted, known)], folder
        ),
    )


def missing_masks(root: Path, folder: str | None) -> list[Problem]:
    """Return a problem where there is to be a folder of masks, and it is missing."""
    if folder is None or is_folder(root / folder):
        return []
    why = f"there is no folder {root / folder}: name it in `dataset.masks`, or set dataset.masks=null"
    return [Problem(kind="mask", why=why)]


def _is_mask(path: str) -> bool:
    return path.lower().endswith(SUFFIX)


def _is_known(path: str, *images: Container[str]) -> bool:
    i = image_id(path)
    return any(i in known for known in images)


def _left_out(paths: Sequence[str], folder: str) -> tuple[str, ...]:
    if not paths:
        return ()
    files = "1 file" if len(paths) == 1 else f"{len(paths)} files"
    remedy = f"name masks like their images, as {SUFFIX}"
    return (f"left out, {files} in {folder!r}, because no image has such a mask: {one_of(paths, limit=5)}; {remedy}",)
