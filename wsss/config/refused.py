"""Sentences for overrides that Hydra refuses: the mistake in words of the command line, and the words that work."""

import re
import shlex
from collections.abc import Iterator
from typing import Any, Final

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.errors import MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationKeyError, OmegaConfBaseException

from wsss.config.help import groups
from wsss.config.search import config_folder
from wsss.config.suggest import keys_ending, unknown
from wsss.errors import one_of

SEARCHED: Final = "Config search path:"
"""What follows in Hydra's message is where it looked, which a person cannot change."""

CHOSEN_TWICE: Final = re.compile(
    r"(?P<group>\S+) appears more than once in the final defaults"
    r"|Multiple values for (?P<other>\S+)\. To override a value use 'override "
)
"""Hydra's messages where two files choose from one group; its remedy is for their authors."""

QUOTED: Final = re.compile(r""""[^"]*("|$)|'[^']*('|$)""")
"""Also what begins with a quote that is not closed."""
EMPTY_ENTRY: Final = re.compile(r"(?:^|[,(\[{])\s*,|,\s*(?:$|[)\]}])")
"""A comma at an end of a list or beside another one."""
TAKEN: Final = re.compile("Interpolation key '([^']+)' not found")
"""OmegaConf's message where a value is taken from a key that is not there."""
NULL: Final = "null"


def parsed(text: str) -> Override:
    """Read one override."""
    return OverridesParser.create().parse_override(text)


def quoted(text: str) -> str:
    """Write a text of any characters in the grammar of the command line."""
    return QuotedString(text=text, quote=Quote.double).with_quotes()


def unreadable(text: str) -> str:
    """Say what is wrong with an override outside Hydra's grammar, whose own message names tokens."""
    if EMPTY_ENTRY.search(QUOTED.sub("text", text.partition("=")[2])):
        return f"{text}: an entry of the list is empty: write a value there, or leave out the comma"
    return f"{text}: is not a list, a number or a plain text; {as_text(text)}"


def as_text(text: str) -> str:
    """Say how to write an override whose value is to be taken for a text, whatever it holds."""
    key, _, value = text.partition("=")
    return f"as a text, write {shlex.quote(f'{key}={quoted(value)}')}"


def refusal(error: Exception, text: str) -> str:
    """Say in one line what is wrong with an override that Hydra refused, with the names that would have been right."""
    cause = error.__cause__
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        return unknown("option", error.missing_cfg_file.rpartition("/")[2], error.options)
    if isinstance(cause, OmegaConfBaseException) and isinstance(cause.parent_node, DictConfig):
        return _no_key(str(cause.key), cause.parent_node, text)
    if found := CHOSEN_TWICE.search(str(error)):
        group = found["group"] or found["other"]
        return f"several of the options bring {group}, which a run has once: leave all of them out but one"
    if choice := _no_choice(text):
        return choice
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[: lines.index(SEARCHED)] if SEARCHED in lines else lines)


def taken_from_nothing(error: InterpolationKeyError) -> str:
    """Name the key that has no value, though others are taken from it."""
    (key,) = TAKEN.findall(str(error))
    return f"{key}: nothing is chosen or set there, and a run needs it"


def _no_key(key: str, node: DictConfig, text: str) -> str:
    """Say that a node has no such key, and which keys elsewhere have its name."""
    if not node:
        return f"there is no such key yet; add it with +{text}"
    allowed = [str(name) for name in node]
    if node._get_parent() is None:
        # Choices that put nothing of their own name into the config, such as `experiment`.
        loader = GlobalHydra.instance().config_loader()
        allowed += [group for group in loader.list_groups("") if group not in (*allowed, "hydra")]
        meant = keys_ending(key, _keys(OmegaConf.to_container(node, resolve=False, throw_on_missing=False)))
        if meant:
            return f"there is no key {key!r} here; did you mean {' or '.join(meant[:3])}?"
    return unknown("key", key, allowed).replace(";", " here;", 1)


def _keys(node: Any, key: str = "") -> Iterator[str]:
    """Yield the dotted keys of a config, without those of the stages, which take theirs from the others."""
    if isinstance(node, dict):
        for name, value in node.items():
            if (key or name) != "pipeline":
                yield f"{key}.{name}".lstrip(".")
                yield from _keys(value, f"{key}.{name}".lstrip("."))


def _no_choice(text: str) -> str | None:
    """Say what to write for a group that was set to what is not a name, such as null, or to a list that holds it."""
    override = parsed(text)
    group, value = override.key_or_group, override.value()
    names = GlobalHydra.instance().config_loader().get_group_options(str(group))
    if not names or isinstance(value, str | QuotedString | dict):
        return None
    if isinstance(value, list):
        strange = not all(isinstance(entry, str | QuotedString) for entry in value)
        return f"a list of options holds their names alone: {one_of(names)}" if strange else None
    key = override.get_key_element()
    optional = any(each.key == key and each.default == NULL for each in groups([config_folder()]))
    return (f"write {key}=[] for none, or " if optional else "") + f"name one of {one_of(names)}"
