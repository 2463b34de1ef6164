"""Find the files below a folder: links are followed, and those that lead in a circle are not."""

from collections.abc import Iterator
from pathlib import Path

from wsss.errors import DataError


def files_below(folder: Path) -> Iterator[Path]:
    """Yield whatever is not a folder below `folder`: a folder's own files first, sorted, without hidden ones.

    Links to folders are followed, but for those that lead back to a folder that they lie in. A link that leads nowhere
    counts as a file, so that whoever reads it can name it. Raises `DataError` for a folder that may not be read, and
    for a name that is not UTF-8, which no list, index or page can hold.
    """
    yield from _below(folder, inside=(folder.resolve(),))


def _below(folder: Path, *, inside: tuple[Path, ...]) -> Iterator[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except PermissionError as error:
        raise DataError(f"{folder} may not be read by you: change its permissions") from error
    for path in paths:
        _check_name(path)
    folders = dict.fromkeys(path for path in paths if path.is_dir())
    yield from (path for path in paths if path not in folders)
    for path in folders:
        real = path.resolve() if path.is_symlink() else inside[-1] / path.name
        if not any(each.is_relative_to(real) for each in inside):
            yield from _below(path, inside=(*inside, real))


def _check_name(path: Path) -> None:
    try:
        path.name.encode()
    except UnicodeEncodeError as error:
        where = f"the folder {path.parent} holds the name {path.name!a}"
        raise DataError(f"{where}, which is not UTF-8: rename it, as with `convmv`") from error
