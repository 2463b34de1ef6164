"""Many images: each one is explained, drawn and added to the means; those that cannot be read are named at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wsss.data.images import read_image, read_mask
from wsss.errors import DataError
from wsss.explain.averages import Average, Judged, averages
from wsss.explain.explainer import Explainer
from wsss.explain.methods import Fitting
from wsss.explain.output import Output, Row
from wsss.explain.tables import KEY, average_table, class_tables
from wsss.predict.inputs import Inputs
from wsss.stages.progress import bar, console

SHOWN: Final = 8
"""Images up to which each one's scores are printed; of more there are only the means, and the table in the file."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked of every image; `masks` maps images to their true masks."""

    methods: Fitting
    classes: Sequence[str] = ()
    masks: Mapping[str, Path] = field(default_factory=dict)
    scored: bool = True


def explain_many(
    explainer: Explainer, inputs: Inputs, *, request: Request, output: Output, head: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the sheets of all images, print their scores, and return the table of them."""
    rows: list[Row] = []
    judged: list[Judged] = []
    failed: dict[str, str] = {}
    steps = len(request.methods.methods)
    with bar("explain", total=len(inputs.names) * steps, unit="maps") as advance:
        for path, name in inputs.names.items():
            try:
                image = read_image(inputs.root / path)
            except DataError as error:
                failed[path] = str(error)
                advance(steps, note=f"{len(failed)} unreadable")
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
            rows.append(output.write(image, path=path, name=name, explained=explained, mask=mask))
            judged += [Judged.of(each) for each in explained.explanations]
            if request.scored and len(inputs.names) <= SHOWN:
                for table in class_tables(path, explained):
                    console.print(table)
    means = averages(judged)
    _print_means(means, images=len(rows), scored=request.scored)
    return output.write_table(head, rows=rows, means=means, failed=failed)


def _print_means(means: Sequence[Average], *, images: int, scored: bool) -> None:
    if scored and images > 1:
        console.print(average_table(means, images=images))
    if scored and images:
        console.print(KEY, markup=False)
