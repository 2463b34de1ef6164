"""Compose the config with Hydra, and find all that is wrong with the command line before anything else happens."""

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any, Final

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import wsss
from wsss.errors import ConfigError, one_of
from wsss.run.plan import build_stages

SEARCHED: Final = "Config search path:"
"""What follows in Hydra's message is where it looked, which a person cannot change."""


def config_folder() -> Path:
    """Return where the configs are: inside an installed package, or beside it in a checkout."""
    installed = Path(wsss.__file__).parent / "conf"
    return installed if installed.is_dir() else installed.parents[1] / "conf"


def resolved(config: DictConfig) -> dict[str, Any]:
    """Return plain values, every interpolation resolved; raises `ConfigError` for one that cannot be."""
    try:
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
    except OmegaConfBaseException as error:
        raise ConfigError([str(error).splitlines()[0]]) from error
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def check_overrides(overrides: Sequence[str]) -> None:
    """Raise one `ConfigError` with every override that does not compose, each with the allowed names.

    Hydra stops at the first; here an override that fails is set aside and the others are tried again. What then composes
    is looked at too, so that a wrong name and a wrong type are reported together.
    """
    problems: list[str] = []
    kept = []
    for text in overrides:
        try:
            OverridesParser.create().parse_override(text)
            kept.append(text)
        except OverrideParseException as error:
            problems.append(f"{text}: {str(error).splitlines()[0]}")
    with initialize_config_dir(version_base="1.3", config_dir=str(config_folder().absolute())):
        for combination in _combinations(kept):
            good = _one_by_one(combination, problems)
            if problems:
                problems.extend(_problems_of(resolved(compose("run", overrides=good))))
    GlobalHydra.instance().clear()
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))


def _problems_of(config: dict[str, Any]) -> tuple[str, ...]:
    try:
        build_stages(config["pipeline"])
    except ConfigError as error:
        return error.problems
    return ()


def _combinations(overrides: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what a sweep would compose; one combination where nothing is swept."""
    choices = []
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        if override.is_sweep_override():
            choices.append([f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()])
        else:
            choices.append([str(override.input_line)])
    return list(product(*choices))


def _one_by_one(overrides: Sequence[str], problems: list[str]) -> list[str]:
    """Return the overrides that compose together, and note what is wrong with the others."""
    try:
        compose("run", overrides=list(overrides))
    except (HydraException, OmegaConfBaseException):
        pass
    else:
        return list(overrides)
    good: list[str] = []
    # Groups first: a key may exist only in the experiment that another override chooses.
    for text in sorted(overrides, key=lambda text: "." in text.split("=")[0]):
        try:
            compose("run", overrides=[*good, text])
            good.append(text)
        except (HydraException, OmegaConfBaseException) as error:
            problems.append(f"{text}: {_reason(error)}")
    return good


def _reason(error: Exception) -> str:
    """Return in one line what went wrong, with the names that would have been right."""
    cause = error.__cause__
    if isinstance(cause, OmegaConfBaseException) and isinstance(cause.parent_node, DictConfig):
        allowed = [str(key) for key in cause.parent_node]
        near = get_close_matches(str(cause.key), allowed, n=1)
        remedy = f"did you mean {near[0]!r}? " if near else ""
        return f"there is no key {str(cause.key)!r} here; {remedy}there are {one_of(sorted(allowed))}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[: lines.index(SEARCHED)] if SEARCHED in lines else lines)
