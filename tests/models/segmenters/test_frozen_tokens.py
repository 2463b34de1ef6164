"""Tokens of a frozen transformer: those that timm's own forward gives, the same before and after any training."""

from copy import deepcopy

import pytest
import timm
import torch
from torch import nn

from wsss.errors import ModelError
from wsss.models.cuts.families import create_backbone
from wsss.models.normalisation import IMAGENET, Normalisation
from wsss.models.segmenters.frozen_tokens import FrozenTokens, Renormalised, digest_of


@pytest.fixture(scope="module")
def net() -> nn.Module:
    torch.manual_seed(0)
    return create_backbone("vit_tiny_patch16_224", output_stride=16)


def images(height: int = 48, width: int = 64) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))


def test_tokens_are_those_of_timm(net: nn.Module):
    tokens = FrozenTokens(net, layers="all")
    same = timm.create_model("vit_tiny_patch16_224", dynamic_img_size=True).eval()
    same.load_state_dict(net.state_dict(), strict=False)
    with torch.no_grad():
        last, parts = same.forward_intermediates(images(), norm=False)
    found = tokens(images())
    assert (len(found), tokens.count, tokens.channels, tokens.stride) == (12, 12, 192, 16)
    for own, theirs in zip(found[:-1], parts[:-1], strict=True):
        torch.testing.assert_close(own, theirs)
    torch.testing.assert_close(found[-1].flatten(2).mT, last[:, 1:])


def test_the_last_blocks_are_counted_from_the_end(net: nn.Module):
    every, two = FrozenTokens(net, layers="all")(images()), FrozenTokens(net, layers=2)(images())
    assert len(two) == 2
    assert all(torch.equal(a, b) for a, b in zip(every[-2:], two, strict=True))
    with pytest.raises(ModelError, match="only 12 of the backbone's blocks attend, and 13 are asked for"):
        FrozenTokens(net, layers=13)
    with pytest.raises(ModelError, match="none of its blocks attends"):
        FrozenTokens(create_backbone("mobilenetv3_small_050", output_stride=32), layers="all")


def test_nothing_of_it_learns_or_is_stored(net: nn.Module):
    whole = nn.Sequential(FrozenTokens(deepcopy(net), layers=1), nn.Linear(2, 2)).train()
    assert [name for name, _ in whole.named_parameters()] == ["1.weight", "1.bias"]
    assert list(whole.state_dict()) == ["0.digest", "1.weight", "1.bias"]
    (tokens, _) = whole
    assert isinstance(tokens, FrozenTokens)
    assert not any(part.training for part in tokens.net.modules())
    assert not any(parameter.requires_grad for parameter in tokens.net.parameters())
    assert not tokens(images().requires_grad_())[0].requires_grad


def test_it_moves_with_the_rest(net: nn.Module):
    whole = nn.Sequential(FrozenTokens(deepcopy(net), layers=1)).double()
    (tokens,) = whole
    assert {parameter.dtype for parameter in tokens.net.parameters()} == {torch.float64}
    assert tokens(images().double())[0].dtype == torch.float64


def test_another_backbone_is_known_by_its_digest(net: nn.Module):
    tokens = FrozenTokens(deepcopy(net), layers=1)
    tokens.mark()
    tokens.check_mark(name="net")
    other = deepcopy(net)
    with torch.no_grad():
        next(other.parameters()).view(-1)[0] += 1
    tokens.take(other)
    with pytest.raises(ModelError, match="net: the weights that are there now are not those on which the decoder"):
        tokens.check_mark(name="net")
    assert not torch.equal(digest_of(net), digest_of(other))
    tokens.take(net)
    tokens.check_mark(name="net")


def test_images_of_another_normalisation():
    other = Normalisation(mean=(0.1, 0.2, 0.3), std=(0.5, 0.4, 0.2))
    pixels = torch.randint(0, 256, (5, 4, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8).numpy()
    found = Renormalised(IMAGENET, other)(IMAGENET(pixels)[None])
    torch.testing.assert_close(found[0], other(pixels))
    assert Renormalised(IMAGENET, other).state_dict() == {}
