"""Softmax Grad-CAM: an independent gradient on the uncut network, and what the softmax does to maps."""

from itertools import permutations

import pytest
import torch
from clip_models import images, paired, prompted
from networks import TinyGAP
from torch import Tensor
from torch.nn import functional

from wsss.cams import CAA, GradCAM, SoftmaxGradCAM
from wsss.errors import ModelError
from wsss.models.clip.prompted import PromptedClassifier
from wsss.types import Targets

SCALE = 3.0
"""Low, so that no share is nearly 1."""
OWN = [[0, 2], [1], [0, 1, 2]]


@pytest.fixture(scope="module")
def network() -> PromptedClassifier:
    return prompted(paired(side=64)[1], classes=3, prompts=2, scale=SCALE)


def by_autograd(vectors: Tensor, seen: Tensor, own: list[int], *, cls: int) -> Tensor:
    """Of transformers' whole model, with the output of one of its layers kept: nothing is cut."""
    model, _ = paired(side=64)
    kept: list[Tensor] = []
    layer = model.vision_model.encoder.layers[-1].layer_norm1
    handle = layer.register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    hidden = model.vision_model(pixel_values=seen[None]).last_hidden_state
    handle.remove()
    pooled = model.vision_model.post_layernorm(hidden)[:, 1:].mean(dim=1)
    embedding = functional.normalize(model.visual_projection(pooled), dim=1)
    rows = [*own, *range(3, len(vectors))]
    share = (SCALE * embedding @ vectors[rows].T).softmax(dim=1)[0, own.index(cls)]
    (gradient,) = torch.autograd.grad(share, kept[0])
    weights = gradient[0, 1:].mean(dim=0)
    return (kept[0][0, 1:] @ weights).reshape(4, 4).detach()


def test_maps_are_those_of_a_gradient_through_the_uncut_network(network: PromptedClassifier):
    seen = images(64, 64, count=3)
    found = SoftmaxGradCAM()(network, seen, Targets.of(OWN))
    pairs = [(image, cls) for image, own in enumerate(OWN) for cls in own]
    vectors = network.get_buffer("vectors")
    expected = torch.stack([by_autograd(vectors, seen[image], OWN[image], cls=cls) for image, cls in pairs])
    heights = expected.abs().amax(dim=(1, 2), keepdim=True)
    assert heights.min() > 1e-4
    torch.testing.assert_close(found / heights, expected / heights, atol=1e-4, rtol=0)


def test_a_map_depends_on_the_other_classes_of_its_image_alone(network: PromptedClassifier):
    seen = images(64, 64, count=1)
    alone, beside = (SoftmaxGradCAM()(network, seen, Targets.of([own]))[0] for own in ([0], [0, 1]))
    assert not torch.allclose(alone, beside, rtol=1e-3)
    twice = SoftmaxGradCAM()(network, torch.cat([seen, seen]), Targets.of([[0], [1]]))
    torch.testing.assert_close(twice[0], alone)


def test_classes_may_come_in_any_order(network: PromptedClassifier):
    seen = images(64, 64, count=1)
    first = dict(zip(range(3), SoftmaxGradCAM()(network, seen, Targets.of([[0, 1, 2]])), strict=True))
    for order in permutations(range(3)):
        found = SoftmaxGradCAM()(network, seen, Targets.of([order]))
        torch.testing.assert_close(found, torch.stack([first[cls] for cls in order]))


def test_targets_of_a_batch_may_lie_mixed_and_leave_images_out(network: PromptedClassifier):
    seen = images(64, 64, count=3)
    targets = Targets(image=torch.tensor([2, 0, 2]), cls=torch.tensor([1, 0, 0]))
    found = SoftmaxGradCAM()(network, seen, targets)
    expected = SoftmaxGradCAM()(network, seen, Targets.of([[0], [], [0, 1]]))
    torch.testing.assert_close(found, expected[[2, 0, 1]])


def test_a_prompt_like_the_only_class_empties_its_map():
    network = prompted(paired(side=64)[1], classes=1, prompts=1)
    vectors = network.get_buffer("vectors")
    network.tell(vectors[:1].expand(2, -1), scale=SCALE)
    found = SoftmaxGradCAM()(network, images(64, 64), Targets.of([[0], [0]]))
    assert found.abs().max() < 1e-7


def test_a_class_without_competition_has_an_empty_map_and_no_nan():
    network = prompted(paired(side=64)[1], classes=2, prompts=0)
    found = SoftmaxGradCAM()(network, images(64, 64), Targets.of([[0], [1]]))
    assert (found == 0).all()


def test_with_one_class_it_is_a_share_s_slope_times_the_gradcam_of_the_lead(network: PromptedClassifier):
    """ds/dA = s (1 - s) d(logit - logsumexp of the others)/dA."""
    seen = images(64, 64, count=1)
    with torch.no_grad():
        logits = network(seen)[0]
    prompts = logits[3:]
    share = torch.cat([logits[:1], prompts]).softmax(dim=0)
    maps = {cls: GradCAM()(network, seen, Targets.of([[cls]]))[0] for cls in (0, 3, 4)}
    others = prompts.softmax(dim=0)
    lead = maps[0] - others[0] * maps[3] - others[1] * maps[4]
    torch.testing.assert_close(
        SoftmaxGradCAM()(network, seen, Targets.of([[0]]))[0], share[0] * (1 - share[0]) * lead, atol=1e-7, rtol=1e-3
    )


def test_caa_around_it_sees_the_network_once(network: PromptedClassifier, monkeypatch: pytest.MonkeyPatch):
    seen, targets, method = images(64, 96), Targets.of([[0, 2], [1]]), CAA(base=SoftmaxGradCAM(), layers=2)
    together = method(network, seen, targets)
    embedded, embed = [], network.tower.embed
    monkeypatch.setattr(type(network.tower), "embed", lambda _, given: embedded.append(1) or embed(given))
    method(network, seen, targets)
    assert len(embedded) == 1
    maps = SoftmaxGradCAM()(network, seen, targets).relu()
    with torch.no_grad():
        attention = sum(network.attentions(seen, blocks=["block2", "last"])) / 2
    apart = torch.cat(
        [
            method.carried(maps[:2], attention[0], image=seen[0]),
            method.carried(maps[2:], attention[1], image=seen[1]),
        ]
    )
    torch.testing.assert_close(together, apart, atol=1e-8, rtol=1e-3)


def test_networks_without_prompts_are_refused(tiny: TinyGAP):
    for network in (tiny, prompted(paired(side=64)[1], classes=2, prompts=0)):
        with pytest.raises(ModelError, match="which this network has none of: use stages=prompted"):
            SoftmaxGradCAM().check(network)
