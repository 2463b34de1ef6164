"""The classifier's training: its loss by hand, frozen statistics, and an mAP over the whole split."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from networks import CLASSES, small_timm_network
from torch import nn

from wsss.metrics.ranking import mean_average_precision
from wsss.training.classifier import ClassifierModule, soft_margin
from wsss.training.options import ClassifierFit


@pytest.fixture
def module() -> ClassifierModule:
    return ClassifierModule(network=small_timm_network(), fit=ClassifierFit(), random_seed=0)


def test_the_loss_by_hand():
    # sigmoid(ln 3) = 3/4: a present class costs -ln(3/4), an absent one -ln(1/4).
    logits = torch.tensor([[math.log(3), 0.0], [math.log(3), 0.0]])
    present = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    expected = (-math.log(3 / 4) - math.log(1 / 4) + 2 * math.log(2)) / 4
    assert soft_margin(logits, present).item() == pytest.approx(expected)


def test_the_loss_stays_finite_for_any_logit():
    logits = torch.tensor([[1e4, -1e4]], requires_grad=True)
    loss = soft_margin(logits, torch.tensor([[0.0, 1.0]]))
    loss.backward()
    assert loss.item() == pytest.approx(1e4)
    assert logits.grad is not None
    assert logits.grad.tolist() == [[0.5, -0.5]]


def test_half_precision_is_averaged_in_full():
    logits = torch.full((2, 300), 0.1, dtype=torch.bfloat16)
    assert soft_margin(logits, torch.zeros(2, 300)).dtype == torch.float32


def test_dropout_takes_whole_channels_in_training_alone():
    network = small_timm_network()
    images, present = torch.randn(2, 3, 64, 64), torch.ones(2, CLASSES)
    module = ClassifierModule(network=network, fit=ClassifierFit(dropout=0.5), random_seed=0)
    with torch.no_grad():
        network.head.weight.fill_(1.0)
        sums = network.until("last", images).maps.mean(dim=(2, 3))
        torch.manual_seed(1)
        kept = nn.functional.dropout2d(torch.ones(2, network.channels, 1, 1), 0.5)[:, :, 0, 0]
        expected = soft_margin((sums * kept).sum(dim=1, keepdim=True).expand(2, CLASSES), present)
        module.train()
        torch.manual_seed(1)
        assert module.learn(images, present)[0].item() == pytest.approx(expected.item(), rel=1e-4)
        module.eval()
        plain = soft_margin(network(images), present)
        assert module.learn(images, present)[0].item() == pytest.approx(plain.item())
    assert plain.item() != pytest.approx(expected.item(), rel=1e-3)


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_a_share_that_is_none_is_refused(dropout: float):
    with pytest.raises(ValueError, match="dropout must lie in"):
        ClassifierFit(dropout=dropout)


def test_statistics_stay_and_weights_learn(module: ClassifierModule):
    norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
    assert norms
    for _ in range(2):
        assert module.train() is module
        assert not any(norm.training for norm in norms)
        assert module.training
        assert all(norm.weight.requires_grad for norm in norms)
        module.eval()


def test_statistics_learn_on_where_that_is_asked_for():
    module = ClassifierModule(network=small_timm_network(), fit=ClassifierFit(batch_norm="learning"), random_seed=0)
    module.train()
    assert all(part.training for part in module.modules() if isinstance(part, nn.BatchNorm2d))


def test_a_step_logs_its_loss(module: ClassifierModule, monkeypatch: pytest.MonkeyPatch):
    logged: dict[str, float] = {}
    monkeypatch.setattr(module, "log", lambda name, value, **_: logged.update({name: float(value)}))
    module.train()
    batch = (torch.randn(2, 3, 64, 64), torch.eye(2, CLASSES), torch.arange(2))
    loss = module.training_step(batch, 0)["loss"]
    assert logged == {"train/loss": pytest.approx(loss.item())}
    assert loss.item() == pytest.approx(soft_margin(module.network(batch[0]), batch[1]).item(), rel=1e-4)
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.network.head_parameters())


def test_the_map_is_one_number_over_all_batches(module: ClassifierModule, monkeypatch: pytest.MonkeyPatch):
    logged: list[tuple[str, Any]] = []
    monkeypatch.setattr(module, "log", lambda name, value, **_: logged.append((name, value)))
    module.eval()
    expected = []
    with torch.no_grad():
        for epoch in range(2):
            images, present = torch.randn(5, 3, 64, 64), (torch.rand(5, CLASSES) > 0.5).float()
            expected.append(mean_average_precision(present.bool().numpy(), module.network(images).numpy()))
            for start in (0, 3):
                batch = images[start : start + 3], present[start : start + 3], torch.arange(3)[: 5 - start]
                module.validation_step(batch, 0)
            module.on_validation_epoch_end()
            assert len(logged) == epoch + 1
    assert logged == [("val/map", pytest.approx(value)) for value in expected], "an epoch's own images count"
    assert expected[0] != expected[1]
    assert not np.isnan(expected).any()


def test_the_map_is_over_the_images_of_all_processes(module: ClassifierModule, monkeypatch: pytest.MonkeyPatch):
    logged: dict[str, float] = {}
    monkeypatch.setattr(module, "log", lambda name, value, **_: logged.update({name: float(value)}))
    present, logits = np.eye(CLASSES, dtype=bool), np.random.default_rng(0).random((CLASSES, CLASSES))
    other = np.roll(present, 1, axis=0), np.random.default_rng(1).random((CLASSES, CLASSES))
    monkeypatch.setattr("wsss.training.classifier.gathered", lambda own: [*own, other])
    module._answers.append((present, logits))
    module.on_validation_epoch_end()
    both = np.concatenate([present, other[0]]), np.concatenate([logits, other[1]])
    assert logged["val/map"] == pytest.approx(mean_average_precision(*both))
    assert logged["val/map"] != pytest.approx(mean_average_precision(present, logits))
