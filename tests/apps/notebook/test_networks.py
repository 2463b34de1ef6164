from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import vit_b_32
from toy_runs import Run
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from wsss.apps.explain import Explainer
from wsss.apps.notebook.networks import network_of
from wsss.errors import ModelError
from wsss.models.normalisation import IMAGENET
from wsss.models.weights.initial import PACKAGED_NORMALISATION
from wsss.protocols import CutClassifier


def test_a_network_of_timm_by_name_with_the_names_of_its_classes():
    asked = network_of("tf_efficientnet_lite0", weights="packaged")
    assert asked.normalisation == PACKAGED_NORMALISATION
    assert (len(asked.classes), len(set(asked.classes)), asked.classes[281]) == (1000, 1000, "tabby")
    assert asked.size is None


def test_a_transformer_of_timm_takes_one_size():
    asked = network_of("vit_tiny_patch16_224", weights="none")
    assert (asked.size, asked.classes) == ((224, 224), ())
    assert asked.normalisation.mean == (0.5, 0.5, 0.5)


def test_a_network_of_transformers_by_its_folder(tmp_path: Path):
    torch.manual_seed(0)
    options = ViTConfig(
        image_size=32, patch_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    options.id2label = {0: "ape", 1: "bee"}
    ViTForImageClassification(options).save_pretrained(tmp_path)
    ViTImageProcessor(image_mean=[0.5, 0.5, 0.5], image_std=[0.25, 0.25, 0.25]).save_pretrained(tmp_path)
    asked = network_of(tmp_path, weights="none")
    assert asked.classes == ("ape", "bee")
    assert asked.size == (32, 32)
    assert asked.normalisation.std == (0.25, 0.25, 0.25)


def test_a_run_brings_its_classes_and_normalisation(toy_run: Run):
    asked = network_of(toy_run.out, weights="imagenet")
    explainer = Explainer.of(toy_run.out)
    assert len(asked.classes) > 1
    assert (asked.classes, asked.normalisation) == (explainer.classes, explainer.normalisation)


def test_a_module_is_taken_as_it_is():
    network = nn.Conv2d(3, 4, 1)
    asked = network_of(network, weights="imagenet")
    assert (asked.network, asked.normalisation, asked.size) == (network, IMAGENET, None)
    assert network_of(vit_b_32(weights=None), weights="none").size == (224, 224)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet51x", "timm has no network 'resnet51x'"),
        ("a/b/c", "neither a run's folder"),
        ("resnet18", "weights 'packaged' fit tf_efficientnet_lite0 only"),
    ],
)
def test_what_is_not_a_network_is_refused(name: str, words: str):
    with pytest.raises(ModelError, match=words):
        network_of(name, weights="packaged")


def test_a_folder_that_is_not_a_run_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="is neither a run's folder"):
        network_of(tmp_path, weights="imagenet")


def test_the_segmentation_network_of_a_run_has_its_labels(toy_run: Run):
    asked = network_of(toy_run.out, weights="none", network="segmenter")
    assert asked.classes[:2] == ("background", "bee")
    assert not isinstance(asked.network, CutClassifier)
