from typing import Any

import pytest
import torch
from networks import Biased, Given, Hidden, Squares, TinyGAP, TinyMLP
from torch import Tensor

from wsss.cams import CAM, ReciproCAM
from wsss.cams.scores import Score
from wsss.types import Cut, Targets

NOTHING = torch.zeros(1, 3, 1, 1)
SCORES: list[Score] = ["logit", "sigmoid", "softmax"]


class Token(Given):
    """A logit is the mean of the maps times a token that only `rest` holds."""

    def until(self, block: str, images: Tensor) -> Cut:
        return Cut(maps=self.maps, stride=1, rest=(torch.tensor([[2.0], [5.0]]),))

    def after(self, block: str, cut: Cut) -> Tensor:
        return cut.maps.mean(dim=(2, 3)) * cut.rest[0]


def test_by_hand():
    # A logit is half the sum of the squares of its channel, so a position alone scores half its own square.
    maps = torch.tensor([[[[1.0, 2.0], [3.0, -4.0]], [[0.0, 6.0], [8.0, 0.0]]]])
    raw = ReciproCAM()(Hidden(Squares(maps, torch.empty(0))), NOTHING, Targets.of([[1, 0]]))
    assert raw.tolist() == [[[0, 18], [32, 0]], [[0.5, 2], [4.5, 8]]]


def test_a_spread_position_by_hand():
    # Along an axis of three, 1 2 1 is shared out as 2/3 1/3 0, as 1/4 1/2 1/4 and as 0 1/3 2/3; squares add up to
    # 5/9, 3/8 and 5/9.
    raw = ReciproCAM(gaussian=True)(
        Hidden(Squares(torch.full((1, 1, 3, 3), 2.0), torch.empty(0))), NOTHING, Targets.of([[0]])
    )
    axis = torch.tensor([5 / 9, 3 / 8, 5 / 9])
    torch.testing.assert_close(raw[0], 2 * torch.outer(axis, axis))


def test_before_a_linear_head_it_is_cam_over_the_number_of_positions(tiny: TinyGAP):
    images, targets = torch.randn(2, 3, 40, 48), Targets.of([[0, 3], [1, 2]])
    torch.testing.assert_close(ReciproCAM()(tiny, images, targets), CAM()(tiny, images, targets) / 30)


def test_a_bias_is_the_empty_maps_score():
    """The paper's R, which is not above anything, is CAM / Z + b."""
    maps, weight, bias = torch.randn(1, 3, 4, 5), torch.randn(2, 3), torch.tensor([7.0, -3.0])
    raw = ReciproCAM()(Hidden(Biased(maps, weight, bias)), NOTHING, Targets.of([[0, 1]]))
    torch.testing.assert_close(raw, torch.einsum("dyx,cd->cyx", maps[0], weight) / 20, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("gaussian", [False, True])
def test_running_the_head_gives_what_is_known_of_a_linear_one(tiny: TinyGAP, score: Score, *, gaussian: bool):
    """In the corners too: a truncated kernel that is not renormalised would leave 9/16 there."""
    images, targets = torch.randn(2, 3, 24, 32), Targets.of([[0, 3], [1, 2]])
    hidden, method = Hidden(tiny), ReciproCAM(score=score, gaussian=gaussian, chunk=5)
    torch.testing.assert_close(method(hidden, images, targets), method(tiny, images, targets), atol=1e-6, rtol=1e-4)
    assert hidden.continued == [1, 5, 5, 2] * 2


@pytest.mark.parametrize("block", ["stem", "block1", "last"])
@pytest.mark.parametrize("score", SCORES)
def test_a_position_scores_what_it_scores_alone_above_nothing(block: str, score: Score):
    network, images, targets = TinyMLP(), torch.randn(2, 3, 16, 24), Targets.of([[0, 1, 3], [2]])
    raw = ReciproCAM(block=block, score=score)(network, images, targets)
    scores = {"logit": lambda y: y, "sigmoid": torch.sigmoid, "softmax": lambda y: y.softmax(dim=0)}[score]
    with torch.no_grad():
        for n, (image, cls) in enumerate(zip(targets.image.tolist(), targets.cls.tolist(), strict=True)):
            cut = network.until(block, images[image : image + 1])
            nothing = scores(network.after(block, cut.with_maps(torch.zeros_like(cut.maps)))[0])[cls]
            for y, x in [(0, 0), (1, 2), (-1, -1), (0, -1)]:
                maps = torch.zeros_like(cut.maps)
                maps[0, :, y, x] = cut.maps[0, :, y, x]
                alone = scores(network.after(block, cut.with_maps(maps))[0])[cls]
                assert float(raw[n, y, x]) == pytest.approx(float(alone - nothing), abs=1e-6)


def test_two_classes_compete_under_softmax():
    maps, weight = torch.randn(1, 3, 2, 2), torch.randn(2, 3)
    first, second = torch.einsum("dyx,cd->cyx", maps[0], weight) / 4
    raw = ReciproCAM(score="softmax")(Given(maps, weight), NOTHING, Targets.of([[0]]))
    torch.testing.assert_close(raw[0], (first - second).sigmoid() - 0.5)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("wrapped", [lambda network: network, Hidden], ids=["product", "passes"])
def test_nothing_scores_zero(wrapped: Any, score: Score):
    network = wrapped(Given(torch.zeros(1, 3, 2, 2), torch.randn(4, 3)))
    assert (ReciproCAM(score=score)(network, NOTHING, Targets.of([[2]])) == 0).all()


def test_what_the_maps_lose_goes_with_every_copy():
    network = Hidden(Token(torch.ones(2, 3, 2, 2), torch.empty(0)))
    raw = ReciproCAM()(network, NOTHING.repeat(2, 1, 1, 1), Targets.of([[1], [0]]))
    assert raw.tolist() == [[[0.5, 0.5], [0.5, 0.5]], [[1.25, 1.25], [1.25, 1.25]]]


def test_one_position_is_a_map():
    network = Hidden(Given(torch.tensor([[[[3.0]]]]), torch.tensor([[2.0]])))
    for gaussian in (False, True):
        assert ReciproCAM(gaussian=gaussian)(network, NOTHING, Targets.of([[0]])).tolist() == [[[6]]]


@pytest.mark.parametrize("gaussian", [False, True])
def test_chunks_bound_how_many_copies_there_are_and_change_nothing(*, gaussian: bool):
    images, targets = torch.randn(2, 3, 40, 24), Targets.of([[0, 2], [1]])
    whole = ReciproCAM(block="block1", gaussian=gaussian)(TinyMLP(), images, targets)
    for chunk in (1, 7, 60):
        network = Hidden(TinyMLP())
        raw = ReciproCAM(block="block1", gaussian=gaussian, chunk=chunk)(network, images, targets)
        assert max(network.continued) <= chunk
        torch.testing.assert_close(raw, whole, atol=1e-6, rtol=1e-5)


def test_the_maps_are_left_alone():
    maps = torch.randn(1, 2, 3, 3)
    network = Hidden(Given(maps.clone(), torch.randn(2, 2)))
    ReciproCAM()(network, NOTHING, Targets.of([[0, 1]]))
    assert torch.equal(network.network.maps, maps)


def test_a_chunk_of_nothing_is_refused():
    with pytest.raises(ValueError, match="chunk must be at least 1, got 0"):
        ReciproCAM(chunk=0)
