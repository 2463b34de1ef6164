"""Torchvision's detectors, on random weights: names, files of weights, and images as classifiers take them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision.models import get_model, get_model_weights

from wsss.errors import ModelError
from wsss.models.detectors import Detector, detector_names, torchvision_detector
from wsss.models.normalisation import IMAGENET

NAME = "ssdlite320_mobilenet_v3_large"


def test_detectors_are_known_by_torchvision_s_names():
    assert {"fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn", "ssd300_vgg16", NAME} <= set(detector_names())
    assert "resnet50" not in detector_names()


def test_a_file_of_weights_is_loaded_and_classes_have_the_names_of_their_labels(tmp_path: Path):
    torch.manual_seed(0)
    stored = get_model(NAME, weights=None, weights_backbone=None).state_dict()
    torch.save(stored, tmp_path / "detector.pth")
    made = torchvision_detector(NAME, weights=str(tmp_path / "detector.pth"))
    assert not made.network.training
    for name, tensor in made.network.network.state_dict().items():
        assert torch.equal(tensor, stored[name]), name
    assert made.classes[0] == "person"
    assert len(set(made.classes)) == len(made.classes) == 90
    categories = get_model_weights(NAME).DEFAULT.meta["categories"]
    assert made.classes[categories.index("dog") - 1] == "dog"


def test_weights_of_another_detector_are_refused(tmp_path: Path):
    torch.save({"head.weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(ModelError, match=r"tensors are missing.*torchvision's file of exactly this detector"):
        torchvision_detector(NAME, weights=str(tmp_path / "other.pth"))
    with pytest.raises(ModelError, match="'packaged' are a classifier's"):
        torchvision_detector(NAME, weights="packaged")


def test_weights_that_cannot_be_downloaded_are_named_with_their_address(monkeypatch: pytest.MonkeyPatch):
    def closed(*_: Any, **__: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", closed)
    with pytest.raises(ModelError, match=rf"cannot download those of {NAME} \(OSError: no network\); get https://"):
        torchvision_detector(NAME, weights="imagenet")


def test_normalised_images_reach_the_network_as_their_pixels():
    seen: list[torch.Tensor] = []

    class Asked(torch.nn.Module):
        def forward(self, images: list[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
            seen.extend(images)
            return []

    pixels = torch.randint(0, 256, (2, 5, 7, 3), dtype=torch.uint8)
    Detector(Asked())(IMAGENET.of_batch(pixels))
    torch.testing.assert_close(torch.stack(seen), pixels.permute(0, 3, 1, 2) / 255, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("name", "layer"), [(NAME, "backbone.features"), ("fasterrcnn_mobilenet_v3_large_320_fpn", "")]
)
def test_the_last_layer_is_the_backbone_s(name: str, layer: str):
    network = get_model(name, weights=None, weights_backbone=None)
    last = Detector(network).last_layer
    assert last is (network.backbone.features[-1] if layer else list(network.backbone.body.values())[-1])
