"""MCTformer+'s loss: both soft margins and the contrast of class tokens."""

import pytest
import torch
from builders import named

from wsss.methods.mctformer.losses import contrastive_loss
from wsss.methods.mctformer.module import MCTformerModule
from wsss.methods.mctformer.network import ClassTokenOptions
from wsss.methods.mctformer.options import MCTformerFit
from wsss.models.classifier import ClassifierOptions
from wsss.training.classifier import soft_margin

OPTIONS = ClassTokenOptions(classifier=ClassifierOptions(backbone="vit_tiny_patch16_224", weights="none"))
PRESENT = torch.tensor([[1.0, 0, 1], [0, 1.0, 0]])


@pytest.mark.parametrize("contrast", [0.0, 0.5])
def test_the_loss_is_that_of_both_logits_and_of_the_tokens(contrast: float):
    made = MCTformerModule(network=OPTIONS.build(named(3)), fit=MCTformerFit(contrast=contrast), random_seed=0).eval()
    images = torch.randn(2, 3, 48, 48)
    loss, logits = made.learn(images, PRESENT)
    answer = made.network.answer(images)
    expected = soft_margin(answer.classes, PRESENT) + soft_margin(answer.patches, PRESENT)
    torch.testing.assert_close(loss, expected + contrast * contrastive_loss(answer.tokens, PRESENT))
    torch.testing.assert_close(logits, made.network(images))
    loss.backward()
    assert made.network.tokens.grad is not None
