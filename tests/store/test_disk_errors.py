"""A disk that takes nothing more: one line, and nothing that was finished is lost."""

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import score_maps, write_scores
from torch import nn

from wsss.errors import StoreError
from wsss.store import texts
from wsss.store.disk_errors import TROUBLE, refuse_unwritable, writing
from wsss.store.files import write_mask
from wsss.store.networks import WEIGHTS, write_weights
from wsss.store.store import Store
from wsss.store.texts import whole, write_text


@pytest.mark.parametrize("number", TROUBLE)
def test_every_trouble_names_the_place_and_what_to_do(number: int, tmp_path: Path):
    with (
        pytest.raises(StoreError, match=rf"^{tmp_path}/a cannot be written, .*: .*, or use another `store`"),
        writing(tmp_path),
    ):
        raise OSError(number, "no", str(tmp_path / "a"))
    with pytest.raises(StoreError, match=rf"^{tmp_path} cannot be written"), writing(tmp_path):
        raise OSError(number, "no")


def test_other_errors_go_on_their_way(tmp_path: Path):
    with pytest.raises(FileNotFoundError), writing(tmp_path):
        (tmp_path / "none").read_text()
    with pytest.raises(OSError, match="network"), writing(tmp_path):
        raise OSError(errno.ENETDOWN, "network is down")


def test_a_folder_that_is_a_file_or_may_not_be_made(tmp_path: Path):
    (tmp_path / "file").touch()
    for place, said in ((tmp_path / "file", "a file is where a folder is wanted"), (Path("/sys/wsss"), "/sys/wsss")):
        with pytest.raises(StoreError, match=said), writing(place):
            (place / "stage").mkdir(parents=True, exist_ok=True)


def test_a_folder_that_takes_no_new_names():
    place = Path("/proc/wsss")
    with (
        pytest.raises(StoreError, match=r"^/proc/wsss cannot be written, a place where no files can be made"),
        writing(place),
    ):
        place.mkdir(parents=True, exist_ok=True)
    with pytest.raises(StoreError, match=r"^/proc/wsss cannot be written"), writing(Path("unused")):
        place.write_text("a")


def test_a_folder_is_refused_before_time_is_spent_and_made_by_nobody(tmp_path: Path):
    refuse_unwritable(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    for folder, said in (
        (tmp_path / "file", f"{tmp_path}/file cannot be written, a file is where a folder is wanted"),
        (tmp_path / "file" / "a", f"{tmp_path}/file/a cannot be written, a file is where a folder is wanted"),
        (Path("/proc/wsss/a"), "/proc/wsss cannot be written, a place where no files can be made"),
        (Path("/proc"), "/proc cannot be written, a place where no files can be made"),
        (Path("/sys/wsss"), "/sys/wsss cannot be written"),
    ):
        with pytest.raises(StoreError, match=f"^{said}"):
            refuse_unwritable(folder)


def test_no_folder_that_takes_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._candidate_tempdir_list", lambda: [str(tmp_path / "file"), str(tmp_path / "none")])
    with pytest.raises(StoreError, match=r"^no folder takes temporary files: .*TMPDIR"), writing(tmp_path):
        tempfile.mkdtemp()


WRITES: dict[str, Callable[[Path], None]] = {
    "text": lambda path: write_text(path, "a"),
    "maps": lambda path: write_scores(path, score_maps([1], torch.rand(1, 40, 40))),
    "mask": lambda path: write_mask(path, np.ones((400, 300), dtype=np.uint8)),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_file_that_does_not_fit_leaves_the_one_before(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "item"
    path.write_text("before")
    monkeypatch.setattr(texts.secrets, "token_hex", lambda _: "full")
    (tmp_path / ".item.full").symlink_to("/dev/full")  # where the kernel says that the disk is full
    with (
        pytest.raises(StoreError, match=rf"^{path} cannot be written, the disk is full: free some space"),
        writing(Path("unused")),
    ):
        WRITES[name](path)
    assert [each.name for each in tmp_path.iterdir()] == ["item"]
    assert path.read_text() == "before"


@pytest.mark.parametrize("width", [1, 2000])
def test_weights_that_do_not_fit_leave_the_checkpoint(width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    artifact = Store(root=tmp_path).artifact("train_classifier", "0" * 16)
    for folder in (artifact.items, artifact.checkpoints):
        folder.mkdir(parents=True)
    (artifact.checkpoints / "last.ckpt").touch()
    monkeypatch.setattr(texts.secrets, "token_hex", lambda _: "full")
    (artifact.items / f".{WEIGHTS}.full").symlink_to("/dev/full")
    with (
        pytest.raises(StoreError, match=r"weights\.safetensors cannot be written, the disk is full"),
        writing(tmp_path),
    ):
        write_weights(nn.Linear(width, width).state_dict(), artifact)
    assert list(artifact.items.iterdir()) == []
    assert (artifact.checkpoints / "last.ckpt").exists()


def test_a_copy_that_does_not_fit_is_named_by_where_it_goes(tmp_path: Path):
    (tmp_path / "source").write_text("a")
    said = rf"^{tmp_path}/item cannot be written, the disk is full"
    with pytest.raises(StoreError, match=said), writing(tmp_path), whole(tmp_path / "item") as hidden:
        raise OSError(errno.ENOSPC, "no", str(tmp_path / "source"), None, str(hidden))


def test_the_name_of_another_file_is_kept(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="other"), whole(tmp_path / "item") as hidden:
        hidden.write_bytes((tmp_path / "other").read_bytes())
