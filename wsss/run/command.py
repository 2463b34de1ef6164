"""`wsss run`: Hydra's command line around the pipeline."""

import os
import sys
from collections.abc import Sequence

import hydra
from omegaconf import DictConfig

from wsss.errors import WsssError
from wsss.run.compose import check_overrides, config_folder, resolved
from wsss.run.pipeline import run


def run_command(arguments: Sequence[str]) -> None:
    """Check every override, then let Hydra compose (or sweep) and run."""
    check_overrides([a for a in arguments if "=" in a and not a.startswith("-")])
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
        except WsssError as error:
            failures.append(error)

    composed()
    if failures:
        raise failures[0]
