"""What `wsss explain` leaves: a sheet of pictures for every image, and one table of all scores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8

from wsss.apps.explain.averages import Average
from wsss.apps.explain.explainer import Explainer
from wsss.apps.explain.explanation import Explained
from wsss.apps.explain.methods import Fitting
from wsss.apps.explain.metric import METRICS
from wsss.apps.explain.sheet import sheet
from wsss.draw.overlay import Picture
from wsss.errors import DataError
from wsss.store.files import whole, write_json

TABLE: Final = "explanations.json"
SHEETS: Final = "sheets"
PICTURE: Final = ".png"

Row = dict[str, Any]
"""What the table says of one image."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """A folder of explanations: `sheets/<name>.png` and `explanations.json`."""

    folder: Path

    @property
    def sheets(self) -> Path:
        """The folder of pictures."""
        return self.folder / SHEETS

    def check(self) -> None:
        """Raise `DataError` where pictures lie that somebody else made: they might be overwritten."""
        if self.sheets.exists() and not (self.folder / TABLE).exists():
            raise DataError(
                f"{self.folder} has a folder {SHEETS!r} but no {TABLE}, so it is no folder of explanations: "
                "choose another --out"
            )

    def write(
        self,
        image: Picture,
        *,
        path: str,
        name: str,
        explained: Explained,
        mask: UInt8[np.ndarray, "h w"] | None,
    ) -> Row:
        """Write the sheet of an image and return its row."""
        file = self.sheets / f"{name}{PICTURE}"
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole(file) as hidden:
            sheet(image, explained, title=path, mask=mask).save(hidden, format="PNG", optimize=True)
        return {
            "image": path,
            "sheet": file.relative_to(self.folder).as_posix(),
            "width": image.shape[1],
            "height": image.shape[0],
            "probabilities": dict(explained.probabilities),
            "explanations": [
                {
                    "class": each.name,
                    "method": each.method,
                    "probability": each.probability,
                    "seconds": each.seconds,
                    "scores": each.judgement.scores,
                }
                for each in explained.explanations
            ],
        }

    def write_table(
        self,
        head: Mapping[str, Any],
        *,
        rows: Iterable[Row],
        means: Sequence[Average],
        failed: Mapping[str, str],
    ) -> Row:
        """Write and return the table; `failed` maps images that could not be read to the reason."""
        self.folder.mkdir(parents=True, exist_ok=True)
        averaged = {
            each.method: {"pairs": each.count, "seconds": each.seconds, "scores": each.scores} for each in means
        }
        table = {**head, "images": list(rows), "means": averaged, "failed": dict(failed)}
        write_json(self.folder / TABLE, table)
        return table


def head_of(explainer: Explainer, asked: Fitting, *, run: Path, root: Path) -> dict[str, Any]:
    """Return what a table says of all its images."""
    return {
        "model": str(run.expanduser().resolve()),
        "fingerprint": explainer.fingerprint,
        "root": str(root),
        "side": explainer.side,
        "scoring": repr(explainer.scoring),
        "methods": {name: repr(method) for name, (method, _) in asked.methods.items()},
        "left_out": dict(asked.left_out),
        "metrics": {
            metric.key: {"name": metric.name, "better": "higher" if metric.higher else "lower", "words": metric.words}
            for metric in METRICS
        },
    }
