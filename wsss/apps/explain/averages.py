"""Means over images: what papers print of a method."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.apps.batch.output import Output, Row
from wsss.apps.explain.explanation import Explained
from wsss.apps.explain.metric import shown_metrics
from wsss.metrics.confusion import known_or_none, mean_of_known
from wsss.metrics.localisation import THRESHOLDS, PixelCurve
from wsss.store import arrays
from wsss.store.texts import whole

COUNTS: Final = "counts"
"""Key of a row, and of the array in the file that it names: PxAP's counts, for the explanations in their order."""

Scored = Mapping[str, Any]
"""An explanation as a row has it."""


def averages(rows: Sequence[Row], *, pixels: Mapping[str, PixelCurve]) -> dict[str, dict[str, Any]]:
    """Return the means of every method over pairs of an image and a class: number of `pairs`, `seconds`, and `scores`.

    Two are not taken over pairs: the pointing game's is the mean of the classes' rates of hits, and PxAP's is that of
    the pixels of all images together, as their authors have it; pairs for which a score is not defined are left out.
    `pixels` holds each method's counts of these.
    """
    by_method: dict[str, list[Scored]] = {}
    for row in rows:
        for explanation in row["explanations"]:
            by_method.setdefault(explanation["method"], []).append(explanation)
    return {method: _average(scored, pixels.get(method)) for method, scored in by_method.items()}


def write_counts(explained: Explained, *, name: str, output: Output) -> Row:
    """Write the counts of an image's explanations, and return the entry of its row; nothing where there was no mask."""
    curves = [each.judgement.pixels for each in explained.explanations]
    if not any(curves):
        return {}
    none = np.zeros((2, THRESHOLDS + 1), dtype=np.int64)
    counts = np.stack([none if curve is None else np.stack([curve.beside, curve.inside]) for curve in curves])
    path = output.file(COUNTS, name=name, suffix=".npz")
    with whole(path) as hidden, hidden.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{COUNTS: counts})
    return {COUNTS: output.relative(path)}


def pooled_pixels(rows: Sequence[Row], *, output: Output) -> dict[str, PixelCurve]:
    """Add up the counts of all images, method by method."""
    pooled: dict[str, PixelCurve] = {}
    for row in rows:
        if COUNTS in row:
            counts = torch.tensor(_counts(output.place(row[COUNTS]), of=len(row["explanations"])))
            for explanation, (beside, inside) in zip(row["explanations"], counts, strict=True):
                curve = PixelCurve(beside=beside, inside=inside)
                method = explanation["method"]
                pooled[method] = pooled[method] + curve if method in pooled else curve
    return pooled


def _counts(path: Path, *, of: int) -> NDArray[np.int64]:
    """Read what `write_counts` wrote; raises `StoreError` for anything else, before it is unpacked."""
    with arrays.opened(path, what="counts of pixels") as archive:
        return archive.read(COUNTS, dtype=np.int64, most=(of, 2, THRESHOLDS + 1))


def _average(scored: Sequence[Scored], pixels: PixelCurve | None) -> dict[str, Any]:
    metrics = shown_metrics([each["scores"] for each in scored])
    means = {metric.key: mean_of_known(each["scores"].get(metric.key) for each in scored) for metric in metrics}
    if "pointing" in means:
        means["pointing"] = _rate_of_hits(scored)
    if pixels is not None:
        means["pxap"] = pixels.pxap
    return {
        "pairs": len(scored),
        "seconds": sum(each["seconds"] for each in scored) / len(scored),
        "scores": {key: known_or_none(value) for key, value in means.items()},
    }


def _rate_of_hits(scored: Sequence[Scored]) -> float:
    hits: dict[str, list[float | None]] = {}
    for each in scored:
        hits.setdefault(each["class"], []).append(each["scores"].get("pointing"))
    return mean_of_known(mean_of_known(of_class) for of_class in hits.values())
