import numpy as np
import pytest

from wsss.draw.confusions import MOST, confusion_table
from wsss.draw.outcome import Result


def result(counts: np.ndarray | None) -> Result:
    return Result(stage="predict_masks", split="val", scores={"miou": 0.5}, counts=counts)


def test_lines_are_shares_of_what_is_true():
    table = confusion_table(result(np.array([[6, 2, 0], [1, 3, 0], [0, 0, 0]])), names=("background", "cat", "dog"))
    assert table is not None
    assert (table.stage, table.split, table.left_out) == ("predict_masks", "val", 0)
    assert table.columns == ("background", "cat"), "a label that occurs nowhere has no column"
    assert table.lines == (("background", (0.75, 0.25)), ("cat", (0.25, 0.75)))


def test_a_label_that_is_never_true_has_a_column_and_no_line():
    table = confusion_table(result(np.array([[6, 2], [0, 0]])), names=("background", "cat"))
    assert table is not None
    assert (table.columns, table.lines) == (("background", "cat"), (("background", (0.75, 0.25)),))


def test_of_many_labels_those_that_are_mistaken_most_are_shown():
    count = MOST + 5
    counts = np.diag(np.full(count, 100))
    mistaken = list(range(6, count))
    for label in mistaken:
        counts[label, 0] = label
    table = confusion_table(result(counts), names=[str(label) for label in range(count)])
    assert table is not None
    assert table.columns == ("0", *(str(label) for label in mistaken))
    assert table.left_out == 5


@pytest.mark.parametrize("counts", [None])
def test_without_counts_there_is_no_table(counts: None):
    assert confusion_table(result(counts), names=("background",)) is None
