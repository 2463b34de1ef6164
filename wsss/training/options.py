"""Options of a training: schedule, optimiser and augmentation, as `conf/fit/*.yaml` spells them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeVar

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from wsss.configurable import Configurable
from wsss.data.transforms import ClassifierTransform, EvalTransform, SegmenterTransform, Transform
from wsss.training.schedule import poly

F = TypeVar("F", bound="FitOptions")
BatchNorm = Literal["frozen", "learning", "fixed"]
"""What becomes of batch norm that came with weights; see `FitOptions.batch_norm`."""


@dataclass(frozen=True, kw_only=True)
class Limits(Configurable):
    """What all trainings of a run are held to, in place of their own options: for finding out what is wrong."""

    epochs: int | None = None
    batch_size: int | None = None
    side: int | None = None
    """Pixels of a side of the squares that networks learn from."""
    augment: bool = True
    """Whether images are flipped, jittered and scaled at random, and channels dropped."""

    def __post_init__(self) -> None:
        given = {"epochs": self.epochs, "batch_size": self.batch_size, "side": self.side}
        for name, value in given.items():
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}: null sets no limit")


@dataclass(frozen=True, kw_only=True)
class FitOptions(Configurable):
    """SGD with groups of parameters and a polynomial schedule over all steps."""

    epochs: int = 12
    steps: int | None = None
    """Steps of the optimiser in all, in place of `epochs`: the last epoch ends where they are made."""
    least_steps: int | None = None
    """There are more epochs than `epochs` where these have fewer steps: with few images. null: as many as `epochs`."""
    batch_size: int = 16
    """Images a step, over all devices and passes together."""
    accumulate: int = 1
    """Passes a step, whose gradients are averaged: each sees so small a part of the images, and takes less memory."""
    learning_rate: float = 0.02
    head_factor: float = 10.0
    """The head's learning rate is this many times the backbone's."""
    bias_factor: float | None = None
    """The same of the head's biases alone (DeepLabV2: 20, with a `head_factor` of 10). null: as the head."""
    bias_decay: bool = True
    """Whether weight decay acts on the head's biases."""
    momentum: float = 0.9
    """0.0 to reproduce IRN, PSA or ReCAM: their code passes weight decay in this slot (see the README)."""
    weight_decay: float = 1e-4
    poly_power: float = 0.9
    batch_norm: BatchNorm = "frozen"
    """Statistics of the pretrained network's batch norm: as they came, or learnt on. `fixed`: its weights stay too."""
    frozen_until: str | None = None
    """Blocks up to and including this one keep their first weights: half the time of a step, as in IRN's code."""

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise ValueError("epochs and batch_size must be at least 1")
        if self.least_steps is not None and self.least_steps < 1:
            raise ValueError(f"least_steps must be at least 1, or null; got {self.least_steps}")
        if self.steps is not None and (self.steps < 1 or self.least_steps is not None):
            raise ValueError(f"steps must be at least 1, with least_steps=null; or null; got {self.steps}")
        if self.accumulate < 1 or self.batch_size % self.accumulate:
            raise ValueError(
                f"batch_size: {self.batch_size} images do not make {self.accumulate} equal passes (accumulate)"
            )
        # Written so that nan, which denies every comparison, is refused too.
        if not (0 < self.learning_rate < math.inf and 0 < self.head_factor < math.inf):
            raise ValueError("learning_rate and head_factor must be positive")
        if self.bias_factor is not None and not 0 < self.bias_factor < math.inf:
            raise ValueError("bias_factor must be positive, or null")
        if not (0 <= self.momentum < 1 and 0 <= self.weight_decay < math.inf and 0 < self.poly_power < math.inf):
            raise ValueError("momentum lies in [0, 1), weight_decay is not negative, and poly_power is positive")

    def limited(self: F, limits: Limits) -> F:
        """Return the options with the limits in place of what they limit."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        held: dict[str, Any] = {
            name: part.limited(side=limits.side, augment=limits.augment)
            for name, part in parts.items()
            if isinstance(part, Transform)
        }
        if limits.epochs is not None:
            held |= {"epochs": limits.epochs, "least_steps": None, "steps": None}
        if limits.batch_size is not None:
            held |= {"batch_size": limits.batch_size, "accumulate": 1}
        return replace(self, **held)

    def epochs_of(self, images: int) -> int:
        """Return how many epochs a set of so many images is learnt from, at least one batch.

        >>> FitOptions(epochs=10, batch_size=16, least_steps=300).epochs_of(160)
        30
        >>> FitOptions(epochs=10, batch_size=16, least_steps=300).epochs_of(16_000)
        10
        """
        each = max(1, images // self.batch_size)
        if self.steps is not None:
            return math.ceil(self.steps / each)
        return max(self.epochs, math.ceil((self.least_steps or 0) / each))

    def steps_of(self, images: int) -> int:
        """Return how many steps are made with a set of so many images.

        >>> FitOptions(steps=25, batch_size=16).epochs_of(160), FitOptions(steps=25, batch_size=16).steps_of(160)
        (3, 25)
        """
        return self.steps or self.epochs_of(images) * max(1, images // self.batch_size)

    @property
    def batch_bytes(self) -> int:
        """Bytes of a pass's batch, of the larger images where training and validation differ."""
        parts = [getattr(self, field.name) for field in fields(self)]
        largest = max((part.item_bytes for part in parts if isinstance(part, Transform)), default=0)
        return self.batch_size // self.accumulate * largest

    @property
    def best_by(self) -> str | None:
        """The metric by whose largest value an epoch is chosen; None where the last one counts."""
        return None

    @property
    def parts_biases(self) -> bool:
        """Whether the head's biases are trained otherwise than its weights."""
        return self.bias_factor is not None or not self.bias_decay

    def optimiser(
        self,
        *,
        backbone: list[nn.Parameter],
        head: list[nn.Parameter],
        steps: int,
        biases: Sequence[nn.Parameter] = (),
        fused: bool = False,
    ) -> tuple[torch.optim.Optimizer, LambdaLR]:
        """Return what `rule` makes of the groups, and a schedule that follows `factor` over `steps` steps.

        `biases` are those of the head where `parts_biases`, and then not in `head`; `fused` asks for a single kernel.
        """
        groups: list[dict[str, Any]] = [
            {"params": backbone, "lr": self.learning_rate},
            {"params": head, "lr": self.learning_rate * self.head_factor},
        ]
        if biases:
            factor = self.head_factor if self.bias_factor is None else self.bias_factor
            decay = {} if self.bias_decay else {"weight_decay": 0.0}
            groups.append({"params": [*biases], "lr": self.learning_rate * factor, **decay})
        made = self.rule(groups, fused=fused)
        return made, LambdaLR(made, lambda step: self.factor(step, steps=steps))

    def rule(self, groups: list[dict[str, Any]], *, fused: bool) -> torch.optim.Optimizer:
        """Return what changes the weights of groups, each of which has its learning rate: SGD."""
        return torch.optim.SGD(groups, momentum=self.momentum, weight_decay=self.weight_decay, fused=fused)

    def factor(self, step: int, *, steps: int) -> float:
        """Return the share of the learning rate that a step has: it falls to zero."""
        return poly(step, steps=steps, power=self.poly_power)


@dataclass(frozen=True, kw_only=True)
class MultiLabelFit(FitOptions):
    """How a network is fitted to image-level labels; IRN's augmentation."""

    transform: ClassifierTransform = field(default_factory=ClassifierTransform)
    validation: EvalTransform = field(default_factory=EvalTransform)
    keep: Literal["last", "best"] = "last"
    """Whose weights readers are given: the last epoch's, or those of the best mAP on the validation split.

    The last ones are kept beside the best. A score on the split by which the best was chosen is optimistic.
    """

    @property
    def best_by(self) -> str | None:
        """See `FitOptions`."""
        return "val/map" if self.keep == "best" else None


@dataclass(frozen=True, kw_only=True)
class ClassifierFit(MultiLabelFit):
    """How a classifier is fitted."""

    dropout: float = 0.0
    """Share of the channels of the last maps that each image goes without in a training step (PSA: 0.5; IRN: none)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {self.dropout}")

    def limited(self, limits: Limits) -> "ClassifierFit":
        """Also drop no channel without augmentation."""
        return replace(super().limited(limits), dropout=self.dropout if limits.augment else 0.0)


@dataclass(frozen=True, kw_only=True)
class SegmenterFit(FitOptions):
    """How a segmentation network is fitted; its encoder's batch norm learns on, as is usual in segmentation."""

    batch_norm: BatchNorm = "learning"
    transform: SegmenterTransform = field(default_factory=SegmenterTransform)
    loss: Literal["cross_entropy", "balanced"] = "cross_entropy"
    """`balanced`: the mean over background pixels and the mean over foreground pixels count one half each."""
