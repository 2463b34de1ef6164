"""Fully connected CRF (Kraehenbuehl and Koltun, NeurIPS 2011): labels follow the image's edges."""

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wsss.errors import ConfigError
from wsss.labels import BACKGROUND
from wsss.refine.base import BackgroundRow, Inputs, Refine, Refiner
from wsss.refine.lattice import Lattice
from wsss.refine.mean_field import mean_field
from wsss.types import ScoreMaps


@dataclass(frozen=True, kw_only=True)
class DenseCRF(Refiner):
    """Mean-field inference with a Gaussian and a bilateral kernel; returns marginals at the image's own size.

    Defaults are IRN's for confident labels. PSA: `unary=scores`, bilateral 80 / 13 / 10. DeepLab's test:
    `unary=scores`, Gaussian 1 / 3, bilateral 67 / 3 / 4.

    Both backends compute the same, on the same lattices: at least 99.99 % of the pixels of a photograph get the same
    label, and marginals differ by less than 1e-4 on average (`scripts/bench_refine.py`). So a result of `auto` is
    either's, as one of `device: auto` is any device's. A backend that is named enters the fingerprint by its name.

    >>> from wsss.masks import Argmax
    >>> from wsss.types import Size
    >>> image = np.zeros((4, 8, 3), dtype=np.uint8)
    >>> image[:, 4:] = 255  # an edge after the fourth column, where the scores have it after the fifth
    >>> scores = torch.full((2, 4, 8), 0.4)
    >>> scores[0, :, :5], scores[1, :, 5:] = 0.6, 0.6
    >>> maps = ScoreMaps(labels=torch.tensor([0, 1]), scores=scores, size=Size(height=4, width=8))
    >>> Argmax()(DenseCRF(unary="scores", backend="torch").apply(image, maps))[0]
    array([0, 0, 0, 0, 1, 1, 1, 1], dtype=uint8)
    """

    background_row: ClassVar[BackgroundRow] = "needs"

    backend: Literal["auto", "torch", "pydensecrf"] = "auto"
    """`pydensecrf`: one core, needs the extra `crf`. `torch`: CPU and GPU. `auto`: pydensecrf for maps on the CPU
    where it is installed, else torch; the stage's log says which it was."""
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
    least_score: float = 0.0
    """A label whose scores are all below this takes no part and gets zero, which saves time where there are many labels
    and few of them matter; the background always takes part."""

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1, got {self.confidence}")
        if min(self.gaussian_sxy, self.bilateral_sxy, self.bilateral_srgb) <= 0 or self.iterations < 1:
            raise ValueError("standard deviations must be positive and iterations at least 1")

    def check(self) -> None:
        """Refuse to start where pydensecrf is asked for by name and not installed."""
        if self.backend == "pydensecrf" and not _installed():
            remedy = "pip install pydensecrf2 (needs a C++ compiler), or backend=torch, which computes the same"
            raise ConfigError([f"refine: backend=pydensecrf, but pydensecrf is not installed: {remedy}"])

    def resolved(self, device: torch.device) -> "DenseCRF":
        """Choose the backend."""
        if self.backend != "auto":
            return self
        return replace(self, backend="pydensecrf" if device.type == "cpu" and _installed() else "torch")

    @property
    def on_device(self) -> bool:
        """Whether torch does the work, where there is a GPU."""
        return self.backend != "pydensecrf"

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Read nothing."""
        crf = self.resolved(device)
        return lambda images, every: [
            crf.apply(image, maps.to(device)) for image, maps in zip(images, every, strict=True)
        ]

    def apply(self, image: NDArray[np.uint8], maps: ScoreMaps) -> ScoreMaps:
        """Return the labels' marginals; raises `ValueError` without a background row or for another image's maps."""
        if not maps.has_background:
            raise ValueError("a CRF chooses between labels: put a background rule before it in `refine`")
        if image.shape[:2] != maps.size.over(1):
            raise ValueError(f"an image of {image.shape[:2]} does not belong to maps of {maps.size}")
        full = maps.full()
        part = (full.labels == BACKGROUND) | (full.scores.amax(dim=(1, 2)) >= self.least_score)
        marginals = torch.zeros_like(full.scores)
        marginals[part] = self.marginals(image, full.scores[part])
        return replace(full, scores=marginals)

    def marginals(self, image: NDArray[np.uint8], scores: Float[Tensor, "m h w"]) -> Float[Tensor, "m h w"]:
        """Return the probabilities of labels, of which each pixel has one."""
        if len(scores) == 1:
            return torch.ones_like(scores)
        by_torch = self.resolved(scores.device).backend == "torch"
        infer = self._by_torch if by_torch else self._by_pydensecrf
        found = infer(np.array(image, order="C"), self.energies(scores).flatten(start_dim=1))
        return found.clamp(0, 1).view_as(scores)

    def energies(self, scores: Float[Tensor, "m h w"]) -> Float[Tensor, "m h w"]:
        """Return the unary energies: minus the logarithm of each label's probability."""
        if self.unary == "labels":
            rest = (1 - self.confidence) / (len(scores) - 1)
            strongest = functional.one_hot(scores.argmax(dim=0), len(scores)).permute(2, 0, 1)
            probability = torch.where(strongest > 0, self.confidence, rest)
        elif self.unary == "softmax":
            probability = scores.softmax(dim=0)
        else:
            probability = scores / scores.sum(dim=0).clamp(min=1e-5)
        return -probability.clamp(min=1e-5).log()

    def _by_torch(self, image: NDArray[np.uint8], energies: Float[Tensor, "m n"]) -> Float[Tensor, "m n"]:
        place = _places(image.shape[0], image.shape[1], device=energies.device)
        colour = torch.from_numpy(image).to(energies.device).flatten(end_dim=1).T.float()
        similar = Lattice.around(torch.cat([place / self.bilateral_sxy, colour / self.bilateral_srgb]))
        kernels = [
            _smooth(image.shape[0], image.shape[1], sxy=self.gaussian_sxy, device=energies.device),
            similar.normalised(),
        ]
        strengths = [self.gaussian_compat, self.bilateral_compat]
        return mean_field(energies, kernels, strengths=strengths, iterations=self.iterations)

    def _by_pydensecrf(self, image: NDArray[np.uint8], energies: Float[Tensor, "m n"]) -> Float[Tensor, "m n"]:
        from pydensecrf.densecrf import DenseCRF2D  # noqa: PLC0415 - an extra

        height, width = image.shape[:2]
        crf = DenseCRF2D(width, height, len(energies))
        crf.setUnaryEnergy(np.ascontiguousarray(energies.cpu().numpy()))
        crf.addPairwiseGaussian(sxy=self.gaussian_sxy, compat=self.gaussian_compat)
        crf.addPairwiseBilateral(
            sxy=self.bilateral_sxy, srgb=self.bilateral_srgb, rgbim=image, compat=self.bilateral_compat
        )
        return torch.from_numpy(np.array(crf.inference(self.iterations), dtype=np.float32)).to(energies.device)


@lru_cache(maxsize=4)
def _smooth(height: int, width: int, *, sxy: float, device: torch.device) -> Lattice:
    """Return the Gaussian kernel, which depends on the image's size alone: the images of a data set share a few."""
    return Lattice.around(_places(height, width, device=device) / sxy).normalised()


def _places(height: int, width: int, *, device: torch.device) -> Float[Tensor, "2 n"]:
    """Return where each pixel is (right, down), row by row."""
    right = torch.arange(width, device=device).expand(height, width)
    down = torch.arange(height, device=device)[:, None].expand(height, width)
    return torch.stack([right.flatten(), down.flatten()]).float()


def _installed() -> bool:
    return find_spec("pydensecrf") is not None
