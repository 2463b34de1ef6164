"""The decoder on frozen backbones: shapes at any size, what learns, and the same numbers as its layers give alone."""

import torch
from timm.data.constants import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch.nn import functional

from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.segmenters.frozen_vit import Decoder, FrozenSegmenter, Fuse, quick_gelu
from wsss.models.segmenters.frozen_vit_options import FrozenViTOptions
from wsss.testing.tiny import shake

CLIP = FrozenBackbone(backbone="vit_tiny_patch16_224", weights="none", layers=2)
DINO = FrozenBackbone(backbone="vit_small_patch14_dinov2", weights="none", layers=1)


def network(*backbones: FrozenBackbone) -> FrozenSegmenter:
    options = FrozenViTOptions(
        backbones={str(n): each for n, each in enumerate(backbones)}, width=16, heads=2, layers=1
    )
    made = options.build(("cat", "dog"))
    shake(made.network.get_submodule("fuse"))
    shake(made.network.get_submodule("decoder"))
    return made.eval()


def images(height: int, width: int) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))


def test_every_pixel_is_labelled_whatever_the_patches():
    for own in (network(CLIP), network(DINO), network(CLIP, DINO)):
        with torch.no_grad():
            assert own.segment(images(50, 37)).shape == (2, 3, 50, 37)


def test_the_answer_is_the_mean_of_the_backbones_own():
    own = network(CLIP, DINO)
    with torch.no_grad():
        features, answers = own.told(images(50, 37))
        assert features.shape == (2, 32, 4, 3)
        assert [tuple(each.shape) for each in answers] == [(2, 3, 4, 3)] * 2
        fine = [functional.interpolate(each, size=(64, 48), mode="bilinear", align_corners=False) for each in answers]
        fine = [each[..., :50, :37] for each in fine]
        torch.testing.assert_close(own.segment(images(50, 37)), (fine[0] + fine[1]) / 2)
        assert all(torch.equal(a, b) for a, b in zip(own.learnt(images(50, 37)), fine, strict=True))


def test_a_second_backbone_sees_the_same_cells_in_its_own_pixels():
    own = network(CLIP, DINO)
    with torch.no_grad():
        first, second = own.encoder(images(64, 32))
        (clip, dino), (_, way) = own.encoder.backbones, own.encoder.ways  # type: ignore[misc]
        resized = functional.interpolate(way(images(64, 32)), size=(56, 28), mode="bilinear", align_corners=False)
        assert torch.equal(second[0], dino(resized)[0])
        assert all(torch.equal(a, b) for a, b in zip(first, clip(images(64, 32)), strict=True))
    assert first[0].shape[2:] == second[0].shape[2:] == (4, 2)


def test_pixels_are_normalised_as_each_backbone_wants_them():
    first, second = network(CLIP, DINO).encoder.ways  # type: ignore[misc]
    values = torch.rand(1, 3, 2, 2)
    mean, std = (torch.tensor(each)[:, None, None] for each in (IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD))
    given = (values - 0.5) / 0.5  # as timm's vit_tiny_patch16_224 wants them
    torch.testing.assert_close(first(given), given)
    torch.testing.assert_close(second(given), (values - mean) / std)


def test_the_decoder_alone_learns():
    own = network(CLIP).train()
    assert list(own.encoder_parameters()) == []
    assert {id(each) for each in own.decoder_parameters()} == {id(each) for each in own.parameters()}
    before = own.encoder.backbones[0].net.state_dict()  # type: ignore[index,union-attr]
    before = {key: tensor.clone() for key, tensor in before.items()}
    optimiser = torch.optim.SGD(own.parameters(), lr=0.1)
    own.segment(images(32, 32)).square().mean().backward()
    assert all(each.grad is not None for each in own.parameters())
    optimiser.step()
    after = own.encoder.backbones[0].net.state_dict()  # type: ignore[index,union-attr]
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_fuse_against_plain_products():
    fuse = Fuse(5, count=2, width=4, dropout=0.5).eval()
    maps = [torch.randn(1, 5, 2, 3) for _ in range(2)]
    parts = []
    for layers, each in zip(fuse.each, maps, strict=True):
        first, _, second = layers  # type: ignore[misc]
        hidden = torch.relu(torch.einsum("ed,bdyx->beyx", first.weight[:, :, 0, 0], each) + first.bias[:, None, None])
        parts.append(torch.einsum("ed,bdyx->beyx", second.weight[:, :, 0, 0], hidden) + second.bias[:, None, None])
    joined = torch.einsum("ed,bdyx->beyx", fuse.all.weight[:, :, 0, 0], torch.cat(parts, dim=1))
    torch.testing.assert_close(fuse(maps), joined + fuse.all.bias[:, None, None])


def test_a_decoder_s_block_against_plain_attention():
    decoder = Decoder(3, width=8, layers=1, heads=2)
    features = torch.randn(2, 8, 2, 3)
    (block,) = decoder.blocks
    cells = features.flatten(2).mT
    normed = functional.layer_norm(cells, (8,), block.norm1.weight, block.norm1.bias)  # type: ignore[arg-type]
    projected = normed @ block.self_attn.in_proj_weight.T + block.self_attn.in_proj_bias  # type: ignore[union-attr]
    queries, keys, values = (part.unflatten(2, (2, 4)).transpose(1, 2) for part in projected.chunk(3, dim=2))
    mixed = (queries @ keys.mT / 2).softmax(dim=3) @ values
    cells = cells + block.self_attn.out_proj(mixed.transpose(1, 2).flatten(2))  # type: ignore[operator,union-attr]
    normed = functional.layer_norm(cells, (8,), block.norm2.weight, block.norm2.bias)  # type: ignore[arg-type]
    cells = cells + block.linear2(quick_gelu(block.linear1(normed)))  # type: ignore[operator]
    expected = decoder.head(cells.mT.reshape(2, 8, 2, 3))
    torch.testing.assert_close(decoder(features), expected)
    torch.testing.assert_close(decoder.eval()(features), expected)


def test_quick_gelu_is_clip_s():
    values = torch.tensor([-2.0, 0.0, 1.5])
    torch.testing.assert_close(quick_gelu(values), values / (1 + torch.exp(-1.702 * values)))
