"""Sentences on the outcome of a run: what it reached, which class is weakest, and what to do next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wsss.draw.numbers import percent
from wsss.draw.outcome import Outcome, Result
from wsss.labels import BACKGROUND_NAME

PAGE: Final = "docs/poor-results.md"
"""The page by symptom, whose sections the advice names."""
FEW: Final = 20
"""Images of a class below which more of them are the first thing to try."""
POOR_MAP: Final = 0.7
"""Mean average precision below which no map can be trusted."""
LOST: Final = 0.02
"""mIoU that masks may lose against the best threshold of the raw maps, before the threshold is to blame."""
REPRODUCED: Final = 0.7
"""Share of the masks' mIoU that a network has on the images it learnt from, if it learnt from them."""
GAP: Final = 0.15
"""mIoU by which a network may be better on the images that it learnt from."""
LEANING: Final = 2.0
"""Ratio of wrong and missed pixels from which one of them is the problem."""
NOTICED: Final = 0.3
"""Share of wrong or missed pixels in the union from which they are worth a word."""
TAKEN: Final = 0.2
"""Share of a class's pixels from which being taken for another class is a problem of its own."""
MOST: Final = 3
"""Pieces of advice at most: who changes five things at once learns nothing from it."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A sentence on what to do, and the section of the page by symptom that says more."""

    words: str
    symptom: str


def findings(outcome: Outcome) -> tuple[str, ...]:
    """Say in words what a run reached."""
    return (*_reached(outcome), *_weakest(outcome))


def advice(outcome: Outcome, *, warned: bool = False) -> tuple[Advice, ...]:
    """Return what to do next, the most promising first; nothing where nothing was scored.

    `warned` says that a training told already that its network learnt little, which is then not told again.
    """
    network = () if warned else (_train_network,)
    rules = (_learn_to_classify, _choose_threshold, *network, _tell_apart, _lean, _collect, _generalise)
    return tuple(said for rule in rules for said in rule(outcome))[:MOST]


def _reached(outcome: Outcome) -> Iterator[str]:
    if (last := outcome.last) is None and outcome.raw is None:
        yield "No image has a true mask, so nothing is scored: judge the examples below by eye, or give masks to some."
    if outcome.masks and outcome.raw:
        better = "where" if outcome.masks.miou > outcome.raw.miou else "but"
        raw = f"the raw maps reach {_share(outcome.raw)} at their best threshold, an oracle"
        yield f"The masks reach {_share(outcome.masks)} mIoU on {outcome.masks.split}, {better} {raw}."
    elif outcome.masks or outcome.raw:
        one = outcome.masks or outcome.raw
        assert one is not None
        yield f"The {'masks' if outcome.masks else 'raw maps'} reach {_share(one)} mIoU on {one.split}."
    if last and last is not outcome.masks:
        yield f"The trained network reaches {_share(last)} mIoU on {last.split}."


def _weakest(outcome: Outcome) -> Iterator[str]:
    last = outcome.last or outcome.raw
    if last is None or len(last.classes) < 2:
        return
    name = min(last.classes, key=lambda each: last.classes[each])
    sentence = f"The weakest class is {name}, with an IoU of {percent(last.classes[name])} % on {last.split}"
    for mistake in outcome.mistakes(last, of=name)[:1]:
        sentence += f": {percent(mistake.share)} % of its pixels are taken for {mistake.other}"
    yield f"{sentence}."


def _learn_to_classify(outcome: Outcome) -> Iterator[Advice]:
    if outcome.map is not None and outcome.map < POOR_MAP:
        known = f"The classifier knows the classes poorly (mAP {percent(outcome.map)} %), and maps show what it knows"
        yield Advice(words=f"{known}: check the labels, and train it for longer.", symptom="Poor classifier")


def _choose_threshold(outcome: Outcome) -> Iterator[Advice]:
    if outcome.masks and outcome.raw and outcome.masks.miou < outcome.raw.miou - LOST:
        lost = f"The masks lose {percent(outcome.raw.miou - outcome.masks.miou)} points against the raw maps"
        yield Advice(words=f"{lost}: choose the threshold by the images.", symptom="Blobs")


def _train_network(outcome: Outcome) -> Iterator[Advice]:
    if outcome.masks and outcome.trained and outcome.trained.miou < REPRODUCED * outcome.masks.miou:
        reached = f"The network reaches {_share(outcome.trained)} on the images whose masks reach"
        words = f"{reached} {_share(outcome.masks)}: it learnt little of them, so train it for more steps."
        yield Advice(words=words, symptom="Network that learnt little")


def _tell_apart(outcome: Outcome) -> Iterator[Advice]:
    if (last := outcome.last) is None:
        return
    every = [mistake for name in last.classes for mistake in outcome.mistakes(last, of=name)]
    between = [mistake for mistake in every if mistake.other != BACKGROUND_NAME and mistake.share >= TAKEN]
    for worst in sorted(between, key=lambda mistake: -mistake.share)[:1]:
        taken = f"{percent(worst.share)} % of {worst.name} is taken for {worst.other}"
        yield Advice(words=f"{taken}: give images that show one without the other.", symptom="Confused classes")


def _lean(outcome: Outcome) -> Iterator[Advice]:
    last = outcome.last
    wrong, missed = (last.scores.get("fp"), last.scores.get("fn")) if last else (None, None)
    if wrong is None or missed is None or max(wrong, missed) < NOTICED:
        return
    if wrong > LEANING * missed:
        words = "Masks cover more than the objects: raise the background's threshold, or look for a context."
        yield Advice(words=words, symptom="Whole images")
    elif missed > LEANING * wrong:
        words = "Masks miss parts of the objects: lower the background's threshold, or take finer maps."
        yield Advice(words=words, symptom="Thin parts")


def _collect(outcome: Outcome) -> Iterator[Advice]:
    few = {name: count for name, count in outcome.images.items() if count < FEW}
    if few and outcome.last:
        rarest = min(few, key=lambda name: few[name])
        images = f"{len(few)} of {len(outcome.classes)} classes have fewer than {FEW} images, {rarest} {few[rarest]}"
        yield Advice(words=f"{images}: label more of them.", symptom="Few images")


def _generalise(outcome: Outcome) -> Iterator[Advice]:
    if outcome.trained and outcome.unseen and outcome.trained.miou - outcome.unseen.miou > GAP:
        lost = percent(outcome.trained.miou - outcome.unseen.miou)
        words = f"The network loses {lost} points on images that it did not see: more images help, or fewer steps."
        yield Advice(words=words, symptom="Few images")


def _share(result: Result) -> str:
    return f"{percent(result.miou)} %"
