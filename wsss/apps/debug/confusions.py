"""Confusions: classes that the network sees where they are not tagged or misses where they are, and what lies there."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from wsss.apps.debug.confusion_tables import Wrong, count_table, image_table, under_table
from wsss.apps.debug.network import at
from wsss.apps.debug.result import Result, per_cent
from wsss.apps.debug.subject import ON_OBJECT, Subject
from wsss.apps.debug.survey import Survey
from wsss.apps.explain.look import YES
from wsss.apps.findings import Measure
from wsss.draw.findings import Finding, Part
from wsss.draw.panels import HeatPanel, ImagePanel, MaskPanel, Panel
from wsss.draw.sheet import Sheet, SheetRow
from wsss.engine.progress import bar
from wsss.errors import plural
from wsss.labels import IGNORE, label_names

KIND: Final = "confusions"
MOST: Final = 20
"""Images of each class that are looked at closely, the surest first."""
FEWEST: Final = 3
"""Images from which a confusion is a finding."""
ROWS: Final = 6
NOWHERE: Final = "nothing"


def confusions(subject: Subject, looked: Survey, *, split: str) -> Result:
    """Look at all disagreements of the network and the tags on a split, at most `MOST` a class closely."""
    on = looked.of([split])
    wrong = list(_disagreements(looked, on))
    with bar(KIND, total=len(wrong), unit="images") as advance:
        found = []
        for cls, image in wrong:
            found.append(_look(subject, looked, cls=cls, image=image))
            advance()
    counts = {c: _counts(looked, on, c) for c in range(len(subject.classes))}
    findings = [
        *(_said_finding(subject, looked, c, found=found, counts=own) for c, own in counts.items() if own[0] >= FEWEST),
        *(_missed_finding(subject, looked, c, found=found, counts=own) for c, own in counts.items() if _misses(own)),
    ]
    said, missed = (sum(own[k] for own in counts.values()) for k in (0, 2))
    answers = int((looked.probabilities[on] >= YES).sum())
    return Result(
        part=Part(
            kind=KIND,
            title="Confusions",
            sentence=f"On {split} the classifier says yes {answers} times, {said} of them to a class that the image is "
            f"not tagged with; it misses {missed} tags.",
            tables=(
                count_table(counts, names=subject.classes),
                under_table(found, names=subject.classes, said=True),
                under_table(found, names=subject.classes, said=False),
                image_table(looked, found, names=subject.classes),
            ),
        ),
        findings=tuple(findings),
        measure=Measure(
            value=said / answers if answers else 0.0, words="the share of its answers that no tag confirms"
        ),
    )


def under_peak(heat: Float[Tensor, "y x"], labels: UInt8[np.ndarray, "h w"], names: Sequence[str]) -> str:
    """Return the name of the label under a map's highest cell; `nothing` where that is not known.

    The background is `background`.
    """
    height, width = heat.shape
    row, column = divmod(int(heat.argmax()), width)
    label = int(at(labels, height=height, width=width)[row, column])
    return NOWHERE if label == IGNORE else label_names(names)[label]


def covering(region: Float[Tensor, "y x"], heats: Mapping[str, Float[Tensor, "y x"]], *, least: float = 0.2) -> str:
    """Return the name of the map that covers most of a region, `nothing` where none covers a share of `least`."""
    inside = region > ON_OBJECT
    shares = {name: float((heat[inside] > ON_OBJECT).float().mean()) for name, heat in heats.items() if inside.any()}
    best = max(shares, key=lambda name: shares[name], default=NOWHERE)
    return best if shares.get(best, 0.0) >= least else NOWHERE


def _disagreements(looked: Survey, on: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield class and image, for each class the surest false answers and the surest misses."""
    for c in range(looked.tags.shape[1]):
        p, tagged = looked.probabilities[on, c], looked.tags[on, c]
        for members, order in (((p >= YES) & ~tagged, -p), ((p < YES) & tagged, p)):
            ranked = [k for k in np.argsort(order, kind="stable").tolist() if members[k]]
            yield from ((c, int(on[k])) for k in ranked[:MOST])


def _counts(looked: Survey, on: np.ndarray, cls: int) -> tuple[int, int, int]:
    """Return how often a class is said wrongly, said rightly, and missed."""
    said, tagged = looked.probabilities[on, cls] >= YES, looked.tags[on, cls]
    return int((said & ~tagged).sum()), int((said & tagged).sum()), int((~said & tagged).sum())


def _misses(counts: tuple[int, int, int]) -> bool:
    return counts[2] >= FEWEST and counts[2] > counts[1]


def _look(subject: Subject, looked: Survey, *, cls: int, image: int) -> Wrong:
    record, split = looked.records[image], looked.splits[image]
    seen = subject.network.seen(subject.index.pixels(record))
    heat = subject.network.heat(seen, cls)
    p = float(looked.probabilities[image, cls])
    labels = {"run": subject.own(record, split=split), "truth": subject.truth(record)}
    known = {origin: each for origin, each in labels.items() if each is not None}
    if p >= YES:
        under = {origin: under_peak(heat, each, subject.classes) for origin, each in known.items()}
        return Wrong(cls=cls, image=image, probability=p, said=True, under=under)
    others = [c for c in np.flatnonzero(looked.probabilities[image] >= YES).tolist() if c != cls]
    heats = {subject.classes[c]: subject.network.heat(seen, c) for c in others}
    objects = subject.objects(record, split=split, cls=cls, heat=heat)
    return Wrong(
        cls=cls,
        image=image,
        probability=p,
        said=False,
        under={origin: covering(region.float(), heats) for origin, region in objects.items()},
    )


def _said_finding(
    subject: Subject, looked: Survey, cls: int, *, found: Sequence[Wrong], counts: tuple[int, int, int]
) -> Finding:
    said, right, _ = counts
    own = [each for each in found if each.cls == cls and each.said]
    name = subject.classes[cls]
    origin = "truth" if any("truth" in each.under for each in own) else "run"
    labels = Counter(each.under[origin] for each in own if origin in each.under)
    tagged = labels.pop(name, 0)
    label, times = labels.most_common(1)[0] if labels else ("", 0)
    where = f"; under the peak of its map lies {label} on {times} of {len(own)}" if times > 1 else ""
    missing = f"; {tagged} do show it in their mask, so that the tag is missing" if tagged and origin == "truth" else ""
    return Finding(
        kind=KIND,
        severity=0.8 * said / (said + right),
        subject=name,
        sentence=f"{plural(said, 'image')} of the {said + right} that the classifier takes for {name} "
        f"{'is' if said == 1 else 'are'} not tagged with it{where}{missing}.",
        remedy="Look at the maps: a tag may be missing, or the class looks like what lies under the peak.",
        numbers={"said": float(said), "right": float(right)},
        images=tuple(looked.records[each.image].id for each in own),
        sheets=(_sheet(subject, looked, own),),
    )


def _missed_finding(
    subject: Subject, looked: Survey, cls: int, *, found: Sequence[Wrong], counts: tuple[int, int, int]
) -> Finding:
    _, right, missed = counts
    own = [each for each in found if each.cls == cls and not each.said]
    name = subject.classes[cls]
    origin = "truth" if any("truth" in each.under for each in own) else "run"
    covers = Counter(each.under[origin] for each in own if each.under.get(origin, NOWHERE) != NOWHERE)
    label, times = covers.most_common(1)[0] if covers else ("", 0)
    where = f"; on {times} of {len(own)} the map of {label} covers it" if times > 1 else ""
    return Finding(
        kind=KIND,
        severity=0.6 * missed / (missed + right),
        subject=name,
        sentence=f"The classifier misses {name} on {missed} of {plural(missed + right, 'tagged image')}"
        f" ({per_cent(missed / (missed + right))}){where}.",
        remedy=f"More photographs of {name} would help most, such as those below.",
        numbers={"missed": float(missed), "right": float(right)},
        images=tuple(looked.records[each.image].id for each in own),
        sheets=(_sheet(subject, looked, own),),
    )


def _sheet(subject: Subject, looked: Survey, found: Sequence[Wrong]) -> Sheet:
    """Show images, the map of the class, and the mask that it is held against."""
    rows = []
    for each in found[:ROWS]:
        record, split = looked.records[each.image], looked.splits[each.image]
        image = subject.index.pixels(record)
        heat = subject.network.heat(subject.network.seen(image), each.cls)
        truth = subject.truth(record)
        labels = subject.own(record, split=split) if truth is None else truth
        panels: list[Panel] = [
            ImagePanel(title="image"),
            HeatPanel(
                title=f"map of {subject.classes[each.cls]}", words=per_cent(each.probability), scores=heat.numpy()
            ),
        ]
        if labels is not None:
            words = "; ".join(dict.fromkeys(each.under.values()))
            panels.append(MaskPanel(title="mask", words=words, labels=labels))
        names = tuple(subject.classes[c] for c in record.classes)
        rows.append(SheetRow(id=record.id, image=image, classes=names, panels=tuple(panels)))
    complete = [row for row in rows if len(row.panels) == len(rows[0].panels)]
    return Sheet(title="", rows=tuple(complete))
