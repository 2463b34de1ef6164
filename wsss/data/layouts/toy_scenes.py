"""Scenes of small creatures, drawn by code, in which weak supervision has something to do.

A creature is a plain body, whose colour tells nothing of its class, with a patterned shell, the only part that does: a
class activation map finds the shell, and the body is left to refinement. Grounds tell nothing either.
"""

import colorsys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Int64, UInt8
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from wsss.data.layouts.toy_outlines import SHELL, Outline, body_outlines, disc, pattern_outlines
from wsss.labels import BACKGROUND, IGNORE, label_of
from wsss.size import Size

Colour: TypeAlias = tuple[float, float, float]
"""r, g, b in [0, 1]."""

TOY_CLASSES: Final = ("bee", "ladybird", "snail", "turtle")
"""Told apart by the pattern of the shell: stripes, spots, a spiral, checks."""
SHELL_COLOURS: Final[dict[str, tuple[Colour, Colour]]] = {
    "bee": ((0.95, 0.78, 0.20), (0.14, 0.11, 0.08)),
    "ladybird": ((0.84, 0.18, 0.14), (0.10, 0.08, 0.09)),
    "snail": ((0.93, 0.86, 0.72), (0.47, 0.28, 0.17)),
    "turtle": ((0.58, 0.70, 0.36), (0.17, 0.29, 0.15)),
}
"""Ground and pattern."""
FINER: Final = 3
"""Shapes are drawn on a grid that is finer by this factor, then averaged."""
NEGATIVE_EVERY: Final = 9
"""One image in so many shows no creature."""


class Scene(NamedTuple):
    """One picture and its true mask."""

    image: UInt8[np.ndarray, "h w 3"]
    mask: UInt8[np.ndarray, "h w"]


@dataclass(frozen=True, kw_only=True)
class Creature:
    """A creature's class and place; lengths and positions in pixels, the angle in radians."""

    cls: int
    length: float
    x: float
    y: float
    angle: float
    mirrored: bool

    def place(self, outline: Outline) -> Outline:
        """Return where the points of an outline lie in the image."""
        x, y = outline.T * self.length
        if self.mirrored:
            x = -x
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.stack([self.x + x * cos - y * sin, self.y + x * sin + y * cos], axis=1)

    def moved(self, right: float, down: float) -> "Creature":
        """Return the same creature elsewhere."""
        return replace(self, x=self.x + right, y=self.y + down)

    def window(self, shape: Size) -> tuple[slice, slice]:
        """Return the rows and columns of the image that hold the creature and its shadow."""
        reach = 0.65 * self.length
        top, left = max(int(self.y - reach), 0), max(int(self.x - reach), 0)
        return slice(top, min(int(self.y + reach), shape.height)), slice(left, min(int(self.x + reach), shape.width))


def draw_scene(number: int, *, size: int, random_seed: int, stream: int) -> Scene:
    """Draw scene `number` of a stream of scenes; it depends on the arguments alone.

    Images are `size` pixels high and wide, or an eighth less in one direction. Up to three creatures, about 0.4 to 0.7
    `size` long, hardly overlap.
    """
    rng = np.random.default_rng([random_seed, stream, number])
    short = size - size // 8
    shape = [Size(height=size, width=size), Size(height=short, width=size), Size(height=size, width=short)][number % 3]
    canvas, ground = _ground(shape, rng)
    instances = np.zeros((shape.height, shape.width), dtype=np.int64)
    mask = np.full(instances.shape, BACKGROUND, dtype=np.uint8)
    for i, creature in enumerate(_creatures(number, shape, rng), start=1):
        window = creature.window(shape)
        body = _paint(canvas[window], creature.moved(-window[1].start, -window[0].start), ground, rng)
        instances[window][body] = i
        mask[window][body] = label_of(creature.cls)
    mask[_rims(instances)] = IGNORE
    noisy = canvas + 0.012 * rng.standard_normal(size=canvas.shape, dtype=np.float32)
    return Scene(image=(noisy.clip(0, 1) * 255).round().astype(np.uint8), mask=mask)


def _creatures(number: int, shape: Size, rng: Generator) -> list[Creature]:
    """Choose what the image shows: the first class takes turns, so that small sets show all classes."""
    if number % NEGATIVE_EVERY == NEGATIVE_EVERY - 1:
        return []
    count = int(rng.choice([1, 2, 3], p=[0.45, 0.35, 0.2]))
    classes = [number % len(TOY_CLASSES), *rng.integers(len(TOY_CLASSES), size=count - 1).tolist()]
    low, high = {1: (0.55, 0.72), 2: (0.45, 0.58), 3: (0.36, 0.46)}[count]
    placed: list[Creature] = []
    for cls in classes:
        for _ in range(60):
            length = rng.uniform(low, high) * max(shape.height, shape.width)
            candidate = Creature(
                cls=cls,
                length=length,
                x=rng.uniform(0.48 * length, shape.width - 0.48 * length),
                y=rng.uniform(0.34 * length, shape.height - 0.34 * length),
                angle=rng.uniform(-0.4, 0.4),
                mirrored=bool(rng.random() < 0.5),
            )
            if all(_apart(candidate, other) for other in placed):
                placed.append(candidate)
                break
    return placed


def _apart(a: Creature, b: Creature) -> bool:
    reach = (a.length + b.length) / 2
    return abs(a.x - b.x) > 0.95 * reach or abs(a.y - b.y) > 0.62 * reach


def _ground(shape: Size, rng: Generator) -> tuple[Float[np.ndarray, "h w 3"], Colour]:
    """Return a mottled ground with blades of grass, and its mean colour."""
    hue, saturation, value = rng.uniform(0, 1), rng.uniform(0.15, 0.5), rng.uniform(0.4, 0.8)
    light = colorsys.hsv_to_rgb(hue, saturation, value)
    dark = colorsys.hsv_to_rgb((hue + rng.uniform(-0.06, 0.06)) % 1, saturation, 0.78 * value)
    octaves = [_noise(shape, cells, rng) * weight for cells, weight in ((4, 0.5), (11, 0.3), (34, 0.2))]
    canvas = np.broadcast_to(np.array(light, dtype=np.float32), (shape.height, shape.width, 3)).copy()
    _lay(canvas, np.array(dark), np.sum(octaves, axis=0))
    tint = np.array(dark) * (0.8 if rng.random() < 0.5 else 1.45)
    _lay(canvas, tint.clip(0, 1), 0.45 * _coverage(shape, list(_blades(shape, rng))))
    return canvas, tuple(canvas.mean(axis=(0, 1)).tolist())


def _noise(shape: Size, cells: int, rng: Generator) -> Float[np.ndarray, "h w"]:
    grid = Image.fromarray(rng.uniform(0, 1, size=(cells, cells)).astype(np.float32))
    return np.asarray(grid.resize((shape.width, shape.height), Image.Resampling.BICUBIC)).clip(0, 1)


def _blades(shape: Size, rng: Generator) -> Iterator[Outline]:
    count = int(rng.integers(20, 60))
    feet = rng.uniform(0, 1, size=(count, 1, 2)) * (shape.width, shape.height)
    tips = rng.uniform((-0.03, -0.09), (0.03, -0.04), size=(count, 1, 2)) * shape.height
    half = np.array([0.7, 0])
    yield from np.concatenate([feet - half, feet + half, feet + tips], axis=1)


def _paint(canvas: Float[np.ndarray, "h w 3"], creature: Creature, ground: Colour, rng: Generator) -> NDArray[np.bool_]:
    """Draw a creature and its shadow into the canvas; return which pixels it covers."""
    height, width = canvas.shape[:2]
    shape = Size(height=height, width=width)
    colour = np.array(_body_colour(ground, rng))
    cx, cy, radius = SHELL
    outlines = list(body_outlines(rng))
    body = _coverage(shape, [creature.place(outline) for outline in outlines])
    shell = _coverage(shape, [creature.place(disc(cx, cy, radius))])
    ring = _coverage(shape, [creature.place(disc(cx, cy, 1.12 * radius))])
    name = TOY_CLASSES[creature.cls]
    pattern = _coverage(shape, [creature.place(outline) for outline in pattern_outlines(name, rng)]) * shell
    plain, drawn = (np.array(tone) * rng.uniform(0.9, 1.08) for tone in SHELL_COLOURS[name])
    fallen = creature.moved(0.02 * creature.length, 0.05 * creature.length)
    shadow = _coverage(shape, [fallen.place(outline) for outline in outlines])
    _lay(canvas, np.zeros(3), 0.35 * _blurred(shadow, 0.035 * creature.length))
    shade = 1.05 - 0.1 * (np.arange(height)[:, None, None] - creature.y + creature.length / 3) / creature.length
    layers = (
        (body, colour * shade),
        (ring, 0.45 * colour),
        (shell, plain),
        (pattern, drawn),
        (_coverage(shape, [creature.place(disc(0.40, -0.13, 0.045))]), np.ones(3)),
        (_coverage(shape, [creature.place(disc(0.41, -0.13, 0.024))]), np.full(3, 0.05)),
    )
    for alpha, tone in layers:
        _lay(canvas, tone, alpha)
    return np.asarray(np.maximum(body, ring) > 0.5)


def _body_colour(ground: Colour, rng: Generator) -> Colour:
    """Return a colour that stands out from the ground, whatever the class."""
    while True:
        colour = colorsys.hsv_to_rgb(rng.uniform(0, 1), rng.uniform(0.25, 0.7), rng.uniform(0.45, 0.95))
        if np.linalg.norm(np.subtract(colour, ground)) > 0.4:
            return colour


def _blurred(alpha: Float[np.ndarray, "h w"], radius: float) -> Float[np.ndarray, "h w"]:
    soft = Image.fromarray((alpha * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(soft) / np.float32(255)


def _coverage(shape: Size, outlines: Sequence[Outline]) -> Float[np.ndarray, "h w"]:
    """Return which share of every pixel the outlines cover together."""
    fine = Image.new("L", (shape.width * FINER, shape.height * FINER))
    pen = ImageDraw.Draw(fine)
    for outline in outlines:
        pen.polygon([(x, y) for x, y in (outline * FINER - 0.5).tolist()], fill=255)
    return np.asarray(fine.reduce(FINER)) / np.float32(255)


def _lay(canvas: Float[np.ndarray, "h w 3"], tone: Float[np.ndarray, "*hw 3"], alpha: Float[np.ndarray, "h w"]) -> None:
    """Lay a colour, or one a pixel, over the canvas, as opaque as `alpha` says."""
    canvas += alpha[..., None].astype(np.float32) * (tone.astype(np.float32) - canvas)


def _rims(instances: Int64[np.ndarray, "h w"]) -> NDArray[np.bool_]:
    """Return the pixels on both sides of every creature's border, as VOC ignores them."""
    rims = np.zeros(instances.shape, dtype=np.bool_)
    down = instances[1:] != instances[:-1]
    across = instances[:, 1:] != instances[:, :-1]
    rims[1:] |= down
    rims[:-1] |= down
    rims[:, 1:] |= across
    rims[:, :-1] |= across
    return rims
