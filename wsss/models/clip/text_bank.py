"""Banks of text vectors: what classes and backgrounds are called, as CLIP's text tower sees the words."""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32

from wsss.errors import ModelError, one_of
from wsss.validation import reason

FORMAT: Final = 1
"""Version of the file; one of another version is refused."""
LARGEST: Final = 10**8
"""Bytes of a bank: 10,000 words of the largest towers take a fifth of it."""
ALIKE: Final = 1e-5
"""Two unit vectors whose cosine differs from 1 by less are the same prompt."""
RECORD: Final = "record"
VECTORS: Final = "vectors"
REMEDY: Final = "make it anew with `wsss text-bank`"


@dataclass(frozen=True, kw_only=True, eq=False)
class TextBank:
    """Unit vectors of classes, then of background prompts, and the scale that turns cosines into logits."""

    classes: tuple[str, ...]
    backgrounds: tuple[str, ...]
    vectors: Float32[np.ndarray, "rows e"]
    scale: float
    tower: str = ""
    """What timm calls the image tower that goes with the text tower; empty where any does, as for means of images."""
    texts: tuple[str, ...] = ()
    """The sentences of which each row is the mean, as one text a row, for people."""

    def __post_init__(self) -> None:
        names = [*self.classes, *self.backgrounds]
        if len(names) != len(self.vectors) or self.vectors.ndim != 2:
            raise ModelError(f"a bank of {len(names)} names has vectors of the shape {list(self.vectors.shape)}")
        if repeated := sorted({name for name in self.classes if self.classes.count(name) > 1}):
            raise ModelError(f"classes: {one_of(repeated)} is named twice in the bank")
        if not np.isfinite(self.vectors).all() or not (np.isfinite(self.scale) and self.scale > 0):
            raise ModelError("a bank holds numbers that are not finite, or a scale that is not positive")
        if not self.vectors.any(axis=1).all():
            raise ModelError("a bank holds a vector of zeros, which points nowhere")

    def for_classes(self, classes: Sequence[str]) -> "TextBank":
        """Return the bank of these classes in their order, less background prompts that are called as one of them.

        Raises `ModelError` for a class that the bank does not have, and for a background prompt whose vector is that of
        a class: what is said for one is said for the other, and no map comes of it.
        """
        missing = [name for name in classes if name not in self.classes]
        if missing:
            raise ModelError(
                f"bank: it has no class {one_of(missing, limit=5)}; it has: {one_of(self.classes)}; {REMEDY}"
            )
        taken = {name.lower() for name in classes}
        kept = [place for place, name in enumerate(self.backgrounds) if name.lower() not in taken]
        rows = [self.classes.index(name) for name in classes] + [len(self.classes) + place for place in kept]
        texts = tuple(self.texts[row] for row in rows) if self.texts else ()
        found = TextBank(
            classes=tuple(classes),
            backgrounds=tuple(self.backgrounds[place] for place in kept),
            vectors=unit(self.vectors[rows]),
            scale=self.scale,
            tower=self.tower,
            texts=texts,
        )
        found._check_apart()
        return found

    def _check_apart(self) -> None:
        own, others = self.vectors[: len(self.classes)], self.vectors[len(self.classes) :]
        cosines = own @ others.T
        for cls, prompt in np.argwhere(cosines > 1 - ALIKE).tolist():
            raise ModelError(
                f"bank: the background prompt {self.backgrounds[prompt]!r} is the same as the class "
                f"{self.classes[cls]!r}, which no map can show then: leave the prompt out"
            )


def unit(vectors: Float32[np.ndarray, "rows e"]) -> Float32[np.ndarray, "rows e"]:
    """Return rows of length 1."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    directions: Float32[np.ndarray, "rows e"] = (vectors / lengths).astype(np.float32)
    return directions


def write_bank(path: Path, bank: TextBank) -> None:
    """Write a bank as one file; the same bank gives the same bytes."""
    record = {
        "format": FORMAT,
        "classes": bank.classes,
        "backgrounds": bank.backgrounds,
        "scale": bank.scale,
        "tower": bank.tower,
        "texts": bank.texts,
        "sha256": _digest(bank.vectors),
    }
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_STORED) as archive:
        for name, array in ((RECORD, _as_bytes(record)), (VECTORS, np.ascontiguousarray(bank.vectors, np.float32))):
            data = io.BytesIO()
            np.save(data, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0)), data.getvalue())


def read_bank(path: Path) -> TextBank:
    """Read a bank; raises `ModelError` for a file that is not there, is another kind of file, or was changed."""
    if not path.is_file():
        raise ModelError(f"bank '{path}': no such file; {REMEDY}, such as `wsss text-bank cat dog --out {path.name}`")
    try:
        return _read(path)
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ModelError(f"bank '{path}' is not a bank of text vectors ({reason(error)}): {REMEDY}") from error


def _read(path: Path) -> TextBank:
    if path.stat().st_size > LARGEST:
        raise ValueError("it is too large")
    if not zipfile.is_zipfile(path):
        raise ValueError("it is another kind of file, or cut off")
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        record, vectors = json.loads(arrays[RECORD].tobytes()), arrays[VECTORS]
    if record["format"] != FORMAT:
        raise ValueError(f"it is of format {record['format']}")
    if vectors.dtype != np.float32 or record["sha256"] != _digest(vectors):
        raise ValueError("its vectors are not those that were written")
    return TextBank(
        classes=tuple(map(str, record["classes"])),
        backgrounds=tuple(map(str, record["backgrounds"])),
        vectors=vectors,
        scale=float(record["scale"]),
        tower=str(record["tower"]),
        texts=tuple(map(str, record["texts"])),
    )


def _digest(vectors: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest()


def _as_bytes(record: object) -> np.ndarray:
    return np.frombuffer(json.dumps(record, ensure_ascii=False).encode(), dtype=np.uint8)
