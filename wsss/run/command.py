"""`wsss run`: Hydra's command line around the pipeline."""

import os
import sys
from collections.abc import Sequence
from typing import Final

import hydra
from omegaconf import DictConfig

from wsss.config.compose import as_typed, configs_of, resolved
from wsss.config.help import config_folder
from wsss.errors import ConfigError, WsssError
from wsss.run.pipeline import run
from wsss.run.plan import build_stages

SWEEP: Final = ("-m", "--multirun")
TAKE_A_VALUE: Final = ("-c", "--cfg", "-p", "--package", "-i", "--info", "-cd", "--config-dir", "-cn", "--config-name")
"""Options of Hydra's whose next word is not an override."""


def run_command(arguments: Sequence[str]) -> None:
    """Check every override, then run; a sweep, and whatever else has options of Hydra's own, goes through Hydra."""
    overrides = overrides_among(arguments)
    configs = configs_of(overrides, sweep=any(word in SWEEP for word in arguments), build=build_stages)
    program, *_ = sys.argv
    sys.argv = [program, *arguments]
    if len(overrides) < len(arguments) or any(word.lstrip("+~").startswith("hydra") for word in overrides):
        through_hydra()
        return
    (config,) = configs
    run_composed(config)


def run_composed(config: DictConfig) -> None:
    """Run a config; problems are named by the keys that were typed."""
    try:
        run(resolved(config))
    except ConfigError as error:
        raise ConfigError(as_typed(error.problems, config)) from error


def through_hydra() -> None:
    """Let Hydra read `sys.argv`, compose, and run once or for every combination."""
    # Hydra otherwise ends the process with a line of its own where a stage raised.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    # Raised after Hydra returned: it would print a line of its own, and end a sweep at the first failure.
    failures: list[WsssError] = []

    @hydra.main(version_base="1.3", config_path=str(config_folder().absolute()), config_name="run")
    def composed(config: DictConfig) -> None:
        try:
            run_composed(config)
        except WsssError as error:
            failures.append(error)

    composed()
    if len(failures) > 1:
        raise WsssError("\n".join(dict.fromkeys(str(failure) for failure in failures)))
    if failures:
        raise failures[0]


def overrides_among(arguments: Sequence[str]) -> list[str]:
    """Return the words that are not options of Hydra's."""
    pairs = zip(["", *arguments], arguments, strict=False)
    return [word for before, word in pairs if not word.startswith("-") and before not in TAKE_A_VALUE]
