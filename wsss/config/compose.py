"""Compose the config with Hydra, and find all that is wrong with the command line before anything else happens."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationKeyError, OmegaConfBaseException

from wsss.config.build import NO_VALUE
from wsss.config.refused import as_text, parsed, quoted, refusal, taken_from_nothing, unreadable
from wsss.config.search import config_folder
from wsss.errors import ConfigError

Build = Callable[[Mapping[str, Any]], object]
"""Builds the stages of a pipeline, and raises `ConfigError` for what cannot be built."""

_REFUSALS: Final = (HydraException, OmegaConfBaseException, ValueError, TypeError)
"""What composing raises; the last two for a group that is set to a number or to null, or to a list with one."""
SEARCH_PATH: Final = "hydra.searchpath"


def resolved(config: DictConfig) -> dict[str, Any]:
    """Return plain values, every interpolation resolved; raises `ConfigError` for one that cannot be."""
    try:
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
    except InterpolationKeyError as error:
        raise ConfigError([taken_from_nothing(error)]) from error
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


def composed(overrides: Sequence[str], *, build: Build, sweep: bool = False) -> DictConfig:
    """Return the config that overrides stand for; of a sweep, the one with the first value of each override.

    Hydra stops at the first mistake; here an override that fails is set aside and the others are tried again. `build`
    is given what then composes, so that a wrong name and a wrong type are reported together. Every value of a sweep
    is tried once, beside the first values of the others: what a combination alone makes wrong, its own run refuses.

    Raises one `ConfigError` with every override that does not compose, each with the allowed names.
    """
    problems: list[str] = []
    with composing() as loader:
        parser = OverridesParser.create(config_loader=loader)
        read = [(text, _values(text, parser, problems, sweep=sweep)) for text in overrides]
        choices = [values for _, values in read if values]
        config = _one_by_one([first for first, *_ in choices], problems)
        if sweep or problems:
            unread = tuple(f"{_key(text)}: {NO_VALUE}" for text, values in read if not values)
            problems.extend(problem for problem in _problems_of(config, build) if not problem.startswith(unread))
        for place, (_, *others) in enumerate(choices):
            rest = [first for first, *_ in choices[:place] + choices[place + 1 :]]
            for text in others:
                problems.extend(_problems_of(_with(text, config, rest, problems, loader=loader), build))
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return config


@contextmanager
def composing() -> Iterator[ConfigLoader]:
    """Let Hydra compose from the package's own configs, and forget it afterwards."""
    with initialize_config_dir(version_base="1.3", config_dir=str(config_folder().absolute())):
        yield GlobalHydra.instance().config_loader()
    GlobalHydra.instance().clear()


def searching(overrides: Sequence[str], folders: Sequence[Path]) -> list[str]:
    """Add folders to where Hydra looks for configs, behind those that an override of `hydra.searchpath` names."""
    given = [text for text in overrides if text.lstrip("+").startswith(f"{SEARCH_PATH}=")]
    named = [path for text in given for path in _listed(text)]
    paths = [quoted(path) for path in (*named, *(f"file://{f}" for f in folders))]
    if not paths:
        return list(overrides)
    return [f"{SEARCH_PATH}=[{','.join(paths)}]", *(text for text in overrides if text not in given)]


def _listed(text: str) -> list[str]:
    value = parsed(text).value()
    if not isinstance(value, list):
        raise ConfigError([f"{text}: expected a list of folders, as in {SEARCH_PATH}=[file://my_configs]"])
    return [str(path) for path in value]


def _problems_of(config: DictConfig, build: Build) -> tuple[str, ...]:
    try:
        build(resolved(config)["pipeline"])
    except ConfigError as error:
        return as_typed(error.problems, config)
    return ()


def _values(text: str, parser: OverridesParser, problems: list[str], *, sweep: bool) -> list[str]:
    """Return an override once for every value that it stands for: both ends, where it is an interval."""
    try:
        (override,) = parser.parse_overrides([text])
    except HydraException:  # what it says names the tokens of its grammar
        problems.append(unreadable(text))
        return []
    if not override.is_sweep_override():
        return [text]
    if not sweep:
        problems.append(f"{text}: several values make a sweep: add -m; {as_text(text)}")
        return []
    value = override.value()
    values = [value.start, value.end] if isinstance(value, IntervalSweep) else list(override.sweep_string_iterator())
    if not values:
        problems.append(f"{text}: stands for no value")
    return [f"{override.get_key_element()}={each}" for each in values]


def _with(
    text: str, config: DictConfig, others: Sequence[str], problems: list[str], *, loader: ConfigLoader
) -> DictConfig:
    """Return a config with another value of one override; composed again only where that chooses a file."""
    override = parsed(text)
    if loader.get_group_options(override.key_or_group):
        return _one_by_one([*others, text], problems)
    changed = copy.deepcopy(config)
    OmegaConf.update(changed, override.key_or_group, override.value(), force_add=True)
    return changed


def _one_by_one(overrides: Sequence[str], problems: list[str]) -> DictConfig:
    """Compose the overrides that can be, and note what is wrong with the others.

    Of a choice that fails, the keys below it are set aside without a word: they may be right where it is mended.
    """
    with suppress(*_REFUSALS):
        return compose("run", overrides=list(overrides))
    good: list[str] = []
    failed: list[str] = []
    for text in sorted(overrides, key=_rank):
        try:
            compose("run", overrides=[*good, text])
            good.append(text)
        except _REFUSALS as error:
            key = _key(text)
            if not key.startswith(tuple(failed)):
                problems.append(f"{text}: {refusal(error, text)}")
            if isinstance(error, MissingConfigException):
                failed.append(f"{key.rpartition('@')[2]}.")
    return compose("run", overrides=good)


def _key(text: str) -> str:
    """Return the key of an override, whether or not the rest can be read."""
    return text.partition("=")[0].lstrip("+~")


def _rank(text: str) -> int:
    """Return which overrides come first: where to look for files, then files; a key may exist only in one of them."""
    key, _, _ = text.partition("=")
    return 0 if key.lstrip("+") == SEARCH_PATH else 1 + ("." in key)
