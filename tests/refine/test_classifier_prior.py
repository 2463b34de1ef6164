"""The classifier says what an image shows, the network where."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from builders import named, score_maps
from numpy.typing import NDArray
from stored_networks import SMALL

from wsss.errors import ModelError
from wsss.masks import Argmax
from wsss.models.base import Network, PlannedNetwork, PlannedNetworks
from wsss.models.segmenters.segmenter import SegmenterOptions
from wsss.refine import ClassifierPrior
from wsss.refine.classifier_prior import judged

CPU = torch.device("cpu")


@pytest.fixture
def trained() -> Network:
    """A classifier of three classes, as its stage leaves it."""
    torch.manual_seed(0)
    network = SMALL.skeleton(named(3)).eval()
    torch.nn.init.normal_(network.head.weight)
    return Network(module=network, classes=named(3), normalisation=SMALL.normalisation, options=SMALL)


def test_what_does_not_classify_is_refused(trained: Network):
    message = r"reads\.classifier: a Linear does not say what an image shows; let it be train_classifier"
    with pytest.raises(ModelError, match=message):
        ClassifierPrior().open({"classifier": replace(trained, module=torch.nn.Linear(1, 1))}, CPU)
    segmenter = PlannedNetwork(options=SegmenterOptions(encoder="tu-mobilenetv3_small_050"))
    with pytest.raises(ModelError, match=r"a SegmentationNetwork does not say what an image shows"):
        ClassifierPrior().check_inputs(PlannedNetworks(classifier=segmenter))
    ClassifierPrior().check_inputs(PlannedNetworks(classifier=PlannedNetwork(options=SMALL)))


def test_scores_by_hand():
    maps = score_maps([0, 1, 3], [[[0.5, 0.2]], [[0.3, 0.0]], [[0.2, 0.8]]])
    after = judged(maps, torch.tensor([0.5, 1.0, 0.25]), background=0.1)
    assert after.labels.tolist() == [0, 1, 3]
    # Weighted and summing to one: 0.5, 0.15, 0.05 over 0.7, and 0.2, 0, 0.2 over 0.4; the peaks are 15/70 and 1/2.
    expected = torch.tensor([[[0.1, 0.1]], [[0.5, 0.0]], [[0.25 * (5 / 70) / 0.5, 0.25]]])
    assert torch.allclose(after.scores, expected, atol=1e-4)


def test_no_power_gives_every_class_the_same_height(trained: Network, picture: NDArray[np.uint8]):
    scores = torch.rand(4, 24, 32, generator=torch.Generator().manual_seed(0)).softmax(dim=0)
    maps = score_maps([0, 1, 2, 3], scores, size=(24, 32))
    refine = ClassifierPrior(power=0).open({"classifier": trained}, CPU)
    after = refine([picture], [maps])[0].scores
    assert torch.allclose(after[1:], scores[1:] / scores[1:].amax(dim=(1, 2), keepdim=True), atol=1e-4)
    assert torch.equal(after[0], torch.full_like(after[0], 0.3))


def test_a_class_that_a_network_is_unsure_of_is_found_where_the_classifier_is_sure():
    maps = score_maps([0, 1, 2], [[[0.9, 0.99]], [[0.07, 0.005]], [[0.03, 0.005]]])
    after = judged(maps, torch.tensor([0.95, 0.1]), background=0.2)
    assert Argmax()(after).tolist() == [[1, 0]]


def test_the_most_probable_class_may_count_as_certain():
    prior = ClassifierPrior(power=0.5, certain_from=0.2)
    assert prior.weights(torch.tensor([0.4, 0.1])).tolist() == pytest.approx([1.0, 0.5])
    assert prior.weights(torch.tensor([0.05, 0.0])).tolist() == pytest.approx([0.5, 0.0]), "an image of nothing"


@pytest.mark.parametrize("wrong", [0.0, 1.5])
def test_certainty_begins_at_a_probability(wrong: float):
    with pytest.raises(ValueError, match="certain_from must be a probability above 0, or null"):
        ClassifierPrior(certain_from=wrong)


def test_the_prior_is_the_classifiers_own_answer_at_its_own_size(trained: Network, picture: NDArray[np.uint8]):
    network = trained.module
    images = torch.nn.functional.pad(SMALL.normalisation(picture)[None], (0, 0, 0, 8))
    with torch.no_grad():
        expected = ((network(images) + network(images.flip(-1))) / 2).sigmoid()[0]
    found = ClassifierPrior(power=1).prior(trained, picture, device=CPU)
    assert torch.allclose(found, expected, atol=1e-5)
    large = np.repeat(np.repeat(picture, 8, axis=0), 8, axis=1)
    small = ClassifierPrior(long_side=32)  # power 0.5
    assert torch.allclose(small.prior(trained, large, device=CPU), found.sqrt(), atol=0.05)


def test_options_are_checked():
    with pytest.raises(ValueError, match="long_side"):
        ClassifierPrior(long_side=0)
    with pytest.raises(ValueError, match="power"):
        ClassifierPrior(power=-1)
    with pytest.raises(ValueError, match="background in"):
        ClassifierPrior(background=1.5)
