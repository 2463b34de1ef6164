"""RISE and D-RISE: where random masks must leave an image open for its target to be answered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.rise import check_masks, covariances, random_masks
from wsss.errors import ModelError
from wsss.models.targets.scored import NamedScore, Score
from wsss.types import Images


def rise(
    ask: Callable[[Images], Any],
    image: Float[Tensor, "3 h w"],
    score: Score,
    *,
    masks: int = 1000,
    cells: int = 8,
    kept: float = 0.5,
    random_seed: int = 0,
    chunk: int = 16,
) -> Float[Tensor, "h w"]:
    """Return the map of `RISE` for a number that is asked of a network, such as D-RISE's similarity to a box.

    Args:
        ask: The network on images `[b 3 h w]`, without gradients.
        image: A normalised image: what a mask closes is the mean colour.
        score: A number an image, from the network's answer.
        masks: How many; noise falls with the square root of it.
        cells: Of the longer side of a mask, before it is enlarged and shifted: smaller objects need more.
        kept: Share of the cells that are open.
        random_seed: Of the masks.
        chunk: Masked images at a time.

    Raises:
        ValueError: A number of masks or cells below 1, or a share outside (0, 1).
    """
    check_masks(masks=masks, cells=cells, kept=kept)

    def scores(part: Float[Tensor, "b h w"]) -> Float[Tensor, "b 1"]:
        with torch.no_grad():
            return score(ask(image * part[:, None].to(image.device)))[:, None]

    drawn = random_masks(image.shape[-2:], count=masks, cells=cells, kept=kept, random_seed=random_seed, chunk=chunk)
    return covariances(scores, drawn)[0]


def found_box(label: int, *, box: Sequence[float], name: str = "") -> NamedScore:
    """Return D-RISE's similarity of a detector's answer to a box: the most of overlap times score among the label's.

    Torchvision's detectors tell the score of one label, and not the probabilities of all that D-RISE compares: another
    label counts for nothing.
    """
    if len(box) != 4 or not (box[0] < box[2] and box[1] < box[3]):
        raise ModelError(f"box: expected left < right and top < bottom, as [left, top, right, bottom]; got {list(box)}")

    def score(answer: Sequence[Mapping[str, Tensor]]) -> Float[Tensor, " b"]:
        return torch.stack([_similarity(found, label=label, box=box) for found in answer])

    return NamedScore(words=name or f"box of label {label}", score=score)


def _similarity(found: Mapping[str, Tensor], *, label: int, box: Sequence[float]) -> Float[Tensor, ""]:
    own = found["labels"] == label
    boxes, scores = found["boxes"][own], found["scores"][own]
    if not len(boxes):
        return found["scores"].new_zeros(())
    true = boxes.new_tensor(list(box))
    common = (boxes[:, 2:].minimum(true[2:]) - boxes[:, :2].maximum(true[:2])).clamp(min=0).prod(dim=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1) + (true[2:] - true[:2]).prod()
    return (common / (areas - common) * scores).max()
