"""Words about boxes on the command line."""

import argparse

import pytest

from wsss.apps.boxes import BoxOptions
from wsss.boxes import BoxRule
from wsss.commands.boxes import add_box_arguments, asked_boxes
from wsss.errors import ConfigError


def asked(*words: str, maps: bool = True) -> BoxOptions | None:
    parser = argparse.ArgumentParser()
    add_box_arguments(parser, maps=maps)
    return asked_boxes(parser.parse_args(words))


def test_without_the_word_there_are_none():
    assert asked() is None
    assert asked("--boxes") == BoxOptions()


def test_every_word_reaches_its_option():
    words = ("--boxes", "--voc", "--split", "--min-area", "0.01", "--merge", "0.7")
    expected = BoxOptions(rule=BoxRule(least=0.01, merge=0.7, split=True), voc=True)
    assert asked(*words, maps=False) == expected
    assert asked("--boxes", "--threshold", "0.2") == BoxOptions(threshold=0.2)
    assert asked("--boxes", "--threshold", "auto") == BoxOptions()


@pytest.mark.parametrize("words", ["--voc", "--split", "--merge 0.1", "--min-area 0", "--threshold auto"])
def test_words_about_boxes_without_boxes_are_refused(words: str):
    with pytest.raises(ConfigError, match="add --boxes"):
        asked(*words.split())


def test_the_help_tells_the_defaults():
    parser = argparse.ArgumentParser()
    add_box_arguments(parser, maps=True)
    told = " ".join(parser.format_help().split())
    assert f"(default: {BoxRule.least})" in told
    assert f"(default: {BoxRule.merge})" in told
