"""`wsss sweep NAME`: from words to finished runs."""

from collections.abc import Callable, Sequence

from omegaconf import DictConfig

from wsss.apps import sweep
from wsss.apps.sweep.combinations import combinations
from wsss.apps.sweep.engine import Engine
from wsss.apps.sweep.graph import Graph
from wsss.apps.sweep.local import Local
from wsss.apps.sweep.making import Making, estimate
from wsss.apps.sweep.on_ray import OnRay
from wsss.apps.sweep.on_slurm import OnSlurm
from wsss.apps.sweep.options import SweepOptions, divided
from wsss.apps.sweep.page import write_page
from wsss.apps.sweep.planned import PlannedRun, Planner
from wsss.apps.sweep.screen import lost_runs, show_graph
from wsss.apps.sweep.source import Grid, Source
from wsss.apps.sweep.space import Space
from wsss.apps.sweep.sweep_folder import SweepFolder
from wsss.config.compose import composed, searching
from wsss.config.search import added_among, config_folders
from wsss.engine.progress import console
from wsss.errors import ConfigError
from wsss.run.command import build_stages
from wsss.run.objective import is_oracle, rises
from wsss.store.disk_errors import writing

Opens = Callable[[int], Source]
"""Returns where runs come from, given how many stages are made at once."""
WITHOUT_MASKS = "train_classifier/val/map"
WITH_MASKS = "predict_masks/val/miou"


def make_sweep(name: str, words: Sequence[str]) -> list[str]:
    """Make all runs of a sweep, or what of them is missing; return what failed, in a sentence each.

    Raises `ConfigError` with all that is wrong with the words, before anything is made.
    """
    folder = SweepFolder.named(name)
    options, rest = divided(words)
    asked = (*rest, *options.asked)
    folder.refuse_other(asked)
    with writing(folder.path):
        overrides, config = _checked(rest)
        if config.plan:
            runs = [_space(overrides, config, options).first] if options.search else combinations(overrides)
            _show(Planner(folder.path).planned(runs))
            if options.search:
                console.print(f"this is the trial of the first values; the search makes {options.trials}")
            return []
        opens = _search if options.search else _grid
        source = opens(folder, overrides, config, options=options, asked=asked)
        with folder.held():
            engine = engine_of(options, folder)
            making = Making(folder=folder, source=source(engine.width), engine=engine, graph=Graph())
            making.all()
            said = making.source.said()
            page = write_page(folder, notes=said)
    for line in (*said, str(page.absolute())):
        console.print(line)
    return lost_runs(making.graph)


def engine_of(options: SweepOptions, folder: SweepFolder) -> Engine:
    """Return what makes the stages; raises `ConfigError` where it is not installed, or does not answer."""
    if options.ray_address is not None:
        return OnRay(address=options.ray_address, jobs=options.jobs, minutes=options.ray_wait_minutes)
    if options.slurm_cluster is not None:
        return OnSlurm(options, folder=folder.path / "slurm")
    return Local(jobs=options.jobs)


def refuse_own(words: Sequence[str]) -> None:
    """Refuse words of `wsss run` that a sweep sets itself."""
    problems = [f"{word}: each run of a sweep has a folder of its own" for word in words if word.startswith("out=")]
    problems += [f"{word}: these are options of Hydra's own sweeps" for word in words if word.startswith("hydra")]
    if problems:
        raise ConfigError([f"{problem}: leave it out" for problem in problems])


def _checked(words: Sequence[str]) -> tuple[list[str], DictConfig]:
    """Return the overrides for all runs, and the config of the first values."""
    added, typed = added_among(words)
    refuse_own(typed)
    overrides = searching(typed, config_folders(added)[1:])
    return overrides, composed(overrides, sweep=True, build=build_stages)


def _grid(
    folder: SweepFolder, overrides: Sequence[str], config: DictConfig, *, options: SweepOptions, asked: tuple[str, ...]
) -> Opens:
    del config, options
    runs = Planner(folder.path).planned(combinations(overrides))

    def opens(width: int) -> Source:
        del width
        folder.write(asked, {run.number: run.words for run in runs})
        return Grid(runs=runs)

    return opens


def _search(
    folder: SweepFolder, overrides: Sequence[str], config: DictConfig, *, options: SweepOptions, asked: tuple[str, ...]
) -> Opens:
    space, objective = _space(overrides, config, options), config.objective

    def opens(width: int) -> Source:
        return sweep.Search(
            sweep.study_in(folder, maximise=rises(objective)),
            Planner(folder.path),
            objective=objective,
            space=space,
            words=asked,
            options=options,
            width=width,
        )

    return opens


def _space(overrides: Sequence[str], config: DictConfig, options: SweepOptions) -> Space:
    """Return what a search may choose; raises `ConfigError` where there is nothing, or no objective."""
    objective = config.objective
    if objective is None:
        masks = f"objective={WITHOUT_MASKS} reads no masks, objective={WITH_MASKS} reads those of val (an oracle)"
        raise ConfigError([f"search={options.search} needs an objective: {masks}"])
    space = Space.of(overrides)
    if is_oracle(objective):
        console.print(f"objective {objective}: an oracle, since it reads true masks")
    return space


def _show(runs: Sequence[PlannedRun]) -> None:
    graph = Graph()
    for run in runs:
        graph.add(run)
    estimate(graph)
    show_graph(graph)
