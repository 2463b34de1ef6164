"""PromptedOptions: CLIP's image tower and a bank of words in place of a trained classifier."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, final

import torch
from torch import nn

from wsss import models
from wsss.errors import ModelError
from wsss.models.base import NetworkOptions
from wsss.models.clip.prompted import PromptedClassifier
from wsss.models.clip.text_bank import TextBank, read_bank
from wsss.models.clip.tower import ClipTower, Positions
from wsss.models.cuts.families import check_name
from wsss.models.normalisation import IMAGENET, Normalisation, colour
from wsss.models.weights.downloads import Download
from wsss.models.weights.initial import PRETRAINED, UNTRAINED, download, fill
from wsss.models.weights.published import download_of
from wsss.models.weights.towers import check_tower, read_tower, tower_file

IMAGES: Final = "images"
"""The word for a bank of class means of training images, in place of words."""


@final
@dataclass(frozen=True, kw_only=True)
class PromptedOptions(NetworkOptions):
    """Which image tower, with which weights, and the bank that says what its classes are called.

    A stored network names its background prompts in `prompts`, and no longer needs the bank.
    """

    backbone: str = "vit_base_patch16_clip_quickgelu_224.openai"
    weights: str = PRETRAINED
    """`pretrained` (timm's download), a file, or `none`. Files are timm's, or hold OpenAI's or open_clip's names."""
    bank: str = IMAGES
    """A file of `wsss text-bank`; or `images`: the mean embedding of each class's images, and of all images as the
    background, which only tries the steps out."""
    positions: Positions = "bilinear"
    """How position embeddings are interpolated for images of other sizes."""
    prompts: tuple[str, ...] = ()
    """Background prompts of a network whose bank was read."""

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Weights and banks that lie in files count by their bytes."""
        files = {"weights": tower_file(self.weights), "bank": self._bank_file}
        return {key: (file,) for key, file in files.items() if file is not None}

    def check(self) -> None:
        """Refuse with a `ModelError` what cannot be built, and a bank of another tower; takes about a second.

        A file of weights is looked for, and read when it is needed.
        """
        self.outline()
        check_tower(self.weights, backbone=self.backbone)
        if self._bank_file is not None:
            self._check_bank(read_bank(self._bank_file))

    @property
    def normalisation(self) -> Normalisation:
        """See `NetworkOptions`."""
        config = models.zoo.timm.get_pretrained_cfg(self.backbone)
        return IMAGENET if config is None else Normalisation(mean=colour(config.mean), std=colour(config.std))

    def build(self, classes: tuple[str, ...]) -> PromptedClassifier:
        """See `NetworkOptions`; without a file of a bank, its vectors are still to be told."""
        bank = self.read(classes)
        prompts = len(self.prompts) if bank is None else len(bank.backgrounds)
        network = PromptedClassifier(self._start(), classes=len(classes), prompts=prompts)
        if bank is not None:
            network.tell(torch.from_numpy(bank.vectors), scale=bank.scale)
        return network

    def skeleton(self, classes: tuple[str, ...]) -> PromptedClassifier:
        """See `NetworkOptions`."""
        return PromptedClassifier(self._tower(), classes=len(classes), prompts=len(self.prompts))

    def outline(self) -> PromptedClassifier:
        """See `NetworkOptions`; it has one background prompt."""
        return _outline(replace(self, bank=IMAGES, weights=UNTRAINED, prompts=()))

    def read(self, classes: tuple[str, ...]) -> TextBank | None:
        """Return the bank of these classes out of its file; None where there is none.

        Raises `ModelError` for one that is damaged, of another tower or without one of the classes.
        """
        if self._bank_file is None:
            return None
        bank = read_bank(self._bank_file)
        self._check_bank(bank)
        return bank.for_classes(classes)

    def downloads(self) -> tuple[Download, ...]:
        """See `NetworkOptions`."""
        return (download_of(self.backbone, self.outline().tower),) if self.weights == PRETRAINED else ()

    def told(self, prompts: tuple[str, ...]) -> "PromptedOptions":
        """Return the options of a network that knows its vectors: background prompts by name."""
        return replace(self, prompts=prompts)

    @property
    def _bank_file(self) -> Path | None:
        return None if self.bank == IMAGES else Path(self.bank).expanduser()

    def _check_bank(self, bank: TextBank) -> None:
        if bank.tower and bank.tower != self.backbone:
            raise ModelError(
                f"bank '{self.bank}' was made for {bank.tower}, and the backbone is {self.backbone}: make it with "
                f"`wsss text-bank --tower {self.backbone}`"
            )
        width = self.outline().tower.width
        if bank.vectors.shape[1] != width:
            raise ModelError(
                f"bank '{self.bank}' has vectors of {bank.vectors.shape[1]} numbers, and {self.backbone} embeds images "
                f"in {width}: it is a bank of another CLIP"
            )

    def _tower(self, *, pretrained: bool = False) -> ClipTower:
        check_name(self.backbone)
        net: nn.Module = models.zoo.timm.create_model(self.backbone, pretrained=pretrained)
        return ClipTower(net, positions=self.positions)

    def _start(self) -> ClipTower:
        with download(self.backbone, wanted=self.weights == PRETRAINED, word=PRETRAINED) as pretrained:
            tower = self._tower(pretrained=pretrained)
        file = tower_file(self.weights)
        if file is not None:
            origin, remedy = f"weights {self.weights!r} for {self.backbone}", "choose the file of exactly this tower"
            fill(tower.net, read_tower(file, net=tower.net), origin=origin, remedy=remedy)
        return tower


@cache
def _outline(options: PromptedOptions) -> PromptedClassifier:
    with torch.device("meta"):
        return PromptedClassifier(options._tower(), classes=1, prompts=1)
