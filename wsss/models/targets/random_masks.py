"""RISE and D-RISE: where random masks must leave an image open for its target to be answered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.errors import ModelError
from wsss.models.targets.scored import NamedScore, Score
from wsss.resample import resample
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
    """Return the mean of random masks, each weighted by the score of the image that it leaves, less their mean score.

    RISE (Petsiuk et al., BMVC 2018) divides by the share of open pixels and keeps the mean, which lifts every pixel
    alike but for chance. Without it fewer masks do, and a target that no mask touches has an empty map. No gradient is
    needed, so it serves detectors, whose suppression of boxes cuts gradients (D-RISE, Petsiuk et al., CVPR 2021).

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
    if masks < 1 or cells < 1 or not 0 < kept < 1:
        raise ValueError(f"masks and cells are 1 or more and kept in (0, 1), got {masks}, {cells} and {kept}")
    opened = torch.zeros_like(image[0], dtype=torch.float64, device="cpu")
    weighted, total = torch.zeros_like(opened), 0.0
    for part in _masks(image.shape[-2:], count=masks, cells=cells, kept=kept, random_seed=random_seed, chunk=chunk):
        with torch.no_grad():
            scores = score(ask(image * part[:, None].to(image.device))).cpu().double()
        weighted += torch.einsum("b,byx->yx", scores, part.double())
        opened += part.double().sum(dim=0)
        total += float(scores.sum())
    return ((weighted - opened * total / masks) / masks).float()


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


def _masks(
    size: torch.Size, *, count: int, cells: int, kept: float, random_seed: int, chunk: int
) -> Iterator[Float[Tensor, "b h w"]]:
    """Yield masks in [0, 1]: open and closed cells, enlarged linearly and shifted by up to a cell."""
    height, width = size
    side = max(height, width) / cells
    rows, columns = (max(1, round(length / side)) for length in (height, width))
    down, across = -(-height // rows), -(-width // columns)
    generator = torch.Generator().manual_seed(random_seed)
    for start in range(0, count, chunk):
        number = min(chunk, count - start)
        grid = (torch.rand(number, rows + 1, columns + 1, generator=generator) < kept).float()
        large = resample(grid, stride=(float(down), float(across)), size=((rows + 1) * down, (columns + 1) * across))
        shifts = torch.rand(number, 2, generator=generator)
        top, left = ((shifts[:, axis] * length).long().tolist() for axis, length in ((0, down), (1, across)))
        yield torch.stack([m[t : t + height, s : s + width] for m, t, s in zip(large, top, left, strict=True)])
