"""What checks annotations while testing: beartype, with jaxtyping's memory of sizes where shapes are named.

jaxtyping's own wrapper binds the signature and checks arguments twice, before and after every call. Most functions name
no shape, and beartype alone sees as much of those.
"""

import inspect
import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import is_dataclass
from functools import cache, partial, wraps
from types import SimpleNamespace
from typing import Any, ForwardRef, get_args, get_type_hints

import jaxtyping
from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, TypeCheckError, install_import_hook, print_bindings

checked = beartype(conf=BeartypeConf(is_pep484_tower=True, violation_type=TypeCheckError))
"""An int will do for a float (PEP 484)."""
thorough = jaxtyping.jaxtyped
"""jaxtyping's own decorator."""
OURS = "__checked_here__"


def install(package: str) -> None:
    """Check every annotation of what is imported of a package from here on."""
    jaxtyping.jaxtyped = decorated  # type: ignore[assignment]  # what jaxtyping's hook writes into modules
    install_import_hook(package, "checker.checked")


def decorated(thing: Any = None, *, typechecker: Any = checked) -> Any:
    """Check a function, or what a dataclass is made of."""
    if thing is None:
        return partial(decorated, typechecker=typechecker)
    if inspect.isclass(thing):
        if is_dataclass(thing) and not hasattr(thing.__init__, OURS):
            thing.__init__ = decorated(thing.__init__)
        return thing
    function = quick(thing)
    setattr(function, OURS, True)
    return function


def quick(function: Callable[..., Any]) -> Callable[..., Any]:
    """Check a function with as little as sees the same."""
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        return thorough(function, typechecker=checked)
    if any("." in text for hint in function.__annotations__.values() for text in texts_in(hint)):
        return when_called(function)
    return at_once(function)


def when_called(function: Callable[..., Any]) -> Callable[..., Any]:
    """Look types up in the first call: `"training.Trainer"` imports Lightning, and most tests call nothing of it."""
    checks = cache(partial(at_once, function))

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return checks()(*args, **kwargs)

    return called


def at_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Look the types of a function up, and check it."""
    written = function.__annotations__
    hints = resolved(function)
    shapes = [shape for hint in hints.values() for shape in shapes_in(hint)]
    if any("{" in shape for shape in shapes):  # sizes that arguments say
        return thorough(function, typechecker=checked)
    function.__annotations__ = hints
    inner = checked(function)
    inner.__annotations__ = function.__annotations__ = written
    return with_sizes(inner) if shapes else inner


def with_sizes(inner: Callable[..., Any]) -> Callable[..., Any]:
    """Let sizes that are named in a call be the same in all of its arguments and in what it returns."""

    @wraps(inner)
    def function(*args: Any, **kwargs: Any) -> Any:
        with thorough("context"):
            try:
                return inner(*args, **kwargs)
            except TypeCheckError as error:
                with redirect_stdout(io.StringIO()) as sizes:
                    print_bindings()
                error.add_note(sizes.getvalue())
                raise

    return function


def resolved(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of arguments by their names; one that names what is not known yet, as its own class, may be any."""
    with suppress(Exception):
        return get_type_hints(function, include_extras=True)
    hints: dict[str, Any] = {}
    for name, hint in function.__annotations__.items():
        alone = SimpleNamespace(__annotations__={name: hint})
        try:
            hints |= get_type_hints(alone, function.__globals__, include_extras=True)
        except Exception:  # noqa: BLE001 - whatever a name that is not there leads to
            hints[name] = Any
    return hints


def texts_in(hint: Any) -> Iterator[str]:
    """The texts in a type, at any depth: names that are looked up later."""
    if isinstance(hint, str | ForwardRef):
        yield hint if isinstance(hint, str) else hint.__forward_arg__
    for inner in hint if isinstance(hint, list) else get_args(hint):
        yield from texts_in(inner)


def shapes_in(hint: Any) -> Iterator[str]:
    """The shapes of all arrays in a type, at any depth."""
    if inspect.isclass(hint) and issubclass(hint, AbstractArray):
        yield hint.dim_str
    for inner in hint if isinstance(hint, list) else get_args(hint):
        yield from shapes_in(inner)
