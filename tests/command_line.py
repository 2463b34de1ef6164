"""A command of `wsss` as a shell calls it, in this process."""

import pytest

from wsss.__main__ import main


def call(command: str, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command and return its exit code."""
    monkeypatch.setattr("sys.argv", ["wsss", command, *map(str, arguments)])
    try:
        main()
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0
