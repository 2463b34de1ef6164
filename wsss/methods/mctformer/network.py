"""MCTformer+'s network: a plain ViT with a token for each class, and a convolution that turns patches into maps."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wsss import models
from wsss.errors import ModelError
from wsss.methods.mctformer.losses import ranked_mean
from wsss.models.base import NetworkOptions
from wsss.models.cuts.chain import Block, position_of, run
from wsss.models.cuts.families import blocks_of
from wsss.models.cuts.transformers import attention_rows, from_tokens
from wsss.models.gap import with_backbone
from wsss.models.normalisation import Normalisation
from wsss.models.weights.downloads import Download
from wsss.protocols import ClassAttention
from wsss.types import Cut, Images

STEM: Final = "stem"
LAST: Final = "last"
SPREAD: Final = 0.02
"""Standard deviation of new weights, and of what tells class tokens apart before they learn."""


class Answer(NamedTuple):
    """What the network says of images, in its two ways."""

    classes: Float[Tensor, "b c"]
    """Logits of the class tokens: the mean over the channels of each."""
    patches: Float[Tensor, "b c"]
    """Logits of the patch maps, pooled by rank."""
    tokens: tuple[Float[Tensor, "b c d"], ...]
    """The class tokens after each block."""


@final
class ClassTokenClassifier(nn.Module):
    """Logits are the mean of those of class tokens and of patch maps. It is `Attentive` and `ClassAttentive`.

    `backbone` is timm's ViT of `create_backbone`, which it changes: the class token and its position become those of
    every class, with a little noise in the tokens, and patches keep the positions that they were trained with. The
    authors learn tokens and positions anew. As in their code, tokens go through no final norm.
    """

    def __init__(self, backbone: nn.Module, *, classes: int, decay: float) -> None:
        super().__init__()
        self._blocks = _transformer_blocks(backbone)
        net: Any = backbone
        token, positions = net.cls_token.detach(), net.pos_embed.detach()
        self.backbone: Any = backbone
        self.tokens = nn.Parameter(token.repeat(1, classes, 1) + SPREAD * torch.randn(1, classes, token.shape[2]))
        self.positions = nn.Parameter(positions[:, :1].repeat(1, classes, 1))
        net.cls_token, net.pos_embed = None, nn.Parameter(positions[:, 1:].clone())
        net.norm = net.fc_norm = nn.Identity()
        self.head = nn.Conv2d(token.shape[2], classes, kernel_size=3, padding=1)
        nn.init.trunc_normal_(self.head.weight, std=SPREAD)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]  # it has one
        self._decay = decay

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, first to last."""
        return (STEM, *self._blocks)

    @property
    def attending(self) -> tuple[str, ...]:
        """Names of the blocks in which cells attend to each other: all but the stem."""
        return tuple(self._blocks)

    @property
    def stride(self) -> int:
        """Input pixels a cell."""
        return self._blocks[LAST].stride

    def forward(self, images: Images) -> Float[Tensor, "b c"]:
        """Return the logits."""
        return self.classify(images)

    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        """Return the logits of all classes."""
        return self.after(LAST, self.until(LAST, images))

    def until(self, block: str, images: Images) -> Cut:
        """Run the network up to and including `block`; raises `ModelError` for a block that it does not have."""
        position = self._position(block)
        return self._run(self.attending[:position], self._embed(images))

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Run the rest of the network on what `until` returned for the same block; leaves `cut` as it was."""
        last = self._run(self.attending[self._position(block) :], cut)
        return (_of_tokens(last) + self._of_patches(last)) / 2

    def answer(self, images: Images) -> Answer:
        """Return both kinds of logits, and the class tokens after every block."""
        cut, tokens = self._embed(images), []
        for name in self.attending:
            cut = self._run((name,), cut)
            tokens.append(cut.rest[0])
        return Answer(classes=_of_tokens(cut), patches=self._of_patches(cut), tokens=tuple(tokens))

    def attentions(self, images: Images, *, blocks: Sequence[str]) -> Iterator[Float[Tensor, "b z z"]]:
        """Yield how much each cell attends to each in every one of `blocks`, the mean over heads: see `Attentive`."""
        cut, last = self._embed(images), max(self._position(name) for name in blocks)
        for name in self.attending[:last]:
            if name in blocks:
                yield self._rows(name, cut, first=self._count)[:, :, self._count :]
            cut = self._run((name,), cut)

    def class_attention(self, images: Images, *, blocks: Sequence[str]) -> ClassAttention:
        """Return what one pass says of where classes are: see `ClassAttentive`."""
        cut, count = self._embed(images), self._count
        classes = among = torch.zeros((), device=images.device)
        for name in self.attending:
            rows = self._rows(name, cut, first=0)
            among = among + rows[:, count:, count:]
            if name in blocks:
                classes = classes + rows[:, :count, count:] / len(blocks)
            cut = self._run((name,), cut)
        return ClassAttention(classes=classes, patches=self.head(cut.maps), among=among)

    def head_parameters(self) -> Iterator[nn.Parameter]:
        """The patch head's, which are new."""
        return self.head.parameters()

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """All others, tokens and positions included: they came with weights."""
        yield from (self.tokens, self.positions)
        yield from self.backbone.parameters()

    @property
    def _count(self) -> int:
        return self.tokens.shape[1]

    def _position(self, block: str) -> int:
        return position_of(block, among=self.blocks)

    def _run(self, names: Sequence[str], cut: Cut) -> Cut:
        for name in names:
            cut = run(self.backbone, self._blocks[name], cut)
        return cut

    def _rows(self, name: str, cut: Cut, *, first: int) -> Float[Tensor, "b _ t"]:
        return attention_rows(self.backbone, self._blocks[name].paths, cut, first=first)

    def _embed(self, images: Images) -> Cut:
        """Return the tokens of classes and patches with their positions, which are interpolated as timm does it."""
        net = self.backbone
        layers: Any = models.zoo.timm.layers
        patches = net.patch_embed(images)
        grid = (patches.shape[1], patches.shape[2])
        positions = layers.resample_abs_pos_embed(
            net.pos_embed, new_size=list(grid), old_size=net.patch_embed.grid_size, num_prefix_tokens=0
        )
        classes = (self.tokens + self.positions).expand(len(images), -1, -1)
        tokens = torch.cat([classes, patches.flatten(1, 2) + positions], dim=1)
        tokens = net.norm_pre(net.patch_drop(net.pos_drop(tokens)))
        cut = from_tokens(tokens, before=self._count, grid=grid)
        return Cut(maps=cut.maps, rest=cut.rest, stride=self.stride)

    def _of_patches(self, cut: Cut) -> Float[Tensor, "b c"]:
        return ranked_mean(self.head(cut.maps), decay=self._decay)


@final
@dataclass(frozen=True, kw_only=True)
class ClassTokenOptions(NetworkOptions):
    """How the network is built: on which plain ViT, from that one's first weights."""

    classifier: NetworkOptions
    decay: float = 0.996
    """How much less each cell of a patch map counts than the next higher one."""

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise ValueError(f"decay must lie in (0, 1], got {self.decay}")

    def build(self, classes: tuple[str, ...]) -> ClassTokenClassifier:
        """See `NetworkOptions`."""
        return self._on(self.classifier.build, classes)

    def skeleton(self, classes: tuple[str, ...]) -> ClassTokenClassifier:
        """See `NetworkOptions`."""
        return self._on(self.classifier.skeleton, classes)

    def outline(self) -> ClassTokenClassifier:
        """See `NetworkOptions`."""
        return _outline(self)

    @property
    def normalisation(self) -> Normalisation:
        """See `NetworkOptions`."""
        return self.classifier.normalisation

    def check(self) -> None:
        """See `NetworkOptions`."""
        self.classifier.check()
        self.outline()

    def downloads(self) -> tuple[Download, ...]:
        """See `NetworkOptions`."""
        return self.classifier.downloads()

    def _on(self, make: Callable[[tuple[str, ...]], nn.Module], classes: tuple[str, ...]) -> ClassTokenClassifier:
        backbone = with_backbone(make(classes)).backbone
        return ClassTokenClassifier(backbone, classes=len(classes), decay=self.decay)


@cache
def _outline(options: ClassTokenOptions) -> ClassTokenClassifier:
    backbone = deepcopy(with_backbone(options.classifier.outline()).backbone)
    with torch.device("meta"):
        return ClassTokenClassifier(backbone, classes=1, decay=options.decay)


def _of_tokens(cut: Cut) -> Float[Tensor, "b c"]:
    return cut.rest[0].float().mean(dim=2)


def _transformer_blocks(backbone: Any) -> dict[str, Block]:
    """Return the blocks that attend, the last of them called so; raises `ModelError` for another than a plain ViT."""
    blocks = [block for block in blocks_of(backbone).values() if block.attention is not None]
    plain = blocks and backbone.cls_token is not None and backbone.pos_embed is not None
    if not plain or backbone.num_prefix_tokens != 1:
        raise ModelError(
            "classifier.backbone: class tokens need a plain ViT with one class token and positions, such as "
            "deit_small_patch16_224"
        )
    names = [f"block{number}" for number in range(1, len(blocks))]
    return dict(zip([*names, LAST], blocks, strict=True))
