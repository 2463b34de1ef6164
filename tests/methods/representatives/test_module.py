"""The training of binary classifiers: who counts how much, by hand, and what learns."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from networks import small_timm_network
from torch import Tensor, nn

from wsss.methods.representatives.module import OwnPairsModule, SharedPairsModule, alone, pair_loss, side_weights
from wsss.methods.representatives.network import apart
from wsss.methods.representatives.options import OwnRepresentativesFit, RepresentativesFit
from wsss.models.gap import gap_classifier

PAIRS = ((0, 1), (0, 2))


def shared(**options: Any) -> SharedPairsModule:
    torch.manual_seed(1)
    network = gap_classifier(small_timm_network().backbone, classes=2 * len(PAIRS))
    module = SharedPairsModule(
        network=network, fit=RepresentativesFit(**options), random_seed=0, pairs=PAIRS, weights=torch.ones(2, 2)
    )
    module.log = lambda *_, **__: None  # type: ignore[method-assign]
    module.train()
    return module


def test_an_image_with_both_classes_of_a_pair_or_neither_says_nothing_of_it():
    present = torch.tensor([[1.0, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0], [1, 1, 1]])
    chosen = alone(present, torch.tensor(PAIRS))
    assert chosen.tolist() == [
        [[1, 0], [1, 0]],
        [[0, 1], [0, 0]],
        [[0, 0], [1, 0]],
        [[0, 0], [0, 0]],
        [[0, 0], [0, 0]],
    ]


def test_both_sides_of_a_pair_count_the_same_and_an_empty_one_ends_it():
    # Four images show 0 without 1, one shows 1 without 0; nothing shows 2 without 0.
    present = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=bool)
    weights = side_weights(apart(present), PAIRS, images=6)
    torch.testing.assert_close(weights, torch.tensor([[6 / 8, 6 / 2], [0.0, 0.0]]))
    total = (weights * alone(torch.tensor(present).float(), torch.tensor(PAIRS))).sum(dim=0)
    assert total.tolist() == [[3, 3], [0, 0]]


def test_the_loss_by_hand():
    # Softmax of (ln 3, 0) is (3/4, 1/4). Two images; the first says 0 with weight 2, the second 1 with weight 1.
    logits = torch.tensor([[[math.log(3), 0.0]], [[math.log(3), 0.0]]])
    weights = torch.tensor([[[2.0, 0.0]], [[0.0, 1.0]]])
    expected = (2 * -math.log(3 / 4) - math.log(1 / 4)) / 2
    assert pair_loss(logits, weights).item() == pytest.approx(expected)


def test_a_batch_that_says_nothing_costs_nothing():
    logits = torch.randn(3, 2, 2, requires_grad=True)
    loss = pair_loss(logits, torch.zeros(3, 2, 2))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_a_pair_learns_as_if_it_were_alone():
    logits, weights = torch.randn(4, 3, 2), torch.rand(4, 3, 2)
    parts = [pair_loss(logits[:, p : p + 1], weights[:, p : p + 1]) for p in range(3)]
    torch.testing.assert_close(pair_loss(logits, weights), torch.stack(parts).sum())


def test_only_the_heads_of_a_shared_backbone_learn():
    module = shared()
    assert not any(part.training for part in module.network.backbone.modules())
    batch = (torch.randn(3, 3, 64, 64), torch.eye(3, 4), torch.arange(3))
    loss = module.training_step(batch, 0)
    loss.backward()
    learnt = {name for name, p in module.named_parameters() if p.grad is not None}
    assert learnt == {"network.head.weight"}
    # The pooled features are what the network's own logits are made of.
    logits = module.network(batch[0]).unflatten(1, (2, 2))
    torch.testing.assert_close(loss, pair_loss(logits, alone(batch[1], torch.tensor(PAIRS))), atol=1e-5, rtol=1e-4)
    module._trainer = SimpleNamespace(estimated_stepping_batches=10)  # type: ignore[assignment]
    optimiser: Any = module.configure_optimizers()["optimizer"]
    assert [id(p) for group in optimiser.param_groups for p in group["params"]] == [id(module.network.head.weight)]


def test_its_weights_are_those_of_the_network_alone():
    assert not {"pairs", "weights"} & set(shared().state_dict())


class Trainer(SimpleNamespace):
    """What the module asks of Lightning's."""


def forget(position: int, network: nn.Module) -> None:
    pass


def own(keep: Any = forget, *, epoch: int = 0) -> OwnPairsModule:
    torch.manual_seed(1)
    network = gap_classifier(small_timm_network().backbone, classes=2)
    fit = OwnRepresentativesFit(epochs=2, batch_size=2, images=4, learning_rate=1.0)
    module = OwnPairsModule(network=network, fit=fit, random_seed=0, pairs=3, keep=keep)
    optimiser = SimpleNamespace(state={"momentum": 1})
    module._trainer = Trainer(
        current_epoch=epoch, estimated_stepping_batches=12, is_global_zero=True, optimizers=[optimiser]
    )  # type: ignore[assignment]
    return module


@pytest.mark.parametrize(("epoch", "fresh"), [(0, True), (1, False), (2, True), (3, False), (4, True)])
def test_every_pair_starts_from_the_same_weights(epoch: int, fresh: bool):
    module = own(epoch=epoch)
    first = {name: tensor.clone() for name, tensor in module.network.state_dict().items()}
    nn.init.ones_(module.network.head.weight)
    module.on_train_epoch_start()
    assert torch.equal(module.network.head.weight, first["head.weight"]) == fresh
    assert (module.trainer.optimizers[0].state == {}) == fresh
    assert module.training


@pytest.mark.parametrize(("epoch", "finished"), [(0, None), (1, 0), (2, None), (3, 1), (5, 2)])
def test_a_network_is_handed_over_with_its_pair_s_last_epoch(epoch: int, finished: int | None):
    handed: list[tuple[int, nn.Module]] = []
    module = own(lambda position, network: handed.append((position, network)), epoch=epoch)
    module.on_train_epoch_end()
    assert handed == ([] if finished is None else [(finished, module.network)])


def test_the_schedule_starts_anew_with_every_pair():
    module = own()
    schedule: Any = module.configure_optimizers()["lr_scheduler"]
    rate = schedule["scheduler"].lr_lambdas[0]
    # 12 steps of 3 pairs: 1, 3/4, 1/2, 1/4 to the power of 0.9, three times.
    assert [rate(step) for step in range(12)] == [pytest.approx((1 - s / 4) ** 0.9) for s in range(4)] * 3


def test_the_loss_of_a_pair_is_its_cross_entropy():
    module = own()
    module.log = lambda *_, **__: None  # type: ignore[method-assign]
    module.eval()
    images, side = torch.randn(2, 3, 64, 64), torch.tensor([0, 1])
    expected: Tensor = nn.functional.cross_entropy(module.network(images), side)
    torch.testing.assert_close(module.training_step((images, side), 0), expected)


def test_numbers_that_cannot_be_drawn_are_refused(tmp_path: Path):
    for images in (5, 2):
        with pytest.raises(ValueError, match=f"images must be even, and at least one batch; got {images}"):
            OwnRepresentativesFit(images=images, batch_size=4)
