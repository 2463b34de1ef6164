"""The contract of CAM methods: float32 maps that depend on their image and class alone, and nothing left behind."""

import gc
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Final
from unittest.mock import patch

import torch
from torch import Tensor, nn

from wsss.cams import CAMMethod
from wsss.errors import ModelError
from wsss.testing.small import small_networks
from wsss.types import Targets

HOOKS: Final = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
TARGETS: Final = ((0, 2), (), (1, 2, 3))
"""The classes of three images."""
CALLS: Final = 20
"""How often a method is called before what is left of it is counted."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A method on a network that it fits."""

    method: CAMMethod
    network: Any

    @cached_property
    def maps(self) -> Tensor:
        """The method's maps, computed once for all promises that compare others with them."""
        return self.compute()

    def compute(self) -> Tensor:
        """Return the method's maps, computed anew."""
        return self.method(self.network, _images(), Targets.of(TARGETS))


Promise = Callable[[Case], None]


def check_cam_method(method: CAMMethod, *networks: nn.Module) -> None:
    """Raise an `AssertionError` at the first promise that a CAM method breaks on a network that it fits.

    Networks are small ones of every kind that wsss has, unless some are given: of four classes, for images of 54 x 37
    pixels. The method must fit at least one.
    """
    fitting = [network for network in networks or small_networks().values() if fits(method, network)]
    assert fitting, f"{method} fits none of the networks: give check_cam_method one that it fits"
    cases = [Case(method=method, network=network) for network in fitting]
    for case in cases:
        for promise in PROMISES:
            promise(case)
    no_tensor_outlives_its_call(cases[0])


def fits(method: CAMMethod, network: nn.Module) -> bool:
    """Whether a method says that it fits a network."""
    return not _refusal(method, network)


def pairs(methods: Iterable[CAMMethod]) -> list[tuple[CAMMethod, str]]:
    """Return every method with the name of every small network that it fits."""
    return [(method, name) for method in methods for name, network in small_networks().items() if fits(method, network)]


def maps_are_finite_float32_without_history(case: Case) -> None:
    """One map a pair of image and class; what was given stays as it was."""
    images, targets = _images(), Targets.of(TARGETS)
    raw = case.method(case.network, images, targets)
    assert raw.dtype == torch.float32, f"maps are {raw.dtype}"
    assert raw.ndim == 3, f"maps have the shape {tuple(raw.shape)}, and not [n y x]"
    assert len(raw) == len(targets), f"{len(raw)} maps for {len(targets)} pairs"
    assert raw.isfinite().all(), "maps are not finite"
    assert raw.std() > 0, "all values are equal"
    assert not raw.requires_grad, "maps keep the graph of their computation"
    assert torch.equal(images, _images()), "the images were changed"


def maps_permute_with_the_targets(case: Case) -> None:
    """Another order of the pairs is another order of the maps."""
    targets, order = Targets.of(TARGETS), torch.tensor([3, 0, 4, 1, 2])
    permuted = Targets(image=targets.image[order], cls=targets.cls[order])
    _assert_close(case.method(case.network, _images(), permuted), case.maps[order])


def a_batch_is_its_images_one_by_one(case: Case) -> None:
    """No image sees another of its batch."""
    images, classes = _images(), ((0, 2), (1,), (1, 2, 3))
    together = case.method(case.network, images, Targets.of(classes))
    alone = [case.method(case.network, images[i : i + 1], Targets.of([shown])) for i, shown in enumerate(classes)]
    _assert_close(together, torch.cat(alone))


def an_image_without_targets_changes_nothing(case: Case) -> None:
    """It might as well not be in the batch."""
    without = Targets.of([shown for shown in TARGETS if shown])
    _assert_close(case.maps, case.method(case.network, _images()[[0, 2]], without))


def no_targets_give_no_maps(case: Case) -> None:
    """An empty tensor, of the size that maps would have."""
    none = case.method(case.network, _images(), Targets.of([(), (), ()]))
    size = case.maps.shape[1:]
    assert none.dtype == torch.float32, f"maps are {none.dtype}"
    assert none.shape == (0, *size), f"maps have the shape {tuple(none.shape)}, and not {(0, *size)}"


def the_network_is_left_as_it_was(case: Case) -> None:
    """Weights, gradients, modes, hooks and attributes, in evaluation and in training; torch's own state, too."""
    for training in (False, True):
        changed = deepcopy(case.network)
        first, second, *_ = changed.parameters()
        first.grad = torch.ones_like(first)
        second.requires_grad_(requires_grad=False)
        for module in changed.modules():
            # Statistics and dropout move with every forward pass in training, whoever asks for it.
            module.training = training and not isinstance(module, nn.BatchNorm2d | nn.Dropout)
        before = _state(changed)
        replace(case, network=changed).compute()
        _assert_same(_state(changed), before)


def the_network_is_left_as_it_was_when_it_raises(case: Case) -> None:
    """An error of the network passes through, and nothing is left behind."""
    for part in ("until", "after"):
        calls: list[int] = []
        whole: Callable[..., Any] = getattr(case.network, part)

        def raising(*arguments: Any, whole: Callable[..., Any] = whole, calls: list[int] = calls) -> Any:
            calls.append(1)
            whole(*arguments)
            raise ZeroDivisionError

        with patch.object(case.network, part, raising):
            before = _state(case.network)
            try:
                case.compute()
            except ZeroDivisionError:
                pass
            else:
                assert not calls, f"an error of `{part}` was swallowed"
            _assert_same(_state(case.network), before)


def works_under_no_grad(case: Case) -> None:
    """Gradients that it needs, it asks for itself; one that says that it needs none is asked in inference mode."""
    expected = case.maps
    with torch.no_grad() if case.method.differentiates else torch.inference_mode():
        raw = case.compute()
    assert torch.equal(raw, expected), "maps differ where gradients are off"


def works_with_a_frozen_network(case: Case) -> None:
    """Parameters need no gradient for a map."""
    frozen = replace(case, network=deepcopy(case.network).requires_grad_(requires_grad=False))
    assert torch.equal(frozen.maps, case.maps), "maps of a frozen network differ"


def maps_are_float32_inside_autocast(case: Case) -> None:
    """The network may run in half precision; sums over maps may not."""
    expected = case.maps
    with torch.autocast("cpu", dtype=torch.bfloat16):
        raw = case.compute()
    assert raw.dtype == torch.float32, f"maps are {raw.dtype}"
    assert raw.isfinite().all(), "maps are not finite"
    assert not torch.equal(raw, raw.bfloat16().float()), "the result was rounded to half precision"
    assert (raw - expected).abs().max() < 0.1 * expected.abs().max(), "maps are far from those of full precision"


def check_names_the_blocks_there_are(case: Case) -> None:
    """A block that the network does not have is refused with those that it has."""
    refusal = _refusal(replace(case.method, block="block99"), case.network)
    assert refusal, "block99 was not refused"
    assert all(name in refusal for name in ("block99", *case.network.blocks)), f"the refusal names no blocks: {refusal}"


def no_tensor_outlives_its_call(case: Case) -> None:
    """After some calls, nothing is there that was not there after the first."""
    images, targets = torch.randn(1, 3, 16, 16), Targets.of([(0, 1)])
    case.method(case.network, images, targets)
    gc.freeze()  # what is there already is neither looked through nor listed
    try:
        for _ in range(CALLS):
            case.method(case.network, images, targets)
        gc.collect()
        kept = sum(issubclass(type(thing), Tensor) for thing in gc.get_objects())
    finally:
        gc.unfreeze()
    assert not kept, f"{kept} tensors are left after {CALLS} calls"


PROMISES: Final[tuple[Promise, ...]] = (
    maps_are_finite_float32_without_history,
    maps_permute_with_the_targets,
    a_batch_is_its_images_one_by_one,
    an_image_without_targets_changes_nothing,
    no_targets_give_no_maps,
    the_network_is_left_as_it_was,
    the_network_is_left_as_it_was_when_it_raises,
    works_under_no_grad,
    works_with_a_frozen_network,
    maps_are_float32_inside_autocast,
    check_names_the_blocks_there_are,
)


def _images() -> Tensor:
    return torch.randn(3, 3, 54, 37, generator=torch.Generator().manual_seed(2))


def _state(network: nn.Module) -> dict[str, Any]:
    """Return everything that a method must leave alone, as values that can be compared."""
    tensors = dict(network.state_dict()) | {f"{n}.grad": p.grad for n, p in network.named_parameters()}
    return {
        "tensors": {n: None if t is None else sha256(t.numpy().tobytes()).hexdigest() for n, t in tensors.items()},
        "frozen parameters": [not parameter.requires_grad for parameter in network.parameters()],
        "modes": [module.training for module in network.modules()],
        "hooks": [len(getattr(module, name)) for module in network.modules() for name in HOOKS],
        "attributes": [sorted(vars(module)) for module in network.modules()],
        "random numbers": torch.get_rng_state().tolist(),
        "torch": (torch.is_grad_enabled(), torch.is_autocast_enabled("cpu"), torch.get_default_dtype()),
    }


def _refusal(method: CAMMethod, network: Any) -> str:
    """Return why a method does not fit a network; nothing where it does."""
    try:
        method.check(network)
    except ModelError as error:
        return str(error)
    return ""


def _assert_same(state: dict[str, Any], before: dict[str, Any]) -> None:
    changed = [name for name, value in before.items() if state[name] != value]
    assert not changed, f"the call changed: {', '.join(changed)}"


def _assert_close(a: Tensor, b: Tensor) -> None:
    assert a.shape == b.shape, f"maps have the shapes {tuple(a.shape)} and {tuple(b.shape)}"
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5 * float(b.abs().max()))
