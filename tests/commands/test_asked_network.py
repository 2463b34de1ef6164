"""Words about what is explained."""

import argparse
import re
from pathlib import Path

import pytest

from wsss.commands.asked_network import (
    METHODS,
    METHODS_OF_CLIP,
    METHODS_OF_TIMM,
    add_network_arguments,
    check_network,
    methods_of,
    model_of,
    network_of,
    words_of,
)
from wsss.errors import ConfigError


def options(words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("--model", "--store", "--mask"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--methods")
    add_network_arguments(parser)
    return parser.parse_args(words.split())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--point 1,2", "--point asks the segmentation network: add --network segmenter"),
        ("--pixels a.png", "--pixels asks the segmentation network"),
        ("--network segmenter --point 1,2 --component 1", "--point and --component name pixels: use one"),
        ("--network segmenter --point 1", "write --point 120,80"),
        ("--network segmenter --point a,b", "write --point 120,80"),
        ("", "a run by --model outputs/toy/1, a network of timm by --network resnet50, or words by --bank animals.npz"),
        ("--model run --weights none", "--weights is for a network without a run"),
        ("--model run --top 3", "--top is for a network without a run"),
        ("--network resnet50 --model run", "--model names a run, and --network resnet50 a network without one"),
        ("--network resnet50 --store runs", "--store names a run, and"),
        (
            "--network resnet50 --mask a.png",
            "--mask holds the classes of a run, which --network resnet50 does not know",
        ),
        ("--model a.npz", "a bank of words is given by --bank a.npz"),
        ("--bank a.npz --model run", "--model names a run, and --bank a.npz a network without one"),
        ("--bank a.npz --network resnet50", "--bank names CLIP's network: leave out --network resnet50"),
        ("--bank a.npz --top 0", "--top must be at least 1, got 0"),
        ("--network resnet50 --top 0", "--top must be at least 1, got 0"),
        ("--network resnet50 --point 1,2", "--point asks the segmentation network"),
    ],
)
def test_what_does_not_go_together_is_refused(words: str, why: str):
    with pytest.raises(ConfigError, match=why):
        check_network(options(words))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--model a", ""),
        ("--model a --network segmenter", "segmenter, all pixels of each class"),
        ("--model a --network segmenter --point 1,2", "segmenter, pixel 1,2"),
        ("--model a --network segmenter --component 2", "segmenter, object 2"),
        ("--model a --network segmenter --pixels a", "segmenter, chosen pixels"),
        ("--network resnet50", "resnet50"),
        ("--bank banks/a.npz", "CLIP, a.npz"),
    ],
)
def test_tables_and_sheets_say_what_is_explained(words: str, said: str):
    check_network(options(words))
    assert words_of(options(words)) == said


def test_tables_name_the_run_or_the_network_with_its_weights():
    assert model_of(options("--model run")) == str(Path("run").resolve())
    assert model_of(options("--network resnet50")) == "resnet50, weights downloaded"
    assert model_of(options("--bank a.npz")) == f"CLIP with {Path('a.npz').resolve()}, weights downloaded"
    assert model_of(options("--network resnet50 --weights a.pth")) == "resnet50, weights a.pth"


def test_methods_follow_from_what_the_network_can_do():
    assert methods_of(options("--model run")) == METHODS
    assert methods_of(options("--network resnet50")) == METHODS_OF_TIMM
    assert methods_of(options("--bank a.npz")) == METHODS_OF_CLIP
    assert methods_of(options("--network resnet50 --methods cam")) == "cam"


@pytest.mark.parametrize(
    ("name", "near"), [("fasterrcnn_resnet51_fpn", "fasterrcnn_resnet50_fpn"), ("SSD300_VGG16", "ssd300_vgg16")]
)
def test_a_name_near_that_of_a_detector_is_met_with_detectors(name: str, near: str):
    asked = options(f"--network {name} --weights none")
    asked.device, asked.side = "cpu", 64
    why = (
        f"--network: {name!r} is neither a network of timm nor a detector of torchvision; the nearest names are: {near}"
    )
    with pytest.raises(ConfigError, match=re.escape(why)):
        network_of(asked)
