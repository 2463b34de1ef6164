"""Context swap: the object on the backgrounds of images that show other classes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.apps.debug.erase import Erased
from wsss.apps.debug.subject import Subject
from wsss.apps.debug.survey import Survey
from wsss.engine.progress import bar
from wsss.metrics.counterfactual import dilated

SWAPPED: Final = 4
"""Images of a class whose object is put elsewhere."""
DONORS: Final = 8
"""Backgrounds for each."""
RIM: Final = 0.02
"""Of the longer side: what goes with the object, so that masks that are too small cut nothing off."""
NOTHING: Final = -1
"""In place of a donor's class where it shows none."""


@final
@dataclass(frozen=True, kw_only=True)
class Swapped:
    """What is left of a class's probability on a background of another class."""

    cls: int
    donor: int
    """A class of the image that the background is of, `NOTHING` where it shows none."""
    kept: float
    """Share of the probability, at most 1."""


def swaps(
    subject: Subject, looked: Survey, *, erased: Mapping[int, Sequence[Erased]], random_seed: int = 0
) -> tuple[Swapped, ...]:
    """Put the objects of some images of every class on backgrounds of images without the class."""
    chosen = [(c, each) for c, own in erased.items() for each in own[:SWAPPED]]
    found: list[Swapped] = []
    with bar("swap", total=len(chosen), unit="images") as advance:
        for c, each in chosen:
            donors = _donors(looked, c, image=each.image, random_seed=random_seed)
            found += _swap(subject, looked, each, cls=c, donors=donors)
            advance()
    return tuple(found)


def pasted(image: Float[Tensor, "3 y x"], region: Tensor, donor: Float[Tensor, "3 h w"]) -> Float[Tensor, "3 y x"]:
    """Return the donor, stretched to the image's size, with a region of the image on it."""
    ground = functional.interpolate(donor[None], size=image.shape[1:], mode="bilinear", antialias=True)[0]
    return torch.where(region.to(image.device), image, ground)


def _donors(looked: Survey, cls: int, *, image: int, random_seed: int) -> list[tuple[int, int]]:
    """Return images without the class, of as many other classes as there are, each with the class it stands for."""
    rng = np.random.default_rng([random_seed, cls, image])
    others = [d for d in rng.permutation(looked.tags.shape[1]).tolist() if d != cls]
    groups = {d: looked.tags[:, d] & ~looked.tags[:, cls] for d in others}
    groups[NOTHING] = ~looked.tags.any(axis=1)
    found: list[tuple[int, int]] = []
    for d, members in groups.items():
        places = np.flatnonzero(members)
        if len(places):
            found.append((int(rng.choice(places)), d))
    return found[-DONORS:] if NOTHING in {d for _, d in found[-1:]} else found[:DONORS]


def _swap(
    subject: Subject, looked: Survey, each: Erased, *, cls: int, donors: Sequence[tuple[int, int]]
) -> Iterator[Swapped]:
    record = looked.records[each.image]
    seen = subject.network.seen(subject.index.pixels(record))
    heat = subject.network.heat(seen, cls)
    objects = subject.objects(record, split=looked.splits[each.image], cls=cls, heat=heat)
    region = dilated(objects.get("truth", objects["run"]), share=RIM)
    grounds = [subject.network.seen(subject.index.pixels(looked.records[place])) for place, _ in donors]
    if not grounds:
        return
    images = torch.stack([pasted(seen, region, ground) for ground in grounds])
    for (_, donor), p in zip(donors, subject.network.probabilities(images, cls=cls), strict=True):
        yield Swapped(cls=cls, donor=donor, kept=min(1.0, p / each.whole))
