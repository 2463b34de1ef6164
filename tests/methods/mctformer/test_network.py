"""A token for each class: timm's own forward where there is one class, and what follows where there are more."""

from typing import Any

import pytest
import timm
import torch
from builders import named

from wsss.errors import ModelError
from wsss.methods.mctformer.losses import ranked_mean
from wsss.methods.mctformer.network import ClassTokenClassifier, ClassTokenOptions
from wsss.models.classifier import ClassifierOptions
from wsss.models.cuts.families import create_backbone
from wsss.testing.networks import PROMISES, Promise
from wsss.testing.tiny import shake

NAME = "vit_tiny_patch16_224"
OPTIONS = ClassTokenOptions(classifier=ClassifierOptions(backbone=NAME, weights="none"), decay=0.9)


def images(height: int = 48, width: int = 64) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def timms() -> Any:
    net = timm.create_model(NAME, dynamic_img_size=True, dynamic_img_pad=True).eval()
    shake(net)
    return net


def network(timms: Any, *, classes: int) -> ClassTokenClassifier:
    """Tokens without noise."""
    backbone = create_backbone(NAME, output_stride=16)
    backbone.load_state_dict(timms.state_dict(), strict=False)
    made = ClassTokenClassifier(backbone, classes=classes, decay=0.9).eval()
    with torch.no_grad():
        made.tokens.copy_(timms.cls_token.expand_as(made.tokens))
    return made


@pytest.mark.parametrize("size", [(224, 224), (48, 64)])
def test_one_class_is_timm_s_own_forward(timms: Any, size: tuple[int, int]):
    one = network(timms, classes=1)
    with torch.no_grad():
        _, theirs = timms.forward_intermediates(images(*size), norm=False, return_prefix_tokens=True)
        answer, maps = one.answer(images(*size)), one.until("last", images(*size)).maps
    assert len(theirs) == len(answer.tokens) == 12
    for own, (_, prefix) in zip(answer.tokens, theirs, strict=True):
        torch.testing.assert_close(own, prefix, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(maps, theirs[-1][0], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(answer.classes[:, 0], theirs[-1][1][:, 0].mean(dim=1), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(answer.patches, ranked_mean(one.head(maps), decay=0.9))


def test_copies_of_a_token_say_the_same(timms: Any):
    three = network(timms, classes=3)
    with torch.no_grad():
        seen, answer = three.class_attention(images(), blocks=three.attending), three.answer(images())
    torch.testing.assert_close(seen.classes[:, 0], seen.classes[:, 2])
    torch.testing.assert_close(answer.classes[:, 0], answer.classes[:, 1])


def test_classes_in_another_order_are_the_same_classes(timms: Any):
    one, other, order = network(timms, classes=3), network(timms, classes=3), torch.tensor([2, 0, 1])
    with torch.no_grad():
        one.tokens.add_(torch.randn(one.tokens.shape))
        other.tokens.copy_(one.tokens[:, order])
        other.head.weight.copy_(one.head.weight[order])
        torch.testing.assert_close(other(images()), one(images())[:, order], rtol=1e-4, atol=1e-4)
        first, second = (each.class_attention(images(), blocks=("last",)) for each in (one, other))
    torch.testing.assert_close(second.classes, first.classes[:, order], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(second.patches, first.patches[:, order], rtol=1e-4, atol=1e-4)


def test_attention_against_a_softmax_over_all_tokens(timms: Any):
    two = network(timms, classes=2)
    with torch.no_grad():
        cut = two._embed(images())
        tokens = torch.cat([*cut.rest, cut.maps.flatten(2).mT], dim=1)
        block = two.backbone.blocks[0]
        queries, keys, _ = block.attn.qkv(block.norm1(tokens)).unflatten(2, (3, 3, 64)).permute(2, 0, 3, 1, 4)
        expected = (queries @ keys.mT / 8).softmax(dim=3).mean(dim=1)
        seen = two.class_attention(images(), blocks=("block1",))
        (among,) = two.attentions(images(), blocks=("block1",))
        summed = sum(two.attentions(images(), blocks=two.attending))
    torch.testing.assert_close(seen.classes, expected[:, :2, 2:], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(among, expected[:, 2:, 2:], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(seen.among, summed, rtol=1e-4, atol=1e-5)


def test_tokens_start_near_the_checkpoint_s_and_patches_keep_their_positions():
    torch.manual_seed(0)
    backbone = OPTIONS.classifier.build(named(3)).backbone  # type: ignore[attr-defined]
    torch.manual_seed(0)
    made = OPTIONS.build(named(3))
    assert torch.equal(made.backbone.pos_embed, backbone.pos_embed[:, 1:])
    assert torch.equal(made.positions, backbone.pos_embed[:, :1].expand(-1, 3, -1))
    apart = (made.tokens - backbone.cls_token).detach().std()
    assert 0.015 < float(apart) < 0.025
    assert made.backbone.cls_token is None


def test_every_parameter_learns_but_those_that_are_gone():
    made = OPTIONS.build(named(3))
    answer = made.answer(images())
    (answer.classes.sum() + answer.patches.sum() + sum(each.square().sum() for each in answer.tokens)).backward()
    assert [name for name, each in made.named_parameters() if each.grad is None] == []
    parts = [*made.head_parameters(), *made.backbone_parameters()]
    assert {id(each) for each in parts} == {id(each) for each in made.parameters()}
    assert len(parts) == len(list(made.parameters()))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_it_can_be_cut(promise: Promise, timms: Any):
    promise(network(timms, classes=4))


def test_a_skeleton_takes_the_state_of_what_was_built():
    made, again = OPTIONS.build(named(3)).eval(), OPTIONS.skeleton(named(3)).eval()
    again.load_state_dict(made.state_dict())
    with torch.no_grad():
        assert torch.equal(made(images()), again(images()))
    outline = OPTIONS.outline()
    assert {parameter.device.type for parameter in outline.parameters()} == {"meta"}
    assert outline.blocks == ("stem", *(f"block{n}" for n in range(1, 12)), "last")
    assert OPTIONS.classifier.outline().backbone.cls_token is not None, "others look at it too"  # type: ignore[attr-defined]


def test_the_decay_pools_the_patch_maps():
    torch.manual_seed(0)
    one = OPTIONS.build(named(3)).eval()
    mean = ClassTokenOptions(classifier=OPTIONS.classifier, decay=1.0).skeleton(named(3)).eval()
    mean.load_state_dict(one.state_dict())
    with torch.no_grad():
        maps = mean.head(mean.until("last", images()).maps)
        torch.testing.assert_close(mean.answer(images()).patches, maps.mean(dim=(2, 3)))
        assert not torch.allclose(one.answer(images()).patches, maps.mean(dim=(2, 3)))
    with pytest.raises(ValueError, match="decay must lie in"):
        ClassTokenOptions(classifier=OPTIONS.classifier, decay=0.0)


@pytest.mark.parametrize("backbone", ["mobilenetv3_small_050", "vit_small_patch14_reg4_dinov2"])
def test_other_backbones_are_refused(backbone: str):
    stride = 14 if "14" in backbone else 32
    classifier = ClassifierOptions(backbone=backbone, weights="none", output_stride=stride)
    with pytest.raises(ModelError, match="class tokens need a plain ViT with one class token"):
        ClassTokenOptions(classifier=classifier).check()


def test_downloads_are_the_backbone_s():
    given = ClassTokenOptions(classifier=ClassifierOptions(backbone=NAME, weights="imagenet"))
    assert given.downloads() == given.classifier.downloads()
    assert given.normalisation == given.classifier.normalisation
