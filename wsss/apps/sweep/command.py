"""`wsss sweep NAME`: from words to finished runs."""

from collections.abc import Sequence

from wsss.apps.sweep.combinations import combinations
from wsss.apps.sweep.graph import Graph
from wsss.apps.sweep.local import Local
from wsss.apps.sweep.making import Making, estimate
from wsss.apps.sweep.options import divided
from wsss.apps.sweep.planned import PlannedRun, Planner
from wsss.apps.sweep.screen import lost_runs, show_graph
from wsss.apps.sweep.source import Grid
from wsss.apps.sweep.sweep_folder import SweepFolder
from wsss.config.compose import composed, searching
from wsss.config.search import added_among, config_folders
from wsss.engine.progress import console
from wsss.errors import ConfigError
from wsss.run.command import build_stages
from wsss.store.disk_errors import writing


def make_sweep(name: str, words: Sequence[str]) -> list[str]:
    """Make all runs of a sweep, or what of them is missing; return what failed, in a sentence each.

    Raises `ConfigError` with all that is wrong with the words, before anything is made.
    """
    folder = SweepFolder.named(name)
    options, rest = divided(words)
    folder.refuse_other(rest)
    with writing(folder.path):
        runs = _planned(rest, folder)
        if runs[0].config["plan"]:
            _show(runs)
            return []
        with folder.held():
            folder.write(rest, {run.number: run.words for run in runs})
            making = Making(folder=folder, source=Grid(runs=runs), engine=Local(jobs=options.jobs), graph=Graph())
            making.all()
    console.print(str(folder.path.absolute()), markup=False)
    return lost_runs(making.graph)


def refuse_own(words: Sequence[str]) -> None:
    """Refuse words of `wsss run` that a sweep sets itself."""
    problems = [f"{word}: each run of a sweep has a folder of its own" for word in words if word.startswith("out=")]
    problems += [f"{word}: these are options of Hydra's own sweeps" for word in words if word.startswith("hydra")]
    if problems:
        raise ConfigError([f"{problem}: leave it out" for problem in problems])


def _planned(words: Sequence[str], folder: SweepFolder) -> list[PlannedRun]:
    added, typed = added_among(words)
    refuse_own(typed)
    overrides = searching(typed, config_folders(added)[1:])
    composed(overrides, sweep=True, build=build_stages)
    return Planner(folder.path).planned(combinations(overrides))


def _show(runs: Sequence[PlannedRun]) -> None:
    graph = Graph()
    for run in runs:
        graph.add(run)
    estimate(graph)
    show_graph(graph)
