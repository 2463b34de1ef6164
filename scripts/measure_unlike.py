"""Count the images that `wsss predict` would call unlike those learnt from: `measure_unlike.py RUN`.

The run's validation images as they are, and changed in ways in which images from elsewhere differ; only the encoder is
asked. Prints a row a kind: images, the share above 1, and the median of `unlikeness`.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from wsss.apps.predict import Predictor
from wsss.engine.features import features_of
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.run.record import read_record
from wsss.stages.predict_masks import PredictMasks
from wsss.store.kinds import MASKS

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
MOST: Final = 60
"""Images of a kind, at most."""


def blurred(sigma: float) -> Callable[[Pixels], Pixels]:
    """Return what blurs an image with a Gaussian of so many pixels."""
    return lambda image: np.asarray(ndimage.gaussian_filter(image, (sigma, sigma, 0)), dtype=np.uint8)


def darker(factor: float) -> Callable[[Pixels], Pixels]:
    """Return what scales the values of an image."""
    return lambda image: (image * factor).astype(np.uint8)


def resized(factor: float) -> Callable[[Pixels], Pixels]:
    """Return what scales the sides of an image."""

    def change(image: Pixels) -> Pixels:
        size = tuple(max(1, round(side * factor)) for side in image.shape[1::-1])
        return np.asarray(Image.fromarray(image).resize((size[0], size[1]), Image.Resampling.BICUBIC))

    return change


def pencil(image: Pixels) -> Pixels:
    """Return an image as a drawing: its brightness divided by what lies around."""
    light = image.mean(axis=2)
    around = ndimage.gaussian_filter(255 - light, 8)
    drawn = (255 * light / np.maximum(255 - around, 1)).clip(0, 255).astype(np.uint8)
    return np.stack([drawn] * 3, axis=2)


def noisy(image: Pixels) -> Pixels:
    """Return an image with noise of 60 grey values."""
    grain = np.random.default_rng(image.shape[0]).normal(0, 60, size=image.shape)
    return (image + grain).clip(0, 255).astype(np.uint8)


def noise(image: Pixels) -> Pixels:
    """Return noise of an image's size."""
    draw = np.random.default_rng(int(image.sum()) % 2**32)
    return np.asarray(draw.integers(0, 256, size=image.shape), dtype=np.uint8)


def text(image: Pixels) -> Pixels:
    """Return a written page of an image's size."""
    page = Image.new("RGB", (image.shape[1], image.shape[0]), "white")
    draw, letters = ImageDraw.Draw(page), np.random.default_rng(int(image.sum()) % 2**32)
    for row in range(8, image.shape[0] - 14, 14):
        draw.text((8, row), "".join(letters.choice(list("abcdefghij klmnop"), image.shape[1] // 7)), fill="black")
    return np.asarray(page)


KINDS: Final[dict[str, Callable[[Pixels], Pixels]]] = {
    "as they are": lambda image: image,
    "turned by 180 degrees": lambda image: np.ascontiguousarray(image[::-1, ::-1]),
    "grey": lambda image: image.mean(axis=2, keepdims=True).repeat(3, axis=2).astype(np.uint8),
    "negative": lambda image: 255 - image,
    "pencil drawing": pencil,
    "0.15 times as bright": darker(0.15),
    "0.05 times as bright": darker(0.05),
    "blurred by 4 pixels": blurred(4),
    "blurred by 12 pixels": blurred(12),
    "noise of 60 grey values": noisy,
    "half as large": resized(1 / 2),
    "a third as large": resized(1 / 3),
    "twice as large": resized(2),
    "noise alone": noise,
    "a written page": text,
    "white": lambda image: np.full_like(image, 255),
    "black": np.zeros_like,
}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    options = parser.parse_args()
    predictor = Predictor.of(options.run)
    if predictor.statistics is None:
        parser.error(f"{options.run}: its training kept no statistics of features")
    record = read_record(options.run)
    index = record.job(record.last(MASKS, by=PredictMasks)).index()
    asked, network = predictor.network, predictor.network.network
    assert isinstance(network, SegmentationNetwork), "no other has statistics"
    features = partial(
        features_of, network, normalisation=asked.normalisation, device=asked.device, precision=asked.precision
    )
    images = [index.pixels(each) for each in index.split("val")]
    print(f"{'':<26}{'images':>8}{'above 1':>9}{'median':>8}")
    for kind, change in KINDS.items():
        some = images if kind == next(iter(KINDS)) else images[:MOST]
        rows = [features(change(image))[0] for image in some]
        far = [predictor.statistics.unlikeness(row) for row in rows]
        print(f"{kind:<26}{len(far):>8}{np.mean(np.array(far) > 1):>9.2f}{np.median(far):>8.2f}", flush=True)


if __name__ == "__main__":
    main()
