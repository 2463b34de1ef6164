"""YAML is parsed once a text: tests compose the same hundred files of `conf/` some hundred times."""

import pickle
from collections.abc import Callable
from typing import IO, Any

import yaml

LONGEST = 100_000
"""Letters of a text that is remembered."""


def install() -> None:
    """Let `yaml.load` remember what texts hold, for a loader of the same name; every caller is given a copy."""
    yaml.load = remembering(yaml.load)


def remembering(load: Callable[..., Any]) -> Callable[..., Any]:
    """A `yaml.load` that parses no text twice. What it raises is its own, with the place in the file, every time."""
    known: dict[tuple[str, str], bytes] = {}

    def loaded(stream: str | IO[str], Loader: type) -> Any:  # noqa: N803 - PyYAML's name
        text = stream if isinstance(stream, str) else _text(stream)
        if text is None or len(text) > LONGEST:
            return load(stream, Loader)
        key = (text, Loader.__qualname__)
        if key not in known:
            known[key] = pickle.dumps(load(stream, Loader))
        return pickle.loads(known[key])

    return loaded


def _text(stream: Any) -> str | None:
    """What a file holds from where it is on, which it is left at; None for bytes and what cannot go back."""
    if not getattr(stream, "seekable", bool)():
        return None
    start = stream.tell()
    text = stream.read()
    stream.seek(start)
    return text if isinstance(text, str) else None
