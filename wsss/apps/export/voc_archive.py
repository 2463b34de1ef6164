"""The archive that PASCAL VOC's evaluation server takes."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from wsss.apps.export.names import COMPETITIONS
from wsss.apps.export.predicted import Predictions
from wsss.data.layouts.voc import VOC_CLASSES
from wsss.errors import ConfigError, DataError
from wsss.store.files import encode_mask
from wsss.store.texts import whole

SUFFIXES: Final = (".tgz", ".tar.gz")
PLACE: Final = "results/VOC2012/Segmentation/{competition}_test_cls/{id}.png"


def export_voc(
    predictions: Predictions, out: Path, *, competition: str = COMPETITIONS[0], advance: Callable[[], object]
) -> int:
    """Write the archive, open it again, and return how many masks it holds.

    Each is an indexed PNG of the image's size with values 0 to 20: the server refuses 255.

    Raises:
        ConfigError: The file has another suffix, or the run's classes are not VOC's.
        DataError: The archive does not hold what it should; nothing is written then.
    """
    if not out.name.endswith(SUFFIXES):
        raise ConfigError([f"--out {out}: the server takes {' or '.join(SUFFIXES)}: name such a file"])
    if predictions.classes != VOC_CLASSES:
        raise ConfigError(
            [f"--to voc-archive: the server knows VOC's {len(VOC_CLASSES)} classes, and this run has others"]
        )
    sizes = {}
    with whole(out) as hidden:
        with (
            hidden.open("wb") as raw,
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for each in predictions.each:
                picture = encode_mask(each.labels)
                entry = tarfile.TarInfo(PLACE.format(competition=competition, id=each.id))
                entry.size = len(picture)
                archive.addfile(entry, io.BytesIO(picture))
                sizes[entry.name] = each.labels.shape
                advance()
        check_archive(hidden, sizes=sizes)
    return len(sizes)


def check_archive(path: Path, *, sizes: dict[str, tuple[int, int]]) -> None:
    """Open an archive, and compare each mask with the size that its image has.

    Raises `DataError` for masks that are missing, of another size, not indexed, or with values above 20.
    """
    found = {}
    with tarfile.open(path, mode="r:gz") as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            assert file is not None
            with Image.open(file) as picture:
                if picture.mode != "P":
                    raise DataError(f"{entry.name} is not an indexed PNG")
                labels = np.asarray(picture)
            if labels.max(initial=0) > len(VOC_CLASSES):
                raise DataError(f"{entry.name} holds {labels.max()}: the server takes 0 to {len(VOC_CLASSES)}")
            found[entry.name] = labels.shape
    if found != sizes:
        wrong = sorted(name for name in sizes.keys() | found.keys() if sizes.get(name) != found.get(name))
        raise DataError(f"the archive lacks {wrong[0]} at its size, and {len(wrong) - 1} more")
