"""What a store notes for itself, beside the artifacts: hashes, checks, runs, locks."""

import os
from collections.abc import Callable
from pathlib import Path

from e2e.attacks.attack import UNHARMED, Attack, Make, only
from toy_runs import Run


def instead(name: str, put: Callable[[Path], object]) -> Make:
    """Put something in place of a note of the store, or of a folder of notes."""

    def make(run: Run) -> None:
        path = run.store / name
        if path.is_dir():
            path.rename(run.store.parent / "notes")
        else:
            path.unlink(missing_ok=True)
        put(path)

    return make


def damaged(make: Make) -> Make:
    """The same, and a mask is damaged, so that a repair locks its artifact."""

    def make_both(run: Run) -> None:
        min(only(run, "predict_masks", "items").glob("**/*.png")).write_bytes(b"x")
        make(run)

    return make_both


def within(name: str, put: Callable[[Path], object]) -> Make:
    """Put something among the notes of a folder."""

    def make(run: Run) -> None:
        (run.store / name).mkdir(exist_ok=True)
        put(run.store / name / ("f" * 16))

    return make


def thesis(path: Path) -> None:
    """A link to somebody's file."""
    path.symlink_to(next(p for p in path.parents if p.name == "store").parent / "thesis.txt")


def text(content: str) -> Callable[[Path], object]:
    """A file of any content."""
    return lambda path: path.write_text(content, encoding="utf-8")


NOTED = r"is not the note of a run: delete it|" + UNHARMED
ATTACKS = (
    Attack(name="hashes of brackets", make=instead("digests.bin", text("[" * 200_000)), said=UNHARMED),
    Attack(name="hashes that are a folder", make=instead("digests.bin", Path.mkdir), said=UNHARMED),
    Attack(name="hashes that are a link", make=instead("digests.bin", thesis), said=UNHARMED),
    Attack(name="checks that are a pipe", make=instead("checked.json", os.mkfifo), said=UNHARMED),
    Attack(name="runs that are a file", make=instead(".runs", text("x")), said=NOTED),
    Attack(name="finished runs that are a file", make=instead(".finished", text("x")), said=UNHARMED),
    Attack(name="a run's note of 5,000 letters", make=within(".runs", text("/" + "x" * 5_000)), said=NOTED),
    Attack(name="a run's note with a NUL", make=within(".runs", text("/tmp/\0x")), said=NOTED),
    Attack(name="a run's note that is a link", make=within(".runs", thesis), said=NOTED),
    Attack(name="locks that are a file", make=damaged(instead(".locks", text("x"))), said=r"damaged +\S*\.png"),
    Attack(name="locks that lead outside", make=damaged(instead(".locks", thesis)), said=r"damaged +\S*\.png"),
)
