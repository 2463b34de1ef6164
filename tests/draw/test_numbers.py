import pytest

from wsss.draw.numbers import duration, file_size, percent


@pytest.mark.parametrize(
    ("fraction", "words"),
    [(0.3629, "36.3"), (1.0, "100.0"), (0.0, "0.0"), (None, "–"), (float("nan"), "–")],
)
def test_percent(fraction: float | None, words: str):
    assert percent(fraction) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (192.0, "3 min 12 s"),
        (7500.0, "2 h 05 min"),
        (90061.0, "25 h 01 min"),
        (None, "–"),
    ],
)
def test_duration(seconds: float | None, words: str):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (14_200_000, "14.2 MB"),
        (3e9, "3.0 GB"),
        (2.5e12, "2.5 TB"),
        (None, "–"),
    ],
)
def test_file_size(count: int | None, words: str):
    assert file_size(None if count is None else int(count)) == words
