"""ReCAM (Chen et al., CVPR 2022): a softmax between classes on features that are each class's own."""

from typing import final

import torch
from jaxtyping import Float
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import functional

from wsss.methods.recam.options import ReCAMFit
from wsss.models.gap import GAPClassifier
from wsss.training.classifier import MultiLabelModule, soft_margin
from wsss.types import Images
from wsss.views.base import over_peak


@final
class ReCAMModule(MultiLabelModule):
    """Trains a finished classifier on, with a second head that must tell the classes of one image apart.

    With the binary cross entropy alone a pixel may answer to several classes. The loss is that of the classifier plus
    `sce_weight` times `softmax_loss`; gradients of both reach the whole network.
    """

    network: GAPClassifier

    def __init__(self, *, network: GAPClassifier, fit: ReCAMFit, random_seed: int) -> None:
        super().__init__(network=network, fit=fit, random_seed=random_seed)
        self.second = second_head(network)
        self._sce_weight = fit.sce_weight

    def learn(self, images: Images, present: Float[Tensor, "b c"]) -> tuple[Float[Tensor, ""], Float[Tensor, "b c"]]:
        """Return the multi-label soft margin plus the weighted softmax cross entropy, both logged, and the logits."""
        cut = self.network.until("last", images)
        logits = self.network.after("last", cut)
        margin = soft_margin(logits, present)
        features = class_features(cut.maps, self.network.head_weight)
        sce = softmax_loss(features, self.second.weight, present=present)
        self.log("train/margin", margin.detach())
        self.log("train/sce", sce.detach())
        return margin + self._sce_weight * sce, logits

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """The second head is new and learns faster; the first learns as fast as the backbone."""
        trained = [*self.network.backbone_parameters(), *self.network.head_parameters()]
        return self.sgd(backbone=trained, head=self.second.parameters())


def second_head(network: GAPClassifier) -> nn.Linear:
    """Return a new head of the same shape as the network's own."""
    return nn.Linear(network.channels, len(network.head_weight), bias=False)


def class_features(maps: Float[Tensor, "b d y x"], weight: Float[Tensor, "c d"]) -> Float[Tensor, "b c d"]:
    """Return each class's features: the mean of the maps under the class's own soft mask.

    A mask is the class's CAM without its negative part, divided by its maximum; gradients flow through all of that. As
    a product of two matrices an image, it needs no tensor of b x c x d x y x x numbers, which the authors' code makes
    (2.7 GB for 16 images of VOC).
    """
    with torch.autocast(maps.device.type, enabled=False):
        maps = maps.float()
        masks = over_peak(torch.einsum("bdyx,cd->bcyx", maps, weight.float()).relu())
        return torch.einsum("bcyx,bdyx->bcd", masks, maps) / maps[0, 0].numel()


def softmax_loss(
    features: Float[Tensor, "b c d"], weight: Float[Tensor, "c d"], *, present: Float[Tensor, "b c"]
) -> Float[Tensor, ""]:
    """Return the cross entropy of each present class's own features, over all classes.

    It is averaged over an image's classes, and over all images of the batch: one that shows nothing adds zero.
    """
    image, cls = present.nonzero(as_tuple=True)
    with torch.autocast(features.device.type, enabled=False):
        logits = functional.linear(features[image, cls], weight.float())
        each = functional.cross_entropy(logits, cls, reduction="none")
    return (each / present.sum(dim=1)[image]).sum() / len(present)
