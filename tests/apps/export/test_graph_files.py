"""Graphs in files answer as PyTorch does, for any number and size of images, and one that does not is not kept."""

import json
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from segmentation_models_pytorch import Unet

from wsss.apps.export import FORMATS, graph_files
from wsss.apps.export.graphs import ClassifierGraph, Exported, SegmenterGraph
from wsss.errors import ConfigError, ModelError
from wsss.models.classifier import ClassifierOptions
from wsss.models.normalisation import IMAGENET
from wsss.models.segmenters.architectures import wrapped
from wsss.models.segmenters.deeplab_v2 import DeepLabV2
from wsss.models.segmenters.segmentation import SegmentationNetwork

SIZES = ((1, 64, 96), (3, 50, 37))


def segmenter() -> SegmenterGraph:
    torch.manual_seed(0)
    options = {"encoder_depth": 3, "decoder_channels": (16, 8, 8)}
    network = Unet("tu-resnet10t", encoder_weights=None, classes=4, **options)
    return SegmenterGraph(SegmentationNetwork(network), IMAGENET).eval()


def deeplab_v2() -> SegmenterGraph:
    torch.manual_seed(0)
    return SegmenterGraph(wrapped(DeepLabV2(encoder_name="tu-resnet18", classes=4)), IMAGENET).eval()


def deeplab_v2_of_caffe() -> SegmenterGraph:
    torch.manual_seed(0)
    return SegmenterGraph(wrapped(DeepLabV2(encoder_name="tu-resnet26", classes=4, caffe=True)), IMAGENET).eval()


def classifier() -> ClassifierGraph:
    torch.manual_seed(0)
    options = ClassifierOptions(backbone="resnet10t", weights="none", output_stride=16)
    return ClassifierGraph(options.build(("a", "b", "c")), IMAGENET).eval()


def made(graph: Any) -> Exported:
    return Exported(graph=graph.requires_grad_(requires_grad=False), metadata={"names": '["é"]'}, index=None)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("graph", [segmenter, deeplab_v2, deeplab_v2_of_caffe, classifier])
def test_a_file_answers_as_the_graph_does(form: str, graph: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    FORMATS[form].check()
    path = tmp_path / f"graph{FORMATS[form].suffix}"
    exported = made(graph())
    graph_files._write(FORMATS[form], exported, path)
    ask = FORMATS[form].ask(path)
    for batch, height, width in SIZES:
        images = np.random.default_rng(batch).integers(0, 256, (batch, height, width, 3), dtype=np.uint8)
        expected = exported.graph(torch.from_numpy(images))
        for one, other in zip(ask(images), expected, strict=True):
            assert one.dtype == other.numpy().dtype
            np.testing.assert_allclose(one, other.numpy(), atol=2e-4)
    assert metadata_in(path)["names"] == '["é"]'
    assert capfd.readouterr() == ("", "")


def metadata_in(path: Path) -> dict[str, str]:
    """What a program finds that opens the file."""
    if path.suffix == ".onnx":
        onnx = pytest.importorskip("onnx")
        return {each.key: each.value for each in onnx.load(path).metadata_props}
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(graph_files.METADATA))
        found: dict[str, str] = json.loads(archive.read(name))
        return found


def test_a_graph_normalises_pads_and_pools_as_the_network_is_asked():
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 50, 37, 3), dtype=np.uint8))
    pixels = IMAGENET(images[0].numpy())[None]
    graph = segmenter()
    labels, confidence = graph(images)
    probabilities = graph.network(pixels).softmax(dim=1)
    torch.testing.assert_close(confidence, probabilities.amax(dim=1))
    assert torch.equal(labels, probabilities.argmax(dim=1).to(torch.uint8))
    asked = classifier()
    logits, cams = asked(images)
    padded = torch.nn.functional.pad(pixels, (0, 48 - 37, 0, 64 - 50))
    torch.testing.assert_close(logits, asked.network.classify(padded))
    assert cams.shape == (1, 3, 4, 3)


def test_what_is_not_installed_or_not_exported_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(graph_files, "find_spec", lambda name: None if name == "onnxscript" else object())
    with pytest.raises(ConfigError, match=r"--to onnx: onnxscript are not installed: `pip install 'wsss\[export\]'`"):
        FORMATS["onnx"].check()
    with pytest.raises(ConfigError, match=r"--out .*a\.pt: name a file with the suffix \.pt2"):
        graph_files.export_graph(tmp_path, tmp_path / "a.pt", to="torch-export", network="segmenter", check=0)

    def fail(*_: Any) -> None:
        sys.stderr.write("the graph in many lines\n")
        raise torch.onnx.errors.OnnxExporterError("step 1/3 failed") from RuntimeError("cannot trace this\nand more")

    form = replace(FORMATS["torch-export"], write=fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(
        ModelError, match=r"a SegmentationNetwork cannot be exported \(cannot trace this\): choose"
    ) as no:
        graph_files._write(form, made(segmenter()), tmp_path / "a.pt2")
    assert capfd.readouterr() == ("", "")
    log = Path(str(no.value).rpartition(" is in ")[2]).read_text(encoding="utf-8")
    assert log.startswith("the graph in many lines\n")
    assert "and more" in log
