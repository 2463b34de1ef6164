"""The command line's front door."""

import errno
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from compared_runs import two_runs
from PIL import Image
from toy_runs import Run

import wsss
from wsss.__main__ import COMMANDS, GOES_ON, SEPARATING, goes_on, main, named


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["wsss", *arguments])
    main()


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("help",)])
def test_help_shows_examples(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, *arguments)
    assert "wsss run experiment=toy" in capsys.readouterr().out


def test_compare_gets_the_dashes_between_its_groups(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first, other = map(str, two_runs(tmp_path))
    with pytest.raises(SystemExit):
        call(monkeypatch, "compare", first, "--", other, "--group-by", "cam", "--out", str(tmp_path / "out"))
    assert "leave `--` between runs away" in capsys.readouterr().err


def test_an_unknown_command_names_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        call(monkeypatch, "walk")
    assert stopped.value.code == 2
    assert "there is no command 'walk'; there are compare" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("--version",), ("version",), ("-V",), ("run", "--version")])
def test_the_version_is_told_with_what_computes(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, *arguments)
    said = capsys.readouterr().out
    assert said.startswith(f"wsss {wsss.__version__} (Python 3.")
    assert ", torch " in said


def test_what_a_signal_ended_is_told_how_to_go_on_where_it_can():
    assert goes_on(["run", "experiment=toy"]) == goes_on(["data", "prepare", "voc12"]) == GOES_ON["sweep"]
    assert goes_on(["explain", "a.jpg"]) == " What is finished is kept: add --resume to go on from there."
    assert goes_on(["view", "run"]) == goes_on(["data", "check", "folder"]) == goes_on([]) == ""
    assert {name.split()[0] for name in GOES_ON} <= {*COMMANDS}


@pytest.fixture
def taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a photo, two runs, and a file where a folder of results is wanted."""
    monkeypatch.chdir(tmp_path)
    two_runs(tmp_path)
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    (tmp_path / "taken").touch()
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "a.png", "--model", "RUN", "--device", "cpu", "--out", "taken/p"),
        ("explain", "a.png", "--model", "RUN", "--device", "cpu", "--out", "taken/e", "--no-scores"),
        ("compare", "first", "other", "--out", "taken/c"),
        ("compare", "first", "other", "--out", "taken"),
    ],
    ids=" ".join,
)
def test_an_out_that_cannot_be_written_is_said_in_a_line(
    arguments: tuple[str, ...],
    taken: Path,
    toy_run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        call(monkeypatch, *(str(toy_run.out) if word == "RUN" else word for word in arguments))
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    named, _, why = line.partition(" cannot be written, ")
    assert named.startswith("wsss: ")
    assert "taken" in named
    assert why.startswith("a file is where a folder is wanted: move it away")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_said_in_a_line_by_every_command(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fill(_: Sequence[str]) -> None:
        raise OSError(errno.ENOSPC, "no space", "out/p.json")

    monkeypatch.setattr(COMMANDS[command].replace(":", "."), fill)
    with pytest.raises(SystemExit) as stopped:
        call(monkeypatch, command)
    assert stopped.value.code == 2
    assert "wsss: out/p.json cannot be written, the disk is full: free some space" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["a", "--out", "b"], ["a", "--out", "b"]),
        (["--out", "b", "--", "-a.png", "c", "--d"], ["--out", "b", "./-a.png", "c", "./--d"]),
        (["a", "--", "--", "b"], ["a", "./--", "b"]),
        (["a", "--"], ["a"]),
    ],
)
def test_what_follows_two_dashes_are_names(words: list[str], read: list[str]) -> None:
    assert named(words) == read


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - set(SEPARATING)))
def test_every_other_command_takes_two_dashes(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Sequence[str]] = []
    monkeypatch.setattr(COMMANDS[command].replace(":", "."), given.append)
    call(monkeypatch, command, "--", "-strange.png")
    assert given == [["./-strange.png"]]


def test_an_image_whose_name_begins_with_a_dash(
    tmp_path: Path, toy_run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 40)).save(tmp_path / "-strange.png")
    call(monkeypatch, "predict", "--model", str(toy_run.out), "--device", "cpu", "--out", "p", "--", "-strange.png")
    assert "1 of 1 images are predicted" in capsys.readouterr().out
    assert (tmp_path / "p" / "masks" / "-strange.png").is_file()


def test_it_can_be_called_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "wsss", "--help"], capture_output=True, text=True, check=True)
    assert "plan=true" in done.stdout


@pytest.mark.parametrize("folder", ["there", "gone"])
def test_an_error_that_nobody_foresaw_is_a_line_and_its_traceback_is_kept(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(store: object) -> None:
        raise RuntimeError("deep \x1b[2J trouble\nand more")

    (tmp_path / "there").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / folder))
    monkeypatch.setattr("wsss.apps.store.show", fails)
    with pytest.raises(SystemExit) as stopped:
        call(monkeypatch, "store", "ls", "--store", str(tmp_path))
    assert stopped.value.code == 70
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("wsss: RuntimeError was not foreseen (deep \N{REPLACEMENT CHARACTER}[2J trouble)")
    if folder == "gone":
        assert rest[0].startswith("Traceback")
        return
    assert rest == []
    path = Path(first.rpartition(" is in ")[2])
    assert path.parent == tmp_path / "there"
    assert "in fails" in path.read_text(encoding="utf-8")
