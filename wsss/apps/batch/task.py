"""A task for many images: the next one is read and the last one written while the network looks at one."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

import numpy as np
from jaxtyping import Bool, UInt8

from wsss.apps.batch.inputs import Inputs
from wsss.apps.batch.output import Output, Row
from wsss.data.depth import WHITE
from wsss.data.images import read_image, read_mask
from wsss.draw.overlay import Picture
from wsss.engine.progress import Advance, bar
from wsss.errors import DataError

SAVED_EVERY: Final = 20.0
"""Seconds after which the table is written again: what a killed process had done since then is done again."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """An image as it was read, and its true mask where it has one."""

    path: str
    """Relative to the inputs' root, as POSIX."""
    name: str
    """Of its results, without a suffix."""
    image: Picture
    files: Mapping[str, Any]
    """Size and SHA-256 of what it was read from, as its row keeps them."""
    mask: UInt8[np.ndarray, "h w"] | None = None
    pixels: Bool[np.ndarray, "h w"] | None = None
    """Those that are asked about, where not the whole image is."""


class Task(ABC, Generic[Result]):
    """Something that is done with every image: `look` asks the network, `write` keeps what it said."""

    title: ClassVar[str]
    unit: ClassVar[str]

    @property
    def steps(self) -> int:
        """Units of the bar that one image takes."""
        return 1

    @property
    def white(self) -> int:
        """The value that is read as white in images of 16 bits."""
        return WHITE

    @abstractmethod
    def look(self, example: Example, *, advance: Callable[[], object]) -> Result:
        """Ask the network; calls `advance` after each of `steps`. Raises `DataError` for an image that is left out."""

    @abstractmethod
    def write(self, example: Example, result: Result, *, output: Output) -> Row:
        """Write the files of an image and return what the table says of it. It runs beside the next `look`."""

    def summary(self, rows: Sequence[Row], *, output: Output) -> dict[str, Any]:
        """Return what the table says of all images together."""
        return {}


def work_off(
    task: Task[Any], inputs: Inputs, *, output: Output, head: Mapping[str, Any], resume: bool = False
) -> dict[str, Any]:
    """Do a task for all images, and return the table of them.

    Images that cannot be read are listed in the table and left out. A call that is stopped leaves the table of what it
    has finished. `resume` keeps what an earlier call with the same `head` has finished of the same files.
    """
    rows = output.earlier(head) if resume else {}
    failed: dict[str, str] = {}

    def save(*, summarised: bool = False) -> dict[str, Any]:
        done = [rows[image] for image in inputs.names if image in rows]
        summary = task.summary(done, output=output) if summarised else {}
        return output.write_table({**head, "images": done, **summary, "failed": failed})

    save()
    saved_at = time.monotonic()
    try:
        with bar(task.title, total=len(inputs.names) * task.steps, unit=task.unit) as advance:
            for image, row in _rows(task, inputs, output=output, earlier=dict(rows), advance=advance):
                if isinstance(row, DataError):
                    rows.pop(image, None)
                    failed[image] = str(row)
                    advance(0, note=f"{len(failed)} left out")
                else:
                    rows[image] = row
                if time.monotonic() - saved_at > SAVED_EVERY:
                    save()
                    saved_at = time.monotonic()
    finally:
        table = save(summarised=True)
    return table


def _rows(
    task: Task[Any], inputs: Inputs, *, output: Output, earlier: Mapping[str, Row], advance: Advance
) -> Iterator[tuple[str, Row | DataError]]:
    """Yield every image with its row, or with what is wrong with it."""

    def looked(read: Example | Row | DataError) -> Callable[[], Row | DataError]:
        if not isinstance(read, Example):
            advance(task.steps)
            return lambda: read
        try:
            result = task.look(read, advance=advance)
        except DataError as error:  # of this image alone
            refusal = DataError(f"{inputs.root / read.path}: {error}")
            return lambda: refusal
        return writer.submit(_written, task, read, result, output=output).result

    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        # One image is read ahead and no more, since large ones fill the memory.
        reading = _one_late(
            (i, reader.submit(_read, inputs, i, white=task.white, earlier=earlier.get(i)).result) for i in inputs.names
        )
        writing = _one_late((image, looked(read())) for image, read in reading)
        for image, row in writing:
            yield image, row()


def _one_late(items: Iterable[Item]) -> Iterator[Item]:
    """Yield each item when the next one is there: what an item has begun goes on meanwhile."""
    waiting: list[Item] = []
    for item in items:
        waiting.append(item)
        if len(waiting) > 1:
            yield waiting.pop(0)
    yield from waiting


def _read(inputs: Inputs, image: str, *, white: int, earlier: Row | None) -> Example | Row | DataError:
    """Return the earlier row of an image whose files are the same, the image, or what is wrong with it."""
    try:
        files = inputs.digests(image)
        if earlier is not None and earlier.get("files") == files:
            return earlier
        return Example(
            path=image,
            name=inputs.names[image],
            image=read_image(inputs.root / image, white=white),
            files=files,
            mask=read_mask(inputs.masks[image]) if image in inputs.masks else None,
            pixels=read_mask(inputs.pixels[image]) > 0 if image in inputs.pixels else None,
        )
    except DataError as error:
        return error


def _written(task: Task[Result], example: Example, result: Result, *, output: Output) -> Row:
    return {"image": example.path, "files": example.files, **task.write(example, result, output=output)}
