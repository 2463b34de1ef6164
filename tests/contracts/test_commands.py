"""Options of the commands: an option that takes several values keeps those of an earlier place on the line."""

import argparse
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from wsss.__main__ import COMMANDS
from wsss.apps.given import given_path

MODULES = {
    name: module
    for name, function in COMMANDS.items()
    if hasattr(module := import_module(function.partition(":")[0]), "argument_parser")
}
SEVERAL = (argparse.ONE_OR_MORE, argparse.ZERO_OR_MORE)


def actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments and options of a command and of its own commands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from actions(command)
        else:
            yield action


def options_with_several_values(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The options of a command and of its own commands that take more than one value."""
    return (action for action in actions(parser) if action.option_strings and action.nargs in SEVERAL)


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


@pytest.mark.parametrize("name", MODULES)
def test_an_empty_path_is_refused_and_not_the_current_folder(name: str) -> None:
    parser = MODULES[name].argument_parser()
    assert [action.dest for action in actions(parser) if action.type is Path] == []
    for action in actions(parser):
        if action.type is given_path:
            with pytest.raises(argparse.ArgumentError, match=r"is empty, .* or write \. for that one"):
                parser._get_value(action, "")
