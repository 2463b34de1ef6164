"""What every format of an item promises: what is written can be read, and no half file is ever seen or trusted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from builders import score_maps

from wsss.errors import StoreError
from wsss.store import files as formats, texts


def same_maps(a: Any, b: Any) -> bool:
    # Scores are kept with half precision: 11 bits.
    return a.size == b.size and torch.equal(a.labels, b.labels) and torch.allclose(a.scores, b.scores, atol=2**-11)


@dataclass(frozen=True, kw_only=True)
class Format:
    write: Callable[[Path, Any], None]
    read: Callable[[Path], Any]
    values: tuple[Any, ...]
    same: Callable[[Any, Any], bool]


def as_file(encode: Callable[[Any], bytes]) -> Callable[[Path, Any], None]:
    return wraps(encode)(lambda path, value: texts.write_bytes(path, encode(value)))


RANDOM = np.random.default_rng(0)
FORMATS = {
    "scores": Format(
        write=as_file(formats.encode_scores),
        read=formats.read_scores,
        values=(
            score_maps([1, 3], torch.rand(2, 5, 6), size=(20, 23)),
            score_maps([0, 254], torch.tensor([[[0.0, 1.0]], [[1.0, 0.0]]])),
            score_maps([], torch.zeros(0, 2, 2), size=(8, 8)),
        ),
        same=same_maps,
    ),
    "embedding": Format(
        write=as_file(formats.encode_embedding),
        read=formats.read_embedding,
        values=(np.arange(7, dtype=np.float16), np.zeros(0, dtype=np.float16), -np.ones(3, dtype=np.float16)),
        same=lambda a, b: a.dtype == b.dtype and np.array_equal(a, b),
    ),
    "mask": Format(
        write=formats.write_mask,
        read=formats.read_mask_item,
        values=(
            RANDOM.integers(0, 256, (9, 7), dtype=np.uint8),
            np.full((1, 1), 255, dtype=np.uint8),
            RANDOM.integers(0, 21, (4, 6), dtype=np.uint8).T,
        ),
        same=lambda a, b: a.dtype == b.dtype and np.array_equal(a, b),
    ),
    "regions": Format(
        write=as_file(formats.encode_regions),
        read=formats.read_regions,
        values=(
            RANDOM.integers(0, 65_536, (2, 9, 7), dtype=np.uint16),
            np.zeros((0, 4, 3), dtype=np.uint16),
            RANDOM.integers(0, 9, (1, 6, 4), dtype=np.uint16).transpose(0, 2, 1),
        ),
        same=lambda a, b: a.dtype == b.dtype and np.array_equal(a, b),
    ),
    "json": Format(
        write=texts.write_json,
        read=lambda path: texts.read_json(path, Any),
        values=({"a": [1, 0.1, None, "é"]}, [], {"b": {"c": True}}),
        same=lambda a, b: a == b and type(a) is type(b),
    ),
}


@pytest.fixture(params=FORMATS)
def kind(request: pytest.FixtureRequest) -> Format:
    return FORMATS[request.param]


def test_every_format_is_here():
    written = {name for module in (formats, texts) for name in vars(module) if name.startswith(("write_", "encode_"))}
    more = {"encode_mask", "write_bytes", "write_parts", "write_text", "write_yaml"}
    assert written == {each.write.__name__ for each in FORMATS.values()} | more


def test_what_is_written_is_read(kind: Format, tmp_path: Path):
    for value in kind.values:
        kind.write(tmp_path / "item", value)
        assert kind.same(kind.read(tmp_path / "item"), value)
    assert [path.name for path in tmp_path.iterdir()] == ["item"]


def test_equal_values_are_equal_bytes(kind: Format, tmp_path: Path):
    for name in "ab":
        kind.write(tmp_path / name, kind.values[0])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("before", [True, False], ids=["over an older file", "anew"])
def test_a_write_that_fails_half_way_leaves_what_was_there(
    kind: Format, tmp_path: Path, before: bool, monkeypatch: pytest.MonkeyPatch
):
    old, new, *_ = kind.values
    if before:
        kind.write(tmp_path / "item", old)
    content = (tmp_path / "item").read_bytes() if before else None
    seen: list[list[str]] = []

    def dies(*_: Any) -> None:
        # All bytes are in the hidden file by now.
        seen.append(sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")))
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        kind.write(tmp_path / "item", new)
    assert seen == [["item"] if before else []]
    assert [path.name for path in tmp_path.iterdir()] == seen[0]
    assert not before or (tmp_path / "item").read_bytes() == content


def test_a_full_disk_leaves_nothing(tmp_path: Path):
    def half(path: Path) -> None:
        with texts.whole(path) as hidden:
            hidden.write_bytes(b"half")
            assert hidden.name.startswith(".")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        half(tmp_path / "item")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(kind: Format, tmp_path: Path):
    with pytest.raises(StoreError, match=r"gone\.item .* delete it and the manifest\.json of its stage"):
        kind.read(tmp_path / "gone.item")


def test_a_file_that_was_cut_off_is_named(kind: Format, tmp_path: Path):
    path = tmp_path / "torn.item"
    kind.write(path, kind.values[0])
    whole = path.read_bytes().rstrip()
    for kept in {*range(0, len(whole), 37), 0, 1, len(whole) // 2, len(whole) - 1}:
        path.write_bytes(whole[:kept])
        # A viewer's last bytes may be spared: what is read is then the whole.
        try:
            assert kind.same(kind.read(path), kind.values[0])
        except StoreError as error:
            assert "torn.item" in str(error)  # noqa: PT017


def test_a_file_in_which_bytes_changed_raises_nothing_else(kind: Format, tmp_path: Path):
    path = tmp_path / "changed.item"
    kind.write(path, kind.values[0])
    whole = path.read_bytes()
    random = np.random.default_rng(1)
    refused = 0
    for _ in range(300):
        changed = bytearray(whole)
        changed[random.integers(len(whole))] = random.integers(256)
        path.write_bytes(bytes(changed))
        try:
            kind.read(path)
        except StoreError as error:
            assert "changed.item" in str(error)  # noqa: PT017
            refused += 1
    assert refused > 50
    path.write_bytes(b"something else")
    with pytest.raises(StoreError, match=r"changed\.item"):
        kind.read(path)
