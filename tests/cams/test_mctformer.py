"""MCTformer+'s maps against a loop over classes, and what becomes of them at their ends."""

from dataclasses import dataclass

import pytest
import torch

from wsss.cams.cam import CAM
from wsss.cams.mctformer import MCTformer
from wsss.errors import ModelError
from wsss.protocols import ClassAttention
from wsss.testing.small import small_networks
from wsss.testing.tiny import TinyGAP
from wsss.types import Cut, Targets


def drawn(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(len(shape)))


@dataclass
class Told:
    """A network that says what it is told."""

    seen: ClassAttention
    blocks: tuple[str, ...] = ("stem", "block1", "last")
    attending: tuple[str, ...] = ("block1", "last")
    stride: int = 16
    asked: tuple[str, ...] = ()

    def until(self, block: str, images: torch.Tensor) -> Cut:
        raise NotImplementedError

    def after(self, block: str, cut: Cut) -> torch.Tensor:
        raise NotImplementedError

    def class_attention(self, images: torch.Tensor, *, blocks: tuple[str, ...]) -> ClassAttention:
        self.asked = tuple(blocks)
        return self.seen


def told(**changes: torch.Tensor) -> Told:
    parts = {"classes": drawn(2, 3, 6), "patches": drawn(2, 3, 2, 3) - 0.4, "among": drawn(2, 6, 6)}
    return Told(ClassAttention(**{**parts, **changes}))


IMAGES, TARGETS = torch.zeros(2, 3, 32, 48), Targets.of([[0, 2], [1]])


def test_maps_against_a_loop():
    model = told()
    found = MCTformer()(model, IMAGES, TARGETS)
    for place, (image, cls) in enumerate([(0, 0), (0, 2), (1, 1)]):
        fused = [
            (float(model.seen.classes[image, cls, z]) * max(0.0, float(model.seen.patches[image, cls].flatten()[z])))
            ** 0.5
            for z in range(6)
        ]
        for z in range(6):
            expected = sum(float(model.seen.among[image, z, other]) * fused[other] for other in range(6))
            assert float(found[place].flatten()[z]) == pytest.approx(expected, rel=1e-5)


def test_uniform_attention_leaves_the_patches_and_no_patch_leaves_nothing():
    alike = told(classes=torch.full((2, 3, 6), 0.25))
    found = MCTformer(affinity=False)(alike, IMAGES, TARGETS)
    torch.testing.assert_close(found[2], (alike.seen.patches[1, 1].relu() / 4).sqrt())
    assert not MCTformer()(told(patches=-drawn(2, 3, 2, 3)), IMAGES, TARGETS).any()


def test_an_affinity_of_each_cell_with_itself_changes_nothing():
    model = told(among=torch.eye(6).expand(2, -1, -1))
    plain = MCTformer(affinity=False)(model, IMAGES, TARGETS)
    torch.testing.assert_close(MCTformer()(model, IMAGES, TARGETS), plain)


@pytest.mark.parametrize(("layers", "asked"), [("all", ("block1", "last")), (1, ("last",))])
def test_class_tokens_are_asked_in_the_last_blocks(layers: int, asked: tuple[str, ...]):
    model = told()
    MCTformer(layers=layers)(model, IMAGES, TARGETS)
    assert model.asked == asked


def test_what_does_not_fit_is_refused():
    MCTformer().check(told())
    with pytest.raises(ModelError, match="needs a token for each class: use stages=mctformer"):
        MCTformer().check(TinyGAP())
    with pytest.raises(ModelError, match="patch maps come after the last block"):
        MCTformer(block="block1").check(told())
    with pytest.raises(ModelError, match="only 2 of this network's blocks attend"):
        MCTformer(layers=3).check(told())
    with pytest.raises(ModelError):
        CAM().check(small_networks()["class tokens"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="layers must be at least 1"):
        MCTformer(layers=0)
