"""The command line's front door."""

import subprocess
import sys

import pytest

from wsss.__main__ import main


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["wsss", *arguments])
    main()


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("help",)])
def test_help_shows_examples(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, *arguments)
    assert "wsss run experiment=toy" in capsys.readouterr().out


def test_an_unknown_command_names_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        call(monkeypatch, "walk")
    assert stopped.value.code == 2
    assert "there is no command 'walk'; there are: run" in capsys.readouterr().err


def test_it_can_be_called_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "wsss", "--help"], capture_output=True, text=True, check=True)
    assert "plan=true" in done.stdout
