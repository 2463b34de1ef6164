"""Batch norm over processes, which are threads here: a sum over them waits until all have come."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
import timm
import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn

from wsss.models.freezing import freeze_batch_norm
from wsss.training import batch_norm, module
from wsss.training.batch_norm import SHARED, GlobalBatchNorm

Together = Callable[[Sequence[Callable[[], Any]]], list[Any]]


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Together:
    """Run one callable a process, with a sum over all of them in place of torch.distributed's."""

    def run(calls: Sequence[Callable[[], Any]]) -> list[Any]:
        barrier = threading.Barrier(len(calls), timeout=60)
        given: list[Tensor] = []

        def all_reduce(total: Tensor) -> None:
            if barrier.wait() == 0:
                given.clear()
            barrier.wait()
            given.append(total.clone())
            barrier.wait()
            total.copy_(torch.stack(sorted(given, key=lambda tensor: tensor.tolist())).sum(dim=0))

        monkeypatch.setattr(module, "distributed", SimpleNamespace(is_initialized=lambda: True, all_reduce=all_reduce))
        with ThreadPoolExecutor(len(calls)) as pool:
            return [future.result() for future in [pool.submit(call) for call in calls]]

    return run


def layer(kind: type[nn.Module], **options: Any) -> Any:
    torch.manual_seed(0)
    norm: Any = kind(3, **options)
    if norm.affine:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    return norm


def step(network: nn.Module, images: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return the answer and the images' gradient; the parameters keep theirs."""
    own = images.clone().requires_grad_()
    answer = network(own)
    (answer * weights).sum().backward()
    assert own.grad is not None
    return answer.detach(), own.grad


KINDS = [
    (nn.BatchNorm2d, {}),
    (nn.BatchNorm2d, {"affine": False}),
    (nn.BatchNorm2d, {"momentum": None}),
    (nn.BatchNorm2d, {"track_running_stats": False}),
    (BatchNormAct2d, {}),
]


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("shares", [(4, 4), (1, 7), (3, 3, 2)])
def test_processes_together_are_one(
    kind: type[nn.Module], options: dict[str, Any], shares: tuple[int, ...], together: Together
):
    images, weights = torch.randn(8, 3, 5, 4) * 3 + 100, torch.randn(8, 3, 5, 4)
    alone = layer(kind, **options)
    expected = step(alone, images, weights)
    several = [GlobalBatchNorm().apply(layer(kind, **options)) for _ in shares]
    pieces = list(zip(several, images.split(shares), weights.split(shares), strict=True))
    found = together([lambda piece=piece: step(*piece) for piece in pieces])
    for one, own in zip(expected, zip(*found, strict=True), strict=True):
        torch.testing.assert_close(torch.cat(own), one, atol=1e-4, rtol=1e-4)
    for name, parameter in alone.named_parameters():
        total = sum(dict(norm.named_parameters())[name].grad for norm in several)
        torch.testing.assert_close(total, parameter.grad, atol=1e-4, rtol=1e-4)
    for norm in several:
        for name, buffer in alone.named_buffers():
            torch.testing.assert_close(dict(norm.named_buffers())[name], buffer)


@pytest.mark.parametrize("kind", SHARED)
def test_it_is_undone_and_leaves_names_and_weights(kind: type[nn.Module]):
    network = nn.Sequential(layer(kind), nn.ReLU())
    before = deepcopy(network.state_dict())
    GlobalBatchNorm().apply(network)
    assert type(network[0]) is SHARED[kind]
    assert network.state_dict().keys() == before.keys()
    GlobalBatchNorm().revert(network)
    assert type(network[0]) is kind


@pytest.mark.parametrize("kind", SHARED)
def test_gpus_have_torch_s_own_layers_with_all_that_timm_s_do_besides(
    kind: type[nn.Module], monkeypatch: pytest.MonkeyPatch
):
    images, norm = torch.randn(2, 3, 4, 4), layer(kind)
    before = deepcopy(norm.state_dict())
    evaluated = norm.eval()(images)
    GlobalBatchNorm(cuda=True).apply(norm)
    assert isinstance(norm, nn.SyncBatchNorm)
    assert norm.state_dict().keys() == before.keys()
    assert torch.equal(norm(images), evaluated)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    with pytest.raises(ValueError, match="SyncBatchNorm expected input tensor to be on"):
        norm.train()(images)
    GlobalBatchNorm(cuda=True).revert(norm)
    assert type(norm) is kind


@pytest.mark.parametrize("kind", SHARED)
def test_evaluation_and_frozen_layers_ask_nobody(kind: type[nn.Module], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(batch_norm, "over_all_ranks", lambda _: pytest.fail("asked"))
    images = torch.randn(2, 3, 4, 4)
    norm = layer(kind)
    freeze_batch_norm(norm)
    expected = norm(images)
    assert torch.equal(GlobalBatchNorm().apply(norm)(images), expected)


def test_a_single_value_is_refused(together: Together):
    norm = GlobalBatchNorm().apply(layer(nn.BatchNorm2d))
    with pytest.raises(ValueError, match="more than one value a channel"):
        together([lambda: norm(torch.randn(1, 3, 1, 1))])


def test_half_precision_is_normalised_in_single(together: Together):
    norm = GlobalBatchNorm().apply(layer(nn.BatchNorm2d))
    images = torch.randn(4, 3, 8, 8) + 300
    (found,) = together([lambda: norm(images.bfloat16())])
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), layer(nn.BatchNorm2d)(images.bfloat16().float()), atol=0.02, rtol=0.02)


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet18", "vgg11_bn", "mobilenetv3_small_100"])
def test_no_batch_norm_of_a_classifier_is_left_out(name: str):
    network = GlobalBatchNorm().apply(timm.create_model(name, pretrained=False))
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    assert norms
    assert {type(norm) for norm in norms} <= set(SHARED.values())
