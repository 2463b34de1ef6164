"""Whoever is sent a store or a run is told what is wrong with it, sees the rest, and loses nothing outside of it."""

import re
import shutil
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

import pytest
from e2e.attacks import ATTACKS
from e2e.attacks.attack import Attack
from nested import flattened
from tables import Row, Told
from toy_runs import Run

from wsss.apps import store as stores
from wsss.apps.predict import Predictor
from wsss.errors import WsssError, printable
from wsss.paths import remove
from wsss.store.store import Store

THESIS = "years of work"


def copied(toy_run: Run, folder: Path) -> Run:
    """A run and its store, to be attacked, beside a file of somebody's."""
    copy = toy_run.copied(folder)
    shutil.copytree(toy_run.out, copy.out)
    (folder / "thesis.txt").write_text(THESIS)
    return copy


def answers(run: Run, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What each use of the store says, by its name; the last of them repairs."""
    store = Store(root=run.store)
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, TextIOWrapper)
        stream.reconfigure(errors="backslashreplace")  # as a command has them
    uses: dict[str, Callable[[], object]] = {
        "ls": lambda: stores.show(store),
        "ls --json": lambda: stores.show_json(store),
        "verify": lambda: stores.verify(store, repairing=False, runs=[run.out]),
        "gc": lambda: stores.collect(store, deleting=False, keep=[run.out]),
        "predict": lambda: Predictor.of(run.out, store=run.store, device="cpu"),
        "repair": lambda: stores.verify(store, repairing=True, runs=[run.out]),
    }
    said = {}
    for name, use in uses.items():
        refusal = ""
        try:
            use()
        except WsssError as error:
            refusal = printable(str(error))  # as a command says it
        printed = capsys.readouterr()
        said[name] = f"{refusal} {printed.out} {printed.err}".replace(f"{run.store.parent}/", "")
    return said


def lost(run: Run) -> tuple[str, ...]:
    """What was lost outside of the store."""
    thesis = run.store.parent / "thesis.txt"
    return () if thesis.is_file() and thesis.read_text() == THESIS else ("thesis.txt",)


def faults(attack: Attack, said: dict[str, str], stages: set[str]) -> list[str]:
    """In what way what was said is not what is to be said."""
    told = [name for name in ("verify", "predict") if re.search(attack.said, said[name])]
    missing = sorted(stage for stage in stages if stage not in said["ls --json"])
    commands = sorted(name for name, words in said.items() if re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", words))
    return [
        *([f"{commands} send commands to the terminal"] if commands else []),
        *([] if told else [f"{attack.said!r} is not said: {said['verify'][:300]} / {said['predict'][:300]}"]),
        *([f"ls does not list {missing}"] if missing else []),
    ]


def test_attacks(toy_run: Run, tmp_path: Path, told: Told, capsys: pytest.CaptureFixture[str]):
    stages = {path.name for path in toy_run.store.iterdir() if path.is_dir() and not path.name.startswith(".")}
    rows, wrong = [], {}
    for number, attack in enumerate(ATTACKS):
        run = copied(toy_run, tmp_path / str(number))
        attack.make(run)
        said = answers(run, capsys)
        wrong |= {attack.name: found} if (found := faults(attack, said, stages)) else {}
        words = said["predict"].strip() or said["verify"].strip()
        for items in run.store.glob("*/*/items"):
            flattened(items)
        rows.append(Row(attack.name, words, refused=bool(said["predict"].strip()), lost=lost(run)))
        remove(run.store)
    told(rows, wrong=len(wrong))
    assert not wrong, "\n".join(f"{name}: {found}" for name, found in wrong.items())
    assert [row.name for row in rows if row.lost] == []
