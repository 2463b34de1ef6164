"""The contract of classifiers that can be cut: a network is the same whole, and cut after any of its blocks."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn

from wsss.errors import ModelError
from wsss.protocols import LinearHead

Promise = Callable[[Any], None]


def check_network(network: nn.Module) -> None:
    """Raise an `AssertionError` at the first promise of a `CutClassifier` that a network breaks, in evaluation mode."""
    for promise in PROMISES:
        promise(network)


@torch.no_grad()
def every_cut_gives_the_logits(network: Any) -> None:
    """`after(block, until(block, images))` is what the network says of the images, for every block."""
    expected = network.after(network.blocks[-1], network.until(network.blocks[-1], _images()))
    assert expected.ndim == 2, f"logits have the shape {tuple(expected.shape)}, and not [b c]"
    assert expected.std() > 0, "all logits are equal"
    for block in network.blocks:
        logits = network.after(block, network.until(block, _images()))
        assert torch.allclose(logits, expected, rtol=1e-4, atol=1e-5), f"cut after {block}, logits are others"


@torch.no_grad()
def maps_have_the_stride_that_is_said(network: Any) -> None:
    """Strides do not fall, and the last is the network's own; an image is covered by whole cells."""
    images, strides = _images(), []
    for block in network.blocks:
        cut = network.until(block, images)
        strides.append(cut.stride)
        cells = tuple(-(-side // cut.stride) for side in images.shape[2:])
        assert cut.maps.shape[2:] == cells, f"{block}: {tuple(cut.maps.shape[2:])} cells at a stride of {cut.stride}"
    assert strides == sorted(strides), f"strides fall: {strides}"
    assert strides[-1] == network.stride, f"the last stride is {strides[-1]}, and `stride` says {network.stride}"


@torch.no_grad()
def a_cut_is_left_as_it_was(network: Any) -> None:
    """A method continues from one cut many times."""
    for block in network.blocks:
        cut = network.until(block, _images())
        before = [part.clone() for part in (cut.maps, *cut.rest)]
        network.after(block, cut)
        same = all(torch.equal(a, b) for a, b in zip(before, (cut.maps, *cut.rest), strict=True))
        assert same, f"`after` changed the cut after {block}"


@torch.no_grad()
def images_of_a_batch_do_not_see_each_other(network: Any) -> None:
    """Logits of an image do not depend on its batch, which `Cut.take` may change on the way."""
    order = torch.tensor([1, 0, 1])
    for block in network.blocks:
        cut = network.until(block, _images())
        expected = network.after(block, cut)[order]
        torch.testing.assert_close(network.after(block, cut.take(order)), expected, rtol=1e-4, atol=1e-5)


def maps_have_gradients(network: Any) -> None:
    """Gradient methods differentiate logits by the maps of a cut, whatever came before it."""
    for block in network.blocks:
        with torch.no_grad():
            cut = network.until(block, _images())
        maps = cut.maps.detach().requires_grad_()
        (gradients,) = torch.autograd.grad(network.after(block, cut.with_maps(maps))[:, 0].sum(), maps)
        assert gradients.isfinite().all(), f"gradients after {block} are not finite"
        assert gradients.abs().sum() > 0, f"the logits do not depend on the maps after {block}"


@torch.no_grad()
def a_linear_head_is_one(network: Any) -> None:
    """Where there are class weights, logits are the spatial means of the last maps times these."""
    cut = network.until(network.blocks[-1], _images())
    logits = network.after(network.blocks[-1], cut)
    if isinstance(network, LinearHead):
        torch.testing.assert_close(cut.maps.mean(dim=(2, 3)) @ network.head_weight.T, logits, rtol=1e-4, atol=1e-5)


def another_block_is_refused(network: Any) -> None:
    """A `ModelError` names the blocks that there are."""
    refusal = _refusal(network, "block99")
    assert refusal, "block99 was not refused"
    assert all(block in refusal for block in network.blocks), f"the refusal does not name the blocks: {refusal}"


PROMISES: Final[tuple[Promise, ...]] = (
    every_cut_gives_the_logits,
    maps_have_the_stride_that_is_said,
    a_cut_is_left_as_it_was,
    images_of_a_batch_do_not_see_each_other,
    maps_have_gradients,
    a_linear_head_is_one,
    another_block_is_refused,
)


def _images() -> Tensor:
    return torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(3))


def _refusal(network: Any, block: str) -> str:
    """Return why a network has no such block; nothing where it has one."""
    try:
        network.until(block, _images())
    except ModelError as error:
        return str(error)
    return ""
