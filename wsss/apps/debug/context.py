"""Context: does the network recognise a class by the object, or by what is around it?"""

from collections.abc import Sequence
from typing import Final

from wsss.apps.debug.backgrounds import Background, backgrounds
from wsss.apps.debug.class_context import FEWEST, STANDS_OUT, ClassContext, compared
from wsss.apps.debug.context_pictures import counterfactual_sheet, mosaic
from wsss.apps.debug.context_tables import class_table, cluster_table, company_findings, company_tables, swap_table
from wsss.apps.debug.erase import believed, erase_all
from wsss.apps.debug.result import Result, per_cent
from wsss.apps.debug.subject import Subject
from wsss.apps.debug.survey import Survey
from wsss.apps.debug.swap import swaps
from wsss.apps.findings import Measure
from wsss.draw.findings import Finding, Part
from wsss.engine.progress import bar
from wsss.errors import plural
from wsss.metrics.cell_clusters import CellClusters

KIND: Final = "context"


def context(subject: Subject, looked: Survey, *, split: str, images: int, random_seed: int = 0) -> Result:
    """Look at how every class depends on its context, on at most so many images a class.

    Probabilities with and without another class are compared on a split, all else in the whole survey.
    """
    clusters = CellClusters.of(looked.cells, random_seed=random_seed) if len(looked.cells) > 1 else None
    chosen = {c: believed(looked, c, most=images, random_seed=random_seed) for c in range(len(subject.classes))}
    with bar("context", total=sum(map(len, chosen.values())), unit="images") as advance:
        erased = {
            c: tuple(erase_all(subject, looked, cls=c, images=own, clusters=clusters, advance=advance))
            for c, own in chosen.items()
        }
    classes = compared(erased)
    behind = () if clusters is None else backgrounds(subject, looked, clusters=clusters, erased=erased)
    swapped = swaps(subject, looked, erased=erased, random_seed=random_seed)
    findings = [
        *(
            _class_finding(subject, looked, each, clusters=clusters, behind=behind)
            for each in classes
            if each.stands_out
        ),
        *(_background_finding(subject, looked, each, clusters=clusters) for each in behind if each.matters),
        *company_findings(looked, classes=subject.classes, split=split),
    ]
    judged = [each for each in classes if len(each.values) >= FEWEST]
    worst = max((each.left for each in judged), default=None)
    return Result(
        part=Part(
            kind=KIND,
            title="Context",
            sentence=_sentence(subject, classes, judged),
            tables=(
                class_table(classes, swapped=swapped, looked=looked, behind=behind, names=subject.classes),
                cluster_table(behind, names=subject.classes),
                swap_table(swapped, names=subject.classes),
                *company_tables(looked, names=subject.classes, split=split),
            ),
        ),
        findings=tuple(findings),
        measure=None if worst is None else Measure(value=worst, words="the most that a class keeps without its object"),
    )


def _class_finding(
    subject: Subject,
    looked: Survey,
    found: ClassContext,
    *,
    clusters: CellClusters | None,
    behind: Sequence[Background],
) -> Finding:
    name = subject.classes[found.cls]
    by = "true masks" if found.origin == "truth" else "the run's own masks"
    ranked = sorted((e for e in found.images if found.origin in e.origins), key=lambda e: -e.left(found.origin))
    own = [each for each in behind if each.cls == found.cls][:1]
    return Finding(
        kind=KIND,
        severity=min(1.0, found.left),
        subject=name,
        sentence=f"With {name} erased, the classifier keeps {per_cent(found.left)} of its probability of {name}; "
        f"the other classes keep {per_cent(found.others)} ({plural(len(found.values), 'image')}, erased by {by}).",
        remedy=f"It knows {name} by its surroundings: add photographs of {name} elsewhere, and of these surroundings "
        "without it and with no label.",
        numbers={"left": found.left, "others": found.others, "images": float(len(found.values)), "p": found.p},
        images=tuple(looked.records[each.image].id for each in ranked),
        sheets=(counterfactual_sheet(subject, looked, ranked, cls=found.cls, origin=found.origin),),
        mosaics=tuple(
            mosaic(subject, looked, cls=each.cls, cluster=each.cluster, clusters=clusters, lift=each.lift)
            for each in own
            if clusters is not None
        ),
    )


def _background_finding(
    subject: Subject, looked: Survey, found: Background, *, clusters: CellClusters | None
) -> Finding:
    assert clusters is not None
    name = subject.classes[found.cls]
    return Finding(
        kind=KIND,
        severity=min(1.0, found.taken),
        subject=name,
        sentence=f"Erasing one kind of background beside {name} takes {per_cent(found.taken)} of its probability: "
        f"{per_cent(found.energy)} of the map of {name} lies on it, and it is {found.lift:.1f} times as frequent "
        f"with {name} as in all images ({plural(found.images, 'image')}).",
        remedy=f"Look at the crops: where they do not show parts of {name}, add photographs of it without them.",
        numbers={"taken": found.taken, "energy": found.energy, "lift": found.lift, "images": float(found.images)},
        mosaics=(mosaic(subject, looked, cls=found.cls, cluster=found.cluster, clusters=clusters, lift=found.lift),),
    )


def _sentence(subject: Subject, classes: Sequence[ClassContext], judged: Sequence[ClassContext]) -> str:
    if not classes:
        return "No class could be looked at: the classifier says yes to none of its images."
    flagged = sum(each.stands_out for each in classes)
    few = len(subject.classes) - len(judged)
    return (
        f"{plural(len(judged), 'class').replace('classs', 'classes')} were judged by erasing the object and its "
        f"surroundings, by blur and by imputation; {flagged} {'stands' if flagged == 1 else 'stand'} out by "
        f"{STANDS_OUT:g} or more."
        + (f" {few} have fewer than {FEWEST} usable images: too few to judge." if few else "")
    )
