"""`wsss run`: Hydra's command line around the pipeline."""

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig

from wsss import run
from wsss.config.build import build
from wsss.config.compose import as_typed, composed, resolved, searching
from wsss.config.search import OPTION, added_among, config_folder, config_folders
from wsss.config.words import SWEEP, overrides_among
from wsss.data.layouts.base import Layout
from wsss.engine.streams import complain
from wsss.errors import ConfigError, WsssError
from wsss.run.known import Outcome, known_run, repeat


def run_command(arguments: Sequence[str]) -> None:
    """Check every override, then run; a sweep, and whatever else has options of Hydra's own, goes through Hydra."""
    added, words = added_among(arguments)
    typed = overrides_among(words)
    options = [word for word in words if word not in typed]
    _, *folders = config_folders(added)
    overrides = searching(typed, folders)
    sweeps = any(word in SWEEP for word in options)
    config = composed(overrides, sweep=sweeps, build=build_stages)
    where = [] if added is None else [OPTION, str(added)]
    if options or any(word.lstrip("+~").startswith("hydra") for word in typed):
        through_hydra([*overrides, *options], sweeps=sweeps, where=where)
    else:
        run_composed(config, [*typed, *where])


def run_composed(config: DictConfig, words: Sequence[str]) -> Outcome | None:
    """Run a config and return its outcome, None of a plan; problems are named by the keys that were typed.

    `words` are what to type for this run alone.
    """
    try:
        plain = resolved(config)
        look_for_data(plain)
        if known := known_run(plain):
            return repeat(known, plain)
        return run.pipeline.run(plain, command=shlex.join(["wsss", "run", *words]))
    except ConfigError as error:
        raise ConfigError(as_typed(error.problems, config)) from error


def composed_from(overrides: str | Sequence[str], *, config_dir: str | Path | None = None) -> DictConfig:
    """Return the checked config that words of `wsss run` stand for; `config_dir` is a folder beside the own configs."""
    words = [overrides] if isinstance(overrides, str) else list(overrides)
    _, *folders = config_folders(None if config_dir is None else Path(config_dir).expanduser())
    return composed(searching(words, folders), build=build_stages)


def look_for_data(config: Mapping[str, Any]) -> None:
    """Refuse with a `DataError` data that are not where they should be, before the stack is imported.

    What is wrong with the options of the data set is left to the plan, which says it with all other mistakes.
    """
    with suppress(ConfigError):
        build(config.get("dataset"), Layout, key="dataset").content()  # type: ignore[type-abstract]


def build_stages(pipeline: Mapping[str, Any]) -> object:
    """Build the stages of a pipeline, see `wsss.run.plan`."""
    return run.plan.build_stages(pipeline)


def through_hydra(arguments: Sequence[str], *, sweeps: bool, where: Sequence[str] = ()) -> None:
    """Let Hydra read words, compose, and run once or for every combination, in this process or where it launches.

    A run that fails raises where it runs, so that every sweeper and launcher hears of it, and names itself there:
    Hydra's own launcher goes on with the other runs of a sweep, and raises the first failure when all are done.
    """
    # Hydra otherwise ends the process with a line of its own where a stage raised.
    os.environ["HYDRA_FULL_ERROR"] = "1"

    @hydra.main(version_base="1.3", config_path=str(config_folder().absolute()), config_name="run")
    def task(config: DictConfig) -> float | None:
        overrides = list(HydraConfig.get().overrides.task)
        try:
            outcome = run_composed(config, [*overrides, *where])
        except Exception as error:
            if sweeps:
                complain(f"wsss: {shlex.join(overrides)}: {str(error) or type(error).__name__}\n")
            raise
        return None if outcome is None else outcome.objective

    program, *typed = sys.argv
    sys.argv = [program, *arguments]
    try:
        task()
    except HydraException as error:
        raise ConfigError([f"{str(error).splitlines()[0]}{_remedy(error)}"]) from error
    except WsssError as error:
        if not sweeps:
            raise
        raise WsssError(f"a run of the sweep failed; each that did is named above. The first: {error}") from error
    finally:
        sys.argv = [program, *typed]


def _remedy(error: HydraException) -> str:
    """Return what to do where Hydra's own sweeper, which takes lists alone, is given an interval."""
    lists = "give values, such as key=0.01,0.1, or choose a sweeper that searches (hydra/sweeper=...)"
    return f": {lists}" if "INTERVAL_SWEEP" in str(error) else ""
