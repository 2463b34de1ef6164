import numpy as np
import pytest
import torch
from networks import TinyGAP
from pytorch_grad_cam.utils.model_targets import FasterRCNNBoxScoreTarget, SemanticSegmentationTarget
from segmentation_models_pytorch import Unet
from torch import Tensor, nn

from wsss.cams import GradCAM, HiResCAM
from wsss.errors import ModelError
from wsss.models.cuts.hooked import Hooked
from wsss.models.targets.scored import NamedScore, Scored, detection, logit, region, similarity
from wsss.protocols import CutClassifier
from wsss.types import Targets


class OneByOne(nn.Module):
    """Two maps of the image's own size: twice the red channel, and red minus green."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        red, green = self.cells(images)[:, 0], images[:, 1]
        return torch.stack([2 * red, red - green], dim=1)


def test_the_logit_of_a_class_is_the_class(tiny: TinyGAP):
    images = torch.randn(2, 3, 32, 32)
    scored = Scored(tiny, [logit(2), logit(0)])
    assert isinstance(scored, CutClassifier)
    expected = GradCAM()(tiny, images, Targets.of([[2, 0], [0]]))
    torch.testing.assert_close(GradCAM()(scored, images, Targets.of([[0, 1], [1]])), expected)


def test_a_region_is_explained_by_its_own_pixels():
    """The gradient of the mean of 2 r over the two left cells of four is 2 / 2 there and 0 elsewhere."""
    images = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], [[9.0, 9.0], [9.0, 9.0]]]])
    network = OneByOne()
    left = torch.tensor([[True, False], [True, False]])
    scored = Scored(Hooked(network, {"last": network.cells}), [region(0, mask=left)])
    maps = HiResCAM()(scored, images, Targets.of([[0]]))
    torch.testing.assert_close(maps, torch.tensor([[[1.0, 0.0], [3.0, 0.0]]]))


def test_a_region_of_a_segmentation_network():
    torch.manual_seed(0)
    network = Unet("mobilenet_v2", encoder_weights=None, classes=3).eval()
    layer = network.decoder.blocks[0]
    scored = Scored(Hooked(network, {"last": layer}), [region(1, mask=torch.ones(64, 64) > 0)])
    maps = GradCAM()(scored, torch.randn(2, 3, 64, 64), Targets.of([[0], [0]]))
    assert maps.shape == (2, 4, 4)
    assert maps.std() > 0


def test_similarity_to_an_embedding():
    answer = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    torch.testing.assert_close(similarity(torch.tensor([1.0, 0.0]))(answer), torch.tensor([0.6, 0.0]))


FOUND = {
    "boxes": torch.tensor([[0.0, 0.0, 4.0, 4.0], [2.0, 0.0, 6.0, 4.0], [8.0, 8.0, 9.0, 9.0]]),
    "labels": torch.tensor([1, 1, 2]),
    "scores": torch.tensor([0.9, 0.8, 0.7]),
}


def test_a_detection_is_worth_its_overlap_and_its_score():
    """A box of 4 x 4 pixels that is moved by one: 12 pixels of 20 are common."""
    moved = detection(1, box=[1.0, 0.0, 5.0, 4.0])
    assert moved([FOUND]).tolist() == pytest.approx([12 / 20 + 0.9])
    assert detection(1, box=[0.0, 0.0, 4.0, 4.0])([FOUND, FOUND]).tolist() == pytest.approx([1.9, 1.9])
    assert detection(2, box=[0.0, 0.0, 4.0, 4.0])([FOUND]).tolist() == [0.0]  # it has another label
    assert detection(1, box=[1.0, 0.0, 5.0, 4.0], least=0.61)([FOUND]).tolist() == [0.0]
    nothing = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64), "scores": torch.zeros(0)}
    assert detection(1, box=[1.0, 0.0, 5.0, 4.0])([nothing]).tolist() == [0.0]


@pytest.mark.parametrize("box", [[1.0, 0.0, 5.0, 4.0], [0.0, 0.0, 4.0, 5.0], [20.0, 20.0, 30.0, 30.0]])
def test_targets_are_those_of_pytorch_grad_cam(box: list[float]):
    theirs = FasterRCNNBoxScoreTarget(labels=[1], bounding_boxes=[np.array(box)])
    torch.testing.assert_close(detection(1, box=box)([FOUND])[0], torch.as_tensor(theirs(FOUND)).float().reshape(()))
    answer = torch.randn(1, 3, 4, 5)
    mask = torch.rand(4, 5) > 0.5
    total = SemanticSegmentationTarget(2, mask.float().numpy())(answer[0])
    torch.testing.assert_close(region(2, mask=mask)(answer)[0], total / mask.sum())


def test_targets_that_do_not_fit_the_answer_are_refused():
    with pytest.raises(ModelError, match=r"there is no class 3: this network answers with 3, 0 \.\. 2"):
        logit(3)(torch.zeros(1, 3))
    with pytest.raises(ModelError, match="there is no label 5"):
        region(5, mask=torch.ones(2, 2) > 0)(torch.zeros(1, 3, 2, 2))
    with pytest.raises(ModelError, match=r"it has \[2, 2\] pixels, and the network answers with the shape \[1, 3, 4"):
        region(1, mask=torch.ones(2, 2) > 0)(torch.zeros(1, 3, 4, 4))
    with pytest.raises(ModelError, match=r"it has 4 numbers, and the network answers with the shape \[1, 3\]"):
        similarity(torch.ones(4))(torch.zeros(1, 3))
    with pytest.raises(ModelError, match="expected left < right and top < bottom"):
        detection(1, box=[4.0, 0.0, 1.0, 4.0])
    with pytest.raises(ModelError, match=r"the target 'all' returns \[1, 3\]: return one number an image"):
        NamedScore(words="all", score=lambda answer: answer)(torch.zeros(1, 3))


def test_refusals(tiny: TinyGAP):
    images = torch.randn(2, 3, 32, 32)
    with pytest.raises(ModelError, match="none is given"):
        Scored(tiny, [])
    with pytest.raises(ModelError, match="no pixel is set"):
        region(0, mask=torch.zeros(2, 2, dtype=torch.bool))
    wrong = Scored(tiny, [lambda answer: answer])
    with pytest.raises(ModelError, match=r"scores\[0\] returns the shape \[2, 4\] for 2 images: return one number an"):
        wrong.after("last", wrong.until("last", images))
