"""Differences between groups, and how sure they are: intervals over images and random seeds, and exact tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from rich.table import Table
from scipy.sparse import csr_array

from wsss.apps.compare.compared import Compared
from wsss.apps.compare.groups import Group
from wsss.apps.compare.sheets import Masks
from wsss.apps.compare.tables import scores_of
from wsss.errors import StoreError
from wsss.metrics.differences import LEVEL, Estimate, difference, holm, mean_estimate, p_over_seeds

TOO_SMALL: Final = "n too small"
ONE_RUN: Final = "one run each"
APART: Final = "yes"
EXPLAINED: Final = (
    "An interval holds 95 % of 2,000 resamples of the images and, of several runs, of the runs (paired where their"
    " random seeds are the same). Holm's correction is over the groups of a stage and split. With one run each, other"
    " random seeds may well turn the result around."
)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a group has more than the first one, in mIoU of a stage's result on a split."""

    masks: Masks
    group: Group
    images: int
    estimate: Estimate
    corrected: float
    """The estimate's p value after Holm's correction."""
    seeds: float | str
    """How likely random seeds alone make the difference, or why that is not known."""

    @property
    def apart(self) -> bool:
        """Whether chance seldom makes such a difference."""
        return self.corrected < LEVEL


def common_images(groups: Sequence[Group], masks: Masks) -> list[str]:
    """Return the images that all runs have scored, in the order of the first."""
    tables = [run.images.get(masks.stage, {}).get(masks.split, {}) for group in groups for run in group.runs]
    return [image for image in tables[0] if all(image in table for table in tables[1:])]


def group_differences(groups: Sequence[Group], every: Sequence[Masks]) -> list[Difference]:
    """Return what each later group has more than the first, in every result that all runs have scored.

    Raises `StoreError` where runs are of data sets with other classes.
    """
    first, *others = (run for group in groups for run in group.runs)
    classes = first.index().classes
    for run in others:
        if run.index().classes != classes:
            raise StoreError(f"{run.name} has other classes than {first.name}: compare runs on one data set")
    return [row for masks in every for row in _of_masks(groups, masks)]


def difference_table(rows: Sequence[Difference]) -> Table:
    """Return differences in per cent, with their intervals."""
    columns = ("stage", "split", "group", "gain", "95 % interval", "p (Holm)", "p over seeds", "told apart", "images")
    table = Table(*columns, title="gains in mIoU over the first, per cent", caption=EXPLAINED)
    for row in rows:
        found = row.estimate
        table.add_row(
            *(row.masks.stage, row.masks.split, row.group.title, f"{100 * found.value:+.1f}"),
            f"{100 * found.low:+.1f} to {100 * found.high:+.1f}",
            f"{row.corrected:.3f}",
            row.seeds if isinstance(row.seeds, str) else f"{row.seeds:.3f}",
            APART if row.apart else "no",
            str(row.images),
        )
    return table


def group_estimates(groups: Sequence[Group], masks: Masks) -> list[Estimate]:
    """Return the mean mIoU of every group on the images that all runs have scored, with its interval."""
    images = common_images(groups, masks)
    return [mean_estimate(_rows(group, masks, images=images)) for group in groups]


def _of_masks(groups: Sequence[Group], masks: Masks) -> list[Difference]:
    images = common_images(groups, masks)
    if not images:
        raise StoreError(f"these runs have no scored image of {masks.split} in common")
    first, *others = groups
    before = _rows(first, masks, images=images)
    paired = [len(set(first.seeds)) == len(first.runs) and first.seeds == other.seeds for other in others]
    found = [
        difference(before, _rows(other, masks, images=images), paired=pairs)
        for other, pairs in zip(others, paired, strict=True)
    ]
    return [
        Difference(
            masks=masks,
            group=other,
            images=len(images),
            estimate=estimate,
            corrected=corrected,
            seeds=_over_seeds(first, other, masks, paired=pairs),
        )
        for other, pairs, estimate, corrected in zip(
            others, paired, found, holm([each.p for each in found]), strict=True
        )
    ]


def _over_seeds(first: Group, other: Group, masks: Masks, *, paired: bool) -> float | str:
    if len(first.runs) == len(other.runs) == 1:
        return ONE_RUN
    before, after = ([v for v in scores_of(group, **masks._asdict()) if v is not None] for group in (first, other))
    if len(before) < len(first.runs) or len(after) < len(other.runs):
        return "not all scored"
    p = p_over_seeds(before, after, paired=paired)
    return TOO_SMALL if p is None else p


def _rows(group: Group, masks: Masks, *, images: Sequence[str]) -> list[csr_array]:
    return [_chosen(run, masks, images=images) for run in group.runs]


def _chosen(run: Compared, masks: Masks, *, images: Sequence[str]) -> csr_array:
    own: dict[str, Any] = {image: place for place, image in enumerate(run.images[masks.stage][masks.split])}
    return run.image_confusions(masks.stage, masks.split)[np.array([own[image] for image in images])]
