"""Hard negatives: photographs without any class on which the classifier says yes (W-OoD, Lee et al., CVPR 2022)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from wsss.apps.batch.inputs import find_inputs
from wsss.apps.debug.network import DebugNetwork
from wsss.apps.debug.result import Result, per_cent
from wsss.apps.explain.look import YES
from wsss.apps.findings import Measure
from wsss.data.images import read_image
from wsss.draw.findings import Finding, Part
from wsss.draw.panels import HeatPanel, ImagePanel
from wsss.draw.sheet import Sheet, SheetRow
from wsss.draw.tables import Table
from wsss.engine.progress import bar
from wsss.errors import DataError, plural

KIND: Final = "negatives"
ROWS: Final = 12


@final
@dataclass(frozen=True, kw_only=True)
class HardNegative:
    """A photograph with a class that the classifier sees on it."""

    image: str
    """Its path below the folder."""
    cls: int
    probability: float


def negatives(network: DebugNetwork, folder: Path, *, classes: Sequence[str], white: int) -> Result:
    """Ask of a folder of photographs without any class which of them the classifier takes for one.

    Raises `DataError` where the folder is not there or holds no image; images that cannot be read are named.
    """
    inputs = find_inputs([folder])
    found, failed = [], []
    with bar(KIND, total=len(inputs.names), unit="images") as advance:
        for name in inputs.names:
            try:
                pixels = read_image(inputs.root / name, white=white)
            except DataError as error:
                failed.append(str(error))
            else:
                said = network.answer(network.seen(pixels)).probabilities.tolist()
                found += [HardNegative(image=name, cls=c, probability=p) for c, p in enumerate(said) if p >= YES]
            advance()
    found.sort(key=lambda each: (-each.probability, each.image, each.cls))
    read = len(inputs.names) - len(failed)
    hard = len({each.image for each in found})
    rows = tuple((each.image, classes[each.cls], each.probability) for each in found)
    unread = "".join(f" Left out: {reason}." for reason in failed)
    return Result(
        part=Part(
            kind=KIND,
            title="Hard negatives",
            sentence=f"The classifier sees a class on {hard} of {plural(read, 'photograph')} that show none.{unread}",
            tables=(Table(title="Hard negatives", columns=("image", "class", "probability"), rows=rows),),
        ),
        findings=(_finding(network, inputs.root, found, read=read, classes=classes, white=white),) if found else (),
        measure=Measure(value=hard / read if read else 0.0, words="the share of negatives that are taken for a class"),
    )


def _finding(
    network: DebugNetwork,
    root: Path,
    found: Sequence[HardNegative],
    *,
    read: int,
    classes: Sequence[str],
    white: int,
) -> Finding:
    hard = list(dict.fromkeys(each.image for each in found))
    first = {name: next(each for each in found if each.image == name) for name in hard[:ROWS]}
    rows = []
    for name, each in first.items():
        image = read_image(root / name, white=white)
        heat = network.heat(network.seen(image), each.cls)
        words = f"{classes[each.cls]} {per_cent(each.probability)}"
        panels = (ImagePanel(title="image"), HeatPanel(title="map", words=words, scores=heat.numpy()))
        rows.append(SheetRow(id=name, image=image, classes=(classes[each.cls],), panels=panels))
    most = max({each.cls for each in found}, key=lambda c: sum(each.cls == c for each in found))
    return Finding(
        kind=KIND,
        severity=min(1.0, len(hard) / read),
        subject=classes[most],
        sentence=f"On {len(hard)} of {plural(read, 'photograph')} that show no class, the classifier sees one, "
        f"most often {classes[most]}.",
        remedy="Add these photographs to the data set with an empty label, and train again: in a CSV of labels it is a "
        "line each.",
        numbers={"images": float(len(hard)), "share": len(hard) / read},
        images=tuple(hard),
        sheets=(Sheet(title="", rows=tuple(rows)),),
    )
