"""Table of a benchmark run's scores beside what was published for its chain."""

from rich.table import Table

from wsss.apps.compare.compared import Compared
from wsss.apps.compare.published_figures import FIGURES, Figure
from wsss.draw.numbers import ABSENT, percent
from wsss.errors import ConfigError, one_of


def beside_published(run: Compared) -> Table:
    """Return the mIoU of a run's stages beside published figures, with their sources.

    A split with another number of images than the benchmark's says so: such scores do not compare. Raises `ConfigError`
    for a run of another experiment.
    """
    name = str(run.record.config.get("name"))
    if name not in FIGURES:
        raise ConfigError(
            [f"--published: no figures are kept for the experiment {name!r}; they are for: {one_of(list(FIGURES))}"]
        )
    table = Table("stage", "split", run.name, "published", "others", "source", title="mIoU, per cent", show_lines=True)
    for figure in FIGURES[name]:
        table.add_row(
            figure.stage, figure.split, _own(run, figure), figure.published, figure.others or ABSENT, figure.source
        )
    return table


def _own(run: Compared, figure: Figure) -> str:
    score = percent(run.scores.get(figure.stage, {}).get(figure.split, {}).get("miou"))
    images = len(run.index().splits.get(figure.split, ()))
    if score == ABSENT or images == figure.images:
        return score
    return f"{score} (other data: {images:,} images in place of {figure.images:,})"
