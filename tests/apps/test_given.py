"""Values of the command line."""

from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from wsss.apps.given import given_path


def test_a_path_is_taken_as_it_is_and_an_empty_one_is_refused():
    assert given_path("a b/c.jpg") == Path("a b/c.jpg")
    assert given_path(".") == Path()
    with pytest.raises(ArgumentTypeError, match="is empty"):
        given_path("")
