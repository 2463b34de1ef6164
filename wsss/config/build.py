"""Build objects from config: every `_target_` is a class whose fields are the node's keys, checked before it is made.

Hydra's `instantiate` checks no types and stops at the first mistake; this collects all of them, with dotted keys.
"""

import json
import types
import typing
from abc import ABC
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from inspect import isabstract
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from wsss.errors import ConfigError, WsssError, one_of
from wsss.paths import EMPTY

T = TypeVar("T")
TARGET = "_target_"
NOTHING = object()
"""What stands for a value that could not be built; its problem is on the list."""
NO_VALUE: Final = "has no value"
"""What is said of an option that has to be given."""
TAKE_AWAY = " (if an experiment sets it: '~{}' on the command line takes it away)"
"""What ends the refusal of an option that belonged to another part."""

LISTS: Final = ("tuple_type", "list_type", "frozen_set_type", "set_type")
"""What pydantic calls the lack of a list."""
WORDS: Final = dict.fromkeys(LISTS, "expected a list") | {"dict_type": "expected a mapping of names to values"}
"""What is said in place of pydantic's words, which are those of JSON."""


def build(node: Any, expected: type[T], *, key: str = "") -> T:
    """Return the object that a config node describes; raises `ConfigError` with every problem found below it."""
    problems: list[str] = []
    value = build_into(problems, node, expected=expected, key=key)
    if problems:
        raise ConfigError(problems)
    return typing.cast("T", value)


def build_into(problems: list[str], node: Any, *, expected: Any, key: str) -> Any:
    """Build a node of an expected type; add what is wrong to `problems` and return `NOTHING` then."""
    if get_origin(expected) in (typing.Union, types.UnionType):
        return _optional(problems, node, expected=expected, key=key)
    if _holds_objects(expected):
        return _object(problems, node, expected=typing.cast("type", expected), key=key)
    if get_origin(expected) is dict and isinstance(node, Mapping) and _holds_objects(get_args(expected)[1]):
        of = get_args(expected)[1]
        return {n: build_into(problems, v, expected=of, key=_join(key, n)) for n, v in node.items()}
    return _value(problems, node, expected=expected, key=key)


def _optional(problems: list[str], node: Any, *, expected: Any, key: str) -> Any:
    options = [option for option in get_args(expected) if option is not types.NoneType]
    if node is None and len(options) < len(get_args(expected)):
        return None
    if len(options) == 1:
        return build_into(problems, node, expected=options[0], key=key)
    return _value(problems, node, expected=expected, key=key)


def _object(problems: list[str], node: Any, *, expected: type, key: str) -> Any:
    if not isinstance(node, Mapping) or TARGET not in node:
        hint = TAKE_AWAY.format(key) if isinstance(node, Mapping) else ""
        said = f"expected a mapping with {TARGET}, a {expected.__name__}; got {_shown(node)}{hint}"
        problems.append(f"{key}: {said}")
        return NOTHING
    cls = locate(problems, node[TARGET], key=key)
    if cls is None:
        return NOTHING
    if not issubclass(cls, expected):
        problems.append(f"{key}: {node[TARGET]} is not a {expected.__name__}")
        return NOTHING
    before = len(problems)
    values = _fields(problems, node, cls=cls, key=key)
    if len(problems) > before:
        return NOTHING
    try:
        return cls(**values)
    except ConfigError as error:
        problems.extend(f"{key}: {problem}" for problem in error.problems)
    except ValueError as error:
        problems.append(f"{key}: {error}")
    return NOTHING


def _fields(problems: list[str], node: Mapping[str, Any], *, cls: type, key: str) -> dict[str, Any]:
    known = {field.name: field for field in fields(cls) if field.init}
    hints = _hints(cls)
    values = {}
    for name, value in node.items():
        if name == TARGET:
            continue
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            remedy = f"did you mean {near[0]!r}? " if near else ""
            full = _join(key, name)
            said = f"{cls.__name__} has no such option; {remedy}it has {one_of(list(known))}"
            problems.append(f"{full}: {said}{TAKE_AWAY.format(full)}")
        elif value == "???":
            problems.append(f"{_join(key, name)}: {NO_VALUE}: give it on the command line, {_join(key, name)}=...")
        else:
            values[name] = build_into(problems, value, expected=hints[name], key=_join(key, name))
    for name, field in known.items():
        if name not in node and field.default is MISSING and field.default_factory is MISSING:
            problems.append(f"{_join(key, name)}: {cls.__name__} needs this option")
    return values


def _value(problems: list[str], node: Any, *, expected: Any, key: str) -> Any:
    """Check a value without objects in it. Strict, in JSON's terms: a list is a tuple, a text is a path, 1 is 1.0."""
    if expected is Path and node == "":
        problems.append(f"{key}: {EMPTY}")
        return NOTHING
    try:
        return _adapter(expected).validate_json(json.dumps(node), strict=True)
    except ValidationError as error:
        for each in error.errors():
            where = _join(key, *each["loc"]) if each["loc"] else key
            words = WORDS.get(each["type"]) or f"{each['msg'][0].lower()}{each['msg'][1:]}"
            problems.append(f"{where}: {words}, got {_shown(each['input'])}{_remedy(each['type'], each['input'])}")
        return NOTHING


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


@cache
def _adapter(expected: Any) -> Any:
    return TypeAdapter(expected, config=ConfigDict(allow_inf_nan=False))  # JSON, as options are stored, lacks both


def _remedy(kind: str, given: Any) -> str:
    if kind == "string_type" and isinstance(given, int | float):
        return "; in quotes a number is a text"
    alone = kind in LISTS and isinstance(given, str | int | float)
    return f": put it in brackets, [{given}]" if alone else ""


def locate(problems: list[str], target: Any, *, key: str) -> type | None:
    """Return the class with options that a `_target_` names; add to `problems` and return None where there is none."""
    module, _, name = str(target).rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        problems.append(f"{_join(key, TARGET)}: there is no class {target}")
        return None
    if not (isinstance(found, type) and is_dataclass(found)) or isabstract(found):
        problems.append(f"{_join(key, TARGET)}: {target} is not a class with options")
        return None
    return found


def _holds_objects(of: Any) -> bool:
    # Not issubclass: a registered class, such as every pathlib.Path, would pass for an ABC.
    return is_dataclass(of) or (isinstance(of, type) and ABC in of.__mro__)


def _join(*parts: object) -> str:
    return ".".join(str(part) for part in parts if part != "")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def check_all(checks: Iterable[tuple[str, Callable[[], None]]]) -> None:
    """Call every check and raise one `ConfigError` with all that they refuse, each once, by the first key."""
    problems: dict[str, str] = {}
    for key, check in checks:
        try:
            check()
        except ConfigError as error:
            for problem in error.problems:
                problems.setdefault(problem, key)
        except WsssError as error:
            problems.setdefault(str(error), key)
    if problems:
        raise ConfigError([f"{key}: {problem}" for problem, key in problems.items()])
