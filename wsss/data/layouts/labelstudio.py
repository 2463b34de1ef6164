"""Exports of Label Studio (https://labelstud.io) as JSON, beside a folder of the images that they are of."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, final
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError

from wsss.boxes.box import Box
from wsss.data.images import find_images
from wsss.data.label_studio import AnnotatedTask, Region, region_inside
from wsss.data.layouts.annotated_images import AnnotatedImage, AnnotatedImages, Outline, Reading
from wsss.data.listing import Problem
from wsss.errors import DataError, FileError
from wsss.paths import open_regular
from wsss.size import Size
from wsss.validation import early_end_of, first_problem, reason

OUTLINED: Final = ("brushlabels", "polygonlabels")
BOXED: Final = "rectanglelabels"
TAGGED: Final = ("choices", "taxonomy", "labels")
SHARE: Final = 100


@final
@dataclass(frozen=True, kw_only=True)
class LabelStudio(AnnotatedImages):
    """Labels are those of choices, boxes, polygons and brush strokes, of each image's last annotation.

    Images are found by their names, without the letters that an upload puts before them. Tasks that nobody annotated
    are left out; an annotation without a region makes a negative.
    """

    labels: str = "export.json"
    """The export, below `root`."""
    images: str = "images"
    """Folder of the images, below `root`."""

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Find an export in the folder, and images beside it."""
        del given
        for path in sorted(root.glob("*.json")):
            if _is_export(path):
                folder = next((each for each in ("images", "upload") if (root / each).is_dir()), ".")
                return {"labels": path.name, "images": folder}
        return None

    def folder(self) -> str:
        """Return the folder of images."""
        return self.images

    def files(self) -> tuple[Path, ...]:
        """Return the export."""
        return (self.home() / self.labels,)

    def read(self) -> Reading:
        """See `AnnotatedImages`."""
        path = self.home() / self.labels
        try:
            tasks = read_tasks(path)
        except DataError as error:
            return Reading(problems=(Problem(kind="label", why=str(error)),))
        names = {PurePosixPath(name).stem: name for name in find_images(self.home() / self.images)}
        images, problems = [], []
        for task in tasks:
            if task.last is None:
                continue
            try:
                images.append(self._image(task, names))
            except (DataError, ValueError, KeyError, TypeError) as error:
                why = f"{path}, task {task.number}: {error}: export it again as JSON"
                problems.append(Problem(kind="label", why=why, name=f"task {task.number}", complaint=str(error)))
        left = len(tasks) - len(images) - len(problems)
        notes = [f"left out, {left} of {len(tasks)} tasks of {self.labels}, which nobody annotated"] if left else []
        if not images and not problems:
            problems.append(Problem(kind="label", why=f"{path} holds no annotation: submit some, and export again"))
        return Reading(images=images, problems=problems, notes=notes)

    def _image(self, task: AnnotatedTask, there: Mapping[str, str]) -> AnnotatedImage:
        assert task.last is not None
        stem = unquote(task.id)
        regions = [each for each in task.last.result if each.names and each.type in (*OUTLINED, BOXED, *TAGGED)]
        drawn = [each for each in regions if each.type in OUTLINED]
        boxed = [each for each in regions if each.type == BOXED]
        shown = [name for each in regions for name in each.names]
        outlined = {name for each in drawn for name in each.names}
        whole = not boxed and set(shown) <= outlined
        sizes = {Size(height=each.original_height, width=each.original_width) for each in drawn}
        return AnnotatedImage(
            image=there.get(stem, f"{stem}.jpg"),
            names=tuple(dict.fromkeys(shown)),
            source=f"{self.labels}, task {task.number}",
            outlines=tuple(_outlines(drawn)) if whole else None,
            boxes=tuple((name, box) for each in boxed if (box := _box(each)) is not None for name in each.names),
            boxes_in="sides",
            size=sizes.pop() if len(sizes) == 1 else None,
        )


class _EndsEarlyError(FileError):
    """The end of the JSON is missing."""


def _is_export(path: Path) -> bool:
    """Whether a file is an export with tasks, or the start of one: whoever reads it says that its end is missing."""
    try:
        return bool(read_tasks(path))
    except _EndsEarlyError:
        data = path.read_bytes()
        return data.lstrip().startswith(b"[") and b'"annotations"' in data
    except FileError:
        return False


def read_tasks(path: Path) -> list[AnnotatedTask]:
    """Read an export; raises `FileError` for another file, such as the short form JSON-MIN."""
    try:
        with open_regular(path, links=True) as file:
            data = file.read()
        tasks = _ADAPTER.validate_json(data)
    except ValidationError as error:
        if early := early_end_of(data):
            raise _EndsEarlyError(path, f"is {early}: copy or export it again") from error
        why = f"is not an export of Label Studio ({first_problem(error)}): export again as JSON, and not as JSON-MIN"
        raise FileError(path, why) from error
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}): name it in `dataset.labels`") from error
    if not all(task.annotations or task.number is not None for task in tasks):
        raise FileError(path, "has tasks without annotations: export again as JSON, and not as JSON-MIN")
    return tasks


def _outlines(regions: list[Region]) -> list[Outline]:
    return [Outline(name=name, inside=region_inside(each)) for each in regions for name in each.names]


def _box(region: Region) -> Box | None:
    """Return an upright box in sides of the image; None for one that is rotated or has no area."""
    if region.value.get("rotation"):
        return None
    left, top, across, down = (float(region.value[key]) / SHARE for key in ("x", "y", "width", "height"))
    if across <= 0 or down <= 0:
        return None
    return Box(left=max(left, 0), top=max(top, 0), right=min(left + across, 1), bottom=min(top + down, 1))


_ADAPTER: Final[TypeAdapter[list[AnnotatedTask]]] = TypeAdapter(list[AnnotatedTask])
