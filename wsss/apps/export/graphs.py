"""Networks from pixels to answers, as one graph that another program can run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from wsss.apps.model.source import Source, opened
from wsss.data.index import Index
from wsss.engine.stage import Job
from wsss.errors import ModelError
from wsss.labels import palette
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.protocols import LinearHead, Segments
from wsss.version import __version__

MOST_STRIDES: Final = 2**16
"""Of a side: exporters want a bound."""
NetworkName = Literal["segmenter", "classifier"]


class SegmenterGraph(nn.Module):
    """Pixels `image` uint8 `[b h w 3]` in; `labels` uint8 `[b h w]` and `confidence` float32 `[b h w]` out.

    The confidence is the label's probability. The network sees each image once, at its size.
    """

    outputs: Final = ("labels", "confidence")

    def __init__(self, network: Segments, normalisation: Normalisation) -> None:
        super().__init__()
        self.network: Any = network
        self.stride = network.stride if isinstance(network, SegmentationNetwork) else 1
        self.pixels = _Pixels(normalisation)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        height, width = image.shape[1:3]
        logits = self.network(padded(self.pixels(image), stride=self.stride))[..., :height, :width]
        confidence, labels = logits.softmax(dim=1).max(dim=1)
        return labels.to(torch.uint8), confidence


class ClassifierGraph(nn.Module):
    """Pixels `image` uint8 `[b h w 3]` in; `logits` float32 `[b c]` and `cams` float32 `[b c y x]` out.

    `cams` are CAM's raw maps, signed and on the network's cells: their means are the logits. Images are padded at the
    right and at the bottom to a multiple of the stride, with the mean colour, as views do.
    """

    outputs: Final = ("logits", "cams")

    def __init__(self, network: Any, normalisation: Normalisation) -> None:
        super().__init__()
        self.network = network
        self.pixels = _Pixels(normalisation)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        maps = self.network.until("last", padded(self.pixels(image), stride=self.network.stride)).maps
        cams = functional.conv2d(maps, self.network.head_weight[:, :, None, None])
        return cams.mean(dim=(2, 3)), cams


def padded(images: Tensor, *, stride: int) -> Tensor:
    """Pad images with zeros, which are the mean colour, at the right and at the bottom, to a multiple of the stride.

    An exporter sees the number of strides as a number of its own, and not as arithmetic of the image's size, which
    grows with each layer. The number is at least 2.
    """
    height, width = images.shape[-2:]
    if not torch.compiler.is_exporting():
        return functional.pad(images, (0, -width % stride, 0, -height % stride))
    down, across = (_strides(side, stride=stride) * stride for side in (height, width))
    return functional.pad(images, (0, across - width, 0, down - height))


def _strides(side: int | torch.SymInt, *, stride: int) -> Any:
    """Return how many strides a side has, begun ones included."""
    count = ((torch.scalar_tensor(side, dtype=torch.int64) + (stride - 1)) // stride).item()
    torch._check(count >= 2)
    torch._check(count <= MOST_STRIDES)
    return count


class _Pixels(nn.Module):
    """Normalises uint8 `[b h w 3]` to float32 `[b 3 h w]`, as `Normalisation` does."""

    mean: Tensor
    std: Tensor

    def __init__(self, normalisation: Normalisation) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(normalisation.mean)[:, None, None])
        self.register_buffer("std", torch.tensor(normalisation.std)[:, None, None])

    def forward(self, image: Tensor) -> Tensor:
        return (image.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A graph with what a program must know that runs it."""

    graph: SegmenterGraph | ClassifierGraph
    metadata: Mapping[str, str]
    """By name: classes, palette, fingerprint, version, and what the run does besides, which the graph does not."""
    index: Index | None
    """The run's data set, for images to check the graph on; None of a model file."""


def exported(model: Path, network: NetworkName, *, store: Path | None = None) -> Exported:
    """Return the graph of a finished run's network, on the CPU and in eval mode.

    Raises `StoreError` where the run has no such network, and `ModelError` for a classifier without a linear head.
    """
    with opened(model, store=store) as source:
        made = _segmenter(source) if network == "segmenter" else _classifier(source)
    made.graph.eval().requires_grad_(requires_grad=False)
    return made


def _segmenter(source: Source) -> Exported:
    parts = source.predicting()
    stage = parts.stage
    predictor = stage.predictor(parts.job, torch.device("cpu"))
    left_out = [f"{name}: {refiner!r}" for name, refiner in stage.refine.items()]
    if stage.views.flip or stage.views.scales != (1.0,):
        left_out.insert(0, f"views: {stage.views!r}")
    if parts.long_side is not None:
        left_out.insert(0, f"images are reduced to {parts.long_side} pixels before")
    return Exported(
        graph=SegmenterGraph(predictor.network, predictor.normalisation),
        metadata=_metadata(
            ("background", *parts.classes), fingerprint=parts.job.artifact.fingerprint, left_out=left_out
        ),
        index=_index(parts.job),
    )


def _classifier(source: Source) -> Exported:
    parts = source.explaining()
    trained = parts.job.network("classifier")
    if not isinstance(trained.module, LinearHead):
        raise ModelError(
            f"--network classifier: a {type(trained.module).__name__} has no linear head on its maps, and so no CAMs: "
            "use --network segmenter"
        )
    return Exported(
        graph=ClassifierGraph(trained.module, trained.normalisation),
        metadata=_metadata(
            trained.classes,
            fingerprint=parts.job.inputs["classifier"].fingerprint,
            left_out=[f"views: {parts.stage.views!r}"],
        ),
        index=_index(parts.job),
    )


def _index(job: Job) -> Index | None:
    return job.index() if "index" in job.inputs else None


def _metadata(names: Sequence[str], *, fingerprint: str, left_out: Sequence[str]) -> dict[str, str]:
    colours = ["#" + bytes(colour).hex() for colour in palette()[: len(names)]]
    return {
        "wsss": __version__,
        "fingerprint": fingerprint,
        "names": json.dumps(list(names), ensure_ascii=False),
        "palette": json.dumps(colours),
        "left_out": json.dumps(list(left_out), ensure_ascii=False),
    }
