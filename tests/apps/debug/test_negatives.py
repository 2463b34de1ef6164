"""Hard negatives out of a folder."""

from pathlib import Path

import numpy as np
import pytest
from debugged import CLASSES, Looked, scene
from PIL import Image

from wsss.apps.debug.negatives import negatives
from wsss.errors import DataError


def folder(root: Path) -> Path:
    root.mkdir()
    for number in range(4):
        Image.fromarray(scene(-1, number, marked=number == 0)[0]).save(root / f"{number}.png")
    return root


def test_photographs_that_are_taken_for_a_class_are_ranked(marked: Looked, tmp_path: Path):
    result = negatives(marked.subject.network, folder(tmp_path / "n"), classes=CLASSES, white=65535)
    (finding,) = result.findings
    assert finding.images == ("0.png",)
    assert finding.subject == "red"
    assert "On 1 of 4 photographs" in finding.sentence
    assert result.measure is not None
    assert result.measure.value == 0.25
    probabilities = [row[2] for row in result.part.tables[0].rows]
    assert probabilities == sorted(probabilities, reverse=True)


def test_nothing_is_found_on_plain_ones(plain: Looked, tmp_path: Path):
    root = folder(tmp_path / "n")
    (root / "0.png").unlink()
    result = negatives(plain.subject.network, root, classes=CLASSES, white=65535)
    assert result.findings == ()
    assert "on 0 of 3 photographs" in result.part.sentence


def test_files_that_cannot_be_read_are_named(plain: Looked, tmp_path: Path):
    root = folder(tmp_path / "n")
    (root / "broken.png").write_bytes(b"no image")
    said = negatives(plain.subject.network, root, classes=CLASSES, white=65535).part.sentence
    assert "broken.png" in said
    assert "4 photographs" in said


def test_a_folder_that_is_not_there_is_refused(plain: Looked, tmp_path: Path):
    with pytest.raises(DataError, match="nowhere"):
        negatives(plain.subject.network, tmp_path / "nowhere", classes=CLASSES, white=65535)


def test_images_are_read_at_any_size(plain: Looked, tmp_path: Path):
    root = tmp_path / "n"
    root.mkdir()
    Image.fromarray(np.full((90, 200, 3), 110, dtype=np.uint8)).save(root / "wide.png")
    assert negatives(plain.subject.network, root, classes=CLASSES, white=65535).findings == ()
