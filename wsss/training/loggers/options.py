"""Options of loggers, as `conf/logger/*.yaml` spells them. No logger can end a training."""

import netrc
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from wsss.errors import ConfigError
from wsss.store.results import LOGS
from wsss.store.store import JOB
from wsss.training import loggers
from wsss.training.loggers.history import HISTORY, read_history

WANDB_SERVER: Final = "https://api.wandb.ai"
FORBIDDEN: Final = "/\\#?%:"
"""What the name of a project may not hold, as W&B says."""
LONGEST_PROJECT: Final = 128
LONGEST_TAG: Final = 64


@dataclass(frozen=True, kw_only=True)
class LoggerOptions(ABC):
    """Where a training writes its metrics."""

    def check(self) -> None:
        """Raise a `WsssError` where this cannot work here."""
        return

    @abstractmethod
    def open(self, folder: Path) -> list["loggers.Guarded"]:
        """Return loggers that write below a stage's folder, where its frozen job lies."""

    def finish(self, folder: Path) -> str:
        """Take over a finished run: the run's folder with its record, scores, report and contact sheets.

        Returns a line for the person who waits for it, empty where there is nothing to say.
        """
        del folder
        return ""


@dataclass(frozen=True, kw_only=True)
class NoLogger(LoggerOptions):
    """Keep no history."""

    def open(self, folder: Path) -> list["loggers.Guarded"]:
        """Return none."""
        return []


@dataclass(frozen=True, kw_only=True)
class CSVHistory(LoggerOptions):
    """Keep `history.csv`, which survives a resume and from which the report draws its training curves."""

    def open(self, folder: Path) -> list["loggers.Guarded"]:
        """Return the history."""
        return [history(folder)]


@dataclass(frozen=True, kw_only=True)
class TensorBoard(LoggerOptions):
    """Event files in `logs/tensorboard`, beside the history."""

    def open(self, folder: Path) -> list["loggers.Guarded"]:
        """Return the history and TensorBoard's logger."""
        make = partial(loggers.tensorboard, folder / LOGS, job=folder / JOB)
        return [history(folder), loggers.Guarded("tensorboard", make)]


@dataclass(frozen=True, kw_only=True)
class Wandb(LoggerOptions):
    """Weights & Biases, beside the history: a run for every training, and one for the scores and the report."""

    project: str = "wsss"
    entity: str | None = None
    """A team; the key's own where it is not given."""
    mode: Literal["auto", "online", "offline", "disabled"] = "auto"
    """`auto`: as WANDB_MODE says; without it, online where there is a key, and offline otherwise."""
    tags: tuple[str, ...] = ()
    group: str | None = None
    """Runs that stand together, such as those of one experiment."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.project) <= LONGEST_PROJECT or set(self.project) & set(FORBIDDEN):
            raise ValueError(f"project: 1 to {LONGEST_PROJECT} characters, none of {FORBIDDEN}; got {self.project!r}")
        wrong = [tag for tag in self.tags if not 1 <= len(tag) <= LONGEST_TAG]
        if wrong:
            raise ValueError(f"tags: 1 to {LONGEST_TAG} characters each, got {wrong[0]!r}")

    def check(self) -> None:
        """Refuse to be online without a key: wandb would ask for one, at a time when nobody is there."""
        if self.chosen() == "online" and not has_key():
            remedy = "run `wandb login`, set WANDB_API_KEY, or use logger.mode=offline"
            raise ConfigError([f"mode=online needs a key of Weights & Biases, and there is none here: {remedy}"])

    def chosen(self) -> Literal["online", "offline", "disabled"]:
        """Return the mode that `auto` stands for here."""
        if self.mode != "auto":
            return self.mode
        match os.environ.get("WANDB_MODE", ""):
            case "online" | "run":
                return "online"
            case "offline" | "dryrun":
                return "offline"
            case "disabled":
                return "disabled"
            case _:
                return "online" if has_key() else "offline"

    def open(self, folder: Path) -> list["loggers.Guarded"]:
        """Return the history and a run of this stage, which goes on under its id when the training is resumed."""
        if self.chosen() == "disabled":
            return [history(folder)]
        # Read here, before the history drops what a resumed training will log again.
        make = partial(loggers.training_run, self._place(), folder, logged=read_history(folder / HISTORY))
        return [history(folder), loggers.Guarded("wandb", make)]

    def finish(self, folder: Path) -> str:
        """Send scores, report and contact sheets, as a run of their own, and say where it is."""
        if self.chosen() == "disabled":
            return ""
        said: list[str] = []

        def send() -> None:
            said.append(loggers.send_outcome(self._place(), folder))

        loggers.attempt("wandb", send)
        return "".join(said)

    def _place(self) -> "loggers.Place":
        mode = self.chosen()
        assert mode != "disabled"
        return loggers.Place(project=self.project, entity=self.entity, group=self.group, tags=self.tags, mode=mode)


def history(folder: Path) -> "loggers.Guarded":
    """Return the history of a stage."""
    return loggers.Guarded(HISTORY, partial(loggers.History.opened, folder / HISTORY))


def has_key() -> bool:
    """Tell whether there is a key of W&B: in the environment, or in the netrc file that `wandb login` writes."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    server = urlsplit(os.environ.get("WANDB_BASE_URL", WANDB_SERVER)).netloc
    try:
        return bool(netrc.netrc(_netrc_file()).authenticators(server))
    except (OSError, netrc.NetrcParseError):
        return False


def _netrc_file() -> Path:
    if chosen := os.environ.get("NETRC"):
        return Path(chosen).expanduser()
    usual = Path("~/.netrc").expanduser()
    return usual if usual.exists() else Path("~/_netrc").expanduser()
