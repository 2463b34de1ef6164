"""The archive for VOC's server: every mask, indexed, 0 to 20, opened again."""

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.apps.export.predicted import Predicted, Predictions
from wsss.apps.export.voc_archive import PLACE, check_archive, export_voc
from wsss.data.layouts.voc import VOC_CLASSES
from wsss.errors import ConfigError, DataError
from wsss.labels import palette

MASKS = (np.arange(21, dtype=np.uint8).reshape(3, 7), np.zeros((4, 5), dtype=np.uint8))


def predictions(masks: Sequence[np.ndarray] = MASKS, *, classes: tuple[str, ...] = VOC_CLASSES) -> Predictions:
    ids = tuple(f"2008_{place}" for place in range(len(masks)))
    each = (Predicted(id=i, file=f"{i}.jpg", labels=mask) for i, mask in zip(ids, masks, strict=True))
    return Predictions(classes=classes, fingerprint="f", ids=ids, each=each)


def test_masks_come_out_as_they_went_in(tmp_path: Path):
    told: list[int] = []
    out = tmp_path / "new" / "results.tgz"
    out.parent.mkdir()
    assert export_voc(predictions(), out, advance=lambda: told.append(1)) == 2 == len(told)
    with tarfile.open(out) as archive:
        names = archive.getnames()
        assert names == [f"results/VOC2012/Segmentation/comp6_test_cls/2008_{place}.png" for place in (0, 1)]
        for name, mask in zip(names, MASKS, strict=True):
            file = archive.extractfile(name)
            assert file is not None
            picture = Image.open(file)
            assert picture.mode == "P"
            assert picture.getpalette()[: 3 * 21] == palette()[:21].ravel().tolist()
            assert np.array_equal(np.asarray(picture), mask)
    again = tmp_path / "again.tar.gz"
    export_voc(predictions(), again, advance=lambda: None)
    assert again.read_bytes() == out.read_bytes()


def test_another_competition_is_named(tmp_path: Path):
    export_voc(predictions(), tmp_path / "a.tgz", competition="comp5", advance=lambda: None)
    with tarfile.open(tmp_path / "a.tgz") as archive:
        assert archive.getnames()[0] == PLACE.format(competition="comp5", id="2008_0")


def test_what_the_server_refuses_is_not_written(tmp_path: Path):
    out = tmp_path / "a.tgz"
    with pytest.raises(ConfigError, match=r"a\.tar: the server takes \.tgz or \.tar\.gz"):
        export_voc(predictions(), tmp_path / "a.tar", advance=lambda: None)
    with pytest.raises(ConfigError, match="knows VOC's 20 classes, and this run has others"):
        export_voc(predictions(classes=("cat",)), out, advance=lambda: None)
    with pytest.raises(DataError, match=r"2008_0\.png holds 255: the server takes 0 to 20"):
        export_voc(predictions([np.full((2, 2), 255, dtype=np.uint8)]), out, advance=lambda: None)
    assert not out.exists()


def archive_of(path: Path, files: dict[str, Image.Image]) -> Path:
    with tarfile.open(path, mode="w:gz") as archive:
        for name, picture in files.items():
            data = io.BytesIO()
            picture.save(data, format="PNG")
            entry = tarfile.TarInfo(name)
            entry.size = len(data.getvalue())
            archive.addfile(entry, io.BytesIO(data.getvalue()))
    return path


def test_an_archive_is_compared_with_what_it_should_hold(tmp_path: Path):
    small = Image.new("P", (3, 2))
    path = archive_of(tmp_path / "a.tgz", {"a.png": small})
    check_archive(path, sizes={"a.png": (2, 3)})
    for sizes in ({"a.png": (3, 2)}, {"a.png": (2, 3), "b.png": (1, 1)}, {}):
        with pytest.raises(DataError, match=r"the archive lacks [ab]\.png at its size, and 0 more"):
            check_archive(path, sizes=sizes)
    with pytest.raises(DataError, match=r"a\.png is not an indexed PNG"):
        check_archive(archive_of(tmp_path / "b.tgz", {"a.png": Image.new("L", (3, 2))}), sizes={"a.png": (2, 3)})
