"""Segment Anything by transformers' pipeline: a tiny one of random weights, and a fake that notes what it is asked."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sam import tiny_sam

from wsss.errors import ModelError
from wsss.regions import SegmentAnything

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
CPU = torch.device("cpu")


def test_regions_are_the_masks_that_the_pipeline_finds(tmp_path: Path):
    folder = tiny_sam(tmp_path)
    finder = SegmentAnything(model=str(folder), points_a_side=4, least_iou=0.0, least_stability=0.0)
    finder.check()
    layers = finder.open(CPU)("a", IMAGE)
    import transformers
    from PIL import Image

    alone = transformers.pipeline("mask-generation", model=str(folder), device="cpu")
    found = alone(Image.fromarray(IMAGE), points_per_crop=4, pred_iou_thresh=0.0, stability_score_thresh=0.0)
    expected = sorted(np.asarray(mask).astype(bool).tobytes() for mask in found["masks"])
    assert expected
    numbers = [(layer, number) for layer in layers for number in range(1, layer.max() + 1)]
    assert sorted((layer == number).tobytes() for layer, number in numbers) == expected


def test_options_reach_the_pipeline():
    asked: dict[str, Any] = {}

    def generate(image: Any, **options: Any) -> dict[str, Any]:
        asked.update(options, size=image.size)
        return {"masks": [np.ones((40, 60), dtype=bool)]}

    finder = SegmentAnything(points_a_side=5, points_a_batch=7, least_iou=0.25, least_stability=0.5)
    assert finder.find(generate, IMAGE).shape == (1, 40, 60)
    assert asked == {
        "size": (60, 40),
        "points_per_crop": 5,
        "points_per_batch": 7,
        "pred_iou_thresh": 0.25,
        "stability_score_thresh": 0.5,
    }
    assert finder.on_device


def test_a_model_of_the_hub_is_downloaded_by_name_and_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    import huggingface_hub

    def download(name: str, *, revision: str, allow_patterns: tuple[str, ...]) -> str:
        if name != "some/sam" or revision != "abc":
            raise OSError("no such place\nand more")
        assert allow_patterns == ("*.json", "*.safetensors")
        return str(tiny_sam(tmp_path))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    finder = SegmentAnything(model="some/sam", revision="abc", points_a_side=1)
    finder.check()
    assert finder.content() == {}
    assert finder.open(CPU)("a", IMAGE).shape[1:] == (40, 60)
    with pytest.raises(
        ModelError, match=r"some/other cannot be downloaded \(no such place\): save \*\.json and .* in a"
    ):
        SegmentAnything(model="some/other").check()


def test_what_cannot_work_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    finder = SegmentAnything(model=str(tmp_path))
    assert finder.content() == {"model": (tmp_path,)}
    with pytest.raises(ModelError, match=r"does not generate masks \(.*\): name SAM or SAM 2"):
        finder.open(CPU)
    with pytest.raises(ValueError, match="points_a_side and points_a_batch must be at least 1"):
        SegmentAnything(points_a_side=0)
    with pytest.raises(ValueError, match=r"least_iou and least_stability lie in \[0, 1\]"):
        SegmentAnything(least_stability=1.5)
    monkeypatch.setattr("wsss.regions.segment_anything.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"run by transformers: `pip install 'wsss\[sam\]'`"):
        finder.check()
