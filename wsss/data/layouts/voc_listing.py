"""All that a VOC devkit names, mistakes included."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from wsss.data.images import find_images
from wsss.data.layouts.base import Entry, image_id
from wsss.data.layouts.listing import Listing, Problem, ambiguous, masks_of, problems_of, read_every_line
from wsss.data.layouts.voc import VOC, read_list, read_object_names
from wsss.errors import DataError

Paths = Mapping[str, Sequence[str]]
"""Images below the folder of images, by id."""


def list_voc(writer: VOC) -> Listing:
    """List a devkit."""
    home = writer.home()
    if not all((home / folder).is_dir() for folder in (writer.images, writer.annotations)):
        return Listing(root=home, classes=writer.classes, problems=_refusal(writer))
    paths = _paths(home / writer.images)
    lists, problems = _lists(writer, paths)
    listed = tuple(dict.fromkeys(i for ids in lists.values() for i in ids))
    there, in_lists = [i for i in listed if i in paths], set(listed)
    masks, of_masks = masks_of(listed, root=home, folder=writer.masks)
    problems += [*ambiguous({i: paths[i] for i in there}, folder=writer.images), *of_masks]
    sources = {i: f"{writer.annotations}/{i}.xml" for i in there}
    names = {i: _names(home / source, difficult=writer.difficult) for i, source in sources.items()}
    problems += [each for each in names.values() if isinstance(each, Problem)]
    entries = [
        Entry(
            id=i,
            image=f"{writer.images}/{paths[i][0]}",
            names=() if isinstance(own, Problem) else own,
            source=sources[i],
            mask=masks.get(i),
        )
        for i, own in names.items()
    ]
    return Listing(
        root=home,
        classes=writer.classes,
        entries=tuple(entries),
        unread=tuple(i for i, own in names.items() if isinstance(own, Problem)),
        splits={name: tuple(i for i in ids if i in paths) for name, ids in lists.items()},
        unlisted=tuple(path for i, own in paths.items() if i not in in_lists for path in own),
        problems=tuple(problems),
    )


def _refusal(writer: VOC) -> tuple[Problem, ...]:
    try:
        writer.sources()
    except DataError as error:
        return (Problem(kind="layout", why=str(error)),)
    return ()


def _paths(folder: Path) -> Paths:
    paths: dict[str, list[str]] = {}
    for path in find_images(folder):
        paths.setdefault(image_id(path), []).append(path)
    return paths


def _lists(writer: VOC, paths: Paths) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    lists: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for name, file in writer.splits.items():
        place = writer.home() / Path(file).expanduser()
        ids, complaints = read_every_line(place, lambda path: read_list(path, known=paths))
        lists[name] = ids or ()
        missing = [i for i in lists[name] if i not in paths]
        problems += problems_of("list", complaints)
        problems += problems_of(
            "list", (f"{file} lists {i}, which {writer.images} lacks: put it there, or take it out" for i in missing)
        )
    return lists, problems


def _names(path: Path, *, difficult: bool) -> tuple[str, ...] | Problem:
    try:
        if path.is_file():
            return read_object_names(path, difficult=difficult)
        why = f"{path} is not there, where labels are read: put it there, or take the image out of the lists"
    except DataError as error:
        why = str(error)
    return Problem(kind="label", why=why)
