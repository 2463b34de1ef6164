"""Scores on the screen."""

import io

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.metric import METRICS
from wsss.apps.explain.scoring import Judgement
from wsss.apps.explain.tables import average_table, brief, class_tables, print_means
from wsss.types import Size


def explanation(name: str, method: str, scores: dict[str, float | None]) -> Explanation:
    return Explanation(
        cls=0,
        name=name,
        method=method,
        probability=0.931,
        heat=np.zeros((2, 2), dtype=np.float32),
        size=Size(height=2, width=2),
        seconds=0.012,
        judgement=Judgement(scores=scores),
    )


def printed(table: Table) -> list[str]:
    """What a pipe gets: 80 columns."""
    screen = io.StringIO()
    Console(file=screen, width=80, soft_wrap=True).print(table)
    return screen.getvalue().splitlines()


def test_the_best_of_each_column_is_marked():
    explained = Explained(
        explanations=(
            explanation("dog", "cam", {"average_drop": 0.25, "insertion": 0.5, "pxap": None}),
            explanation("dog", "gradcam_plusplus", {"average_drop": 0.0, "insertion": 0.5, "pxap": 0.7}),
            explanation("cat", "cam", {"insertion": 0.1}),
        ),
        probabilities={},
        left_out={},
    )
    dog, cat = class_tables("a (1).jpg", explained)
    lines = [line.split() for line in printed(dog)]
    assert printed(dog)[0].strip() == "a (1).jpg: dog 93.1 %"
    assert ["method", "time", "drop", "↓", "ins", "↑", "PxAP", "↑"] in lines
    assert ["cam", "12", "ms", "25.0", "50.0", "–"] in lines
    assert ["gradcam_plusplus", "12", "ms", "0.0*", "50.0", "70.0"] in lines
    assert printed(cat)[0].strip() == "a (1).jpg: cat 93.1 %"


def test_all_columns_are_whole_in_a_pipe():
    scores = {metric.key: 1.0 for metric in METRICS}
    means = {name: {"pairs": 3, "seconds": 2.0, "scores": scores} for name in ("fgcam_scorecam", "cam")}
    lines = printed(average_table(means, images=2))
    assert lines[0].strip() == "means over 2 images, 3 pairs of an image and a class"
    assert not any("…" in line for line in lines)
    assert ["fgcam_scorecam", "2.0", "s", *["100.0"] * len(METRICS)] in [line.split() for line in lines]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0004, "0 ms"), (0.0124, "12 ms"), (0.9996, "1.0 s"), (61.0, "61.0 s")]
)
def test_times(seconds: float, words: str):
    assert brief(seconds) == words


def test_means_are_printed_of_several_images_and_the_key_of_one(capsys: pytest.CaptureFixture[str]):
    means = {"cam": {"pairs": 2, "seconds": 2.0, "scores": {"adcc": 0.5}}}
    for images, words in ((0, []), (1, ["per cent"]), (2, ["means over 2 images", "per cent"])):
        print_means({"images": [{}] * images, "means": means})
        printed = capsys.readouterr().out
        assert [text for text in ("means over 2 images", "per cent") if text in printed] == words
