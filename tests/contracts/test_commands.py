"""Options of the commands: an option that takes several values keeps those of an earlier place on the line."""

import argparse
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from wsss.__main__ import COMMANDS

MODULES = {
    name: module
    for name, function in COMMANDS.items()
    if hasattr(module := import_module(function.partition(":")[0]), "argument_parser")
}
SEVERAL = (argparse.ONE_OR_MORE, argparse.ZERO_OR_MORE)


def options_with_several_values(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The options of a command and of its own commands that take more than one value."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from options_with_several_values(command)
        elif action.option_strings and action.nargs in SEVERAL:
            yield action


@pytest.mark.parametrize("name", MODULES)
def test_values_of_every_mention_of_an_option_count(name: str) -> None:
    for option in options_with_several_values(MODULES[name].argument_parser()):
        values: Any = argparse.Namespace(**{option.dest: option.default})
        for value in ("first", "second"):
            option(argparse.ArgumentParser(), values, [value])
        assert getattr(values, option.dest) == ["first", "second"], option.option_strings


def test_there_are_such_options() -> None:
    found = [each for module in MODULES.values() for each in options_with_several_values(module.argument_parser())]
    assert len(found) > 5
