"""What the classifier does not see in an image becomes unlikely at all of its pixels."""

from pathlib import Path

import numpy as np
import pytest
import torch
from builders import score_maps
from numpy.typing import NDArray

from wsss.errors import ModelError
from wsss.models.classifier import Classifier
from wsss.models.weights import WEIGHTS
from wsss.refine import ClassifierPrior
from wsss.refine.classifier_prior import weighted

SMALL = Classifier(backbone="mobilenetv3_small_050", weights="none", output_stride=32)
CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A classifier of three classes, as its stage leaves it."""
    torch.manual_seed(0)
    network = SMALL.skeleton(3)
    torch.nn.init.normal_(network.head.weight)
    torch.save(network.state_dict(), tmp_path / WEIGHTS)
    return tmp_path


def test_scores_by_hand():
    maps = score_maps([0, 1, 3], [[[0.5, 0.2]], [[0.3, 0.0]], [[0.2, 0.8]]])
    after = weighted(maps, torch.tensor([0.5, 1.0, 0.25]))
    assert after.labels.tolist() == [0, 1, 3]
    assert torch.allclose(after.scores[:, 0, 0], torch.tensor([0.5, 0.15, 0.05]) / 0.7)
    assert torch.allclose(after.scores[:, 0, 1], torch.tensor([0.5, 0.0, 0.5]))


def test_no_power_leaves_what_sums_to_one_alone(folder: Path, picture: NDArray[np.uint8]):
    scores = torch.rand(4, 24, 32, generator=torch.Generator().manual_seed(0)).softmax(dim=0)
    maps = score_maps([0, 1, 2, 3], scores, size=(24, 32))
    refine = ClassifierPrior(classifier=SMALL, power=0).open({"classifier": folder}, CPU)
    assert torch.allclose(refine([picture], [maps])[0].scores, scores, atol=1e-6)


def test_the_prior_is_the_classifiers_own_answer_at_its_own_size(folder: Path, picture: NDArray[np.uint8]):
    network = SMALL.skeleton(3).eval()
    network.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True))
    images = torch.nn.functional.pad(SMALL.normalisation(picture)[None], (0, 0, 0, 8))
    with torch.no_grad():
        expected = ((network(images) + network(images.flip(-1))) / 2).sigmoid()[0]
    found = ClassifierPrior(classifier=SMALL).prior(network, picture, device=CPU)
    assert torch.allclose(found, expected, atol=1e-5)
    large = np.repeat(np.repeat(picture, 8, axis=0), 8, axis=1)
    assert torch.allclose(
        ClassifierPrior(classifier=SMALL, long_side=32).prior(network, large, device=CPU), found, atol=0.05
    )


def test_another_architectures_weights_are_refused(tmp_path: Path):
    torch.save({"head.weight": torch.zeros(3, 8)}, tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match="delete the folder"):
        ClassifierPrior(classifier=SMALL).open({"classifier": tmp_path}, CPU)


def test_options_are_checked():
    with pytest.raises(ValueError, match="long_side"):
        ClassifierPrior(long_side=0)
    with pytest.raises(ValueError, match="power"):
        ClassifierPrior(power=-1)
