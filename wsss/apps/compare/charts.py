"""Pictures of groups: their scores as dots with intervals, and their threshold curves over each other."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from wsss.apps.compare.compared import Compared
from wsss.apps.compare.differences import group_estimates
from wsss.apps.compare.groups import Group
from wsss.apps.compare.sheets import Masks
from wsss.apps.compare.tables import scores_of
from wsss.draw.curves import threshold_curves
from wsss.draw.dots import Dots, dots_chart


def group_charts(groups: Sequence[Group], every: Sequence[Masks]) -> Iterator[tuple[str, Markup]]:
    """Yield every chart as an SVG, with the name of its file without suffix."""
    for masks in every:
        yield f"scores {masks.stage} {masks.split}", _dots(groups, masks)
    for stage, split in _curved(groups[0].runs[0]):
        lines = {
            group.name: [
                (points["thresholds"], [float("nan") if value is None else value for value in points["miou"]])
                for run in group.runs
                if (points := run.curves.get(stage, {}).get(split))
            ]
            for group in groups
        }
        if all(lines.values()):
            yield f"thresholds {stage} {split}", threshold_curves(lines)


def _dots(groups: Sequence[Group], masks: Masks) -> Markup:
    rows = [
        Dots(
            name=group.name,
            values=[value for value in scores_of(group, **masks._asdict()) if value is not None],
            mean=estimate.value,
            low=estimate.low,
            high=estimate.high,
        )
        for group, estimate in zip(groups, group_estimates(groups, masks), strict=True)
    ]
    return dots_chart(rows, title=f"{masks.stage} on {masks.split}")


def _curved(run: Compared) -> list[tuple[str, str]]:
    return [(stage, split) for stage, splits in run.curves.items() for split in splits]
