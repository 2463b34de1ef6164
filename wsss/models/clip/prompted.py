"""PromptedClassifier: CLIP's image tower, whose classes are vectors of words (CLIP-ES, Lin et al., CVPR 2023)."""

from collections.abc import Iterator, Sequence
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.clip.tower import ClipTower, tokens_of
from wsss.models.cuts.chain import position_of
from wsss.types import Cut, Images

LAST: Final = "last"
STEM: Final = "stem"


@final
class PromptedClassifier(nn.Module):
    """Logits are scaled cosines of the image's embedding and the vectors of classes, then of background prompts.

    Its blocks are `stem`, `block1` .. and `last`, which ends after the first norm of the tower's last block. It is
    `Attentive` and `Prompted`, and has no linear head, since embeddings have length 1.
    """

    def __init__(self, tower: ClipTower, *, classes: int, prompts: int) -> None:
        super().__init__()
        self.tower = tower
        self._classes = classes
        self.register_buffer("vectors", torch.zeros(classes + prompts, tower.width))
        self.register_buffer("scale", torch.ones(()))

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, first to last."""
        return (STEM, *(f"block{number}" for number in range(1, self.tower.depth)), LAST)

    @property
    def stride(self) -> int:
        """Input pixels a cell."""
        return self.tower.stride

    @property
    def prompts(self) -> int:
        """How many of the logits, the last ones, are those of background prompts."""
        return len(self._rows) - self._classes

    def tell(self, vectors: Float[Tensor, "rows e"], *, scale: float) -> None:
        """Take the vectors of classes and background prompts, which have length 1, and the scale of cosines."""
        if vectors.shape != self._rows.shape:
            raise ModelError(
                f"bank: vectors of the shape {list(vectors.shape)} where the tower takes {list(self._rows.shape)}: "
                "it is a bank of another CLIP"
            )
        self._rows.copy_(vectors)
        self.get_buffer("scale").fill_(scale)

    def forward(self, images: Images) -> Float[Tensor, "b rows"]:
        """Return the logits."""
        return self.classify(images)

    def classify(self, images: Images) -> Float[Tensor, "b rows"]:
        """Return the logits of all classes, and those of background prompts after them."""
        return self.after(LAST, self.until(LAST, images))

    def until(self, block: str, images: Images) -> Cut:
        """Run the network up to and including `block`; raises `ModelError` for a block that it does not have."""
        return self._run(1, self._position(block), self.tower.embed(images))

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b rows"]:
        """Run the rest of the network on what `until` returned for the same block; leaves `cut` as it was."""
        last = self._run(self._position(block) + 1, len(self.blocks) - 1, cut)
        return self.get_buffer("scale") * functional.linear(self.tower.pooled(last), self._rows)

    def embeddings(self, images: Images) -> Float[Tensor, "b e"]:
        """Return the embeddings of images, of length 1."""
        return self.tower.pooled(self.until(LAST, images))

    @property
    def attending(self) -> tuple[str, ...]:
        """Names of the blocks in which cells attend to each other: all but the stem."""
        return self.blocks[1:]

    def attentions(self, images: Images, *, blocks: Sequence[str]) -> Iterator[Float[Tensor, "b z z"]]:
        """Yield how much each cell attends to each in every one of `blocks`, the mean over heads: see `Attentive`."""
        cut, last = self.tower.embed(images), max(self._position(name) for name in blocks)
        for position in range(1, last + 1):
            if self.blocks[position] in blocks:
                yield self.tower.attention(position - 1, tokens_of(cut))
            if position < last:
                cut = self._run(position, position, cut)

    def attended(self, images: Images, *, blocks: Sequence[str]) -> tuple[Cut, Float[Tensor, "b z z"]]:
        """Return the cut after the last block and the mean attention of `blocks`, of one pass: see `CutAttentive`."""
        cut, total = self.tower.embed(images), torch.zeros((), device=images.device)
        for position, name in enumerate(self.blocks[1:], start=1):
            if name not in blocks:
                cut = self._run(position, position, cut)
                continue
            if name == LAST:
                attention = self.tower.attention(position - 1, tokens_of(cut))
                cut = self.tower.norm_last(cut)
            else:
                cut, attention = self.tower.attend_telling(position - 1, cut)
            total = total + attention.float() / len(blocks)
        return cut, total

    @property
    def _rows(self) -> Tensor:
        return self.get_buffer("vectors")

    def _position(self, block: str) -> int:
        return position_of(block, among=self.blocks)

    def _run(self, first: int, last: int, cut: Cut) -> Cut:
        """Run blocks by their positions, from `first` up to and including `last`."""
        for position in range(first, last + 1):
            whole = position < len(self.blocks) - 1
            cut = self.tower.attend(position - 1, cut) if whole else self.tower.norm_last(cut)
        return cut
