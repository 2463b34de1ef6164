"""The classifier says what an image shows, the network where."""

from pathlib import Path

import numpy as np
import pytest
import torch
from builders import score_maps
from numpy.typing import NDArray

from wsss.errors import ModelError
from wsss.masks import Argmax
from wsss.models.classifier import ClassifierOptions
from wsss.models.weights import WEIGHTS
from wsss.refine import ClassifierPrior
from wsss.refine.classifier_prior import judged

SMALL = ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)
CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A classifier of three classes, as its stage leaves it."""
    torch.manual_seed(0)
    network = SMALL.skeleton(3)
    torch.nn.init.normal_(network.head.weight)
    torch.save(network.state_dict(), tmp_path / WEIGHTS)
    return tmp_path


def test_what_is_no_classifier_is_refused_with_its_file(tmp_path: Path):
    torch.save({"encoder.weight": torch.zeros(2)}, tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match=r"weights\.pt is not of a classifier .* reads.classifier be train_classifier"):
        ClassifierPrior(classifier=SMALL).open({"classifier": tmp_path}, CPU)


def test_scores_by_hand():
    maps = score_maps([0, 1, 3], [[[0.5, 0.2]], [[0.3, 0.0]], [[0.2, 0.8]]])
    after = judged(maps, torch.tensor([0.5, 1.0, 0.25]), background=0.1)
    assert after.labels.tolist() == [0, 1, 3]
    # Weighted and summing to one: 0.5, 0.15, 0.05 over 0.7, and 0.2, 0, 0.2 over 0.4; the peaks are 15/70 and 1/2.
    expected = torch.tensor([[[0.1, 0.1]], [[0.5, 0.0]], [[0.25 * (5 / 70) / 0.5, 0.25]]])
    assert torch.allclose(after.scores, expected, atol=1e-4)


def test_no_power_gives_every_class_the_same_height(folder: Path, picture: NDArray[np.uint8]):
    scores = torch.rand(4, 24, 32, generator=torch.Generator().manual_seed(0)).softmax(dim=0)
    maps = score_maps([0, 1, 2, 3], scores, size=(24, 32))
    refine = ClassifierPrior(classifier=SMALL, power=0).open({"classifier": folder}, CPU)
    after = refine([picture], [maps])[0].scores
    assert torch.allclose(after[1:], scores[1:] / scores[1:].amax(dim=(1, 2), keepdim=True), atol=1e-4)
    assert torch.equal(after[0], torch.full_like(after[0], 0.3))


def test_a_class_that_a_network_is_unsure_of_is_found_where_the_classifier_is_sure():
    maps = score_maps([0, 1, 2], [[[0.9, 0.99]], [[0.07, 0.005]], [[0.03, 0.005]]])
    after = judged(maps, torch.tensor([0.95, 0.1]), background=0.2)
    assert Argmax()(after).tolist() == [[1, 0]]


def test_the_most_probable_class_may_count_as_certain():
    prior = ClassifierPrior(classifier=SMALL, power=0.5, certain_from=0.2)
    assert prior.weights(torch.tensor([0.4, 0.1])).tolist() == pytest.approx([1.0, 0.5])
    assert prior.weights(torch.tensor([0.05, 0.0])).tolist() == pytest.approx([0.5, 0.0]), "an image of nothing"


@pytest.mark.parametrize("wrong", [0.0, 1.5])
def test_certainty_begins_at_a_probability(wrong: float):
    with pytest.raises(ValueError, match="certain_from must be a probability above 0, or null"):
        ClassifierPrior(classifier=SMALL, certain_from=wrong)


def test_the_prior_is_the_classifiers_own_answer_at_its_own_size(folder: Path, picture: NDArray[np.uint8]):
    network = SMALL.skeleton(3).eval()
    network.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True))
    images = torch.nn.functional.pad(SMALL.normalisation(picture)[None], (0, 0, 0, 8))
    with torch.no_grad():
        expected = ((network(images) + network(images.flip(-1))) / 2).sigmoid()[0]
    found = ClassifierPrior(classifier=SMALL, power=1).prior(network, picture, device=CPU)
    assert torch.allclose(found, expected, atol=1e-5)
    large = np.repeat(np.repeat(picture, 8, axis=0), 8, axis=1)
    small = ClassifierPrior(classifier=SMALL, long_side=32)  # power 0.5
    assert torch.allclose(small.prior(network, large, device=CPU), found.sqrt(), atol=0.05)


def test_another_architectures_weights_are_refused(tmp_path: Path):
    torch.save({"head.weight": torch.zeros(3, 8)}, tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match="delete the folder"):
        ClassifierPrior(classifier=SMALL).open({"classifier": tmp_path}, CPU)


def test_options_are_checked():
    with pytest.raises(ValueError, match="long_side"):
        ClassifierPrior(long_side=0)
    with pytest.raises(ValueError, match="power"):
        ClassifierPrior(power=-1)
    with pytest.raises(ValueError, match="background in"):
        ClassifierPrior(background=1.5)
