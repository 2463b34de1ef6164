"""A method of a single stage: one training makes a network that says what an image shows, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import torch
from jaxtyping import Float
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import functional

from wsss.engine.stage import Job
from wsss.models.base import NetworkOptions, PlannedNetwork, PlannedNetworks
from wsss.models.normalisation import IMAGENET, Normalisation
from wsss.stages.train_classifier import TrainMultiLabel
from wsss.store.kinds import INDEX, Kind
from wsss.training.classifier import soft_margin
from wsss.training.module import KeyedModule
from wsss.training.options import MultiLabelFit
from wsss.types import Cut, Images

CHANNELS: Final = 6


class TwoWays(nn.Module):
    """A convolution of stride 4 and a linear head: pooled, its maps are logits; upsampled, they are a segmentation."""

    blocks = ("last",)
    stride = 4

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.last = nn.Sequential(nn.Conv2d(3, CHANNELS, 4, stride=4), nn.ReLU())
        self.head_weight = nn.Parameter(torch.empty(classes, CHANNELS))
        self.background = nn.Parameter(torch.zeros(1))
        nn.init.normal_(self.head_weight, std=0.5)

    def until(self, block: str, images: Images) -> Cut:
        return Cut(maps=self.last(images), stride=self.stride)

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        return cut.maps.mean(dim=(2, 3)) @ self.head_weight.T

    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        return self.after("last", self.until("last", images))

    def segment(self, images: Images) -> Float[Tensor, "b labels h w"]:
        maps = torch.einsum("bdyx,cd->bcyx", self.until("last", images).maps, self.head_weight)
        labels = torch.cat([self.background.expand_as(maps[:, :1]), maps], dim=1)
        return functional.interpolate(labels, images.shape[-2:], mode="bilinear")


@dataclass(frozen=True, kw_only=True)
class TwoWaysOptions(NetworkOptions):
    """A network that is built in no time."""

    normalisation: ClassVar[Normalisation] = IMAGENET

    def build(self, classes: tuple[str, ...]) -> TwoWays:
        return TwoWays(len(classes))

    def skeleton(self, classes: tuple[str, ...]) -> TwoWays:
        return TwoWays(len(classes))

    def outline(self) -> TwoWays:
        return TwoWays(1)

    def check(self) -> None:
        return


class TwoWaysModule(KeyedModule):
    """Image-level labels teach both answers: the mean of the maps, and the strongest cell of each class."""

    def __init__(self, network: TwoWays, *, fit: MultiLabelFit, random_seed: int) -> None:
        super().__init__(fit=fit, random_seed=random_seed)
        self.network = network

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        images, present, _ = batch
        somewhere = self.network.segment(images)[:, 1:].amax(dim=(2, 3))
        loss = soft_margin(self.network.classify(images), present) + soft_margin(somewhere, present)
        self.log("train/loss", loss.detach())
        return loss

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        return self.sgd(backbone=self.network.last.parameters(), head=[self.network.head_weight])


@dataclass(frozen=True, kw_only=True)
class TrainTwoWays(TrainMultiLabel):
    """The one training."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX}

    network: NetworkOptions

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        return PlannedNetwork(options=self.network, weights=self.weight_names)

    def normalisation(self, job: Job) -> Normalisation:
        return self.network.normalisation

    def module(self, job: Job) -> TwoWaysModule:
        network = TwoWays(len(job.index().classes))
        return TwoWaysModule(network, fit=self.fit, random_seed=self.random_seed)
