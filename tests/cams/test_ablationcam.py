import pytest
import torch
from networks import Hidden, TinyGAP, TinyMLP
from torch import Tensor

from wsss.cams import AblationCAM
from wsss.cams.ablationcam import without
from wsss.cams.base import weighted_sum
from wsss.types import Cut, Targets

MAPS = torch.tensor(
    [
        [
            [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 2]],
            [[0, 0, 0, -4], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        ]
    ],
    dtype=torch.float32,
)


class Product:
    """One logit: the product of the channels' sums, times a token that only `rest` holds."""

    blocks = ("last",)
    stride = 1

    def until(self, block: str, images: Tensor) -> Cut:
        return Cut(maps=MAPS.repeat(2, 1, 1, 1), stride=1, rest=(torch.tensor([[2.0], [5.0]]),))

    def after(self, block: str, cut: Cut) -> Tensor:
        return cut.maps.sum(dim=(2, 3)).prod(dim=1, keepdim=True) * cut.rest[0]


def test_by_hand():
    # Sums are 8 and -4: without either channel nothing is left of 2 * -32 and 5 * -32.
    raw = AblationCAM()(Product(), torch.zeros(2, 3, 4, 4), Targets.of([[0], [0]]))
    assert raw.tolist() == [(-64 * MAPS[0].sum(dim=0)).tolist(), (-160 * MAPS[0].sum(dim=0)).tolist()]


def test_the_weights_before_a_linear_head_are_its_products(tiny: TinyGAP):
    images, targets = torch.randn(2, 3, 40, 48), Targets.of([[0, 3], [1, 2]])
    maps = tiny.until("last", images).maps.detach()[targets.image]
    expected = weighted_sum(maps, tiny.head_weight.detach()[targets.cls] * maps.mean(dim=(2, 3)))
    assert torch.allclose(AblationCAM()(tiny, images, targets), expected, atol=1e-6)


def test_running_the_head_gives_what_is_known_of_a_linear_one(tiny: TinyGAP):
    images, targets = torch.randn(2, 3, 40, 48), Targets.of([[0, 3], [1, 2]])
    hidden = Hidden(tiny)
    assert torch.allclose(AblationCAM()(hidden, images, targets), AblationCAM()(tiny, images, targets), atol=1e-6)
    assert hidden.continued == [1, 5, 1, 5]


@pytest.mark.parametrize("classes", [[[0], []], [[0, 1, 2], []], [[], [3, 1, 0, 2]]])
def test_one_set_of_passes_serves_all_labels(tiny: TinyGAP, classes: list[list[int]]):
    hidden = Hidden(tiny)
    AblationCAM(block="block1", chunk=4)(hidden, torch.randn(2, 3, 24, 32), Targets.of(classes))
    assert hidden.continued == [1, 4, 2]


def test_chunks_change_nothing():
    images, targets = torch.randn(2, 3, 40, 24), Targets.of([[0, 2], [1]])
    whole = AblationCAM(block="block1")(TinyMLP(), images, targets)
    for chunk in (1, 4, 5):
        assert torch.allclose(AblationCAM(block="block1", chunk=chunk)(TinyMLP(), images, targets), whole, atol=1e-6)


@pytest.mark.parametrize("block", ["stem", "block1", "last"])
def test_a_channels_weight_is_what_the_logit_loses_without_it(block: str):
    network, images, targets = TinyMLP(), torch.randn(2, 3, 32, 24), Targets.of([[0, 1, 3], [2]])
    raw = AblationCAM(block=block)(network, images, targets)
    with torch.no_grad():
        for n, (image, cls) in enumerate(zip(targets.image.tolist(), targets.cls.tolist(), strict=True)):
            cut = network.until(block, images[image : image + 1])
            expected = torch.zeros_like(cut.maps[0, 0])
            for k in range(cut.maps.shape[1]):
                maps = cut.maps.clone()
                maps[0, k] = 0
                lost = network.after(block, cut)[0, cls] - network.after(block, cut.with_maps(maps))[0, cls]
                expected += lost * cut.maps[0, k]
            assert torch.allclose(raw[n], expected, atol=1e-6)


def test_each_copy_lacks_one_channel_and_the_cut_is_left_alone():
    cut = Cut(maps=torch.ones(1, 3, 1, 2), stride=1)
    copies = without(torch.tensor([2, 0]), cut)
    assert copies.maps.tolist() == [[[[1, 1]], [[1, 1]], [[0, 0]]], [[[0, 0]], [[1, 1]], [[1, 1]]]]
    assert cut.maps.min() == 1


def test_a_chunk_of_nothing_is_refused():
    with pytest.raises(ValueError, match="chunk must be at least 1, got -1"):
        AblationCAM(chunk=-1)
