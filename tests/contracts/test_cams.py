"""What every CAM method promises, on networks made by hand and on every family of classifiers."""

import gc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import torch
from builders import defined
from families import FAMILIES, small_family_network
from networks import CLASSES, TinyGAP, TinyMLP, tiny_pairs
from torch import Tensor, nn

from wsss import cams
from wsss.cams import CAMMethod
from wsss.errors import ModelError
from wsss.models import backbones, families
from wsss.models.chain import Chained
from wsss.types import Targets

METHODS: list[type[CAMMethod]] = defined(cams, CAMMethod)
BY_HAND = {"linear head": TinyGAP, "deeper head": TinyMLP, "binary classifiers": tiny_pairs}
NETWORKS = [*BY_HAND, *FAMILIES]
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def named(network: str) -> nn.Module:
    return BY_HAND[network]() if network in BY_HAND else small_family_network(network)


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> nn.Module:
    return named(request.param)


@pytest.fixture(params=METHODS, ids=lambda cls: cls.__name__)
def method(request: pytest.FixtureRequest, network: Any) -> CAMMethod:
    made: CAMMethod = request.param()
    try:
        made.check(network)
    except ModelError as error:
        pytest.skip(f"{request.param.__name__} does not fit: {error}")
    return made


@pytest.fixture
def images() -> Tensor:
    return torch.randn(3, 3, 54, 37, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def targets() -> Targets:
    return Targets.of([[0, 2], [], [1, 2, 3]])


def state(network: nn.Module) -> dict[str, Any]:
    """Everything that a method must leave alone, as values that can be compared."""
    tensors = dict(network.state_dict()) | {f"{n}.grad": p.grad for n, p in network.named_parameters()}
    return {
        "tensors": {n: None if t is None else sha256(t.numpy().tobytes()).hexdigest() for n, t in tensors.items()},
        "frozen": [not parameter.requires_grad for parameter in network.parameters()],
        "modes": [module.training for module in network.modules()],
        "hooks": [len(getattr(module, name)) for module in network.modules() for name in HOOKS],
        "attributes": [sorted(vars(module)) for module in network.modules()],
        "random": torch.get_rng_state().tolist(),
        "torch": (torch.is_grad_enabled(), torch.is_autocast_enabled("cpu"), torch.get_default_dtype()),
    }


def fitting(method: CAMMethod) -> Any:
    """The first network that the method fits."""
    for name in NETWORKS:
        with suppress(ModelError):
            method.check(named(name))
            return named(name)
    raise AssertionError("no network fits")


def close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=1e-4, atol=1e-5 * float(b.abs().max()))


def test_every_method_fits_a_network_here():
    for cls in METHODS:
        refusals = 0
        for network in NETWORKS:
            try:
                cls().check(named(network))
            except ModelError:
                refusals += 1
        assert refusals < len(NETWORKS), f"{cls.__name__} is not tested by anything here"


def test_every_family_is_here():
    here = {families.family_of(small_family_network(family).backbone) for family in FAMILIES}
    own = {f"{cls.__module__}.{cls.__qualname__}" for cls in defined(backbones, nn.Module) if issubclass(cls, Chained)}
    assert own
    assert here == {*families.FAMILIES, *own}


def test_raw_maps_are_finite_float32_without_history(method: CAMMethod, network: Any, images: Tensor, targets: Targets):
    kept = images.clone()
    raw = method(network, images, targets)
    assert raw.dtype == torch.float32
    assert raw.ndim == 3
    assert len(raw) == len(targets) == 5
    assert raw.isfinite().all()
    assert raw.std() > 0
    assert not raw.requires_grad
    assert torch.equal(images, kept)


def test_maps_permute_with_the_targets(method: CAMMethod, network: Any, images: Tensor, targets: Targets):
    order = torch.tensor([3, 0, 4, 1, 2])
    permuted = Targets(image=targets.image[order], cls=targets.cls[order])
    assert close(method(network, images, permuted), method(network, images, targets)[order])


def test_a_batch_is_its_images_one_by_one(method: CAMMethod, network: Any, images: Tensor):
    classes = [[0, 2], [1], [1, 2, 3]]
    together = method(network, images, Targets.of(classes))
    alone = [method(network, images[i : i + 1], Targets.of([own])) for i, own in enumerate(classes)]
    assert close(together, torch.cat(alone))


def test_an_image_without_targets_changes_nothing(method: CAMMethod, network: Any, images: Tensor, targets: Targets):
    without = Targets.of([[0, 2], [1, 2, 3]])
    assert close(method(network, images, targets), method(network, images[[0, 2]], without))


def test_no_targets_give_no_maps(method: CAMMethod, network: Any, images: Tensor, targets: Targets):
    none = method(network, images, Targets.of([[], [], []]))
    assert none.dtype == torch.float32
    assert none.shape == (0, *method(network, images, targets).shape[1:])


@pytest.mark.parametrize("training", [False, True])
def test_the_model_is_left_as_it_was(
    method: CAMMethod, network: Any, images: Tensor, targets: Targets, *, training: bool
):
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    first, second, *_ = network.parameters()
    first.grad = torch.ones_like(first)
    second.requires_grad_(False)
    for module in network.modules():
        # Statistics and dropout move with every forward pass in training, whoever asks for it.
        module.training = training and module not in norms and not isinstance(module, nn.Dropout)
    before = state(network)
    method(network, images, targets)
    assert state(network) == before
    first.grad = None
    second.requires_grad_(True)
    network.eval()


@pytest.mark.parametrize("part", ["until", "after"])
def test_the_model_is_left_as_it_was_when_it_raises(
    method: CAMMethod,
    network: Any,
    images: Tensor,
    targets: Targets,
    part: str,
    monkeypatch: pytest.MonkeyPatch,
):
    calls: list[str] = []
    whole: Callable[..., Any] = getattr(network, part)

    def raising(*arguments: Any) -> Any:
        calls.append(part)
        whole(*arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(network, part, raising)
    before = state(network)
    with suppress(ZeroDivisionError):
        method(network, images, targets)
        assert not calls, "the error was swallowed"
    assert state(network) == before


def test_works_under_no_grad(method: CAMMethod, network: Any, images: Tensor, targets: Targets):
    expected = method(network, images, targets)
    with torch.no_grad():
        assert torch.equal(method(network, images, targets), expected)


def test_works_with_a_frozen_model(method: CAMMethod, network: Any, images: Tensor, targets: Targets):
    expected = method(network, images, targets)
    network.requires_grad_(False)
    frozen = method(network, images, targets)
    network.requires_grad_(True)
    assert torch.equal(frozen, expected)


def test_is_float32_inside_autocast(method: CAMMethod, network: Any, images: Tensor, targets: Targets):
    expected = method(network, images, targets)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        raw = method(network, images, targets)
    assert raw.dtype == torch.float32
    assert raw.isfinite().all()
    assert not torch.equal(raw, raw.bfloat16().float()), "the result was rounded to half precision"
    assert (raw - expected).abs().max() < 0.1 * expected.abs().max()


@pytest.mark.parametrize("method", METHODS, ids=lambda cls: cls.__name__)
def test_no_tensor_outlives_200_calls(method: Callable[[], CAMMethod]):
    network, images, targets = fitting(method()), torch.randn(1, 3, 16, 16), Targets.of([[0, 1]])
    method()(network, images, targets)
    gc.freeze()  # what is there already is neither looked through nor listed
    try:
        for _ in range(200):
            method()(network, images, targets)
        gc.collect()
        kept = [thing for thing in gc.get_objects() if issubclass(type(thing), Tensor)]
    finally:
        gc.unfreeze()
    assert kept == []


def test_check_names_the_blocks_there_are(method: CAMMethod, network: Any):
    with pytest.raises(ModelError, match=r"block99.*stem, block1, .*last"):
        replace(method, block="block99").check(network)


def test_the_networks_here_have_the_classes_that_are_asked_for(network: Any, images: Tensor):
    assert network.after("last", network.until("last", images)).shape == (3, CLASSES)
