"""`wsss data audit` and `wsss data fix` from the command line."""

import csv
from pathlib import Path

import pytest
from audits import Example

from wsss.__main__ import main
from wsss.apps.findings import read_findings


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command and return its exit code."""
    monkeypatch.setattr("sys.argv", ["wsss", "data", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_an_audit_writes_its_files_and_minds_limits(
    audit_example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit_example.audited.artifacts
    given = ("audit", audit_example.root, "--store", audit_example.store, "--out", tmp_path / "out", "--top", 2)
    assert call(monkeypatch, *given, "--fail-over", "leaks=1", "--fail-over", "tags=10000") == 0
    found = read_findings(tmp_path / "out" / "audit.json")
    assert found.measures["leaks"] == 1
    assert found.head["splits"] == {"train": 53, "val": 21}
    assert (tmp_path / "out" / "audit.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert call(monkeypatch, *given, "--fail-over", "leaks=0") == 1
    assert "leaks: images of other splits" in capsys.readouterr().out.replace("\n", " ")


def test_what_was_accepted_is_mended(
    audit_example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit_example.audited.artifacts
    given = ("audit", audit_example.root, "--store", audit_example.store, "--out", tmp_path, "--what", "tags")
    assert call(monkeypatch, *given) == 0
    with (tmp_path / "tags.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[:2]:
        row["accept"] = "yes"
    with (tmp_path / "judged.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    labels, out = audit_example.root / "labels.csv", tmp_path / "fixed.csv"
    assert call(monkeypatch, "fix", labels, "--with", tmp_path / "judged.csv", "--out", out) == 0
    assert "1 labels added, 1 removed" in capsys.readouterr().out
    assert out.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--what", "tags,colour"), "--what: there is no 'colour'; there are"),
        (("--what", ""), "--what: names none; there are: tags, duplicates"),
        (("--fail-over", "tags=-1"), "--fail-over tags=-1: every number is 0 or more"),
        (("--top", "0"), "--top 0: show at least 1 example"),
        (("--fail-over", "colour=1"), "there is no part 'colour'"),
        (("--fail-over", "tags=1", "--fail-over", "tags=2"), "--fail-over: tags is given as 1.0 and as 2.0"),
        (("--train", "test"), "--train: there is no split 'test'; there are"),
    ],
)
def test_wrong_words_are_refused(
    audit_example: Example,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    message: str,
) -> None:
    assert audit_example.audited.artifacts
    given = ("audit", audit_example.root, "--store", audit_example.store, "--out", tmp_path / "out", *words)
    assert call(monkeypatch, *given) == 2
    assert message in capsys.readouterr().err.replace("\n", " ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("labels", "out", "message"),
    [
        ("labels.csv", "/proc/x.csv", "--out /proc/x.csv cannot be written"),
        ("labels.csv", "labels.csv/new.csv", "new.csv cannot be written"),
        ("labels.csv", ".", "--out . is a folder: name a new file"),
        (".", "new.csv", "wsss: . is a folder: name the label file, a CSV or JSON, as in labels.csv"),
    ],
)
def test_paths_that_cannot_be_mended_are_refused_in_a_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    labels: str,
    out: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("labels.csv").write_text("image,labels\na.jpg,cat\n", encoding="utf-8")
    Path("tags.csv").write_text("image,class,suggestion,accept\na,cat,remove,yes\n", encoding="utf-8")
    assert call(monkeypatch, "fix", labels, "--with", "tags.csv", "--out", out) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"labels.csv", "tags.csv"}
