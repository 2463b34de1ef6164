"""Keep the machines of one run in step: the first says what is made, and all hear of a failure."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from torch.distributed import TCPStore  # type: ignore[attr-defined]  # public all the same

from wsss.errors import WsssError
from wsss.run.launch import Word

HELLO: Final = timedelta(minutes=30)
"""How long machines wait for each other at the start, as in a queue."""
FAILED: Final = "failed"
EVERY: Final = 0.2
"""Seconds between two looks at what was said."""
GONE: Final = "the machine with node_rank=0 is gone: start all of them again"


@dataclass(frozen=True, kw_only=True)
class Peers:
    """The machines of a run, around a small store of words that the first of them serves."""

    words: TCPStore
    rank: int
    count: int

    @classmethod
    @contextmanager
    def meet(cls, host: str, port: int, *, rank: int, count: int) -> Iterator["Peers"]:
        """Wait for all machines; on leaving, tell them of a failure, or wait until all have heard everything.

        Raises `WsssError` where they do not come, or where the first cannot be reached.
        """
        try:
            words = TCPStore(host, port, count, is_master=rank == 0, timeout=HELLO)
        except (RuntimeError, TimeoutError) as error:
            raise WsssError(
                f"launcher.rendezvous: machine {rank} of {count} cannot meet the others at {host}, port {port} "
                f"({str(error).splitlines()[0]}): all need the same address, that of the one with node_rank=0"
            ) from error
        peers = cls(words=words, rank=rank, count=count)
        try:
            yield peers
        except BaseException:
            peers.fail()
            raise
        peers.part()

    def say(self, subject: str, word: Word) -> None:
        """Say a word about a subject, once and for all."""
        self.words.set(f"{subject}/{word}", "1")

    def hear(self, subject: str, *words: Word) -> Word:
        """Wait until one of some words was said; raises `WsssError` when another machine failed or is gone."""
        while True:
            self.check()
            for word in words:
                if self._said(f"{subject}/{word}"):
                    return word
            threading.Event().wait(EVERY)

    def check(self) -> None:
        """Raise `WsssError` when another machine failed or is gone."""
        if self._said(FAILED):
            rank = self.words.get(FAILED).decode()
            raise WsssError(f"the machine with node_rank={rank} stopped: see its screen, then start all of them again")

    def fail(self) -> None:
        """Tell the others that this machine failed, unless another did before."""
        try:
            self.words.compare_set(FAILED, "", str(self.rank))
        except RuntimeError:
            return  # the first machine, which serves the words, is gone: there is nobody to tell

    def part(self) -> None:
        """Leave when all have come here: the words are gone with the first machine."""
        here = self._count_parted(1)
        while self.rank == 0 and here < self.count and not self._said(FAILED):
            threading.Event().wait(EVERY)
            here = self._count_parted(0)

    def _count_parted(self, more: int) -> int:
        try:
            return int(self.words.add("parted", more))
        except RuntimeError as error:
            raise WsssError(GONE) from error

    def _said(self, key: str) -> bool:
        try:
            return bool(self.words.check([key]))
        except RuntimeError as error:
            raise WsssError(GONE) from error
