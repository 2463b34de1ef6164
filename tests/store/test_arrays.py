"""Arrays are bounded before they are unpacked."""

import io
import resource
import zipfile
from pathlib import Path

import numpy as np
import pytest

from wsss.errors import StoreError
from wsss.store.arrays import is_whole, opened


def read(path: Path, *, most: tuple[int, ...] = (4, 4)) -> np.ndarray:
    with opened(path, what="numbers") as archive:
        return archive.read("a", dtype=np.float16, most=most)


def archive(path: Path, content: bytes, *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("a.npy", content)
    return path


def header(shape: str, *, dtype: str = "<f2") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def saved(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_an_array_comes_back(tmp_path: Path):
    array = np.arange(12, dtype=np.float16).reshape(3, 4)
    np.savez_compressed(tmp_path / "x.npz", a=array)
    assert np.array_equal(read(tmp_path / "x.npz"), array)
    assert is_whole(tmp_path / "x.npz", most=1000)
    assert not is_whole(tmp_path / "x.npz", most=100)


BROKEN = {
    "186 GB": header("(100000, 1000000)"),
    "negative": header("(-1, 2)"),
    "digits": header(f"({'9' * 5000}, 1)"),
    "deep": header("(" * 3000),
    "objects": saved(np.array([[None]], dtype=object)),
    "another type": saved(np.zeros((2, 2), dtype=np.float64)),
    "another order": saved(np.asfortranarray(np.zeros((2, 3), dtype=np.float16))),
    "more sides": saved(np.zeros((2, 2, 2), dtype=np.float16)),
    "larger": saved(np.zeros((5, 2), dtype=np.float16)),
    "cut off": saved(np.zeros((4, 4), dtype=np.float16))[:-1],
    "longer": saved(np.zeros((4, 4), dtype=np.float16)) + b"\0",
    "nothing": b"",
    "another version": b"\x93NUMPY\x03\x00" + b"\0" * 100,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_anything_else_is_refused(content: bytes, tmp_path: Path):
    with pytest.raises(StoreError, match=r"x\.npz holds no numbers"):
        read(archive(tmp_path / "x.npz", content))


def test_a_bomb_is_not_unpacked(tmp_path: Path):
    bomb = archive(tmp_path / "x.npz", header("(4, 4)") + bytes(400_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(StoreError, match=r"holds no numbers \(a has 400000"):
        read(bomb)
    assert not is_whole(bomb, most=10_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_byte_that_changed_is_seen(tmp_path: Path):
    numbers = saved(np.arange(400, dtype=np.float16).reshape(20, 20))
    path = archive(tmp_path / "x.npz", numbers, method=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert not is_whole(path, most=10_000)
