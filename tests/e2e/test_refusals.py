"""The corpus of wrong and odd inputs: each is refused in one clear line or works, and nothing finished is lost.

`pytest tests/e2e/test_refusals.py -rP --show-capture=stdout -k table` prints all of it as one table.
"""

import re
from functools import cache
from pathlib import Path

import pytest
from e2e.corpus.runs import CASES
from e2e.trial import ODD, Case, Outcome, tried
from rich.console import Console
from rich.table import Table
from rich.text import Text

BY_NAME = {case.name: case for case in CASES}


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> "Corpus":
    return Corpus(tmp_path_factory.mktemp("corpus"))


class Corpus:
    """What became of every case; each is tried once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.outcome = cache(self._outcome)

    def _outcome(self, name: str) -> Outcome:
        folder = self._folder / str(list(BY_NAME).index(name))
        folder.mkdir()
        return tried(BY_NAME[name], folder)


@pytest.mark.parametrize("name", BY_NAME)
def test_an_input_is_refused_in_one_line_or_works(name: str, corpus: Corpus):
    case, outcome = BY_NAME[name], corpus.outcome(name)
    ended = outcome.ended
    assert outcome.lost == ()
    if case.works is not None:
        assert ended.code == 0, ended.said
        assert re.search(case.said, ended.printed), ended.printed
        case.works(outcome.trial)
        return
    assert ended.code == 2, ended.said or ended.printed
    assert re.search(case.said, ended.said.strip()), ended.said
    assert "Traceback" not in ended.said + ended.printed
    assert all(line.startswith(("wsss: ", "  ")) for line in ended.said.splitlines()), ended.said
    assert {path.name for path in (outcome.trial.folder / "out").glob("*")} <= {"run.yaml"}
    assert [path for path in outcome.trial.folder.rglob(".*") if path.is_file() and path.parent.name != ".locks"] == []
    if case.after is not None:
        case.after(outcome.trial)


def test_the_corpus_is_large_and_every_name_is_its_own():
    assert len(BY_NAME) == len(CASES) >= 40


def test_table(corpus: Corpus):
    table = Table("input", "said", "lost", title="wrong and odd inputs", show_lines=True)
    for name, case in BY_NAME.items():
        outcome = corpus.outcome(name)
        table.add_row(name, Text(shown(case, outcome)), ", ".join(outcome.lost) or "nothing")
    Console(width=150).print(table)
    assert all(corpus.outcome(name).lost == () for name in BY_NAME)


def shown(case: Case, outcome: Outcome) -> str:
    """What was said, with short paths; of what works, what was warned of."""
    if case.works is not None:
        warned = [line for line in outcome.ended.printed.splitlines() if line.startswith("warning: ")]
        said = "\n".join(["works", *warned])
    else:
        said = re.sub(r"(?m)^wsss: ", "", outcome.ended.said.strip())
    return (
        said.replace(str(outcome.trial.root), "<data>").replace(str(outcome.trial.folder), "..").replace(ODD, "<data>")
    )
