"""The contract of every refiner, with what the stages before would leave."""

from pathlib import Path

import pytest
import torch
from builders import defined
from pair_networks import stored_pairs

from wsss import refine
from wsss.errors import WsssError
from wsss.methods.affinity.networks import AffinityNet, EdgeNet
from wsss.models.classifier import ClassifierOptions
from wsss.models.weights import WEIGHTS
from wsss.refine import Refine, Refiner
from wsss.refine.auto import CHOSEN
from wsss.testing.refiners import CPU, PROMISES, Promise, images_to_refine, maps_to_refine

REFINERS: list[type[Refiner]] = defined(refine, Refiner)
READ = {"edges": EdgeNet, "affinities": AffinityNet}
"""The networks that refiners read, by role."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the stages before left, by role."""
    folders = {role: tmp_path_factory.mktemp(role) for role in (*READ, "threshold", "classifier")}
    (folders["threshold"] / CHOSEN).write_text('{"threshold": 0.4, "band": [0.3, 0.5]}', encoding="utf-8")
    torch.save(ClassifierOptions().skeleton(254).state_dict(), folders["classifier"] / WEIGHTS)
    for role, kind in READ.items():
        stored_pairs(kind, folders[role])
    return folders


@pytest.fixture(scope="module", params=REFINERS, ids=lambda cls: cls.__name__)
def opened(request: pytest.FixtureRequest, inputs: dict[str, Path]) -> tuple[Refiner, Refine]:
    made: Refiner = request.param()
    try:
        made.check()
    except WsssError as error:
        pytest.skip(f"{request.param.__name__} cannot work here: {error}")
    assert {*made.needs} <= {*inputs}, "give it what it reads"
    return made, made.open(inputs, CPU)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_refiner_keeps(promise: Promise, opened: tuple[Refiner, Refine]):
    refiner, refine = opened
    images = images_to_refine()
    promise(refine, images, maps_to_refine(refiner, images))
