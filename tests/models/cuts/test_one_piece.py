"""A network in one piece has one block, which holds the images."""

import torch

from wsss.models.cuts.one_piece import OnePiece
from wsss.types import Images


class Sums(OnePiece):
    """The sum of each channel."""

    def classify(self, images: Images) -> torch.Tensor:
        return images.sum(dim=(2, 3))


def test_the_only_cut_holds_the_images():
    images = torch.rand(2, 3, 4, 5)
    (block,) = Sums().blocks
    cut = Sums().until(block, images)
    assert torch.equal(cut.maps, images)
    assert cut.stride == Sums().stride == 1
    assert torch.equal(Sums().after(block, cut), Sums().classify(images))
