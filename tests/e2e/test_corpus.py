"""Every input of the corpus is read right or refused in the right words, by check and run alike, and loses nothing."""

from pathlib import Path

from e2e.corpus import INPUTS
from e2e.data_input import faults, read
from tables import Row, Told


def test_the_corpus(tmp_path: Path, told: Told):
    wrong = {}
    rows = []
    for number, case in enumerate(INPUTS):
        reading = read(case, tmp_path / str(number))
        wrong |= {case.name: found} if (found := list(faults(case, reading))) else {}
        rows.append(Row(name=case.name, said=reading.said(), refused=bool(reading.refused), lost=reading.lost))
    told(rows, wrong=len(wrong))
    assert wrong == {}
    assert [row.name for row in rows if row.lost] == []


def test_every_input_has_a_name_of_its_own():
    assert len({case.name for case in INPUTS}) == len(INPUTS)
