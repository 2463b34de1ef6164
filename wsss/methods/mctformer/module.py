"""MCTformer+'s training (Xu et al., TPAMI 2024): class tokens and patch maps learn labels, and tokens part."""

from typing import final

from jaxtyping import Float
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from wsss.methods.mctformer.losses import contrastive_loss
from wsss.methods.mctformer.network import ClassTokenClassifier
from wsss.methods.mctformer.options import MCTformerFit
from wsss.training.classifier import MultiLabelModule, soft_margin
from wsss.types import Images


@final
class MCTformerModule(MultiLabelModule):
    """Fits class tokens and patch maps to image-level labels."""

    network: ClassTokenClassifier

    def __init__(self, *, network: ClassTokenClassifier, fit: MCTformerFit, random_seed: int) -> None:
        super().__init__(network=network, fit=fit, random_seed=random_seed)
        self._contrast = fit.contrast

    def learn(self, images: Images, present: Float[Tensor, "b c"]) -> tuple[Float[Tensor, ""], Float[Tensor, "b c"]]:
        """Return the sum of both soft margins and of the contrast, and the mean of both logits."""
        answer = self.network.answer(images)
        loss = soft_margin(answer.classes, present) + soft_margin(answer.patches, present)
        loss = loss + self._contrast * contrastive_loss(answer.tokens, present)
        return loss, (answer.classes + answer.patches) / 2

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """See Lightning."""
        return self.sgd(backbone=self.network.backbone_parameters(), head=self.network.head_parameters())
