"""A detector of torchvision with random weights is explained box by box, without gradients."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.models import get_model

from wsss.apps.explain.detector import explainer_of_detector
from wsss.apps.explain.explainer import Explainer
from wsss.cams import RISE, AblationCAM
from wsss.commands import explain as command
from wsss.errors import ConfigError, DataError, ModelError
from wsss.types import Size

NAME = "ssdlite320_mobilenet_v3_large"
IMAGE = np.random.default_rng(0).integers(0, 256, size=(48, 96, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights that answer images differently, which torchvision's first ones do not."""
    torch.manual_seed(0)
    network = get_model(NAME, weights=None, weights_backbone=None)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    file = tmp_path_factory.mktemp("weights") / "detector.pth"
    torch.save(network.state_dict(), file)
    return file


@pytest.fixture(scope="module")
def explainer(weights: Path) -> Explainer:
    return explainer_of_detector(NAME, weights=str(weights), device="cpu", side=64, top=2)


def test_the_surest_box_of_each_of_the_surest_classes_is_explained(explainer: Explainer):
    found = explainer(IMAGE, methods=[RISE(masks=4)], scored=False)
    with torch.no_grad():
        (answer,) = explainer.subjects.detector(explainer.seen(IMAGE)[None])  # type: ignore[union-attr]
    first = int(answer["scores"].argmax())
    assert len(found.explanations) == 2
    best = found.explanations[0]
    assert best.name == explainer.classes[int(answer["labels"][first]) - 1]
    assert best.probability == pytest.approx(float(answer["scores"][first]), abs=1e-5)
    # The image was shrunk from 96 to 64 pixels, and its box is in its own.
    left, top, right, bottom = (1.5 * answer["boxes"][first]).tolist()
    assert best.box is not None
    assert (best.box.left, best.box.top) == pytest.approx((left, top))
    assert (best.box.right, best.box.bottom) == pytest.approx((right, bottom))
    assert best.heat.shape == (32, 64)
    assert best.heat.std() > 0


def test_other_methods_read_the_backbone_s_last_layer(explainer: Explainer):
    """A pass a channel, as Ablation-CAM needs, takes minutes."""
    assert explainer.subjects is not None
    seen = explainer.seen(IMAGE)
    subject = explainer.subjects(seen, size=Size(height=48, width=96), classes=(), pixels=None)
    whole, cut = (subject.bind(network) for network in explainer.networks)
    AblationCAM().check(cut)
    with pytest.raises(ModelError, match="among this network's blocks: image"):
        AblationCAM().check(whole)
    with torch.no_grad():
        answers = [
            network.after(block, network.until(block, seen[None]))
            for network, block in ((whole, "image"), (cut, "last"))
        ]
    torch.testing.assert_close(*answers)
    assert answers[0].max() > 0
    found = explainer(IMAGE, methods=["eigencam"], scored=False)
    assert found.explanations[0].heat.std() > 0


def test_what_a_detector_does_not_answer_is_refused(explainer: Explainer):
    absent = next(
        name
        for name, sure in explainer(IMAGE, methods=[RISE(masks=1)], scored=False).probabilities.items()
        if sure < 1e-5
    )
    with pytest.raises(DataError, match=f"finds no {absent} here, so there is no box: it finds "):
        explainer(IMAGE, methods=[RISE(masks=1)], classes=[absent])
    with pytest.raises(DataError, match="a detector is asked about its boxes"):
        explainer(IMAGE, methods=[RISE(masks=1)], pixels=np.ones(IMAGE.shape[:2], dtype=np.bool_))
    with pytest.raises(ConfigError, match="compares no box with 'person'"):
        explainer.against("person")


def test_the_command_draws_the_box_and_writes_it(weights: Path, tmp_path: Path):
    Image.fromarray(IMAGE).save(tmp_path / "street.png")
    (tmp_path / "conf" / "cam").mkdir(parents=True)
    few = "_target_: wsss.cams.RISE\nmasks: 4\n"
    (tmp_path / "conf" / "cam" / "few.yaml").write_text(few, encoding="utf-8")
    out = tmp_path / "out"
    network = ["--network", NAME, "--weights", str(weights), "--device", "cpu", "--side", "64", "--top", "1"]
    own = ["--methods", "few", "--config-dir", str(tmp_path / "conf"), "--no-scores", "--out", str(out)]
    command.main([str(tmp_path / "street.png"), *network, *own])
    (row,) = json.loads((out / "explanations.json").read_text(encoding="utf-8"))["images"][0]["explanations"]
    left, top, right, bottom = row["box"]
    assert left < right
    assert top < bottom
    with Image.open(out / "sheets" / "street.png") as sheet:
        colours = {colour for _, colour in sheet.convert("RGB").getcolors(1 << 24) or []}
    assert (0, 229, 255) in colours
