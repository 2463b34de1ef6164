"""Many images: each one is explained, drawn and added to the means; those that cannot be read are named at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wsss.apps.explain.averages import Average, Judged, averages
from wsss.apps.explain.explainer import Explainer
from wsss.apps.explain.methods import Fitting
from wsss.apps.explain.output import Output, Row
from wsss.apps.explain.tables import KEY, average_table, class_tables
from wsss.apps.predict.inputs import Inputs
from wsss.data.images import read_image, read_mask
from wsss.engine.progress import bar, console
from wsss.errors import DataError

SHOWN: Final = 8
"""Images up to which each one's scores are printed; of more there are only the means, and the table in the file."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked of every image; `masks` maps images to their true masks."""

    methods: Fitting
    classes: Sequence[str] = ()
    masks: Mapping[str, Path] = field(default_factory=dict)
    scored: bool = True


@dataclass(frozen=True, kw_only=True)
class _Done:
    """Rows of the images that are finished, what is kept of them for the means, and why others could not be read."""

    rows: list[Row] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def explain_many(
    explainer: Explainer, inputs: Inputs, *, request: Request, output: Output, head: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the sheets of all images, print their scores, and return the table of them.

    Images that cannot be read are listed in the table and left out. A call that is stopped leaves the table of what it
    has finished.
    """
    done, steps = _Done(), len(request.methods.methods)
    output.write_table(head, rows=[], means=[], failed={})
    try:
        with bar("explain", total=len(inputs.names) * steps, unit="maps") as advance:
            for path in inputs.names:
                try:
                    image = read_image(inputs.root / path)
                except DataError as error:
                    done.failed[path] = str(error)
                    advance(steps, note=f"{len(done.failed)} unreadable")
                    continue
                mask = read_mask(request.masks[path]) if path in request.masks else None
                explained = explainer(
                    image,
                    methods=request.methods,
                    classes=request.classes,
                    mask=mask,
                    scored=request.scored,
                    watch=lambda _: advance(1),
                )
                name = inputs.names[path]
                done.rows.append(output.write(image, path=path, name=name, explained=explained, mask=mask))
                done.judged.extend(Judged.of(each) for each in explained.explanations)
                if request.scored and len(inputs.names) <= SHOWN:
                    for each in class_tables(path, explained):
                        console.print(each)
    finally:
        means = averages(done.judged)
        table = output.write_table(head, rows=done.rows, means=means, failed=done.failed)
    _print_means(means, images=len(done.rows), scored=request.scored)
    return table


def _print_means(means: Sequence[Average], *, images: int, scored: bool) -> None:
    if scored and images > 1:
        console.print(average_table(means, images=images))
    if scored and images:
        console.print(KEY, markup=False)
