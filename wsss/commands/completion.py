"""`wsss completion bash|zsh|fish`: a script that lets a shell complete the words of all commands, and their answers."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any, Final

import argcomplete
from argcomplete.shell_integration import shellcode

from wsss.apps import sweep
from wsss.commands.sweep import LIST
from wsss.config.help import groups
from wsss.config.search import added_among, config_folders
from wsss.config.suggest import keys
from wsss.config.words import ALONE, COMPLETING, TAKE_A_VALUE

ABOUT: Final = """\
Print a script for your shell: with it, Tab completes commands, options, groups, their choices and keys.

  source <(wsss completion bash)               in ~/.bashrc
  source <(wsss completion zsh)                in ~/.zshrc
  wsss completion fish | source                in ~/.config/fish/config.fish
"""
SHELLS: Final = ("bash", "zsh", "fish")


def main(arguments: Sequence[str]) -> None:
    """Print the script of a shell."""
    shell = argument_parser().parse_args(arguments).shell
    sys.stdout.write(shellcode(["wsss"], shell=shell) + "\n")


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss completion", description=ABOUT, formatter_class=raw)
    parser.add_argument("shell", choices=SHELLS)
    return parser


def complete(commands: Iterable[str]) -> None:
    """Answer a shell that asks for completions, and exit; only the module of the command in question is imported."""
    line = os.environ["COMP_LINE"]
    _, *words = line[: int(os.environ["COMP_POINT"])].split(" ")
    if len(words) > 1 and words[0] in commands:
        os.environ[COMPLETING] = "2"
        argcomplete.autocomplete(_parser_of(words[0], words[1:]))
    parser = argparse.ArgumentParser(prog="wsss")
    parser.add_argument("command", choices=commands)
    argcomplete.autocomplete(parser)


def _parser_of(command: str, words: Sequence[str]) -> argparse.ArgumentParser:
    if command == "run":
        return _run_parser(words)
    parser = import_module(f"wsss.commands.{command.replace('-', '_')}").argument_parser()
    if command == "sweep":
        _complete_sweep(parser, words)
    assert isinstance(parser, argparse.ArgumentParser)
    return parser


def _complete_sweep(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Let a parser of `wsss sweep` know names of sweeps, its own keys, and the overrides of `wsss run`."""
    name, of_words = (action for action in parser._actions if not action.option_strings)
    name.completer = lambda **_: [LIST, *sweep.names_of_sweeps()]  # type: ignore[attr-defined]
    if words[0] == LIST:
        of_words.completer = lambda **_: sweep.names_of_sweeps()  # type: ignore[attr-defined]
    else:
        of_words.completer = _overrides(words, *sweep.KEYS)  # type: ignore[attr-defined]


def _overrides(words: Sequence[str], *more: str) -> Callable[..., list[str]]:
    """Return what completes overrides of `wsss run`, and `more` keys beside theirs."""
    folders = config_folders(added_among(words[:-1])[0])

    def overrides(prefix: str, **_: Any) -> list[str]:
        key, equals, _value = prefix.partition("=")
        if equals:
            return [f"{key}={option}" for group in groups(folders) if group.key == key for option in group.options]
        return [f"{each}=" for each in (*keys(folders), *more)]

    return overrides


def _run_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser that knows the overrides of `wsss run` by their beginnings."""
    parser = argparse.ArgumentParser(prog="wsss run")
    for option in (*ALONE, *TAKE_A_VALUE, "--config-dir"):
        if option.startswith("--"):
            parser.add_argument(option)
    words_of_run = parser.add_argument("overrides", nargs="*")
    words_of_run.completer = _overrides(words)  # type: ignore[attr-defined]
    return parser
