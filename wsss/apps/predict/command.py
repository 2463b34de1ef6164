"""Many images: the next one is read and the last one written while the network looks at one."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wsss.apps.predict.inputs import Inputs
from wsss.apps.predict.output import Output, Row
from wsss.apps.predict.predictor import Predictor
from wsss.data.images import read_image
from wsss.draw.overlay import Picture
from wsss.engine.progress import bar
from wsss.errors import DataError

SAVED_EVERY: Final = 20.0
"""Seconds after which the table is written again: what a killed process had done since then is done again."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """Rows of the images that are finished, and why others could not be read."""

    rows: dict[str, Row] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def predict_many(
    predictor: Predictor, inputs: Inputs, *, output: Output, head: Mapping[str, Any], resume: bool
) -> dict[str, Any]:
    """Write masks and overlays of all images, and return the table of them.

    Images that cannot be read are listed in the table and left out. `resume` keeps what an earlier call with the same
    `head` has finished.
    """
    earlier = output.earlier(head) if resume else {}
    done = Done(rows={image: earlier[image] for image in inputs.names if image in earlier})

    def save() -> dict[str, Any]:
        rows = [done.rows[image] for image in inputs.names if image in done.rows]
        return output.write_table(head, rows=rows, failed=done.failed)

    saved, saved_at = save(), time.monotonic()
    try:
        with bar("predict", total=len(inputs.names), unit="images", done=len(done.rows)) as advance:
            for _ in _worked_off(predictor, inputs, output=output, done=done):
                advance(note=f"{len(done.failed)} unreadable" if done.failed else "")
                if time.monotonic() - saved_at > SAVED_EVERY:
                    saved, saved_at = save(), time.monotonic()
    finally:
        saved = save()
    return saved


def _worked_off(predictor: Predictor, inputs: Inputs, *, output: Output, done: Done) -> Iterator[None]:
    """Finish one image after another, but for those that are done; yields after each."""
    todo = [image for image in inputs.names if image not in done.rows]
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        writing: Future[Row] | None = None
        for path, image in _read_ahead(todo, root=inputs.root, reader=reader):
            if isinstance(image, DataError):
                done.failed[path] = str(image)
                yield
                continue
            prediction = predictor(image)
            if writing is not None:
                _finish(writing, done)
                yield
            writing = writer.submit(output.write, image, path=path, name=inputs.names[path], prediction=prediction)
        if writing is not None:
            _finish(writing, done)
            yield


def _finish(writing: Future[Row], done: Done) -> None:
    row = writing.result()
    done.rows[row["image"]] = row


def _read_ahead(
    paths: Sequence[str], *, root: Path, reader: ThreadPoolExecutor
) -> Iterator[tuple[str, Picture | DataError]]:
    """Yield every path with its image, or with what is wrong with it, reading one ahead: large ones fill the memory."""
    coming: Future[Picture | DataError] | None = None
    for path, following in zip(paths, [*paths[1:], None], strict=True):
        current = coming or reader.submit(_read, root / path)
        image = current.result()
        coming = None if following is None else reader.submit(_read, root / following)
        yield path, image


def _read(path: Path) -> Picture | DataError:
    try:
        return read_image(path)
    except DataError as error:
        return error
