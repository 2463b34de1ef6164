"""What a network downloads is told before it begins."""

import pytest
import torch

from wsss.models import ClassifierOptions, PromptedOptions, SegmenterOptions
from wsss.models.weights.downloads import Download
from wsss.models.weights.published import download_of, source_of


def test_clip_s_image_tower_is_told_with_address_size_and_licence():
    (told,) = PromptedOptions().downloads()
    assert told.name == "vit_base_patch16_clip_quickgelu_224.openai"
    assert told.source.startswith("https://huggingface.co/timm/vit_base_patch16_clip_224.openai/resolve/main/")
    assert told.size == pytest.approx(345e6, rel=0.01)
    assert told.licence == "apache-2.0"


def test_a_classifier_s_backbone_is_told_where_it_is_downloaded():
    (told,) = ClassifierOptions(backbone="resnet50", weights="imagenet", output_stride=32).downloads()
    assert told.size == pytest.approx(94e6, rel=0.01)


def test_nothing_is_told_of_what_is_here():
    assert ClassifierOptions().downloads() == ()
    assert PromptedOptions(weights="none").downloads() == ()
    assert SegmenterOptions().downloads() == ()


def test_size_is_that_of_single_precision():
    told = download_of("resnet18", torch.nn.Linear(3, 5))
    assert told == Download(name="resnet18", source=told.source, size=80, licence=told.licence)


def test_an_address_is_that_of_the_hub_or_of_a_server():
    assert (
        source_of("resnet50.a1_in1k") == "https://huggingface.co/timm/resnet50.a1_in1k/resolve/main/model.safetensors"
    )
    assert source_of("vig_ti_224") == "the weights of vig_ti_224"
