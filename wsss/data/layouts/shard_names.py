"""Names of a data set's archives: one, all of a folder, or those of a pattern such as `train-{000..081}.tar`."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Final

from wsss.data.archive_files import SUFFIXES
from wsss.data.archives import archive_of
from wsss.errors import DataError

MOST: Final = 100_000
"""Archives that a pattern names at most."""
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_RANGE: Final = re.compile(r"(\d+)\.\.(\d+)")


def is_pattern(root: Path) -> bool:
    """Tell whether a path stands for several archives of a folder that is there: its last part has `{..}` or `*`."""
    return re.search(r"[*?{]", root.name) is not None and root.parent.is_dir() and not root.exists()


def shards_at(root: Path) -> list[str]:
    """Return the names of a data set's archives, sorted.

    Raises `DataError` for braces that name too many, and `FileNotFoundError` where one that they name is missing.
    """
    if archive_of(root) == root:
        return [root.name]
    if not is_pattern(root):
        return _archives(root)
    there = _archives(root.parent)
    names = list(expanded(root.name))
    if missing := [name for name in names if not re.search(r"[*?]", name) and name not in there]:
        raise FileNotFoundError(str(root.parent / missing[0]))
    return [each for each in there if any(fnmatchcase(each, name) for name in names)]


def expanded(pattern: str) -> Iterator[str]:
    """Yield the names that a pattern's braces stand for, as a shell does.

    >>> list(expanded("{train,val}-{08..10}.tar"))[:4]
    ['train-08.tar', 'train-09.tar', 'train-10.tar', 'val-08.tar']
    """
    parts = _BRACES.split(pattern)
    choices = [list(_choices(part)) if place % 2 else [part] for place, part in enumerate(parts)]
    count = 1
    for each in choices:
        count *= len(each)
    if count > MOST:
        raise DataError(f"{pattern} names {count:,} archives: name {MOST:,} at most")
    yield from ("".join(each) for each in product(*choices))


def _choices(text: str) -> Iterator[str]:
    if (numbers := _RANGE.fullmatch(text)) is None:
        yield from text.split(",")
        return
    first, last = numbers.groups()
    for number in range(int(first), min(int(last), int(first) + MOST) + 1):
        yield f"{number:0{len(first)}}"


def compressed_in(folder: Path) -> list[str]:
    """Return the names of the compressed tars of a folder, sorted; they have to be unpacked."""
    if not folder.is_dir():
        return []
    names = (path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return sorted(name for name in names if is_compressed(name))


def is_compressed(name: str) -> bool:
    """Tell whether a name is that of a compressed tar.

    >>> is_compressed("train-000.tar.gz"), is_compressed("000.tgz"), is_compressed("000.tar")
    (True, True, False)
    """
    return re.search(r"\.(tgz|tbz2?|txz|tzst|tar\.[a-z0-9]+)$", name.lower()) is not None


def _archives(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    names = (path.name for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    return sorted(name for name in names if not name.startswith("."))
