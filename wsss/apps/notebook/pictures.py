"""Images in every form in which Python holds them: as the picture that people see, and as what a network is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageOps
from torch import Tensor

from wsss.data.depth import WHITE
from wsss.data.images import read_image
from wsss.draw.overlay import Picture
from wsss.draw.panels import shrunk, stretched
from wsss.errors import DataError
from wsss.models.normalisation import Normalisation

FORMS = (
    "a path, a PIL image, an array [h w 3] or [h w] of uint8, or of floats in 0 .. 1, a tensor [3 h w] of uint8, or of "
    "floats that are normalised as the network expects"
)

Pictured = str | Path | Image.Image | np.ndarray | Tensor


@final
@dataclass(frozen=True, kw_only=True)
class Looked:
    """An image as people see it, and as the network sees it."""

    picture: Picture
    seen: Float[Tensor, "1 3 y x"]


def picture_of(image: object, *, white: int = WHITE) -> Picture:
    """Return the RGB pixels of an image that is not a normalised tensor; raises `DataError` for any other form.

    `white` is the value that is read as white in files of 16 bits a pixel.
    """
    match image:
        case str() | Path():
            return read_image(Path(image).expanduser(), white=white)
        case Image.Image():
            turned = ImageOps.exif_transpose(image)
            return np.array(turned.convert("RGB"))
        case np.ndarray():
            return _of_array(image)
        case Tensor() if image.dtype == torch.uint8:
            return _of_array(_three_axes(image).permute(1, 2, 0).cpu().numpy())
        case _:
            raise _refusal(image)


def looked_at(
    image: object,
    *,
    normalisation: Normalisation,
    side: int,
    size: tuple[int, int] | None = None,
    white: int = WHITE,
) -> Looked:
    """Return an image as people and as the network see it.

    Args:
        image: See `FORMS`. A tensor of floats reaches the network as it is.
        normalisation: How pixels are normalised.
        side: Images with a longer side are shrunk to it.
        size: Height and width at which the network sees every image, whatever its proportions; comes before `side`.
        white: See `picture_of`.
    """
    if isinstance(image, Tensor) and image.is_floating_point():
        tensor = _three_axes(image)
        return Looked(picture=_shown(tensor, normalisation), seen=tensor[None].detach())
    picture = picture_of(image, white=white)
    shown = shrunk(picture, side=side) if size is None else stretched(picture, size)
    return Looked(picture=picture, seen=normalisation(shown)[None])


def each_of(images: Pictured | Sequence[Pictured]) -> tuple[Pictured, ...]:
    """Return the images of one or several, or of a batch `[b 3 h w]` or `[b h w 3]`."""
    if isinstance(images, Tensor | np.ndarray) and images.ndim == 4:
        return tuple(images)
    return (images,) if isinstance(images, Pictured) else tuple(images)


def _of_array(array: np.ndarray) -> Picture:
    values: Any = np.repeat(array[:, :, None], 3, axis=2) if array.ndim == 2 else array
    if values.ndim != 3 or values.shape[2] != 3 or not values.size:
        raise _refusal(array)
    if np.issubdtype(values.dtype, np.floating):
        if not (values.min() >= 0 and values.max() <= 1):
            raise DataError(f"an array of floats holds {values.min():.3g} .. {values.max():.3g}: pixels are 0 .. 1")
        values = np.rint(values * 255).astype(np.uint8)
    if values.dtype != np.uint8:
        raise _refusal(array)
    return np.ascontiguousarray(values)


def _three_axes(tensor: Tensor) -> Tensor:
    one = tensor[0] if tensor.ndim == 4 and len(tensor) == 1 else tensor
    if one.ndim != 3 or one.shape[0] != 3 or not one.numel():
        raise _refusal(tensor)
    return one


def _shown(tensor: Float[Tensor, "3 h w"], normalisation: Normalisation) -> Picture:
    mean, std = (torch.tensor(values)[:, None, None] for values in (normalisation.mean, normalisation.std))
    pixels = (tensor.detach().cpu().float() * std + mean).clamp(0, 1)
    return (pixels * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def _refusal(image: object) -> DataError:
    given = type(image).__name__
    if isinstance(image, np.ndarray | Tensor):
        given = f"{given} of the shape {list(image.shape)} and type {image.dtype}"
    return DataError(f"image: expected {FORMS}; got {given}")
