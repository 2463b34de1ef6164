"""Outlines of toy creatures: the body, which all classes share, and the pattern of the shell, which differs."""

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
from jaxtyping import Float
from numpy.random import Generator

Outline: TypeAlias = Float[np.ndarray, "_ 2"]
"""A polygon's corners (x, y) in units of a creature: it is 1 long, looks to the right, and y grows downwards."""

SHELL: Final = (-0.13, -0.07, 0.19)
"""Centre x, centre y and radius of the shell."""


def body_outlines(rng: Generator) -> Iterator[Outline]:
    """Yield torso, head, tail and feet: the same for every class, but no two alike."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    waves = [rng.uniform(-0.03, 0.03) * np.cos(k * turn + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4)]
    wobble = 1 + np.sum(waves, axis=0)
    plump = rng.uniform(0.2, 0.25)
    yield np.stack([0.40 * np.cos(turn) - 0.03, plump * np.sin(turn) + 0.03], axis=1) * wobble[:, None]
    yield disc(0.36, -0.10, rng.uniform(0.12, 0.15))
    tip = rng.uniform(-0.12, 0.06)
    yield np.array([[-0.30, -0.08], [-0.5, tip], [-0.46, tip + 0.06], [-0.25, 0.16]])
    for foot in (-0.26, -0.06, 0.16):
        x = foot + rng.uniform(-0.03, 0.03)
        yield disc(x, plump + 0.01, 0.06)


def pattern_outlines(name: str, rng: Generator) -> Iterator[Outline]:
    """Yield the shapes of a class's pattern; what reaches beyond the shell is cut off by whoever draws."""
    cx, cy, radius = SHELL
    centre = np.array([cx, cy])
    phase = rng.uniform(-0.02, 0.02)
    match name:
        case "bee":
            for x in np.arange(-0.18, 0.19, 0.12) + phase:
                yield centre + np.array([[x, -0.2], [x + 0.06, -0.2], [x + 0.06, 0.2], [x, 0.2]])
        case "ladybird":
            yield disc(cx, cy, 0.038)
            for turn in np.arange(6) * np.pi / 3 + 10 * phase:
                yield disc(cx + 0.115 * np.cos(turn), cy + 0.115 * np.sin(turn), 0.038)
        case "snail":
            turns = np.linspace(0, 5 * np.pi, 50)
            arm = np.stack([np.cos(turns + 20 * phase), np.sin(turns + 20 * phase)], axis=1)
            inner, outer = (centre + arm * (radius * turns[:, None] / (5 * np.pi) + edge) for edge in (-0.018, 0.018))
            for i in range(len(turns) - 1):
                yield np.stack([inner[i], inner[i + 1], outer[i + 1], outer[i]])
        case _:
            for row, column in np.ndindex(5, 5):
                if (row + column) % 2 == 0:
                    corner = centre + (np.array([column, row]) - 2.5) * 0.085 + phase
                    yield corner + 0.085 * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])


def disc(x: float, y: float, radius: float) -> Outline:
    """Return a circle as a polygon of 40 corners."""
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)
