"""The commands. `run` is Hydra's; the others read their own arguments. `--help` imports none of the stack."""

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Final

from wsss.config.suggest import unknown
from wsss.config.words import COMPLETING
from wsss.cores import keep_within
from wsss.engine.leaving import Leaving
from wsss.engine.shortages import explained
from wsss.engine.streams import complain, open_streams, printing, read_to_the_end
from wsss.errors import ConfigError, WsssError, first_line, printable
from wsss.signals import Ended, ended_by_signals
from wsss.store.disk_errors import writing
from wsss.store.versions import versions

HELP: Final = """\
wsss: weakly supervised semantic segmentation, from image-level labels to a segmentation network.

  wsss run experiment=toy                                  the whole pipeline on drawn scenes, in minutes
  wsss run experiment=folder dataset.root=my_photos        the same on your own photographs and labels
  wsss run experiment=voc12_mini dataset.root=VOC2012      and on a VOC devkit
  wsss run experiment=toy plan=true                        what would run, and what is cached
  wsss run experiment=toy cam=gradcam refine=background    choose other parts; `wsss run --help` lists them
  wsss sweep seeds experiment=toy random_seed=0,1,2        many runs, of which each shared stage is made once
  wsss predict photos --model outputs/toy/1                masks and overlays of new images, by a finished run
  wsss explain cat.jpg --model outputs/toy/1               where its classifier saw what it says, by many CAM methods
  wsss explain cat.jpg --network resnet50                  the same of a classifier of timm, without a run
  wsss debug outputs/toy/1                                 what it looks at, what it confuses, where it fails
  wsss model outputs/toy/1 toy.wsss                        its networks as one file, for `--model` elsewhere
  wsss export outputs/toy/1 --to onnx --out toy.onnx       its network or masks for other programs, servers and hubs
  wsss compare outputs/toy/1 outputs/toy/2                 what differs between runs, in numbers and pictures
  wsss view outputs/toy/1                                  its images, maps, masks and findings in a browser
  wsss data check my_photos                                what a data set holds, and what a run would refuse of it
  wsss data audit my_photos                                tags that may be wrong or missing, near duplicates, leaks
  wsss data prepare voc12                                  download a benchmark: voc12, sbd or coco14
  wsss text-bank cat dog --out animals.npz                 class names as CLIP sees them, to explain or to make masks by
  wsss store ls                                            what is on disk; also verify and gc
  wsss completion bash                                     a script for Tab; also zsh and fish

Options of `run` are Hydra overrides: key=value. Results are kept in `store` (default runs/) by what they depend on,
so a second run does only what is new. The last line printed is the path of the report.
"""


UNEXPECTED: Final = 70
"""Exit code of an error that nobody foresaw, as in sysexits.h."""
COMMANDS: Final[dict[str, str]] = {
    "run": "wsss.commands.run:main",
    "sweep": "wsss.commands.sweep:main",
    "predict": "wsss.commands.predict:main",
    "explain": "wsss.commands.explain:main",
    "model": "wsss.commands.model:main",
    "debug": "wsss.commands.debug:main",
    "export": "wsss.commands.export:main",
    "compare": "wsss.commands.compare:main",
    "view": "wsss.commands.view:main",
    "data": "wsss.commands.data:main",
    "text-bank": "wsss.commands.text_bank:main",
    "store": "wsss.commands.store:main",
    "completion": "wsss.commands.completion:main",
}
"""The function of every command, imported only when it is called: the stack takes seconds to import."""
SEPARATING: Final = ("compare",)
"""Commands that put a `--` between names."""

GOES_ON: Final = {
    **dict.fromkeys(
        ("run", "sweep", "debug", "data audit", "data prepare"),
        " What is finished is kept: the same command goes on from there.",
    ),
    **dict.fromkeys(("explain", "predict"), " What is finished is kept: add --resume to go on from there."),
}
"""What a command that a signal ended left, by its first words; the others leave nothing that could go on."""

VERSION: Final = ("version", "--version", "-V")


def version_text() -> str:
    """Return what a report of a problem should name: the versions of wsss, Python and what computes."""
    found = dict(versions())
    others = ", ".join(f"{name} {number}" for name, number in found.items() if name != "wsss")
    return f"wsss {found['wsss']} (Python {platform.python_version()}, {others})\n"


def command() -> None:
    """Run `main` as the process of a command, and end the process as soon as it returns."""
    leaving = Leaving()
    try:
        main()
    except SystemExit as error:
        leaving.with_code(error.code)
        raise
    leaving.with_code(0)


def main() -> None:
    """Dispatch to a command; a mistake of the user's is printed as one line each, with exit code 2."""
    open_streams()
    keep_within()
    if COMPLETING in os.environ:
        import_module("wsss.commands.completion").complete(COMMANDS)
    with read_to_the_end():
        _dispatch()


def _dispatch() -> None:
    try:
        with ended_by_signals(), writing(Path()), explained(), printing():
            _call(*(sys.argv[1:] or ["--help"]))
    except ConfigError as error:
        _say(*error.problems)
        sys.exit(error.exit_code)
    except Ended as error:
        complain(f"\nwsss: {error}.{goes_on(sys.argv[1:])}\n")  # nowhere at SIGHUP: the terminal is gone
        sys.exit(error.exit_code)
    except WsssError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:  # which `read_to_the_end` answers
        raise
    except Exception as error:  # noqa: BLE001, whatever else there is
        _say(unexpected(error))
        sys.exit(UNEXPECTED)


def goes_on(words: list[str]) -> str:
    """Return what to say of a command that a signal ended."""
    return GOES_ON.get(" ".join(words[:2]), GOES_ON.get(words[0] if words else "", ""))


def _call(name: str, *arguments: str) -> None:
    if name in ("-h", "--help", "help"):
        sys.stdout.write(HELP)
        return
    if name in VERSION or arguments == ("--version",):
        sys.stdout.write(version_text())
        return
    if name not in COMMANDS:
        complain(f"wsss: {unknown('command', name, COMMANDS)}. See wsss --help.\n")
        sys.exit(2)
    module, _, function = COMMANDS[name].partition(":")
    getattr(import_module(module), function)(arguments if name in SEPARATING else named(arguments))


def unexpected(error: Exception) -> str:
    """Return in one line that an error was not foreseen, and where its traceback lies: here where no file can be."""
    said = f"{type(error).__name__} was not foreseen ({first_line(error)[:200]}). What is finished is kept."
    report = "".join(traceback.format_exception(error))
    try:
        handle, path = tempfile.mkstemp(prefix="wsss-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(report)
    except OSError:
        return f"{said} Its traceback, for a report of the fault:\n{report}"
    return f"{said} Its traceback, for a report of the fault, is in {path}"


def _say(*problems: str) -> None:
    complain("".join(f"wsss: {printable(problem)}\n" for problem in problems))


def named(arguments: Sequence[str]) -> list[str]:
    """Return the words without `--`: what follows it are names, and one that begins with a dash becomes `./-name`."""
    before = list(takewhile(lambda word: word != "--", arguments))
    names = arguments[len(before) + 1 :]
    return [*before, *(f"./{name}" if name.startswith("-") else name for name in names)]


if __name__ == "__main__":
    command()
