"""Files that are cut off, changed, or not model files are refused in a sentence, before a network is built."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wsss.apps.model.reading import unpacked
from wsss.apps.predict import Predictor
from wsss.errors import NewerError, StoreError, WsssError

REMEDY = "copy it again, or write it anew"


def rewritten(source: Path, into: Path, change: Callable[[dict[str, bytes]], Any], *, packed: int = 0) -> Path:
    """A model file with other content."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(into, "w", compression=packed) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return into


def record_with(**values: Any) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        files["model.json"] = json.dumps(json.loads(files["model.json"]) | values).encode()

    return change


def weights(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.endswith(".safetensors"))


def flipped(files: dict[str, bytes]) -> None:
    data = bytearray(files[weights(files)])
    data[-1] ^= 1
    files[weights(files)] = bytes(data)


@pytest.mark.parametrize(
    "change",
    [
        flipped,
        lambda files: files.pop(weights(files)),
        lambda files: files.update(more=b"x"),
        lambda files: files.pop("model.json"),
        lambda files: files.update({"model.json": b"{}"}),
        lambda files: files.update({"model.json": b"[" * 100_000}),
        record_with(classes=[1]),
        record_with(files={"../../escape": {"sha256": "0" * 64, "bytes": 1}}),
        record_with(more=1),
    ],
)
def test_what_was_changed_is_refused(model_file: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], Any]):
    broken = rewritten(model_file, tmp_path / "broken.wsss", change)
    with pytest.raises(StoreError, match=REMEDY), unpacked(broken):
        pass


def test_files_that_are_packed_are_refused(model_file: Path, tmp_path: Path):
    packed = rewritten(model_file, tmp_path / "packed.wsss", len, packed=zipfile.ZIP_DEFLATED)
    with pytest.raises(StoreError, match=REMEDY), unpacked(packed):
        pass


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.999])
def test_what_was_cut_off_is_refused(model_file: Path, tmp_path: Path, kept: float):
    data = model_file.read_bytes()
    (tmp_path / "cut.wsss").write_bytes(data[: int(kept * len(data)) if kept < 1 else int(kept)])
    with pytest.raises(StoreError, match=rf"cut\.wsss is not a whole model file .*{REMEDY}"):
        Predictor.of(tmp_path / "cut.wsss", device="cpu")


def test_a_newer_file_is_refused(model_file: Path, tmp_path: Path):
    newer = rewritten(model_file, tmp_path / "newer.wsss", record_with(format=2))
    with pytest.raises(NewerError, match="update wsss"), unpacked(newer):
        pass


def test_code_of_others_is_not_imported(model_file: Path, tmp_path: Path):
    def change(files: dict[str, bytes]) -> None:
        record = json.loads(files["model.json"])
        record["predict"]["config"]["views"] = {"_target_": "antigravity.Geohash"}
        files["model.json"] = json.dumps(record).encode()

    strange = rewritten(model_file, tmp_path / "strange.wsss", change)
    with pytest.raises(StoreError, match=r"names 'antigravity\.Geohash', which is not imported"):
        Predictor.of(strange, device="cpu")


def test_a_part_that_is_not_there_is_said(model_file: Path, tmp_path: Path):
    without = rewritten(model_file, tmp_path / "without.wsss", record_with(predict=None))
    with pytest.raises(StoreError, match="holds no network to predict with"):
        Predictor.of(without, device="cpu")


def test_weights_of_another_network_are_refused(model_file: Path, tmp_path: Path):
    """Whoever writes the hashes anew as well meets the artifact's own manifest."""

    def change(files: dict[str, bytes]) -> None:
        flipped(files)
        name, record = weights(files), json.loads(files["model.json"])
        record["files"][name]["sha256"] = hashlib.sha256(files[name]).hexdigest()
        files["model.json"] = json.dumps(record).encode()

    changed = rewritten(model_file, tmp_path / "changed.wsss", change)
    with pytest.raises(WsssError, match="is not as it was made"):
        Predictor.of(changed, device="cpu")


def test_nothing_is_left_behind(model_file: Path):
    with unpacked(model_file) as file:
        root = file.store.root
        assert root.is_dir()
    assert not root.exists()
