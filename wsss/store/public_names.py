"""Public names of configurable classes, `package:Class`, by which records in the store know them wherever they move."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from wsss.configurable import Configurable
from wsss.errors import ConfigError
from wsss.plugins import GROUP, plugins
from wsss.store.fingerprint import public_name


def located(name: str) -> type[Configurable]:
    """Return the class of a public name. Only wsss and packages that name themselves as plug-ins are imported for it.

    A class is found in the face of its package: `wsss.models`, a folder of `wsss.methods`, or the plug-in itself.
    One of any other package is found if that was imported before. Raises `ConfigError` where there is none.
    """
    package, _, cls = name.partition(":")
    for face in _faces(package):
        found = getattr(face, cls, None)
        if isinstance(found, type) and issubclass(found, Configurable):
            return found
    for found in _below(Configurable):
        if public_name(found) == name:
            return found
    remedy = f"install the package {package!r}, and let it name itself under the entry point {GROUP!r}"
    raise ConfigError([f"there is no class {name!r} in wsss or its plug-ins: {remedy}"])


def _faces(package: str) -> Iterator[ModuleType]:
    if package == "wsss":
        yield import_module("wsss.models")
        methods: Any = import_module("wsss.methods")
        yield from (import_module(f"wsss.methods.{method.name}") for method in iter_modules(methods.__path__))
    if package in (plugin.package for plugin in plugins()):
        yield import_module(package)


def _below(cls: type[Configurable]) -> Iterator[type[Configurable]]:
    for child in cls.__subclasses__():
        yield child
        yield from _below(child)
