"""The datasets: what comes out is what lies on the disk, augmented by key, with the right classes and labels."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from wsss.data.datasets import ClassifierData, ClassifierEvalData, ClassifierSample, SegmenterData, SegmenterSample
from wsss.data.index import Index, Record
from wsss.data.keys import KeyedLoader, KeyedSampler
from wsss.data.transforms import ClassifierTransform, EvalTransform, SegmenterTransform
from wsss.errors import DataError
from wsss.models.normalisation import Normalisation
from wsss.types import Size

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NORMALISATION = Normalisation(mean=MEAN, std=STD)
CLASSES = ((0, 2), (1,), (), (2,), (0,), (1, 2))


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
        sample = data[0, item]
        assert (sample.item.dtype, sample.item.item()) == (torch.int64, item)
        assert sample.classes.tolist() == [float(c in classes) for c in range(3)]
        whole = plain(pixels(index, item))
        places = [top for top in range(3) if torch.allclose(sample.image[:, top : top + 10], whole, atol=1e-5)]
        assert len(places) == 1


def test_the_padding_is_zero_up_to_the_rounding_of_the_mean(index: Index):
    image = classifier_data(index, crop=40)[0, 3].image
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


def test_validation_sees_the_whole_image_unchanged(index: Index):
    data = ClassifierEvalData(
        index=index, records=index.split("train"), transform=EvalTransform(size=12), normalisation=NORMALISATION
    )
    assert len(data) == 6
    sample = data[5]
    resized = np.asarray(Image.fromarray(pixels(index, 5)).resize((12, 12), Image.Resampling.BICUBIC))
    assert torch.allclose(sample.image, plain(resized), atol=1e-5)
    assert sample.classes.tolist() == [0, 1, 1]
    assert sample.item == 5


def test_a_segmenter_item_holds_the_image_and_its_own_mask(index: Index):
    data = segmenter_data(index)
    assert len(data) == 6
    for item in range(6):
        image, labels = data[2, item]
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
        assert [tuple(part.shape) for part in batch] == [(3, 3, 12, 12), (3, 3), (3,)]
        assert all(torch.equal(a, b) for a, b in zip(batch, other, strict=True))


def test_masks_stack(index: Index):
    sampler = KeyedSampler(6, batch_size=6, random_seed=0)
    (batch,) = KeyedLoader(segmenter_data(index, scale=(0.5, 1.5)), sampler=sampler, batch_size=6)
    assert isinstance(batch, SegmenterSample)
    assert (tuple(batch.image.shape), tuple(batch.labels.shape)) == ((6, 3, 12, 12), (6, 12, 12))


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
