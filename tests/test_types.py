from dataclasses import replace
from typing import Any

import pytest
import torch
from builders import score_maps
from jaxtyping import TypeCheckError
from networks import TinyGAP, TinyMLP

from wsss.models.gap import GAPClassifier
from wsss.protocols import LinearHead
from wsss.types import Cut, Targets


def test_targets_pair_every_image_with_its_own_classes():
    targets = Targets.of([[2, 0], [], [1]])
    assert targets.image.tolist() == [0, 0, 2]
    assert targets.cls.tolist() == [2, 0, 1]
    assert len(targets) == 3


@pytest.mark.parametrize("classes", [[], [[]], [[], []]])
def test_no_targets(classes: list[list[int]]):
    targets = Targets.of(classes)
    assert len(targets) == 0
    assert targets.image.dtype == targets.cls.dtype == torch.int64
    assert list(targets.rounds()) == []


def test_rounds_hold_no_image_twice_and_are_as_many_as_the_most_pairs():
    targets = Targets.of([[4, 5, 6], [], [7], [8, 9]])
    assert [positions.tolist() for positions in targets.rounds()] == [[0, 3, 4], [1, 5], [2]]


def test_rounds_take_pairs_in_any_order():
    targets = Targets(image=torch.tensor([1, 0, 1, 1]), cls=torch.tensor([0, 0, 1, 2]))
    assert [positions.tolist() for positions in targets.rounds()] == [[0, 1], [2], [3]]


def test_a_cut_takes_images_with_all_of_their_state():
    cut = Cut(maps=torch.arange(3.0)[:, None, None, None], stride=8, rest=(torch.tensor([10, 11, 12]), torch.eye(3)))
    taken = cut.take(torch.tensor([2, 0, 2]))
    assert taken.maps.flatten().tolist() == [2, 0, 2]
    assert taken.rest[0].tolist() == [12, 10, 12]
    assert torch.equal(taken.rest[1], torch.eye(3)[[2, 0, 2]])
    assert taken.stride == 8


def test_a_cut_with_other_maps_keeps_the_rest():
    cut = Cut(maps=torch.zeros(1, 2, 3, 3), stride=4, rest=(torch.ones(1),))
    other = cut.with_maps(torch.ones(1, 2, 3, 3))
    assert other.rest == cut.rest
    assert other.stride == 4
    assert cut.maps.sum() == 0


def test_which_networks_have_a_linear_head(tiny: TinyGAP, timm_network: GAPClassifier):
    assert isinstance(tiny, LinearHead)
    assert isinstance(timm_network, LinearHead)
    assert not isinstance(TinyMLP(), LinearHead)


def test_score_maps_know_their_classes():
    maps = score_maps([0, 1, 15], torch.rand(3, 2, 2))
    assert maps.has_background
    assert maps.classes == (0, 14)
    assert not score_maps([1, 15], torch.rand(2, 2, 2)).has_background
    empty = score_maps([], torch.zeros(0, 2, 2))
    assert not empty.has_background
    assert empty.classes == ()


@pytest.mark.parametrize("grid", [(3, 4), (9, 16)])
def test_score_maps_are_at_stride_4_or_whole(grid: tuple[int, int]):
    assert score_maps([1], torch.rand(1, *grid), size=(9, 16)).full().scores.shape == (1, 9, 16)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([2, 1], torch.zeros(2, 9, 16), "labels must increase"),
        ([1, 1], torch.zeros(2, 9, 16), "labels must increase"),
        ([-1], torch.zeros(1, 9, 16), r"0 \.\. 254"),
        ([255], torch.zeros(1, 9, 16), r"0 \.\. 254"),
        ([1], torch.zeros(1, 16, 9), "fit neither"),
        ([1], torch.zeros(1, 2, 4), "fit neither"),
        ([1], torch.full((1, 3, 4), 1.01), r"scores must lie in \[0, 1\]"),
        ([1], torch.full((1, 3, 4), -0.01), r"scores must lie in \[0, 1\]"),
        ([1], torch.full((1, 3, 4), float("nan")), r"scores must lie in \[0, 1\], got nan"),
    ],
)
def test_score_maps_that_cannot_be_are_refused(labels: list[int], scores: Any, message: str):
    with pytest.raises(ValueError, match=message):
        score_maps(labels, scores, size=(9, 16))


def test_labels_and_maps_are_as_many():
    # Outside of tests, where nobody checks shapes, it is a `ValueError` that counts them.
    with pytest.raises((ValueError, TypeCheckError), match=r"2 labels for 1 maps|m=2"):
        score_maps([1, 2], torch.zeros(1, 9, 16))


def test_full_maps_are_interpolated_between_cell_centres():
    # Columns: cells centred on 2 and 6 pixels; pixel centres 0.5 .. 6.5, so 2.5 is one eighth of the way.
    maps = score_maps([1], [[[0.0, 1.0]]], size=(1, 7)).full()
    assert maps.scores.tolist() == [[[0, 0, 0.125, 0.375, 0.625, 0.875, 1]]]


def test_full_maps_stay_what_they_are():
    maps = score_maps([1], torch.rand(1, 9, 16))
    assert maps.full() is maps


def test_full_scores_do_not_leave_0_1():
    for size in ((119, 158), (375, 500), (33, 7)):
        cells = tuple(-(-side // 4) for side in size)
        assert torch.allclose(score_maps([1], torch.ones(1, *cells), size=size).full().scores, torch.ones(1))


def test_maps_move_to_a_device():
    maps = score_maps([1], torch.rand(1, 2, 2)).to("cpu")
    assert maps.scores.device.type == maps.labels.device.type == "cpu"


def test_classes_are_not_counted_from_the_last_one_on():
    with pytest.raises(ValueError, match="classes are 0 or more, got -1"):
        Targets.of([[0], [-1]])


def test_peaks_belong_to_labels():
    maps = replace(score_maps([1, 3], torch.rand(2, 4, 4)), peaks=torch.tensor([7.0, 0.5]))
    assert maps.full().peaks is maps.to("cpu").peaks
    with pytest.raises((ValueError, TypeCheckError), match=r"1 peaks for 2 labels|m=2"):
        replace(maps, peaks=torch.tensor([7.0]))
