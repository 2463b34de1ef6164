"""`wsss run`: its help, which is read off `conf/`, and the way to Hydra, which composes the config."""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import yaml

from wsss import run
from wsss.config import suggest
from wsss.config.help import Group, groups, settings
from wsss.config.leaves import Leaf
from wsss.config.search import added_among, config_folders
from wsss.config.words import check_words
from wsss.engine.streams import announce
from wsss.errors import ConfigError

ABOUT: Final = """\
usage: wsss run [group=option ...] [key=value ...] [-m]

Run the whole pipeline, or what of it is new.

  wsss run experiment=toy                                  drawn scenes, in minutes
  wsss run experiment=toy plan=true                        what would run, and what is cached
  wsss run experiment=voc12_mini dataset.root=VOC2012      a VOC devkit
  wsss run experiment=folder dataset.root=my_photos        your own images and labels
  wsss run experiment=toy cam=gradcam refine=background    choose other parts
  wsss run experiment=toy fit.classifier.epochs=5          set any key of a chosen part
  wsss run experiment=toy random_seed=0,1,2 -m             a sweep, over values or over parts
  wsss run experiment=toy --cfg job                        the config as it is composed, with every key
  wsss run cam=mine --config-dir my_configs                options of your own: my_configs/cam/mine.yaml
  wsss run --help cam                                      all options of a group, and the keys of its default
"""
LAST: Final = """\
These words are read by Hydra (https://hydra.cc): `group=option` chooses a file of conf/, `key=value` sets a value,
`+key=value` adds one, `~key` takes one away, and `-m` runs every combination of values that are separated by commas.

Values with odd characters are quoted: 'dataset.root="/data/my photos (1)"'. A mistake ends the run before it begins,
with every wrong key and the allowed names. --hydra-help lists Hydra's own options.
"""
INDENT: Final = 34
HELP: Final = ("-h", "--help")
SETTINGS: Final = "settings"
"""What is asked for by `--help` instead of a group, to have the settings of `run.yaml` explained."""


def main(arguments: Sequence[str]) -> None:
    """Show the help, or run; raises `ConfigError` for words that are neither overrides nor options."""
    added, words = added_among(arguments)
    folders = config_folders(added)
    asked = [place for place, word in enumerate(words) if word in HELP]
    if asked:
        names = [word.partition("=")[0] for word in words[asked[0] + 1 :]]
        sys.stdout.write(group_text(names[0], folders) if names else help_text(folders))
        return
    check_words(words, folders)
    announce("checking the config and the data")
    run.run_command(arguments)


def help_text(folders: Sequence[Path]) -> str:
    """Return in one screen what can be chosen and set, as it is in folders of configs today."""
    lines = [ABOUT, "groups, with their defaults and how many options they have:"]
    for group in groups(folders):
        count = f" ({len(group.options)})" if len(group.options) > 1 else ""
        lines += _entry(f"  {group.key}={group.default}", f"{group.words}{count}")
    written = ", ".join(f"{setting.key}={setting.default}" for setting in settings(folders))
    heading = f"settings, with their defaults; `wsss run --help {SETTINGS}` explains them:"
    lines += ["", *textwrap.wrap(heading, _width())]
    lines += textwrap.wrap(written, _width(), initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join([*lines, "", LAST])


def settings_text(folders: Sequence[Path]) -> str:
    """Return the settings of a run itself, a line each with its default and what it means."""
    lines = [line for one in settings(folders) for line in _entry(f"  {one.key}={one.default}", one.words)]
    return "\n".join(["settings of a run, with their defaults:", *lines, ""])


def group_text(key: str, folders: Sequence[Path]) -> str:
    """Return all options of a group, and the keys of the default one; raises `ConfigError` for another name."""
    if key == SETTINGS:
        return settings_text(folders)
    known = {group.key: group for group in groups(folders)}
    if key not in known:
        raise ConfigError([suggest.unknown("group", key, [*known, SETTINGS])])
    group = known[key]
    lines = [f"{key}=: {group.words} (* by default)", ""]
    for option, words in group.options.items():
        lines += _entry(f"  {option}{' *' if option == group.default else ''}", words)
    return "\n".join([*lines, *_keys_of(group, folders), ""])


def _keys_of(group: Group, folders: Sequence[Path]) -> Iterator[str]:
    path = group.default_file(folders)
    if path is None:
        return
    leaf = Leaf.read(path)
    yield from ("", f"keys of {group.default}:")
    for name, value in leaf.values.items():
        if name not in suggest.HYDRAS:
            yield from _entry(f"  {group.package}.{name}={_written(value)}", leaf.words[name])


def _written(value: object) -> str:
    """Return a value as it is typed; of one that holds more than the line does, dots."""
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n").strip()
    return text if len(text) <= INDENT else "..."


def _entry(name: str, words: str) -> list[str]:
    """Return a name and its words as lines, words in a column of their own."""
    column = " " * INDENT
    first = f"{name:<{INDENT - 1}} "
    text = f"{first}{words}".rstrip()
    return textwrap.wrap(text, _width(), subsequent_indent=column, drop_whitespace=True, break_on_hyphens=False) or [
        first
    ]


def _width() -> int:
    return min(shutil.get_terminal_size((120, 24)).columns, 120)
