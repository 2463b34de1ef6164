"""The projection of class tokens, and the copy that follows it."""

import torch

from wsss.methods.toco.projection import Projection, follow, slow_copy


def test_its_answers_are_cosines_with_directions():
    torch.manual_seed(0)
    projection = Projection(12)
    found = projection(torch.randn(5, 12))
    assert found.shape == (5, 1024)
    assert (found.abs() <= 1 + 1e-6).all()
    with torch.no_grad():
        projection.directions.weight.mul_(3)
    tokens = torch.randn(2, 12)
    torch.testing.assert_close(projection(tokens), projection(tokens))
    before = projection(tokens)
    with torch.no_grad():
        projection.directions.weight.div_(7)
    torch.testing.assert_close(projection(tokens), before)


def test_a_copy_follows_by_the_rest_of_its_momentum():
    quick = Projection(4)
    slow = slow_copy(quick)
    assert not any(parameter.requires_grad for parameter in slow.parameters())
    start = slow.directions.weight.clone()
    with torch.no_grad():
        quick.directions.weight.add_(1)
    follow(slow, quick, momentum=0.9)
    torch.testing.assert_close(slow.directions.weight, start + 0.1)
    follow(slow, quick, momentum=1.0)
    torch.testing.assert_close(slow.directions.weight, start + 0.1)
