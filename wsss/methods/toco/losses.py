"""ToCo's losses: patches of one label are to be alike, and crops are to say what their image says."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional

from wsss.labels import IGNORE
from wsss.training.segmenter import mean_over_ranks


def patch_contrast(features: Float[Tensor, "b d y x"], labels: Int64[Tensor, "b y x"]) -> Float[Tensor, ""]:
    """Return half of 1 - |cos| over pairs of patches of one label, and half of |cos| over those of two.

    A patch makes no pair with itself, and one of 255 none at all. Means are over the pairs of all ranks; the authors
    divide by one pair more.
    """
    directions = functional.normalize(features.flatten(2).float(), dim=1)
    cosines = (directions.mT @ directions).abs()
    cells = labels.flatten(1)
    known = (cells != IGNORE)[:, :, None] & (cells != IGNORE)[:, None]
    known = known & ~torch.eye(cells.shape[1], dtype=torch.bool, device=cells.device)
    same = cells[:, :, None] == cells[:, None]
    return (1 - mean_over_ranks(cosines, known & same) + mean_over_ranks(cosines, known & ~same)) / 2


def crop_contrast(
    views: Float[Tensor, "b v e"],
    crops: Float[Tensor, "b k e"],
    *,
    positive: Bool[Tensor, "b k"],
    temperature: float,
) -> Float[Tensor, ""]:
    """Return -log(p / (p + the sum of all n)), averaged over images, views, and an image's positive crops.

    p and n are exp(product / `temperature`) of a view with a positive crop, and with those that are not. A view or crop
    is what a projection makes of its class token. The authors' code adds a term of the negative crops alone, which
    their paper does not have.
    """
    products = torch.einsum("bve,bke->bvk", views.float(), crops.float()) / temperature
    others = products.masked_fill(positive[:, None], -torch.inf).logsumexp(dim=2, keepdim=True)
    each = torch.logaddexp(products, others) - products
    chosen = positive[:, None].expand_as(each)
    mean = torch.where(chosen, each, 0).sum(dim=(1, 2)) / chosen.sum(dim=(1, 2)).clamp(min=1)
    return mean.mean()
