"""A detector's answer as numbers of classes, by hand."""

import torch
from torch import Tensor

from wsss.models.detectors import Detections
from wsss.models.targets.detections import BoxClassifier, BoxProbability, WholeDetector

FOUND = {
    "boxes": torch.tensor([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 5.0], [20.0, 0.0, 30.0, 10.0]]),
    "labels": torch.tensor([1, 1, 3]),
    "scores": torch.tensor([0.3, 0.8, 0.9]),
}
NOTHING = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64), "scores": torch.zeros(0)}
BOXES = {0: [0.0, 0.0, 10.0, 10.0], 1: [0.0, 0.0, 10.0, 10.0]}
IMAGES = torch.zeros(2, 3, 8, 8)


def found(images: Tensor) -> Detections:
    return [FOUND, NOTHING][: len(images)]


def test_a_class_answers_with_the_similarity_to_its_own_box():
    network = BoxClassifier(WholeDetector(found), BOXES, classes=3)
    assert network.blocks == ("image",)
    answer = network.after("image", network.until("image", IMAGES))
    # The second box covers half of the first: 0.5 x 0.8 is more than 0.3. Class 1 is not found, class 2 has no box.
    torch.testing.assert_close(answer, torch.tensor([[0.4, 0.0, 0.0], [0.0, 0.0, 0.0]]))


def test_a_class_without_a_box_is_as_likely_as_its_surest_detection():
    network = BoxProbability(found, classes=3, boxes=BOXES)
    torch.testing.assert_close(
        network.classify(IMAGES).sigmoid(), torch.tensor([[0.4, 0.0, 0.9], [0.0, 0.0, 0.0]]), atol=2e-6, rtol=0
    )
    alone = BoxProbability(found, classes=3, boxes={})
    torch.testing.assert_close(alone.classify(IMAGES[:1]).sigmoid(), torch.tensor([[0.8, 0.0, 0.9]]), atol=2e-6, rtol=0)
