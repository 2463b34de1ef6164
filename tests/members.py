"""The classes that the package defines, found by walking all of its modules: to be there is to be tested."""

import importlib
import inspect
import pkgutil
import sys
from functools import cache

import wsss


@cache
def members(family: type) -> tuple[type, ...]:
    """Every class below `family` that the package defines; tests may define others."""
    for module in pkgutil.walk_packages(wsss.__path__, prefix="wsss."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    below = [each for child in family.__subclasses__() for each in (child, *members(child))]
    return tuple(each for each in dict.fromkeys(below) if each.__module__.startswith("wsss.") and is_held(each))


def is_held(cls: type) -> bool:
    """Whether a class is in the module that it names; tests may give theirs the name of one."""
    return getattr(sys.modules.get(cls.__module__), cls.__name__, None) is cls


def concrete(family: type) -> dict[str, type]:
    """Those of them that can be made, by name."""
    return {each.__name__: each for each in members(family) if not inspect.isabstract(each)}
