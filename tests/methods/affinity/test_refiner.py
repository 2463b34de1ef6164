"""IRN's and PSA's walks as refiners: by hand, and with a network that a stage left."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from builders import score_maps
from numpy.typing import NDArray
from stored_networks import SMALL
from torch import Tensor

from wsss.errors import ModelError
from wsss.masks import Argmax
from wsss.methods.affinity import AffinityNetOptions, EdgeNetOptions, IRNWalk, PSAWalk
from wsss.methods.affinity.pairs import edge_affinities, feature_affinities
from wsss.methods.affinity.refiner import on_cells
from wsss.methods.affinity.transition import Transition
from wsss.models.base import Network, NetworkOptions, PlannedNetwork, PlannedNetworks
from wsss.refine import ConstantBackground, PowerBackground
from wsss.resample import resample

CPU = torch.device("cpu")


def pooled(scores: Tensor, factor: int) -> Tensor:
    """Means of cells, cut off at the border, by a loop."""
    height, width = scores.shape[-2:]
    rows = [scores[:, y : y + factor] for y in range(0, height, factor)]
    return torch.stack(
        [torch.stack([r[..., x : x + factor].mean(dim=(1, 2)) for x in range(0, width, factor)], -1) for r in rows], -2
    )


def test_cells_hold_the_mean_of_what_they_cover():
    fine = score_maps([1, 2], torch.rand(2, 21, 13))
    torch.testing.assert_close(on_cells(fine, stride=4), pooled(fine.scores, 4))
    torch.testing.assert_close(on_cells(fine, stride=8), pooled(fine.scores, 8))
    coarse = score_maps([1], torch.rand(1, 6, 4), size=(21, 13))
    assert on_cells(coarse, stride=4) is coarse.scores
    torch.testing.assert_close(on_cells(coarse, stride=8), pooled(coarse.scores, 2))
    dot = score_maps([1], [[[0.5]]], size=(1, 1))
    assert on_cells(dot, stride=8).tolist() == [[[0.5]]]


def test_irn_against_its_steps():
    maps, edges = score_maps([2, 4], torch.rand(2, 6, 7), size=(24, 26)), torch.rand(1, 6, 7)
    refined = IRNWalk(steps=16).apply(maps, edges=edges)
    affinities = (a[0] for a in edge_affinities(edges, radius=5))
    walked = Transition.of(affinities, radius=5, beta=10).walk(maps.scores * (1 - edges), steps=16)
    torch.testing.assert_close(refined.scores, walked / walked.max())
    assert refined.labels.tolist() == [2, 4]


def test_irn_divides_by_the_largest_score_of_all_labels():
    maps = score_maps([1, 2], torch.stack([torch.full((3, 3), 0.2), torch.full((3, 3), 0.4)]), size=(12, 12))
    refined = IRNWalk().apply(maps, edges=torch.zeros(1, 3, 3))
    assert refined.scores.amax(dim=(1, 2)).tolist() == pytest.approx([0.5, 1.0])
    assert Argmax()(ConstantBackground(threshold=0.25).apply(refined)).tolist() == [[2] * 12] * 12


def test_irn_fills_an_object_up_to_its_edges():
    edges = torch.zeros(1, 9, 9)
    edges[0, 2:7, [2, 6]] = 1
    edges[0, [2, 6], 2:7] = 1
    raw = torch.zeros(1, 9, 9)
    raw[0, 3, 3] = 1
    refined = IRNWalk().apply(score_maps([1], raw, size=(36, 36)), edges=edges).scores[0]
    assert refined[3:6, 3:6].min() > 0.9
    refined[3:6, 3:6] = 0
    assert refined.max() == 0


def test_edges_everywhere_leave_nothing():
    maps = score_maps([1], torch.rand(1, 5, 5), size=(20, 20))
    assert IRNWalk().apply(maps, edges=torch.ones(1, 5, 5)).scores.tolist() == [[[0.0] * 5] * 5]


def test_psa_against_its_steps():
    maps, features = score_maps([0, 3], torch.rand(2, 6, 7), size=(24, 26)), torch.randn(1, 8, 3, 4)
    refined = PSAWalk(steps=16).apply(maps, features=features)
    affinities = (a[0] for a in feature_affinities(features, radius=5))
    walked = Transition.of(affinities, radius=5, beta=8).walk(pooled(maps.scores, 2), steps=16)
    torch.testing.assert_close(refined.scores, resample(walked, stride=(2.0, 2.0), size=(6, 7)))
    assert refined.scores.shape == (2, 6, 7)


def test_psa_spreads_over_what_is_alike_and_no_further():
    features = torch.zeros(1, 4, 4, 8)
    features[..., 4:] = 10
    raw = torch.zeros(1, 8, 16)
    raw[0, 1:7, :7] = 1  # 42 of the 64 cells on the left
    maps = PowerBackground(exponent=16).apply(score_maps([1], raw, size=(32, 64)))
    labels = Argmax()(PSAWalk().apply(maps, features=features))
    assert (labels[:, :28] == 1).all()
    assert (labels[:, 36:] == 0).all()


@pytest.mark.parametrize("options", [{"radius": 1}, {"beta": 0.0}, {"steps": -1}, {"beta": float("nan")}])
def test_options_without_a_meaning_are_refused(options: dict[str, float]):
    with pytest.raises(ValueError, match="radius must be at least 2 cells, beta positive, and steps not negative"):
        IRNWalk(**options)


def trained(options: NetworkOptions) -> Network:
    """A network with arbitrary weights, as its stage leaves it."""
    module = options.skeleton(("thing",)).eval()
    return Network(module=module, classes=("thing",), normalisation=SMALL.normalisation, options=options)


def test_irn_asks_the_network_that_was_trained(picture: NDArray[np.uint8]):
    network = trained(EdgeNetOptions(classifier=SMALL))
    maps = score_maps([3, 7], torch.rand(2, 6, 8), size=(24, 32))
    (refined,) = IRNWalk(steps=8).open({"edges": network}, CPU)([picture], [maps])
    with torch.no_grad():
        edges = network.module.edges(SMALL.normalisation(picture)[None])
    torch.testing.assert_close(refined.scores, IRNWalk(steps=8).apply(maps, edges=edges).scores)


def test_psa_asks_the_network_that_was_trained(picture: NDArray[np.uint8]):
    network = trained(AffinityNetOptions(classifier=SMALL))
    maps = score_maps([0, 7], torch.rand(2, 6, 8), size=(24, 32))
    (refined,) = PSAWalk(steps=8).open({"affinities": network}, CPU)([picture], [maps])
    with torch.no_grad():
        features = network.module(SMALL.normalisation(picture)[None])
    torch.testing.assert_close(refined.scores, PSAWalk(steps=8).apply(maps, features=features).scores)


def test_another_images_maps_are_refused(picture: NDArray[np.uint8]):
    network = trained(EdgeNetOptions(classifier=SMALL))
    refine = IRNWalk().open({"edges": network}, CPU)
    maps = score_maps([3], torch.rand(1, 6, 8), size=(24, 32))
    with pytest.raises(ValueError, match="does not belong to maps"):
        refine([picture[:20]], [maps])
    assert refine([picture], [replace(maps, labels=maps.labels[:0], scores=maps.scores[:0])])[0].classes == ()


def test_another_network_is_refused():
    edges, affinities = (PlannedNetwork(options=of(classifier=SMALL)) for of in (EdgeNetOptions, AffinityNetOptions))
    IRNWalk().check_inputs(PlannedNetworks(edges=edges))
    PSAWalk().check_inputs(PlannedNetworks(affinities=affinities))
    with pytest.raises(ModelError, match="the walk needs a trained EdgeNet, and reads a AffinityNet"):
        IRNWalk().check_inputs(PlannedNetworks(edges=affinities))
    with pytest.raises(ModelError, match="the walk needs a trained AffinityNet, and reads a EdgeNet"):
        PSAWalk().open({"affinities": trained(edges.options)}, CPU)
