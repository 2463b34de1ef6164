"""Groups, options and settings of `conf/` with their comments, read without Hydra for `--help`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import wsss

MAIN: Final = "run.yaml"
CHOICE: Final = re.compile(r"  - (?P<key>[\w@./]+): (?P<chosen>\w+)(?: # (?P<words>.+))?")
SETTING: Final = re.compile(r"(?P<indent>  )?(?P<name>\w+): ?(?P<value>[^#]*?)(?: # (?P<words>.+))?")


@dataclass(frozen=True, kw_only=True)
class Group:
    """A choice between files: its name on the command line, what it chooses, and the options with their words."""

    key: str
    words: str
    options: dict[str, str]
    default: str


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A single value: its dotted key, its default as it is written, and what it means."""

    key: str
    default: str
    words: str


def config_folder() -> Path:
    """Return where the configs are: inside an installed package, or beside it in a checkout."""
    installed = Path(wsss.__file__).parent / "conf"
    return installed if installed.is_dir() else installed.parents[1] / "conf"


def groups() -> list[Group]:
    """Return the groups in the order of `run.yaml`."""
    choices = (CHOICE.fullmatch(line) for line in _lines(config_folder() / MAIN))
    return [
        Group(
            key=choice["key"],
            words=choice["words"] or "",
            options=_options(config_folder() / choice["key"].split("@")[0]),
            default=choice["chosen"],
        )
        for choice in choices
        if choice
    ]


def settings() -> list[Setting]:
    """Return the values of `run.yaml` itself that have words beside them: those of the run, not of its stages."""
    return list(_settings(_lines(config_folder() / MAIN)))


def _settings(lines: list[str]) -> Iterator[Setting]:
    section = ""
    for line in lines:
        if not (found := SETTING.fullmatch(line)):
            continue
        if not found["indent"]:
            section = found["name"]
        if found["value"] and found["words"]:
            key = f"{section}.{found['name']}" if found["indent"] else found["name"]
            yield Setting(key=key, default=found["value"], words=found["words"])


def _options(folder: Path) -> dict[str, str]:
    return {path.stem: _title(path) for path in sorted(folder.glob("*.yaml"))}


def _title(path: Path) -> str:
    """Return a file's first comment, without what is for Hydra."""
    comments = (line.removeprefix("# ") for line in _lines(path) if line.startswith("# "))
    return next((comment for comment in comments if not comment.startswith("@package")), "")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
