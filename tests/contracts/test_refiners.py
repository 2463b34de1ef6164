"""The contract of every refiner, with what the stages before would leave."""

from pathlib import Path

import pytest
from builders import defined, named
from stored_networks import SMALL

from wsss import refine
from wsss.errors import WsssError
from wsss.methods.affinity import AffinityNetOptions, EdgeNetOptions
from wsss.models.base import Network, NetworkOptions
from wsss.refine import Refine, Refiner
from wsss.refine.auto import CHOSEN
from wsss.testing.refiners import PROMISES, Promise, images_to_refine, maps_to_refine, opened as open_refiner

REFINERS: list[type[Refiner]] = defined(refine, Refiner)
READ: dict[str, NetworkOptions] = {
    "edges": EdgeNetOptions(classifier=SMALL),
    "affinities": AffinityNetOptions(classifier=SMALL),
    "classifier": SMALL,
}
"""The networks that refiners read, by role."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | Network]:
    """What the stages before left, by role."""
    folder = tmp_path_factory.mktemp("threshold")
    (folder / CHOSEN).write_text('{"threshold": 0.4, "band": [0.3, 0.5]}', encoding="utf-8")
    networks = {
        role: Network(
            module=options.skeleton(named(254)).eval(),
            classes=named(254),
            normalisation=options.normalisation,
            options=options,
        )
        for role, options in READ.items()
    }
    return {"threshold": folder, **networks}


@pytest.fixture(scope="module", params=REFINERS, ids=lambda cls: cls.__name__)
def opened(request: pytest.FixtureRequest, inputs: dict[str, Path | Network]) -> tuple[Refiner, Refine]:
    made: Refiner = request.param()
    try:
        made.check()
    except WsssError as error:
        pytest.skip(f"{request.param.__name__} cannot work here: {error}")
    assert {*made.needs} <= {*inputs, "regions"}, "give it what it reads"
    return made, open_refiner(made, inputs)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_refiner_keeps(promise: Promise, opened: tuple[Refiner, Refine]):
    refiner, refine = opened
    images = images_to_refine()
    promise(refine, images, maps_to_refine(refiner, images))
