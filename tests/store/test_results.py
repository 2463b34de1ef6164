"""Logs and what is kept up to date are no results."""

import pytest

from wsss.store.results import is_result


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("items/a.png", True),
        ("history.csv", True),
        ("items/manifest.json", True),
        ("manifest.json", False),
        ("stage.yaml", False),
        ("root.txt", False),
        ("log.txt", False),
        ("log.3.txt", False),
        ("logs/any/events", False),
        ("items/.a.png.0123abcd", False),
        (".hidden/a", False),
    ],
)
def test_results_are_told_apart(name: str, result: bool):
    assert is_result(name) is result
