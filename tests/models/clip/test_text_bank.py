"""Banks of text vectors: what is kept of them, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from wsss.errors import ModelError
from wsss.models.clip.text_bank import TextBank, read_bank, unit, write_bank


def bank(**changes: object) -> TextBank:
    vectors = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    values = {
        "classes": ("cat", "dog", "grass"),
        "backgrounds": ("Grass", "sky"),
        "vectors": vectors,
        "scale": 100.0,
        "tower": "a_tower",
        "texts": ("a cat", "a dog", "grass", "grass", "the sky"),
    }
    return TextBank(**{**values, **changes})  # type: ignore[arg-type]


def test_what_is_written_is_read_with_the_same_bytes_each_time(tmp_path: Path):
    write_bank(tmp_path / "a.npz", bank())
    write_bank(tmp_path / "b.npz", bank())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    found, given = read_bank(tmp_path / "a.npz"), bank()
    assert np.array_equal(found.vectors, given.vectors)
    assert (found.classes, found.backgrounds, found.texts) == (given.classes, given.backgrounds, given.texts)
    assert (found.scale, found.tower) == (100.0, "a_tower")


def test_a_data_set_gets_its_classes_in_its_order_with_unit_vectors():
    found = bank().for_classes(("dog", "cat"))
    assert (found.classes, found.backgrounds) == (("dog", "cat"), ("Grass", "sky"))
    np.testing.assert_allclose(found.vectors, unit(bank().vectors)[[1, 0, 3, 4]], rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, rtol=1e-6)
    assert found.texts == ("a dog", "a cat", "grass", "the sky")


def test_a_background_that_is_called_as_a_class_is_left_out():
    assert bank().for_classes(("grass",)).backgrounds == ("sky",)


def test_a_background_whose_vector_is_that_of_a_class_is_refused():
    vectors = bank().vectors.copy()
    vectors[4] = 3 * vectors[0]
    with pytest.raises(ModelError, match="background prompt 'sky' is the same as the class 'cat'"):
        bank(vectors=vectors).for_classes(("cat", "dog"))
    assert bank(vectors=vectors).for_classes(("dog",)).backgrounds == ("Grass", "sky")


def test_classes_that_it_does_not_have_are_named():
    with pytest.raises(ModelError, match="it has no class bee, ant; it has: cat, dog, grass; make it anew"):
        bank().for_classes(("bee", "cat", "ant"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"classes": ("cat", "dog")}, r"4 names has vectors of the shape \[5, 8\]"),
        ({"classes": ("cat", "dog", "cat")}, "cat is named twice"),
        ({"scale": 0.0}, "a scale that is not positive"),
        ({"vectors": np.full((5, 8), np.nan, dtype=np.float32)}, "not finite"),
        ({"vectors": np.zeros((5, 8), dtype=np.float32)}, "points nowhere"),
    ],
)
def test_what_is_no_bank_is_refused(changes: dict[str, object], said: str):
    with pytest.raises(ModelError, match=said):
        bank(**changes)


def test_a_file_that_was_changed_or_is_another_one_is_refused(tmp_path: Path):
    path = tmp_path / "a.npz"
    with pytest.raises(ModelError, match="no such file; make it anew with `wsss text-bank`"):
        read_bank(path)
    path.write_text("cat,dog")
    with pytest.raises(ModelError, match=r"is not a bank of text vectors \(it is another kind of file, or cut off\)"):
        read_bank(path)
    np.savez(path, vectors=bank().vectors)
    with pytest.raises(ModelError, match="is not a bank of text vectors"):
        read_bank(path)
    write_bank(path, bank())
    data = path.read_bytes()
    place = data.index(bank().vectors.tobytes())
    for end in (place, len(data) // 2):
        path.write_bytes(data[:end])
        with pytest.raises(ModelError, match="is not a bank of text vectors"):
            read_bank(path)
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    with pytest.raises(ModelError, match="is not a bank of text vectors"):
        read_bank(path)


@pytest.mark.parametrize("changed", [np.float32(0.5) * bank().vectors, bank().vectors.astype(np.float64)])
def test_other_vectors_in_a_whole_archive_are_refused(changed: np.ndarray, tmp_path: Path):
    """What an archive's own sums do not see: it was written anew."""
    path = tmp_path / "a.npz"
    write_bank(path, bank())
    with np.load(path) as arrays:
        record = arrays["record"]
    np.savez(path, record=record, vectors=changed)
    with pytest.raises(ModelError, match="its vectors are not those that were written"):
        read_bank(path)
    np.savez(path, record=record, vectors=bank().vectors)
    assert np.array_equal(read_bank(path).vectors, bank().vectors)
