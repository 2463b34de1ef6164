"""Options of a frozen segmenter: what is stored, how it is opened again, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import torch
from builders import named
from safetensors.torch import save_file

from wsss.errors import ModelError
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.segmenters.frozen_vit_options import FrozenViTOptions

TINY = FrozenBackbone(backbone="vit_tiny_patch16_224", weights="none", layers=1)


def options(**changes: Any) -> FrozenViTOptions:
    return FrozenViTOptions(**{"backbones": {"first": TINY}, "width": 16, "heads": 2, "layers": 1, **changes})


def test_an_outline_takes_no_memory_and_leaves_others_alone():
    outline = options().outline()
    assert {parameter.device.type for parameter in outline.parameters()} == {"meta"}
    assert outline is options().outline()
    assert outline.segment(torch.zeros(1, 3, 40, 20, device="meta")).shape == (1, 1, 40, 20)


def test_a_decoder_is_stored_and_its_backbone_opened_again():
    network = options().build(named(2)).eval()
    state = network.state_dict()
    numbers = sum(tensor.numel() for tensor in state.values())
    assert numbers < 20_000, "a backbone of five million numbers is not among them"
    again = options().skeleton(named(2)).eval()
    again.load_state_dict(state)
    options().complete(again)
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(images), again(images))


def test_another_file_of_weights_is_refused(tmp_path: Path):
    path, state = tmp_path / "a.safetensors", TINY.opened().state_dict()
    save_file(state, path)
    given = options(backbones={"first": FrozenBackbone(backbone="vit_tiny_patch16_224", weights=str(path), layers=1)})
    trained = given.build(named(2)).state_dict()
    save_file({key: tensor + 1 for key, tensor in state.items()}, path)
    again = given.skeleton(named(2))
    again.load_state_dict(trained)
    with pytest.raises(
        ModelError, match=r"backbone vit_tiny_patch16_224, weights '.*': the weights that are there now"
    ):
        given.complete(again)
    path.unlink()
    with pytest.raises(
        ModelError, match=r"'first': its weights are no longer at .*a\.safetensors: put them back, or run"
    ):
        given.complete(again)


def test_a_file_may_be_moved(tmp_path: Path):
    (tmp_path / "there").mkdir()
    path, moved = tmp_path / "a.safetensors", tmp_path / "there" / "b.safetensors"
    save_file(TINY.opened().state_dict(), path)
    plain = FrozenBackbone(backbone="vit_tiny_patch16_224", weights="none", layers=1)
    given = options(
        backbones={"first": FrozenBackbone(backbone=TINY.backbone, weights=str(path), layers=1), "b": plain}
    )
    assert given.files() == {"first": path}
    trained = given.build(named(2)).state_dict()
    path.rename(moved)
    again = given.skeleton(named(2))
    again.load_state_dict(trained)
    found = given.with_files({"first": moved, "b": moved, "c": moved})
    found.complete(again)
    assert found.files() == {"first": moved}
    assert found.backbones["b"] == plain


def test_width_layers_and_heads_shape_the_decoder():
    network = options(width=24, layers=2, heads=3).skeleton(named(2)).network
    decoder: Any = network.get_submodule("decoder")
    assert (len(decoder.blocks), decoder.blocks[0].self_attn.num_heads, decoder.head.in_channels) == (2, 3, 24)
    assert decoder.head.out_channels == 3


def test_dropout_takes_channels_in_training_alone():
    network = options(dropout=0.5).build(named(1))
    images = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        assert not torch.equal(network.train()(images), network(images))
        assert torch.equal(network.eval()(images), network(images))
        still = options(dropout=0.0).build(named(1)).train()
        assert torch.equal(still(images), still(images))


def test_pixels_enter_as_the_first_backbone_wants_them():
    clip = FrozenBackbone(backbone="vit_base_patch16_clip_quickgelu_224.openai", layers=1)
    assert options(backbones={"a": clip, "b": TINY}).normalisation == clip.normalisation
    assert options(backbones={"b": TINY, "a": clip}).normalisation == TINY.normalisation
    assert len(options(backbones={"a": clip, "b": TINY}).downloads()) == 1


def test_a_block_to_freeze_is_one_of_the_backbone_s():
    assert options().frozen_paths("block3") == ()
    with pytest.raises(ModelError, match="no 'block99'; its blocks are stem, block1"):
        options().frozen_paths("block99")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"backbones": {}}, "backbones: one is needed"),
        ({"width": 15}, "heads divide width; got 1, 2 and 15"),
        ({"layers": 0}, "must be at least 1"),
        ({"dropout": 1.0}, "dropout must lie in"),
    ],
)
def test_shapes_that_cannot_be_are_refused(changes: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said):
        options(**changes)


def test_a_backbone_that_cannot_be_had_is_refused_before():
    with pytest.raises(ModelError, match="timm has no network"):
        options(backbones={"a": TINY, "b": FrozenBackbone(backbone="vit_no_such", weights="none")}).check()
