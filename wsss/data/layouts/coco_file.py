"""Files of COCO's annotations (Lin et al., ECCV 2014): images, categories and annotations."""

import json
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter

from wsss.data.json_items import EndsEarlyError, json_items
from wsss.data.layouts.coco_annotations import Annotations
from wsss.errors import FileError
from wsss.paths import NotRegularError, open_regular
from wsss.size import Size
from wsss.validation import reason

LISTS: Final = ("images", "categories", "annotations")
"""What a file holds at least."""


@dataclass(frozen=True, slots=True)
class Category:
    """A class, whose number is one of 1 .. 90 with gaps in COCO itself."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image."""

    id: int
    file_name: str
    width: Annotated[int, Field(ge=1)] | None = None
    height: Annotated[int, Field(ge=1)] | None = None

    @property
    def size(self) -> Size | None:
        """Its size, where the file tells."""
        if self.width is None or self.height is None:
            return None
        return Size(height=self.height, width=self.width)


@dataclass(frozen=True, slots=True)
class CocoFile:
    """What a file holds, in its order."""

    images: list[Picture]
    categories: list[Category]
    annotations: Annotations


def read_coco(path: Path) -> CocoFile:
    """Read a file of annotations; raises `FileError` for any other.

    COCO's own has 450 MB, most of it coordinates. It is read in parts. Each outline is checked, and only its place in
    the file is kept.
    """
    try:
        with open_regular(path, links=True) as file:
            return _read(path, file)
    except EndsEarlyError as error:
        raise FileError(path, f"is {error}: copy or export it again") from error
    except (ValueError, RecursionError) as error:
        why = f"is not a file of COCO's annotations ({reason(error)}): export it again as COCO's JSON"
        raise FileError(path, why) from error
    except PermissionError as error:
        raise FileError(path, "may not be read by you: change its permissions") from error
    except NotRegularError as error:
        raise FileError(path, f"{error.strerror}: replace it by a file") from error
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}): name it in `dataset.splits`") from error


def _read(path: Path, file: BufferedIOBase) -> CocoFile:
    """Read the lists of a file; raises `ValueError` for any other, with the place of what is wrong."""
    content = CocoFile(images=[], categories=[], annotations=Annotations(path))
    lists: dict[str, Any] = {}
    for value in json_items(file):
        if value.key not in LISTS:
            continue
        lists[value.key] = [] if value.number is not None else json.loads(value.data)
        if value.number is None:
            continue
        if value.key == "images":
            content.images.append(value.read(_PICTURE.validate_json))
        elif value.key == "categories":
            content.categories.append(value.read(_CATEGORY.validate_json))
        else:
            content.annotations.add(value)
    _FILE.validate_python(lists)  # without their items, which were read: is each there, and a list?
    return content


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lists of a file, whatever their items are."""

    images: list[Any]
    categories: list[Any]
    annotations: list[Any]


_PICTURE: Final = TypeAdapter(Picture)
_CATEGORY: Final = TypeAdapter(Category)
_FILE: Final = TypeAdapter(_Lists)
