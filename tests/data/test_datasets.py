"""The datasets: what comes out is what lies on the disk, augmented by key, with the right classes and labels."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from wsss.data.datasets import (
    BinaryData,
    BinarySample,
    ClassifierData,
    ClassifierEvalData,
    ClassifierSample,
    SegmenterData,
    SegmenterSample,
    ready,
)
from wsss.data.index import Index, Record
from wsss.data.randomness import KeyedLoader, KeyedSampler
from wsss.data.transforms import ClassifierTransform, EvalTransform, SegmenterTransform
from wsss.errors import DataError
from wsss.models.normalisation import Normalisation
from wsss.types import Size

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NORMALISATION = Normalisation(mean=MEAN, std=STD)
CLASSES = ((0, 2), (1,), (), (2,), (0,), (1, 2))


def shown(sample: Any) -> Any:
    """A sample as a network gets it, alone in its batch."""
    batch = ready(type(sample)(*(part[None] for part in sample)), NORMALISATION)
    return type(sample)(*(part[0] for part in batch))


def plain(image: np.ndarray) -> torch.Tensor:
    """Normalise by the definition."""
    return torch.tensor(((image / 255 - MEAN) / STD).transpose(2, 0, 1), dtype=torch.float32)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Six images of 12 x 10 random pixels with masks that repeat their red channel's thirds as labels 0 .. 2."""
    rng = np.random.default_rng(0)
    records = []
    for number, classes in enumerate(CLASSES):
        image = rng.integers(0, 256, (10, 12, 3), dtype=np.uint8)
        Image.fromarray(image).save(tmp_path / f"{number}.png")
        Image.fromarray(image[..., 0] // 86).save(tmp_path / f"mask {number}.png")
        size = Size(height=10, width=12)
        records.append(
            Record(id=str(number), image=f"{number}.png", size=size, classes=classes, mask=f"mask {number}.png")
        )
    splits = {"train": [record.id for record in records]}
    return Index.of(records, classes=["a", "b", "c"], splits=splits, root=tmp_path)


def pixels(index: Index, item: int) -> np.ndarray:
    return np.asarray(Image.open(index.root / f"{item}.png"))


def classifier_data(index: Index, *, random_seed: int = 0, **options: Any) -> ClassifierData:
    return ClassifierData(
        index=index,
        records=index.split("train"),
        transform=ClassifierTransform(**{"long_side": (12, 12), "crop": 12, **options}),
        normalisation=NORMALISATION,
        random_seed=random_seed,
    )


def segmenter_data(index: Index, **options: Any) -> SegmenterData:
    return SegmenterData(
        index=index,
        records=index.split("train"),
        mask_of=index.mask_path,
        transform=SegmenterTransform(**{"scale": (1.0, 1.0), "crop": 12, **options}),
        normalisation=NORMALISATION,
        random_seed=0,
    )


def test_a_classifier_item_holds_the_image_its_classes_and_its_place(index: Index):
    data = classifier_data(index, flip=0.0)
    assert len(data) == 6
    for item, classes in enumerate(CLASSES):
        sample = shown(data[0, item])
        assert (sample.item.dtype, sample.item.item()) == (torch.int64, item)
        assert sample.classes.tolist() == [float(c in classes) for c in range(3)]
        whole = plain(pixels(index, item))
        places = [top for top in range(3) if torch.allclose(sample.image[:, top : top + 10], whole, atol=1e-5)]
        assert len(places) == 1


def test_the_padding_is_zero_up_to_the_rounding_of_the_mean(index: Index):
    image = shown(classifier_data(index, crop=40)[0, 3]).image
    padded = image[:, (image.abs() < 0.5 / 255 / torch.tensor(STD).min() + 1e-5).all(dim=0)]
    assert padded.shape[1] >= 40 * 40 - 120
    assert padded.abs().max() < 0.009


def test_augmentation_changes_with_epoch_item_and_seed_and_nothing_else(index: Index):
    options = {"long_side": (8, 20), "colour_jitter": 0.3}
    data = classifier_data(index, **options)
    first = data[3, 1].image
    others = [data[4, 1], data[3, 2], classifier_data(index, random_seed=1, **options)[3, 1]]
    assert not any(torch.equal(first, other.image) for other in others)
    assert torch.equal(first, data[3, 1].image)
    assert torch.equal(first, pickle.loads(pickle.dumps(data))[3, 1].image)


def binary_data(index: Index, *, random_seed: int = 0) -> BinaryData:
    """Images of a (0, 4) against one of b (1), then c (3) against a (4); two epochs of six images each."""
    records = index.split("train")
    return BinaryData(
        index=index,
        sides=[([records[0], records[4]], [records[1]]), ([records[3]], [records[4]])],
        epochs=2,
        images=6,
        transform=ClassifierTransform(long_side=(12, 12), crop=12, flip=0.0),
        normalisation=NORMALISATION,
        random_seed=random_seed,
    )


def drawn(index: Index, sample: BinarySample) -> int:
    """Which image a sample shows, wherever in the crop it lies."""

    def distance(item: int) -> float:
        image = plain(pixels(index, item))
        seen = shown(sample).image
        return min(float((seen[:, top : top + 10] - image).abs().max()) for top in range(3))

    return min(range(6), key=distance)


def test_both_sides_of_a_pair_are_drawn_equally_often_one_pair_after_the_other(index: Index):
    data = binary_data(index)
    assert len(data) == 6
    for epoch in range(4):
        samples = [data[epoch, item] for item in range(6)]
        assert [int(sample.side) for sample in samples] == [0, 1, 0, 1, 0, 1]
        seen = [drawn(index, sample) for sample in samples]
        first, second = (({0, 4}, {1}), ({3}, {4}))[epoch // 2]
        assert set(seen[::2]) <= first
        assert set(seen[1::2]) == second
    every = {drawn(index, data[epoch, item]) for epoch in range(2) for item in (0, 2, 4)}
    assert every == {0, 4}, "all images of a side have their turn"


def test_what_is_drawn_depends_on_seed_epoch_and_item_alone(index: Index):
    places = [(epoch, item) for epoch in range(2) for item in (0, 2, 4)]
    first, again, other = (
        [drawn(index, data[place]) for place in places]
        for data in (binary_data(index), binary_data(index), binary_data(index, random_seed=1))
    )
    assert first == again != other
    longer = replace(binary_data(index), epochs=20)
    assert {drawn(index, longer[epoch, 0]) for epoch in range(20)} == {0, 4}, "an item is drawn anew in every epoch"


def test_validation_sees_the_whole_image_unchanged(index: Index):
    data = ClassifierEvalData(index=index, records=index.split("train"), transform=EvalTransform(size=12))
    assert len(data) == 6
    sample = shown(data[5])
    resized = np.asarray(Image.fromarray(pixels(index, 5)).resize((12, 12), Image.Resampling.BICUBIC))
    assert torch.allclose(sample.image, plain(resized), atol=1e-5)
    assert sample.classes.tolist() == [0, 1, 1]
    assert sample.item == 5


def test_a_segmenter_item_holds_the_image_and_its_own_mask(index: Index):
    data = segmenter_data(index)
    assert len(data) == 6
    for item in range(6):
        assert data[2, item].labels.dtype == torch.uint8
        image, labels = shown(data[2, item])
        assert (labels.dtype, tuple(labels.shape)) == (torch.int64, (12, 12))
        inside = labels != 255
        assert inside.sum() == 120
        red = ((image[0] * STD[0] + MEAN[0]) * 255).round()
        assert torch.equal((red // 86)[inside], labels[inside].float())


def test_samples_stack_and_are_the_same_with_worker_processes(index: Index):
    data = classifier_data(index, long_side=(8, 20))
    seen = []
    for workers in (0, 2):
        sampler = KeyedSampler(len(data), batch_size=3, random_seed=0)
        sampler.set_epoch(1)
        seen.append(list(KeyedLoader(data, sampler=sampler, batch_size=3, num_workers=workers)))
    here, there = seen
    assert len(here) == len(there) == 2
    for batch, other in zip(here, there, strict=True):
        assert isinstance(batch, ClassifierSample)
        assert [tuple(part.shape) for part in batch] == [(3, 12, 12, 3), (3, 3), (3,)]
        assert batch.image.dtype == torch.uint8
        assert all(torch.equal(a, b) for a, b in zip(batch, other, strict=True))


def test_masks_stack(index: Index):
    sampler = KeyedSampler(6, batch_size=6, random_seed=0)
    (batch,) = KeyedLoader(segmenter_data(index, scale=(0.5, 1.5)), sampler=sampler, batch_size=6)
    assert isinstance(batch, SegmenterSample)
    assert (tuple(batch.image.shape), tuple(batch.labels.shape)) == ((6, 12, 12, 3), (6, 12, 12))
    images, labels = ready(batch, NORMALISATION)
    assert (tuple(images.shape), images.dtype, labels.dtype) == ((6, 3, 12, 12), torch.float32, torch.int64)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_a_mask_of_another_size_is_refused_with_both_files(index: Index):
    Image.fromarray(np.zeros((12, 10), dtype=np.uint8)).save(index.root / "mask 0.png")
    with pytest.raises(DataError, match=r"mask 0\.png is 10 x 12 pixels, its image .*0\.png is 12 x 10"):
        segmenter_data(index)[0, 0]


def test_labels_without_a_class_are_refused_and_255_is_not(index: Index):
    mask = np.zeros((10, 12), dtype=np.uint8)
    mask[0, :3] = (3, 4, 200)
    mask[1] = 255
    Image.fromarray(mask).save(index.root / "mask 0.png")
    with pytest.raises(DataError, match=r"mask 0\.png holds the labels \[4, 200\]; .* 0 \(background\) \.\. 3"):
        segmenter_data(index)[0, 0]
    Image.fromarray(np.where(mask > 3, 255, mask).astype(np.uint8)).save(index.root / "mask 0.png")
    assert set(segmenter_data(index)[0, 0][1].unique().tolist()) == {0, 3, 255}
