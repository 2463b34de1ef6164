"""Damage is found and named, and a repair leaves exactly the rest."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from nested import TOO_DEEP, nested

from wsss.errors import StoreError
from wsss.paths import remove
from wsss.store.store import Artifact, Store
from wsss.store.verify import Harm, check, repair


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    made = Store(root=tmp_path / "deep" / "store").artifact("make_masks", "0" * 16)
    made.items.mkdir(parents=True)
    for name in ("a.png", "b.png", "c.png"):
        (made.items / name).write_text(name, encoding="utf-8")
    made.job.touch()
    made.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
    return made


def found(artifact: Artifact) -> dict[str, Harm]:
    return {each.path.relative_to(artifact.path).as_posix(): each.harm for each in check(artifact)}


def test_an_intact_artifact_has_no_finding_and_every_file_counts(artifact: Artifact):
    counted: list[int] = []
    assert check(artifact, checked=lambda: counted.append(1)) == []
    assert len(counted) == 3


def test_logs_and_what_is_kept_up_to_date_are_no_strays(artifact: Artifact):
    for name in ("log.txt", "root.txt", "items/.a.png.0123abcd"):
        (artifact.path / name).write_text("any", encoding="utf-8")
    assert found(artifact) == {}


def replaced_by_a_link(path: Path) -> None:
    """Move a file or folder out of the store, and lead to it."""
    elsewhere = path.parents[3] / f"elsewhere {path.name}"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def replaced_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replaced_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (lambda a: (a.items / "b.png").write_text("B.png"), {"items/b.png": "damaged"}),
        (lambda a: (a.items / "b.png").write_bytes(b""), {"items/b.png": "damaged"}),
        (lambda a: (a.items / "b.png").unlink(), {"items/b.png": "missing"}),
        (lambda a: (a.items / "b.png").rename(a.items / "d.png"), {"items/b.png": "missing", "items/d.png": "stray"}),
        (lambda a: (a.path / "notes.txt").touch(), {"notes.txt": "stray"}),
        (lambda a: a.job.unlink(), {"stage.yaml": "missing"}),
        (lambda a: a.job.write_text("flip: false"), {"stage.yaml": "damaged"}),
        (lambda a: a.manifest_path.write_text("{"), {"manifest.json": "damaged"}),
        (lambda a: replaced_by_a_link(a.items / "b.png"), {"items/b.png": "damaged"}),
        (lambda a: replaced_by_a_link(a.items), {"items": "damaged"}),
        (lambda a: replaced_by_a_pipe(a.items / "b.png"), {"items/b.png": "damaged"}),
        (lambda a: replaced_by_a_folder(a.items / "b.png"), {"items/b.png": "damaged"}),
    ],
    ids=[
        "another byte",
        "cut off",
        "gone",
        "renamed",
        "added",
        "no job",
        "another job",
        "torn manifest",
        "a link",
        "a linked folder",
        "a pipe",
        "a folder",
    ],
)
def test_harm_is_named(harm: Callable[[Artifact], object], expected: dict[str, Harm], artifact: Artifact):
    harm(artifact)
    assert found(artifact) == expected


def test_of_folders_too_deep_the_first_is_a_stray_and_all_else_is_checked(artifact: Artifact):
    (artifact.items / "c.png").write_text("C.png", encoding="utf-8")
    (artifact.items / "sub").mkdir()
    nested(artifact.items / "sub", TOO_DEEP)
    assert found(artifact) == {"items/c.png": "damaged", "items/sub": "stray"}
    assert repair(artifact, check(artifact))
    assert sorted(path.name for path in artifact.items.iterdir()) == ["a.png", "b.png", "sub"]
    remove(artifact.items / "sub")


def test_a_manifest_of_a_newer_version_is_refused_rather_than_repaired(artifact: Artifact):
    artifact.manifest_path.write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(StoreError, match="newer wsss"):
        check(artifact)


@pytest.mark.parametrize(
    "name", ["{elsewhere}", "../../../thesis.txt", "items/../../x", "C:/x", "items\\x", "items/\0"]
)
def test_what_a_manifest_names_elsewhere_is_neither_read_nor_deleted(name: str, artifact: Artifact, tmp_path: Path):
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("thesis", encoding="utf-8")
    manifest = json.loads(artifact.manifest_path.read_text(encoding="utf-8"))
    manifest["files"][name.format(elsewhere=thesis)] = "0" * 64
    artifact.manifest_path.write_text(json.dumps(manifest), encoding="utf-8")
    assert found(artifact) == {"manifest.json": "damaged"}
    assert repair(artifact, check(artifact))
    assert thesis.read_text(encoding="utf-8") == "thesis"


def test_of_a_link_a_repair_deletes_not_what_it_leads_to(artifact: Artifact):
    replaced_by_a_link(artifact.items / "b.png")
    replaced_by_a_folder(artifact.items / "c.png")
    elsewhere = (artifact.items / "b.png").resolve()
    assert repair(artifact, check(artifact))
    assert elsewhere.exists()
    assert sorted(path.name for path in artifact.items.iterdir()) == ["a.png"]


def test_a_repair_deletes_what_is_damaged_and_nothing_else(artifact: Artifact):
    (artifact.items / "a.png").write_text("x", encoding="utf-8")
    (artifact.items / "b.png").unlink()
    (artifact.items / "mine.txt").touch()
    assert repair(artifact, check(artifact))
    assert artifact.state() == "resume"
    assert sorted(path.name for path in artifact.items.iterdir()) == ["c.png", "mine.txt"]


def test_without_a_manifest_nothing_can_be_trusted(artifact: Artifact):
    artifact.manifest_path.write_text("{", encoding="utf-8")
    (artifact.items / "a.png").write_text("who knows", encoding="utf-8")
    assert repair(artifact, check(artifact))
    assert artifact.state() == "resume"
    assert artifact.files() == []


def test_what_somebody_makes_right_now_is_not_repaired(artifact: Artifact):
    (artifact.items / "a.png").write_text("x", encoding="utf-8")
    findings = check(artifact)
    with artifact.lock():
        assert not repair(artifact, findings)
    assert check(artifact) == findings
