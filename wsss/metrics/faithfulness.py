"""Faithfulness of a map to the classifier that it explains, by the class's score where the map is bright.

p is the class's score on the image x, and o its score on the explanation image x * L, where L is the map, scaled to
[0, 1] by its own minimum and maximum; 0 in normalised space is the mean colour. All results are fractions, where papers
print per cent, one an image: the mean over images is the metric that papers name.

None of them alone says that a map is good: a map of ones but for one pixel loses nothing (Poppi et al., CVPRW 2021).
"""

from collections.abc import Callable
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import ROUNDING
from wsss.cams.scores import Score, classify, scores_of
from wsss.protocols import CutClassifier
from wsss.types import Images

Confidence = Callable[[Images], Tensor]
"""What one class scores on every image: normalised images `[b 3 h w]` in, scores `[b]` out."""

DROP_OF_NOTHING: Final = 0.0
"""The drop of a class that scored 0, and the gain of one that scored 1: there was nothing to lose, or to gain."""


def confidence_in(cls: int, model: CutClassifier, *, score: Score = "sigmoid") -> Confidence:
    """Return what asks a model for the score of one class, without gradients."""

    def confidence(images: Images) -> Float[Tensor, " b"]:
        with torch.no_grad():
            return scores_of(classify(model, images), score=score)[:, cls]

    return confidence


def explanation_images(images: Images, maps: Float[Tensor, "b h w"]) -> Images:
    """Return x * L: what a map leaves of its image, and the mean colour in place of the rest."""
    return images * maps[:, None]


def average_drop(before: Float[Tensor, " n"], after: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Return max(0, p - o) / p, in [0, 1]; lower is better (Chattopadhay et al., WACV 2018).

    p and o are of the explained class, which need not be the strongest: the code of ADCC divides by the strongest
    class's p. 0 where p is 0.

    >>> average_drop(torch.tensor([0.8, 0.5]), torch.tensor([0.6, 0.7]))
    tensor([0.2500, 0.0000])
    """
    return _share((before - after).clamp(min=0), of=before)


def increase_in_confidence(before: Float[Tensor, " n"], after: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Return 1 where o > p and 0 elsewhere; higher is better (Chattopadhay et al., WACV 2018).

    >>> increase_in_confidence(torch.tensor([0.8, 0.5]), torch.tensor([0.6, 0.7]))
    tensor([0., 1.])
    """
    return (after > before).float()


def average_gain(before: Float[Tensor, " n"], after: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Return max(0, o - p) / (1 - p), in [0, 1]; higher is better (Opti-CAM, Zhang et al., CVIU 2024).

    Only for probabilities. 0 where p is 1.

    >>> average_gain(torch.tensor([0.8, 0.5]), torch.tensor([0.6, 0.75]))
    tensor([0.0000, 0.5000])
    """
    return _share((after - before).clamp(min=0), of=1 - before)


def complexity(maps: Float[Tensor, "n h w"]) -> Float[Tensor, " n"]:
    """Return the mean of `|L|` over the pixels, in [0, 1]; lower is better (Poppi et al., CVPRW 2021).

    >>> complexity(torch.tensor([[[0.0, 1.0], [0.5, 0.5]]]))
    tensor([0.5000])
    """
    return maps.abs().mean(dim=(1, 2))


def coherency(maps: Float[Tensor, "n h w"], again: Float[Tensor, "n h w"]) -> Float[Tensor, " n"]:
    """Return (1 + Pearson(L(x), L(x * L))) / 2, in [0, 1]; higher is better (Poppi et al., CVPRW 2021).

    `again` are the same method's maps of the explanation images, for the same classes. 0 where one of the two maps is
    constant, whose correlation is not defined, as in the authors' code.

    >>> maps = torch.tensor([[[0.0, 1.0], [0.5, 0.5]]])
    >>> coherency(maps, maps)
    tensor([1.])
    """
    one, other = (_centred(each) for each in (maps, again))
    product = one.norm(dim=1) * other.norm(dim=1)
    defined = product > 0
    correlation = (one * other).sum(dim=1) / product.where(defined, torch.ones_like(product))
    return torch.where(defined, (1 + correlation.clamp(-1, 1)) / 2, 0.0).to(maps)


def adcc(
    *, drop: Float[Tensor, " n"], coherency: Float[Tensor, " n"], complexity: Float[Tensor, " n"]
) -> Float[Tensor, " n"]:
    """Return the harmonic mean of coherency, 1 - complexity and 1 - average drop, in [0, 1]; higher is better.

    Poppi et al., CVPRW 2021, for each image as in the authors' code. The mean of it over images is another
    number than the harmonic mean of the three means, which Recipro-CAM's code prints. 0 where one of the three is 0.

    >>> adcc(drop=torch.tensor([0.5]), coherency=torch.tensor([0.5]), complexity=torch.tensor([0.5]))
    tensor([0.5000])
    """
    parts = torch.stack([coherency, 1 - complexity, 1 - drop])
    return torch.where(
        (parts > 0).all(dim=0), 3 / parts.clamp(min=torch.finfo(parts.dtype).tiny).reciprocal().sum(0), 0
    )


def _share(part: Float[Tensor, " n"], *, of: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return torch.where(of > 0, part / of.where(of > 0, torch.ones_like(of)), DROP_OF_NOTHING)


def _centred(maps: Float[Tensor, "n h w"]) -> Float[Tensor, "n cells"]:
    """Return the maps less their means, as rows; one that is constant but for rounding becomes 0."""
    flat = maps.cpu().double().flatten(1)  # not every device has float64
    centred = flat - flat.mean(dim=1, keepdim=True)
    constant = centred.abs().amax(dim=1, keepdim=True) <= ROUNDING * flat.abs().amax(dim=1, keepdim=True)
    return centred.masked_fill(constant, 0.0)
