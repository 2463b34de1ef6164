"""What every refiner promises: lists of images and maps in, a list of maps out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import defined, score_maps
from numpy.typing import NDArray
from pair_networks import stored_pairs

from wsss import refine
from wsss.errors import WsssError
from wsss.methods.affinity.networks import AffinityNet, EdgeNet
from wsss.models.classifier import ClassifierOptions
from wsss.models.weights import WEIGHTS
from wsss.refine import AutoBackground, ConstantBackground, Refiner
from wsss.refine.auto import CHOSEN
from wsss.refine.background import BackgroundRule
from wsss.types import ScoreMaps

REFINERS: list[type[Refiner]] = defined(refine, Refiner)
CPU = torch.device("cpu")
READ = {"edges": EdgeNet, "affinities": AffinityNet}
"""The networks that refiners read, by role."""


@pytest.fixture(params=REFINERS, ids=lambda cls: cls.__name__)
def refiner(request: pytest.FixtureRequest) -> Refiner:
    made: Refiner = request.param()
    try:
        made.check()
    except WsssError as error:
        pytest.skip(f"{request.param.__name__} cannot work here: {error}")
    assert {*made.needs} <= {*READ, "threshold", "classifier"}, "give it what it reads"
    return made


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the stages before left, by role."""
    folders = {role: tmp_path_factory.mktemp(role) for role in (*READ, "threshold", "classifier")}
    (folders["threshold"] / CHOSEN).write_text('{"threshold": 0.4, "band": [0.3, 0.5]}', encoding="utf-8")
    torch.save(ClassifierOptions().skeleton(254).state_dict(), folders["classifier"] / WEIGHTS)
    for role, kind in READ.items():
        stored_pairs(kind, folders[role])
    return folders


@pytest.fixture
def images(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Several sizes, one of them smaller than a cell; read-only, as decoders return them."""
    every = [picture, picture[:17, 5:28], picture, picture[:3, :2]]
    for image in every:
        image.setflags(write=False)
    return every


@pytest.fixture
def maps(images: list[NDArray[np.uint8]], refiner: Refiner) -> list[ScoreMaps]:
    """Two classes, one, none and one; with a background for those that need it."""
    generator = torch.Generator().manual_seed(4)
    every = []
    for image, labels in zip(images, ([3, 7], [2], [], [254]), strict=True):
        height, width = image.shape[:2]
        cells = -(-height // 4), -(-width // 4)
        every.append(score_maps(labels, torch.rand(len(labels), *cells, generator=generator), size=(height, width)))
    if isinstance(refiner, BackgroundRule | AutoBackground):
        return every
    return ConstantBackground().open({}, CPU)(images, every)


Run = Callable[[Refiner, list[NDArray[np.uint8]], list[ScoreMaps]], list[ScoreMaps]]


@pytest.fixture
def run(inputs: dict[str, Path]) -> Run:
    return lambda refiner, images, maps: refiner.open(inputs, CPU)(images, maps)


def test_keeps_the_labels_and_adds_the_background_at_most(
    refiner: Refiner, images: list[NDArray[np.uint8]], maps: list[ScoreMaps], run: Run
):
    refined = run(refiner, images, maps)
    assert isinstance(refined, list)
    assert len(refined) == len(images)
    for before, after in zip(maps, refined, strict=True):
        assert after.labels.tolist() in (before.labels.tolist(), [0, *before.labels.tolist()])
        assert after.classes == before.classes
        assert after.size == before.size
        assert after.labels.dtype == torch.int64


def test_scores_are_float32_in_0_1(refiner: Refiner, images: list[NDArray[np.uint8]], maps: list[ScoreMaps], run: Run):
    for after in run(refiner, images, maps):
        assert after.scores.dtype == torch.float32
        assert after.scores.isfinite().all()
        assert 0 <= after.scores.min() <= after.scores.max() <= 1


def test_is_deterministic_and_leaves_its_inputs_alone(
    refiner: Refiner, images: list[NDArray[np.uint8]], maps: list[ScoreMaps], run: Run
):
    kept_images, kept = [image.copy() for image in images], [each.scores.clone() for each in maps]
    first, second = run(refiner, images, maps), run(refiner, images, maps)
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a.scores, b.scores)
    assert all(torch.equal(a, b.scores) for a, b in zip(kept, maps, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(kept_images, images, strict=True))


def test_images_do_not_see_each_other(
    refiner: Refiner, images: list[NDArray[np.uint8]], maps: list[ScoreMaps], run: Run
):
    together = run(refiner, images, maps)
    alone = [run(refiner, [image], [each])[0] for image, each in zip(images, maps, strict=True)]
    assert all(torch.equal(a.scores, b.scores) for a, b in zip(together, alone, strict=True))


def test_an_image_without_classes_is_background(
    refiner: Refiner, images: list[NDArray[np.uint8]], maps: list[ScoreMaps], run: Run
):
    after = run(refiner, images, maps)[2]
    assert after.labels.tolist() == [0]
    assert after.scores.min() > 0


def test_nothing_in_nothing_out(refiner: Refiner, run: Run):
    assert run(refiner, [], []) == []
