import pytest
import torch
from networks import Given, TinyGAP

from wsss.cams.scores import Score, classify, scores_of


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("logit", [[0, 2, -2]]),
        ("sigmoid", [[0.5, 0.8808, 0.1192]]),
        ("softmax", [[0.1173, 0.8668, 0.0159]]),
    ],
)
def test_by_hand(score: Score, expected: list[list[float]]):
    scores = scores_of(torch.tensor([[0.0, 2.0, -2.0]]), score=score)
    assert torch.allclose(scores, torch.tensor(expected, dtype=torch.float32), atol=1e-4)


def test_are_single_precision():
    assert scores_of(torch.ones(2, 3, dtype=torch.bfloat16), score="softmax").sum(dim=1).tolist() == [1, 1]


def test_the_whole_network_is_run(tiny: TinyGAP):
    images = torch.randn(2, 3, 24, 32)
    assert torch.equal(classify(tiny, images), tiny(images))
    given = Given(torch.ones(2, 1, 4, 4), torch.tensor([[3.0]]))
    assert classify(given, images).tolist() == [[3], [3]]
