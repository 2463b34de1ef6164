"""`wsss store`: words in, an exit code out."""

import json
import subprocess
import sys
from pathlib import Path

import command_line
import pytest

from wsss.commands.store import main
from wsss.errors import StoreError
from wsss.store.store import Artifact, Store


@pytest.fixture
def artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Artifact:
    """A finished artifact that no run refers to, in `runs`."""
    monkeypatch.chdir(tmp_path)
    made = Store.at("runs").artifact("make_masks", "a" * 16)
    made.items.mkdir(parents=True)
    (made.items / "a.png").write_text("mask", encoding="utf-8")
    made.job.write_text("command: wsss run\n", encoding="utf-8")
    made.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
    return made


def code(*arguments: str) -> int | str | None:
    """The exit code of a call that ends the process."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    return stopped.value.code


HELP = """
import sys
from wsss.commands.store import main
try:
    main(["gc", "--help"])
finally:
    assert "torch" not in sys.modules
"""


def test_help_costs_none_of_the_stack():
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "wsss store gc --yes" in done.stdout


def test_listing(artifact: Artifact, capsys: pytest.CaptureFixture[str]):
    main(["ls"])
    assert artifact.fingerprint in capsys.readouterr().out
    main(["ls", "--json", "--store", str(artifact.path.parents[1])])
    assert [each["stage"] for each in json.loads(capsys.readouterr().out)] == ["make_masks"]


def test_damage_is_an_exit_code(artifact: Artifact):
    assert code("verify") == 0
    (artifact.items / "a.png").unlink()
    assert code("verify") == 1
    assert code("verify", "--repair") == 0
    assert artifact.state() == "resume"


def test_deleting_takes_a_word(artifact: Artifact):
    main(["gc"])
    assert artifact.path.exists()
    main(["gc", "--yes"])
    assert not artifact.path.exists()


@pytest.mark.parametrize("command", ["ls", "verify", "gc"])
def test_a_store_that_is_not_there_is_said(command: str, tmp_path: Path):
    with pytest.raises(StoreError, match="nowhere is not there: pass the folder of a store"):
        main([command, "--store", str(tmp_path / "nowhere")])


def test_somebody_elses_store_is_said(
    artifact: Artifact, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "runs/make_masks")

    monkeypatch.setattr("wsss.apps.store.collect", refused)
    assert command_line.call("store", monkeypatch, "gc", "--yes") == 2
    assert "runs/make_masks cannot be written, you may not write there" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("walk",), ("gc", "--no-such-option")])
def test_what_is_not_understood_is_refused(words: tuple[str, ...]):
    assert code(*words) == 2
