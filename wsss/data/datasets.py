"""Data sets of a training and its validation: images with their classes, or with a mask, ready for a network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from wsss.data.images import read_mask
from wsss.data.index import Index, Record
from wsss.data.randomness import item_key, mix
from wsss.data.transforms import ClassifierTransform, Colour, EvalTransform, SegmenterTransform
from wsss.errors import DataError
from wsss.labels import IGNORE, label_count
from wsss.models.normalisation import Normalisation
from wsss.places import Place


class ClassifierSample(NamedTuple):
    """One image and what it shows; a loader makes the same of a batch, with b in front of every shape."""

    image: UInt8[Tensor, "*b s s 3"]
    """Pixels, until `ready` normalises them."""
    classes: Float[Tensor, "*b c"]
    """1 for each class that the image shows, 0 for the others."""
    item: Int64[Tensor, "*b"]
    """The image's position in the records."""


class SegmenterSample(NamedTuple):
    """One image and its mask; a loader makes the same of a batch, with b in front of every shape."""

    image: UInt8[Tensor, "*b s s 3"]
    """Pixels, until `ready` normalises them."""
    labels: UInt8[Tensor, "*b s s"]
    """Mask ids, until `ready` makes them int64; 255 where there is not an image or no label."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ClassifierData(Dataset[ClassifierSample]):
    """Augmented images with image-level labels, asked for by the (epoch, item) pairs of a `KeyedSampler`."""

    index: Index
    records: Sequence[Record]
    transform: ClassifierTransform
    normalisation: Normalisation
    random_seed: int

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, position: tuple[int, int]) -> ClassifierSample:
        epoch, item = position
        record = self.records[item]
        seen = self.transform(
            self.index.pixels(record),
            key=item_key(random_seed=self.random_seed, epoch=epoch, item=item),
            fill=_mean_colour(self.normalisation),
        )
        return _classifier_sample(_tensor(seen), record, classes=len(self.index.classes), item=item)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ClassifierEvalData(Dataset[ClassifierSample]):
    """Images with image-level labels as they are, apart from their size: for validation, asked for by position."""

    index: Index
    records: Sequence[Record]
    transform: EvalTransform

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, item: int) -> ClassifierSample:
        record = self.records[item]
        seen = self.transform(self.index.pixels(record))
        return _classifier_sample(_tensor(seen), record, classes=len(self.index.classes), item=item)


class BinarySample(NamedTuple):
    """One image and which of two classes it shows; a loader makes the same of a batch, with b before every shape."""

    image: UInt8[Tensor, "*b s s 3"]
    """Pixels, until `ready` normalises them."""
    side: Int64[Tensor, "*b"]
    """0 for the first class of the pair, 1 for the second."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BinaryData(Dataset[BinarySample]):
    """Augmented images of one pair of classes after the other, asked for by the pairs of a `KeyedSampler`.

    Every pair has `epochs` epochs of `images` images. Items are drawn: even ones show the first class of the pair and
    not the second, odd ones the second and not the first, however many images there are of each.
    """

    index: Index
    sides: Sequence[tuple[Sequence[Record], Sequence[Record]]]
    epochs: int
    images: int
    transform: ClassifierTransform
    normalisation: Normalisation
    random_seed: int

    def __len__(self) -> int:
        return self.images

    def __getitem__(self, position: tuple[int, int]) -> BinarySample:
        epoch, item = position
        side = item % 2
        records = self.sides[epoch // self.epochs][side]
        record = records[mix("drawn", self.random_seed, epoch, item) % len(records)]
        seen = self.transform(
            self.index.pixels(record),
            key=item_key(random_seed=self.random_seed, epoch=epoch, item=item),
            fill=_mean_colour(self.normalisation),
        )
        return BinarySample(_tensor(seen), torch.tensor(side))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SegmenterData(Dataset[SegmenterSample]):
    """Augmented images with masks, asked for by the (epoch, item) pairs of a `KeyedSampler`.

    `mask_of` says where a record's mask lies, true or made. Loader processes that are not forked need it to be
    picklable: a method of a dataclass is, a lambda is not. An item raises `DataError` where its mask has another size
    than its image or holds labels that the data set has no class for.
    """

    index: Index
    records: Sequence[Record]
    mask_of: Callable[[Record], Place]
    transform: SegmenterTransform
    normalisation: Normalisation
    random_seed: int

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, position: tuple[int, int]) -> SegmenterSample:
        epoch, item = position
        image, mask = self._read(self.records[item])
        image, mask = self.transform(
            image,
            mask,
            key=item_key(random_seed=self.random_seed, epoch=epoch, item=item),
            fill=_mean_colour(self.normalisation),
        )
        return SegmenterSample(_tensor(image), _tensor(mask))

    def _read(self, record: Record) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"]]:
        mask_path = self.mask_of(record)
        image, mask = self.index.pixels(record), read_mask(mask_path)
        if mask.shape != image.shape[:2]:
            raise DataError(
                f"{mask_path} is {_size(mask)} pixels, its image {self.index.image_path(record)} is {_size(image)}: "
                "make the mask from this very image"
            )
        _check_labels(mask, mask_path, labels=label_count(self.index.classes))
        return image, mask


def ready(batch: Any, normalisation: Normalisation) -> Any:
    """Return a batch of samples as a network takes it: images normalised `[b 3 s s]`, labels as int64.

    Loaders and the way to a device carry bytes, a quarter of that. It is done where the batch lies.
    """
    labels = {"labels": batch.labels.long()} if "labels" in batch._fields else {}
    return batch._replace(image=normalisation.of_batch(batch.image), **labels)


def _tensor(pixels: UInt8[np.ndarray, "..."]) -> UInt8[Tensor, "..."]:
    return torch.from_numpy(np.ascontiguousarray(pixels))


def _classifier_sample(image: UInt8[Tensor, "s s 3"], record: Record, *, classes: int, item: int) -> ClassifierSample:
    shown = torch.zeros(classes)
    shown[list(record.classes)] = 1
    return ClassifierSample(image, shown, torch.tensor(item))


def _mean_colour(normalisation: Normalisation) -> Colour:
    """Return the colour that normalisation turns into zero, rounded."""
    red, green, blue = (round(255 * mean) for mean in normalisation.mean)
    return red, green, blue


def _check_labels(mask: UInt8[np.ndarray, "h w"], path: Place, *, labels: int) -> None:
    present = np.flatnonzero(np.bincount(mask.ravel(), minlength=IGNORE + 1))
    wrong = [int(label) for label in present if labels <= label != IGNORE]
    if wrong:
        raise DataError(
            f"{path} holds the labels {wrong}; this data set has 0 (background) .. {labels - 1} and 255 (ignored): "
            "draw it again, or add the missing classes"
        )


def _size(pixels: UInt8[np.ndarray, "h w ..."]) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]}"
