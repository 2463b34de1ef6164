"""`wsss run`: Hydra's command line around the pipeline."""

import os
import sys
from collections.abc import Sequence
from typing import Final

import hydra
from omegaconf import DictConfig

from wsss.errors import ConfigError, WsssError
from wsss.run.compose import as_typed, check_overrides, config_folder, resolved
from wsss.run.pipeline import run

SWEEP: Final = ("-m", "--multirun")
TAKE_A_VALUE: Final = ("-c", "--cfg", "-p", "--package", "-i", "--info", "-cd", "--config-dir", "-cn", "--config-name")
"""Options of Hydra's whose next word is no override."""


def run_command(arguments: Sequence[str]) -> None:
    """Check every override, then let Hydra compose (or sweep) and run."""
    check_overrides(overrides_among(arguments), sweep=any(word in SWEEP for word in arguments))
    # Hydra otherwise ends the process with a line of its own where a stage raised.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    program, *_ = sys.argv
    sys.argv = [program, *arguments]

    # Raised after Hydra returned: it would print a line of its own, and end a sweep at the first failure.
    failures: list[WsssError] = []

    @hydra.main(version_base="1.3", config_path=str(config_folder().absolute()), config_name="run")
    def composed(config: DictConfig) -> None:
        try:
            run(resolved(config))
        except ConfigError as error:
            failures.append(ConfigError(as_typed(error.problems, config)))
        except WsssError as error:
            failures.append(error)

    composed()
    if len(failures) > 1:
        raise WsssError("\n".join(dict.fromkeys(str(failure) for failure in failures)))
    if failures:
        raise failures[0]


def overrides_among(arguments: Sequence[str]) -> list[str]:
    """Return the words that are no option of Hydra's."""
    pairs = zip(["", *arguments], arguments, strict=False)
    return [word for before, word in pairs if not word.startswith("-") and before not in TAKE_A_VALUE]
