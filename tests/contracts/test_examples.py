"""Examples in docstrings run, and the functions that people start from have one."""

import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

ROOT = Path(__file__).parents[2]
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "wsss").rglob("*.py")
    if "\n    >>> " in path.read_text(encoding="utf-8")
)
"""Modules with an example in a docstring."""

MUST_HAVE = ("wsss.labels", "wsss.resample", "wsss.masks", "wsss.metrics")
"""Modules of whose public functions each has an example."""
NEEDS_NONE = {"along_both_axes": "what `resample` does twice", "strongest": "what `Argmax` returns, with its score"}


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name)
    torch.manual_seed(0)
    outcome = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.FAIL_FAST)
    assert outcome.attempted > 0
    assert outcome.failed == 0, "see what was printed"


def public_functions(name: str) -> Iterator[Any]:
    """What a module offers: its `__all__`, or the functions that it defines."""
    module = importlib.import_module(name)
    names = getattr(module, "__all__", None) or [
        key for key, value in vars(module).items() if getattr(value, "__module__", None) == name
    ]
    for each in (getattr(module, key) for key in names if not key.startswith("_")):
        if inspect.isfunction(inspect.unwrap(each)):
            yield each


@pytest.mark.parametrize("name", MUST_HAVE)
def test_public_functions_have_an_example(name: str) -> None:
    bare = {each.__name__ for each in public_functions(name) if ">>>" not in (inspect.getdoc(each) or "")}
    assert bare <= NEEDS_NONE.keys(), "show what it gives for a few numbers"
