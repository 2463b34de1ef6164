"""The image tower is that of transformers, at its own size and at others."""

import pytest
import timm
import torch
from clip_models import EMBEDDED, images, paired, tokens_of_transformers, tower_of_timm
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.clip.tower import ClipTower, tokens_of
from wsss.types import Cut


def run(tower: ClipTower, seen: torch.Tensor) -> tuple[Cut, list[torch.Tensor]]:
    cut, attention = tower.embed(seen), []
    for number in range(tower.depth):
        attention.append(tower.attention(number, tokens_of(cut)))
        cut = tower.attend(number, cut) if number < tower.depth - 1 else tower.norm_last(cut)
    return cut, attention


@pytest.mark.parametrize(("height", "width"), [(224, 224), (160, 224), (288, 336), (64, 400)])
def test_embeddings_and_attention_are_those_of_transformers(height: int, width: int):
    model, tower = paired()
    seen = images(height, width)
    expected = tokens_of_transformers(model, seen)
    with torch.no_grad():
        patches = model.vision_model.post_layernorm(expected.last_hidden_state)[:, 1:]
        wanted = functional.normalize(model.visual_projection(patches.mean(dim=1)), dim=1)
        cut, attention = run(tower, seen)
        found = tower.pooled(cut)
    assert (cut.stride, tuple(cut.maps.shape[2:])) == (16, (height // 16, width // 16))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)
    for own, theirs in zip(attention, expected.attentions, strict=True):
        torch.testing.assert_close(own, theirs.mean(dim=1)[:, 1:, 1:], atol=1e-5, rtol=0)
        assert own.std() > 0


def test_maps_are_the_patches_after_the_first_norm_of_the_last_block():
    model, tower = paired(side=64)
    seen = images(64, 64)
    before = tokens_of_transformers(model, seen).hidden_states[-2]
    with torch.no_grad():
        normed = model.vision_model.encoder.layers[-1].layer_norm1(before)
        cut, _ = run(tower, seen)
    torch.testing.assert_close(cut.maps.flatten(2).mT, normed[:, 1:], atol=1e-5, rtol=0)
    torch.testing.assert_close(cut.rest[0], normed[:, :1], atol=1e-5, rtol=0)
    torch.testing.assert_close(cut.rest[1], before, atol=1e-5, rtol=0)


def test_positions_are_interpolated_linearly_as_in_clip_es():
    net = tower_of_timm(side=64).eval()
    plain, other = (ClipTower(net, positions=how)._position_of((6, 3)) for how in ("bilinear", "bicubic"))
    own = net.pos_embed
    cells = own[0, 1:].reshape(4, 4, -1)
    # A centre of the new grid lies at (i + 0.5) * 4 / 6 - 0.5 of the old one.
    rows, columns = (
        [(place + 0.5) * 4 / 6 - 0.5 for place in range(6)],
        [(place + 0.5) * 4 / 3 - 0.5 for place in range(3)],
    )
    row, column = rows[2], columns[1]
    upper, left = int(row), int(column)
    down, right = row - upper, column - left
    expected = (1 - down) * ((1 - right) * cells[upper, left] + right * cells[upper, left + 1]) + down * (
        (1 - right) * cells[upper + 1, left] + right * cells[upper + 1, left + 1]
    )
    torch.testing.assert_close(plain[0, 1 + 2 * 3 + 1], expected)
    torch.testing.assert_close(plain[0, 0], own[0, 0])
    assert not torch.allclose(plain, other)


def test_images_are_padded_to_whole_patches():
    _, tower = paired(side=64)
    seen = images(50, 70)
    padded = functional.pad(seen, (0, 10, 0, 14))
    with torch.no_grad():
        assert torch.equal(tower.embed(seen).maps, tower.embed(padded).maps)
    assert tower.embed(seen).maps.shape[2:] == (4, 5)


def test_embeddings_have_length_1_and_the_width_of_the_tower():
    _, tower = paired(side=64)
    with torch.no_grad():
        found = tower.pooled(run(tower, images(64, 64))[0])
    assert found.shape == (2, EMBEDDED) == (2, tower.width)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(2))


@pytest.mark.parametrize("name", ["test_vit", "vit_small_patch16_224", "resnet18", "vit_small_patch14_reg4_dinov2"])
def test_other_networks_are_refused(name: str):
    with torch.device("meta"):
        net = timm.create_model(name)
    with pytest.raises(ModelError, match="not an image tower of CLIP: choose one such as"):
        ClipTower(net, positions="bilinear")
