"""Fingerprints: what a result depends on, as a hash, taken from the objects that a config describes.

A class counts by its name and version, wherever it lies, and a config by its values, however it is spelled. So a class
that moves, a new option at its default and a default that is written out change no fingerprint. A default that changes
does not either: raise the `version` of its class then.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from wsss.configurable import Configurable
from wsss.errors import ConfigError

LENGTH: Final = 16
PACKAGE: Final = "wsss"
CODE: Final = "_target_"
"""Key, below that of an object, of the module that defines a class from outside the package."""
NO_PART: Final = ("reads", "runtime")
"""Fields that do not count: inputs do by their fingerprints, and how a stage is run changes no result."""


def fingerprint(described: Any, *, name: str, inputs: Mapping[str, str]) -> str:
    """Hash what `identity` says of a stage, under its name in the pipeline, with its inputs' fingerprints."""
    parts = [name, described, sorted(inputs.items())]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:LENGTH]


def contents(value: Any) -> dict[str, tuple[Path, ...]]:
    """Return the files outside the store that an object depends on, at any depth, by the dotted keys that name them.

    For a class from outside the package the module that defines it counts too, under `_target_`, with the `code` that
    an object names otherwise. Raises `DataError` for
    data that are not there.
    """
    files = {}
    for key, item in _objects(value):
        if code := (*_code_of(type(item)), *item.code()):
            files[_join(key, CODE)] = code
        content = item.content()
        if strange := content.keys() - {field.name for field in _fields(item)}:
            raise TypeError(f"{type(item).__name__}.content names {', '.join(strange)}: name fields that count")
        files |= {_join(key, name): paths for name, paths in content.items()}
    return files


def _objects(value: Any, key: str = "") -> Iterator[tuple[str, Configurable]]:
    """Yield what a value holds at any depth, itself included, each with its dotted key."""
    match value:
        case Configurable():
            yield key, value
            for field in _fields(value):
                yield from _objects(getattr(value, field.name), _join(key, field.name))
        case Mapping():
            for name, part in value.items():
                yield from _objects(part, _join(key, name))
        case list() | tuple():
            for number, part in enumerate(value):
                yield from _objects(part, _join(key, number))
        case _:
            pass


def identity(value: Any, *, digests: Mapping[str, str], key: str = "", floats: bool = False) -> Any:
    """Return what a value is, in JSON's terms: of an object its public name, version and fields, nested the same way.

    Fields that are as by default do not count, and one that names files counts by their digest. Order counts in lists
    and mappings. `floats` says that all numbers are floats: 10 and 10.0 are then one.
    """
    match value:
        case Configurable():
            return _identity_of_object(value, digests=digests, key=key)
        case Mapping():
            parts = value.items()
            return [[name, identity(v, digests=digests, key=_join(key, name), floats=floats)] for name, v in parts]
        case list() | tuple():
            return [identity(v, digests=digests, key=_join(key, i), floats=floats) for i, v in enumerate(value)]
        case Path():
            return str(value)
        case int() if floats and not isinstance(value, bool):
            return float(value)
        case None | str() | int() | float():
            return value
        case _:
            raise TypeError(f"{key}: {type(value).__name__} has no identity: let it extend Configurable")


def _identity_of_object(value: Configurable, *, digests: Mapping[str, str], key: str) -> dict[str, Any]:
    cls = type(value)
    types, counting = get_type_hints(cls), {}
    for field in _fields(value):
        inner = _join(key, field.name)
        if inner in digests:
            counting[field.name] = {"digest": digests[inner]}
            continue
        part, floats = getattr(value, field.name), _are_floats(types[field.name])
        here = identity(part, digests=digests, key=inner, floats=floats)
        names_files = any(name.startswith(f"{inner}.") for name in digests)
        if names_files or _is_raised(part) or not _is_default(field, here, floats=floats):
            counting[field.name] = here
    code = digests.get(_join(key, CODE))
    return {"class": public_name(cls), "version": _version(cls), "code": code, "fields": counting}


def _is_default(field: Field[Any], here: Any, *, floats: bool) -> bool:
    value = field.default if field.default_factory is MISSING else field.default_factory()
    # Compared as text: for Python 1, 1.0 and True are equal.
    return value is not MISSING and json.dumps(here) == json.dumps(identity(value, digests={}, floats=floats))


def public_name(cls: type) -> str:
    """Return `<top-level package>:<class>`, which stays when a class moves within its package."""
    return f"{_package(cls)}:{cls.__name__}"


def _version(cls: type) -> int:
    """Return the versions of a class and of those that it extends in one number: who corrects a base raises its own."""
    return sum(vars(base).get("version", 0) for base in _lineage(cls))


def _is_raised(value: Any) -> bool:
    """Whether anything that a value holds is not of the first version: then it counts also as a default."""
    return any(_version(type(item)) > Configurable.version for _, item in _objects(value))


def _code_of(cls: type) -> tuple[Path, ...]:
    """Return the modules outside the package that define a class and those that it extends."""
    modules = dict.fromkeys(base.__module__ for base in _lineage(cls) if _package(base) != PACKAGE)
    files = {name: getattr(sys.modules[name], "__file__", None) for name in modules}
    if unknown := [name for name, file in files.items() if file is None]:
        raise ConfigError([f"{cls.__name__}: module {unknown[0]} has no file, so that what it does cannot be told"])
    return tuple(Path(file) for file in files.values() if file is not None)


def _lineage(cls: type) -> list[type]:
    return [base for base in cls.__mro__ if issubclass(base, Configurable)]


def _package(cls: type) -> str:
    return cls.__module__.partition(".")[0]


def _fields(value: Configurable) -> list[Field[Any]]:
    return [field for field in fields(value) if field.init and field.name not in NO_PART]  # type: ignore[arg-type]


def _are_floats(annotation: Any) -> bool:
    """Whether the numbers of a type are floats alone, as in `tuple[float, ...] | None`."""
    leaves = set(_leaves(annotation))
    return float in leaves and int not in leaves


def _leaves(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _leaves(part)


def _join(key: str, name: object) -> str:
    return f"{key}.{name}" if key else str(name)
