"""find_prototypes: clusters of the cells of a class's images, told apart by its maps."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from stored_networks import SMALL
from toy_runs import Run, made

from wsss.engine.stage import Job
from wsss.errors import ConfigError, DataError, ModelError
from wsss.methods.lpcam.clusters import centres, parts, share_of, surroundings
from wsss.methods.lpcam.find import FindPrototypes, drawn
from wsss.methods.lpcam.network import PrototypeClassifier
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.run.plan import Step
from wsss.store.kinds import NETWORK, RAW_MAPS
from wsss.store.networks import load
from wsss.store.store import Store


@pytest.fixture
def step(toy_run: Run) -> Step:
    return toy_run.plan("stages=lpcam")["find_prototypes"]


@pytest.fixture
def stage(step: Step) -> Any:
    return step.stage


@pytest.fixture
def job(step: Step, tmp_path: Path) -> Job:
    return Job(artifact=Store(root=tmp_path).artifact("find_prototypes", "0" * 16), inputs=step.inputs)


def cells_of(job: Job, *, cls: int, threshold: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The cells of a class's images, one image after another: inside of the class's maps, and outside."""
    index, trained = job.index(), job.network("classifier")
    inside, outside = [], []
    for record in index.split("train"):
        if cls not in record.classes:
            continue
        image, stride = trained.normalisation(index.pixels(record)), trained.module.stride
        padded = torch.nn.functional.pad(image, (0, -image.shape[2] % stride, 0, -image.shape[1] % stride))
        with torch.no_grad():
            maps = trained.module.until("last", padded[None]).maps[0]
        scores = job.items("maps", RAW_MAPS).read(record)
        score = scores.scores[list(scores.classes).index(cls)]
        # The centre of a cell lies between four cells of the maps.
        factor = stride // 4
        half = factor // 2
        middle = torch.stack([score[y::factor, x::factor] for y in (half - 1, half) for x in (half - 1, half)]).mean(
            dim=0
        )
        covered = middle.flatten() > threshold
        inside.append(maps.flatten(1).T[covered])
        outside.append(maps.flatten(1).T[~covered])
    return torch.cat(inside), torch.cat(outside)


def test_prototypes_are_clusters_of_what_maps_cover_and_of_the_rest(stage: FindPrototypes, job: Job):
    summary = stage.run(job)
    network: Any = load(made(job.artifact, NETWORK)).module
    assert isinstance(network, PrototypeClassifier)
    trained: Any = job.network("classifier").module
    for name, value in trained.state_dict().items():
        assert torch.equal(network.classifier.state_dict()[name], value)
    weight, index = trained.head_weight.detach(), job.index()
    for cls in range(len(index.classes)):
        found = [centres(cells, count=12, random_seed=0) for cells in cells_of(job, cls=cls, threshold=0.1)]
        shares = [share_of(each, weight=weight, cls=cls) for each in found]
        used = parts(shares[0], least=0.9), surroundings(shares[1], least=0.05, below=0.9)
        for side, prototypes in enumerate(network.prototypes(cls)):
            torch.testing.assert_close(prototypes, found[side][used[side]], atol=1e-5, rtol=1e-4)
        assert [summary[side][index.classes[cls]] for side in ("parts", "surroundings")] == [
            int(each.sum()) for each in used
        ]
    assert min(summary["parts"].values()) >= 1


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0.6},
        {"clusters": 2},
        {"scale": 0.5},
        {"cells": 3},
        {"cells": 3, "random_seed": 5},
        {"part": 0.3, "context": 0.3},
        {"context": 0.5},
    ],
    ids=str,
)
def test_every_option_changes_the_network(stage: FindPrototypes, job: Job, tmp_path: Path, options: dict[str, Any]):
    def result(stage: FindPrototypes, name: str) -> list[torch.Tensor]:
        artifact = Store(root=tmp_path / name).artifact("find_prototypes", "0" * 16)
        stage.run(replace(job, artifact=artifact))
        network: Any = load(made(artifact, NETWORK)).module
        return [side for cls in range(len(job.index().classes)) for side in network.prototypes(cls)]

    before = replace(stage, cells=options["cells"]) if "random_seed" in options else stage
    one, other = result(before, "one"), result(replace(stage, **options), "other")
    assert any(a.shape != b.shape or not torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_cells_are_drawn_without_replacement_and_the_same_again():
    cells = torch.arange(50.0)[:, None]
    few = drawn(cells, most=8, generator=torch.Generator().manual_seed(1)).flatten().tolist()
    assert len({*few}) == 8
    assert few == sorted(few)
    assert few == drawn(cells, most=8, generator=torch.Generator().manual_seed(1)).flatten().tolist()
    assert few != drawn(cells, most=8, generator=torch.Generator().manual_seed(2)).flatten().tolist()
    assert drawn(cells, most=50, generator=torch.Generator()) is cells


def test_numbers_that_find_nothing_are_refused(stage: FindPrototypes):
    stage.check()
    for options in ({"clusters": 0}, {"cells": 0}, {"scale": 0.0}):
        with pytest.raises(ConfigError, match="clusters, cells and scale must be positive"):
            replace(stage, **options).check()
    with pytest.raises(ConfigError, match=r"0 <= context <= part <= 1, got 0\.95 and 0\.9"):
        replace(stage, context=0.95).check()


def test_a_split_that_is_not_there_is_refused(stage: FindPrototypes, job: Job):
    stage.check_index(job.index())
    with pytest.raises(DataError, match="there is no split 'other'"):
        replace(stage, split="other").check_index(job.index())


def test_a_network_without_a_backbone_is_refused(stage: FindPrototypes):
    options = stage.planned_network(PlannedNetworks(classifier=PlannedNetwork(options=SMALL)))
    assert options is not None
    stage.check_inputs(PlannedNetworks(classifier=PlannedNetwork(options=SMALL)))
    with pytest.raises(ModelError, match="does not pool the maps of a backbone"):
        stage.check_inputs(PlannedNetworks(classifier=options))
