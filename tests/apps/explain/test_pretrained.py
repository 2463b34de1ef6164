"""A network of timm is explained, without a run."""

import numpy as np
import pytest
import timm
import torch
from torch import nn

from wsss.apps.explain.explainer import Explainer
from wsss.apps.explain.pretrained import cut_classifier, explainer_of_pretrained, state_digest
from wsss.apps.explain.subject import TOP
from wsss.cams import GradCAM
from wsss.cams.scores import classify
from wsss.commands import asked_network
from wsss.errors import ModelError
from wsss.types import Targets

IMAGE = np.random.default_rng(0).integers(0, 256, size=(128, 192, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    return explainer_of_pretrained("tf_efficientnet_lite0", weights="packaged", device="cpu", side=192)


def test_the_likeliest_classes_are_explained_with_their_share_of_the_softmax(explainer: Explainer):
    found = explainer(IMAGE, methods=["gradcam", "cam"], scored=False)
    assert "cam" in found.left_out
    with torch.no_grad():
        shares = explainer.subjects.ask(explainer.seen(IMAGE)[None])[0].softmax(dim=0)
    likeliest = [explainer.classes[cls] for cls in shares.topk(TOP).indices.tolist()]
    assert [each.name for each in found.explanations] == likeliest
    assert found.explanations[0].probability == pytest.approx(float(shares.max()), rel=1e-4)
    assert sum(found.probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert TOP == asked_network.TOP


def test_a_class_beyond_the_labels_of_a_mask_is_explained(explainer: Explainer):
    (network,) = explainer.networks
    seen = explainer.seen(IMAGE)[None]
    cls = 255 + int(classify(network, seen)[0, 255:].argmax())
    (found,) = explainer(IMAGE, methods=["gradcam"], classes=[explainer.classes[cls]], scored=False).explanations
    raw = GradCAM()(network, seen, Targets.of([[cls]])).relu()[0]
    assert raw.amax() > 0
    row, column = np.unravel_index(found.heat.argmax(), found.heat.shape)
    rows, columns = (full / cells for full, cells in zip(found.heat.shape, raw.shape, strict=True))
    assert (int(row / rows), int(column / columns)) == divmod(int(raw.argmax()), raw.shape[1])


def test_scores_judge_the_share_of_the_softmax(explainer: Explainer):
    (found,) = explainer(IMAGE, methods=["gradcam"], classes=["yurt"]).explanations
    assert 0 <= found.judgement.scores["deletion"] < 0.2, "the class is unlikely throughout"


def test_a_lead_over_a_rival(explainer: Explainer):
    first, *_ = explainer(IMAGE, methods=["gradcam"], scored=False).explanations
    found = explainer.against(first.name)(IMAGE, methods=["gradcam"], scored=False)
    assert first.name not in [each.name for each in found.explanations]
    assert len(found.explanations) == TOP


def test_a_transformer_is_read_before_its_last_attention_at_its_own_size():
    explainer = explainer_of_pretrained("test_vit", weights="none", device="cpu", top=1)
    assert explainer.size == (160, 160)
    assert explainer.seen(IMAGE).shape == (3, 160, 160)
    (found,) = explainer(IMAGE, methods=["gradcam"], scored=False).explanations
    assert found.map.shape == (128, 192)
    assert found.heat.max() == pytest.approx(1)


def test_a_network_without_a_grid_is_refused():
    flat = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    with pytest.raises(ModelError, match="none of this network's layers returns a grid"):
        cut_classifier(flat, size=None)


def test_a_digest_follows_the_weights():
    network = timm.create_model("test_vit")
    before = state_digest(network)
    assert state_digest(network) == before
    with torch.no_grad():
        network.head.bias[0] += 1
    assert state_digest(network) != before
