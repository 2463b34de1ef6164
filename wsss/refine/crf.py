"""Fully connected CRF (Kraehenbuehl and Koltun, NeurIPS 2011) through pydensecrf: labels follow the image's edges."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.errors import ConfigError
from wsss.refine.base import Refine, Refiner
from wsss.types import ScoreMaps


@dataclass(frozen=True, kw_only=True)
class DenseCRF(Refiner):
    """Mean-field inference with a Gaussian and a bilateral kernel; returns marginals at the image's own size.

    Defaults are IRN's for confident labels. PSA: `unary=scores`, bilateral 80 / 13 / 10. DeepLab's test:
    `unary=scores`, Gaussian 1 / 3, bilateral 67 / 3 / 4.
    """

    unary: Literal["labels", "scores", "softmax"] = "labels"
    """`labels`: `confidence` for the strongest label. `scores`: scores divided by their sum. `softmax`: of scores."""
    confidence: float = 0.7
    """Probability given to the strongest label by `unary=labels` (pydensecrf's gt_prob)."""
    gaussian_sxy: float = 3.0
    """Standard deviation in pixels of the kernel that removes specks."""
    gaussian_compat: float = 3.0
    bilateral_sxy: float = 50.0
    """Standard deviation in pixels of the kernel that follows colour."""
    bilateral_srgb: float = 5.0
    """Standard deviation in grey levels (0 .. 255) of the kernel that follows colour."""
    bilateral_compat: float = 10.0
    iterations: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1, got {self.confidence}")
        if min(self.gaussian_sxy, self.bilateral_sxy, self.bilateral_srgb) <= 0 or self.iterations < 1:
            raise ValueError("standard deviations must be positive and iterations at least 1")

    def check(self) -> None:
        """Refuse to start where pydensecrf is not installed."""
        if find_spec("pydensecrf") is None:
            remedy = "pip install pydensecrf2 (needs a C++ compiler), or refine=background"
            raise ConfigError([f"refine: the dense CRF needs pydensecrf: {remedy}"])

    def open(self, inputs: Mapping[str, Path], device: torch.device) -> Refine:
        """Read nothing. The work is done on the CPU; maps return to `device`."""
        return lambda images, every: [
            self.apply(image, maps).to(device) for image, maps in zip(images, every, strict=True)
        ]

    def apply(self, image: NDArray[np.uint8], maps: ScoreMaps) -> ScoreMaps:
        """Return the labels' marginals; raises `ValueError` without a background row or for another image's maps."""
        if not maps.has_background:
            raise ValueError("a CRF chooses between labels: put a background rule before it in `refine`")
        if image.shape[:2] != maps.size.over(1):
            raise ValueError(f"an image of {image.shape[:2]} does not belong to maps of {maps.size}")
        full = maps.full()
        if len(maps.labels) == 1:
            return replace(full, scores=torch.ones_like(full.scores))
        marginals = self._infer(np.array(image, order="C"), self.energies(full.scores.cpu().numpy()))
        return replace(full, scores=torch.from_numpy(marginals).to(full.scores.device))

    def energies(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the unary energies `[m h w]`: minus the logarithm of each label's probability."""
        if self.unary == "labels":
            rest = (1 - self.confidence) / (len(scores) - 1)
            probability = np.where(
                scores.argmax(axis=0) == np.arange(len(scores))[:, None, None], self.confidence, rest
            )
        elif self.unary == "softmax":
            exponent = np.exp(scores - scores.max(axis=0))
            probability = exponent / exponent.sum(axis=0)
        else:
            probability = scores / np.maximum(scores.sum(axis=0), 1e-5)
        return -np.log(np.maximum(probability, 1e-5)).astype(np.float32)

    def _infer(self, image: NDArray[np.uint8], energies: NDArray[np.float32]) -> NDArray[np.float32]:
        from pydensecrf.densecrf import DenseCRF2D  # noqa: PLC0415 - an extra

        labels, height, width = energies.shape
        crf = DenseCRF2D(width, height, labels)
        crf.setUnaryEnergy(np.ascontiguousarray(energies.reshape(labels, -1)))
        crf.addPairwiseGaussian(sxy=self.gaussian_sxy, compat=self.gaussian_compat)
        crf.addPairwiseBilateral(
            sxy=self.bilateral_sxy, srgb=self.bilateral_srgb, rgbim=image, compat=self.bilateral_compat
        )
        marginals = np.array(crf.inference(self.iterations), dtype=np.float32)
        return marginals.reshape(labels, height, width).clip(0, 1)
