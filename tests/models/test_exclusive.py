"""Probabilities of classes that exclude one another."""

import torch

from wsss.cams.scores import classify
from wsss.models.exclusive import Exclusive, over_the_others
from wsss.protocols import Classifies


def test_the_sigmoid_of_a_logit_is_the_share_of_the_softmax():
    logits = torch.tensor([[2.0, -1.0, 0.5], [30.0, 0.0, 0.0]])
    asked = Exclusive(lambda images: logits[: len(images)])
    assert isinstance(asked, Classifies)
    said = classify(asked, torch.zeros(2, 3, 4, 4))
    torch.testing.assert_close(said.sigmoid(), logits.softmax(dim=1))
    torch.testing.assert_close(said[0, 0], torch.tensor(2.0) - torch.tensor([-1.0, 0.5]).logsumexp(0))


def test_a_lead_is_the_probability_among_two():
    logits = torch.tensor([[2.0, -1.0, 0.5]])
    lead = Exclusive(lambda _: logits, rival=2).classify(torch.zeros(1, 3, 4, 4))
    torch.testing.assert_close(lead, logits - 0.5)


def test_a_class_that_is_certain_keeps_a_finite_logit():
    assert over_the_others(torch.tensor([[200.0, 0.0], [0.0, 0.0]])).isfinite().all()
    assert over_the_others(torch.tensor([[3.0]])).isfinite().all()


def test_background_prompts_take_their_share_and_are_not_asked_for():
    logits = torch.tensor([[2.0, -1.0, 0.5]])
    found = Exclusive(lambda _: logits, prompts=1).classify(torch.zeros(1, 3, 4, 4))
    torch.testing.assert_close(found.sigmoid(), logits.softmax(dim=1)[:, :2])
    assert Exclusive(lambda _: logits, prompts=1, rival=0).classify(torch.zeros(1, 3, 4, 4)).shape == (1, 2)
