"""Values of the command line as argparse reads them."""

from argparse import ArgumentTypeError
from pathlib import Path

from wsss.paths import EMPTY


def given_path(text: str) -> Path:
    """Return a path; raises `ArgumentTypeError` for an empty one, which would be the current folder.

    >>> given_path("photos/cat.jpg").name
    'cat.jpg'
    """
    if not text:
        raise ArgumentTypeError(EMPTY)
    return Path(text)
