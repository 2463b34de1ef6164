"""`wsss run`: its help, which is read off `conf/`, and the way to Hydra, which composes the config."""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from wsss import run
from wsss.config.help import Group, groups, settings
from wsss.config.search import added_among, config_folders

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
"""
LAST: Final = """\
Values with odd characters are quoted: 'dataset.root="/data/my photos (1)"'. A mistake ends the run before it begins,
with every wrong key and the allowed names. --hydra-help lists Hydra's own options.
"""
INDENT: Final = 30


def main(arguments: Sequence[str]) -> None:
    """Show the help, or run."""
    if {"-h", "--help"} & set(arguments):
        added, _ = added_among(arguments)
        sys.stdout.write(help_text(config_folders(added)))
        return
    run.run_command(arguments)


def help_text(folders: Sequence[Path]) -> str:
    """Return what can be chosen and set, as it is in folders of configs today."""
    lines = [ABOUT, "groups, and what each chooses (* by default):"]
    for group in groups(folders):
        lines += _described(group)
    lines += ["", "settings:"]
    for setting in settings(folders):
        lines += _entry(f"  {setting.key}={setting.default}", setting.words)
    return "\n".join([*lines, "", LAST])


def _described(group: Group) -> Iterator[str]:
    yield ""
    yield from _entry(f"  {group.key}=", group.words)
    for option, words in group.options.items():
        yield from _entry(f"    {option}{' *' if option == group.default else ''}", words)


def _entry(name: str, words: str) -> list[str]:
    """Return a name and its words as lines, words in a column of their own."""
    width = min(shutil.get_terminal_size((120, 24)).columns, 120)
    column = " " * INDENT
    first = f"{name:<{INDENT - 1}} "
    text = f"{first}{words}".rstrip()
    return textwrap.wrap(text, width, subsequent_indent=column, drop_whitespace=True, break_on_hyphens=False) or [first]
