import pytest
import torch
from networks import TinyGAP
from torch import Tensor, nn

from wsss.apps.notebook.layers import answer_of, cut_at, device_of, evaluating
from wsss.cams import CAM, GradCAM, LayerCAM
from wsss.errors import ModelError
from wsss.models.cuts.hooked import class_logits
from wsss.models.targets.scored import logit


def network() -> nn.Sequential:
    first = nn.Conv2d(3, 4, 3, stride=2, padding=1)
    second = nn.Conv2d(4, 5, 3, stride=2, padding=1)
    return nn.Sequential(first, nn.ReLU(), second, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2))


def test_every_part_of_a_network_gets_its_own_mode_back():
    model = network().train()
    model[1].eval()
    with evaluating(model):
        assert not any(part.training for part in model.modules())
    assert [part.training for part in model] == [True, False, True, True, True, True]


def test_methods_may_name_layers_of_their_own():
    model = network().eval()
    images = torch.randn(1, 3, 16, 24)
    methods = {"a": GradCAM(), "b": LayerCAM(block="0")}
    cut = cut_at(
        model, None, images=images, methods=methods, scores=[logit(1)], call=None, logits=class_logits, grid=None
    )
    assert cut.layer == "2"
    assert cut.network.blocks == ("0", "last")
    assert cut.network.stride == 4
    assert cut.methods == methods


def test_blocks_of_a_network_that_can_be_cut(tiny: TinyGAP):
    images = torch.randn(1, 3, 32, 32)
    methods = {"a": GradCAM(), "b": CAM()}
    where = {"images": images, "scores": [logit(1)], "call": None, "logits": class_logits, "grid": None}
    cut = cut_at(tiny, tiny.blocks[0], methods=methods, **where)
    assert cut.methods["a"] == GradCAM(block=tiny.blocks[0])
    assert cut_at(tiny, None, methods=methods, **where).layer == "last"
    with pytest.raises(ModelError, match="this network has no block 'layer4'; its blocks are"):
        cut_at(tiny, "layer4", methods=methods, **where)


def test_answers(tiny: TinyGAP):
    images = torch.randn(1, 3, 32, 32)
    tiny.eval()
    torch.testing.assert_close(
        answer_of(tiny, images, call=None, logits=class_logits), tiny(images), rtol=1e-5, atol=1e-6
    )

    def second(answer: Tensor) -> Tensor:
        return answer[:, 1:]

    model = network()
    assert torch.equal(answer_of(model, images, call=None, logits=second), model(images)[:, 1:])
    assert device_of(model) == torch.device("cpu")
    assert device_of(nn.ReLU()) == torch.device("cpu")
