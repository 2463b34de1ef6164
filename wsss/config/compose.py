"""Compose the config with Hydra, and find all that is wrong with the command line before anything else happens."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from itertools import product
from typing import Any, Final

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from wsss.config.help import config_folder
from wsss.errors import ConfigError, one_of

Build = Callable[[Mapping[str, Any]], object]
"""Builds the stages of a pipeline, and raises `ConfigError` for what cannot be built."""

_REFUSALS: Final = (HydraException, OmegaConfBaseException, ValueError)
"""What composing raises; the last for a group that is set to a number or to null."""
_QUOTED: Final = "write key=value, and a value with odd characters as 'key=\"value\"'"
SEARCHED: Final = "Config search path:"
"""What follows in Hydra's message is where it looked, which a person cannot change."""


def resolved(config: DictConfig) -> dict[str, Any]:
    """Return plain values, every interpolation resolved; raises `ConfigError` for one that cannot be."""
    try:
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
    except OmegaConfBaseException as error:
        raise ConfigError([str(error).splitlines()[0]]) from error
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def as_typed(problems: Sequence[str], config: DictConfig) -> tuple[str, ...]:
    """Name values where they are set: `${dataset}` below `pipeline` is `dataset`, and its problem is said once."""
    plain = OmegaConf.to_container(config, resolve=False, throw_on_missing=False)
    taken = dict(_references(plain, key=""))
    named = list(problems)
    # Longest first: what stages take from `runtime` may itself be taken from `logger`.
    for key in sorted(taken, key=len, reverse=True):
        pattern = re.compile(rf"(?<![\w.]){re.escape(key)}(?!\w)")
        named = [pattern.sub(taken[key], problem) for problem in named]
    return tuple(dict.fromkeys(named))


def _references(node: Any, *, key: str) -> Iterator[tuple[str, str]]:
    """Yield (dotted key, key that it is taken from) for every value that is an interpolation and nothing else."""
    if isinstance(node, dict | list):
        for name, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _references(value, key=f"{key}.{name}".lstrip("."))
    elif isinstance(node, str) and (found := re.fullmatch(r"\$\{([\w.]+)\}", node)):
        yield key, found[1]


def configs_of(overrides: Sequence[str], *, sweep: bool, build: Build) -> list[DictConfig]:
    """Return the config of every combination that the overrides stand for; one, where nothing is swept.

    Raises one `ConfigError` with every override that does not compose, each with the allowed names.

    Hydra stops at the first; here an override that fails is set aside and the others are tried again. `build` is given
    what then composes, so that a wrong name and a wrong type are reported together. Without `sweep` no value may hold
    commas outside of quotes and brackets.
    """
    problems: list[str] = []
    kept = []
    for text in overrides:
        try:
            override = OverridesParser.create().parse_override(text)
        except HydraException as error:
            problems.append(f"{text}: {str(error).splitlines()[0]}; {_QUOTED}")
            continue
        if override.is_sweep_override() and not sweep:
            problems.append(f"{text}: commas make a sweep: add -m; {_QUOTED}")
            continue
        kept.append(text)
    configs = []
    with initialize_config_dir(version_base="1.3", config_dir=str(config_folder().absolute())):
        for combination in _combinations(kept):
            config = _one_by_one(combination, problems)
            if problems:
                problems.extend(_problems_of(config, build))
            configs.append(config)
    GlobalHydra.instance().clear()
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return configs


def _problems_of(config: DictConfig, build: Build) -> tuple[str, ...]:
    try:
        build(resolved(config)["pipeline"])
    except ConfigError as error:
        return as_typed(error.problems, config)
    return ()


def _combinations(overrides: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what a sweep would compose; one combination where nothing is swept."""
    choices = []
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        if isinstance(override.value(), Glob):
            continue  # stands for what there is
        if override.is_sweep_override():
            choices.append([f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()])
        else:
            choices.append([str(override.input_line)])
    return list(product(*choices))


def _one_by_one(overrides: Sequence[str], problems: list[str]) -> DictConfig:
    """Compose the overrides that can be, and note what is wrong with the others."""
    with suppress(*_REFUSALS):
        return compose("run", overrides=list(overrides))
    good: list[str] = []
    # Groups first: a key may exist only in the experiment that another override chooses.
    for text in sorted(overrides, key=lambda text: "." in text.split("=")[0]):
        try:
            compose("run", overrides=[*good, text])
            good.append(text)
        except _REFUSALS as error:
            problems.append(f"{text}: {_reason(error, text)}")
    return compose("run", overrides=good)


def _reason(error: Exception, text: str) -> str:
    """Return in one line what went wrong, with the names that would have been right."""
    cause = error.__cause__
    if isinstance(cause, OmegaConfBaseException) and isinstance(cause.parent_node, DictConfig):
        allowed = [str(key) for key in cause.parent_node]
        if not allowed:
            return f"there is no such key yet; add it with +{text}"
        near = get_close_matches(str(cause.key), allowed, n=1)
        remedy = f"did you mean {near[0]!r}? " if near else ""
        return f"there is no key {str(cause.key)!r} here; {remedy}there are {one_of(sorted(allowed))}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[: lines.index(SEARCHED)] if SEARCHED in lines else lines)
