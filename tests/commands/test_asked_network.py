"""Words about what is explained."""

import argparse

import pytest

from wsss.commands.asked_network import add_network_arguments, check_network, words_of
from wsss.errors import ConfigError


def options(words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_network_arguments(parser)
    return parser.parse_args(words.split())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--point 1,2", "--point asks the segmentation network: add --network segmenter"),
        ("--pixels a.png", "--pixels asks the segmentation network"),
        ("--network segmenter --point 1,2 --component 1", "--point and --component name pixels: use one"),
        ("--network segmenter --point 1", "write --point 120,80"),
        ("--network segmenter --point a,b", "write --point 120,80"),
    ],
)
def test_what_does_not_go_together_is_refused(words: str, why: str):
    with pytest.raises(ConfigError, match=why):
        check_network(options(words))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", ""),
        ("--network segmenter", "segmenter, all pixels of each class"),
        ("--network segmenter --point 1,2", "segmenter, pixel 1,2"),
        ("--network segmenter --component 2", "segmenter, object 2"),
        ("--network segmenter --pixels a", "segmenter, chosen pixels"),
    ],
)
def test_tables_and_sheets_say_what_is_explained(words: str, said: str):
    check_network(options(words))
    assert words_of(options(words)) == said
