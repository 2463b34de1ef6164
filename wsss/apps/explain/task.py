"""Explanations of many images as files: a sheet of heatmaps, and a row of scores for each image."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from wsss.apps.batch.inputs import Inputs
from wsss.apps.batch.output import Output, Row
from wsss.apps.batch.task import Example, Task
from wsss.apps.batch.unlike import unsure
from wsss.apps.boxes import BOXES, VOC, BoxOptions, write_coco_boxes
from wsss.apps.explain.averages import COUNTS, averages, pooled_pixels, write_counts
from wsss.apps.explain.boxed import boxed, write_annotations
from wsss.apps.explain.explainer import Explainer
from wsss.apps.explain.explanation import Explained
from wsss.apps.explain.look import YES
from wsss.apps.explain.map_files import MAPS, write_maps
from wsss.apps.explain.methods import Fitting
from wsss.apps.explain.metric import METRICS
from wsss.apps.explain.sheet import sheet
from wsss.apps.explain.subject import Ranked
from wsss.apps.explain.tables import class_tables
from wsss.engine.progress import console
from wsss.store.texts import whole

PARTS: Final = {"sheet": "sheets", COUNTS: "counts", MAPS: "maps", VOC: VOC}


def explanations(folder: Path) -> Output:
    """Return a folder of explanations: `sheets/<name>.png`, `explanations.json`, and counts of pixels for PxAP."""
    return Output(folder=folder, name="explanations", parts=PARTS)


@dataclass(frozen=True, kw_only=True)
class Explain(Task[Explained]):
    """Ask CAM methods where the classifier sees the classes of every image."""

    title: ClassVar[str] = "explain"
    unit: ClassVar[str] = "maps"

    explainer: Explainer
    methods: Fitting
    classes: Sequence[str] = ()
    """Those that the classifier says yes to, if none are given."""
    scored: bool = True
    printed: bool = False
    """Whether the scores of each image are printed."""
    with_maps: bool = False
    """Whether maps are written as files of their own."""
    asked: str = ""
    """What is explained in place of the classifier's answer for the whole image, in words."""
    boxes: BoxOptions | None = None
    """Whether boxes are drawn and written, and how they are made."""

    @property
    def white(self) -> int:
        """That of the run."""
        return self.explainer.white

    @property
    def steps(self) -> int:
        """One map for each method."""
        return len(self.methods.methods)

    def head(self, inputs: Inputs, *, model: str) -> dict[str, Any]:
        """Return what the table says before its images: all that an explanation depends on but the image."""
        known: dict[str, Any] = {"with_maps": True} if self.with_maps else {}
        known |= {"against": self.explainer.rival} if self.explainer.rival else {}
        known |= {"network": self.asked} if self.asked else {}
        known |= {"boxes_by": repr(self.boxes)} if self.boxes else {}
        return {
            **known,
            "model": model,
            "fingerprint": self.explainer.fingerprint,
            "root": str(inputs.root),
            "side": self.explainer.side,
            "classes": list(self.classes),
            "scoring": repr(self.explainer.scoring) if self.scored else None,
            "methods": {name: repr(method) for name, (method, _) in self.methods.methods.items()},
            "left_out": dict(self.methods.left_out),
            "metrics": {
                metric.key: {
                    "name": metric.name,
                    "better": "higher" if metric.higher else "lower",
                    "words": metric.words,
                }
                for metric in METRICS
            },
        }

    def look(self, example: Example, *, advance: Callable[[], object]) -> Explained:
        """Explain, and print the scores."""
        explained = self.explainer(
            example.image,
            methods=self.methods,
            classes=self.classes,
            mask=example.mask,
            pixels=example.pixels,
            scored=self.scored,
            watch=lambda _: advance(),
        )
        if self.scored and self.printed:
            for table in class_tables(example.path, explained):
                console.print(table)
        return explained

    def write(self, example: Example, result: Explained, *, output: Output) -> Row:
        """Write the sheet, and what the means need of the pixels."""
        path = output.file("sheet", name=example.name, suffix=".png")
        boxes = {} if self.boxes is None else boxed(result, self.boxes)
        with whole(path) as hidden:
            drawn = sheet(example.image, result, title=self._title(example), mask=example.mask, boxes=boxes)
            drawn.save(hidden, format="PNG", optimize=True)
        return {
            "sheet": output.relative(path),
            **write_counts(result, name=example.name, output=output),
            **(write_maps(result, name=example.name, output=output) if self.with_maps else {}),
            **(write_annotations(boxes, example, output=output) if self.boxes and self.boxes.voc else {}),
            **({BOXES: [box.to_row() for each in boxes.values() for box in each]} if self.boxes else {}),
            "width": example.image.shape[1],
            "height": example.image.shape[0],
            "probabilities": dict(result.probabilities),
            "explanations": [
                {
                    "class": each.name,
                    "method": each.method,
                    "probability": each.probability,
                    "seconds": each.seconds,
                    "scores": each.judgement.scores,
                    **({} if each.radius is None else {"context_radius": each.radius}),
                    **({} if each.box is None else {"box": list(astuple(each.box))}),
                }
                for each in result.explanations
            ],
        }

    def summary(self, rows: Sequence[Row], *, output: Output) -> dict[str, Any]:
        """Return the means of every method, and the images of which the classifier says yes to no class."""
        likeliest = {row["image"]: max(row["probabilities"].values(), default=0.0) for row in rows}
        return {
            **self._files(rows, output=output),
            "means": averages(rows, pixels=pooled_pixels(rows, output=output)),
            # Among a thousand classes that exclude one another, a half is rare.
            **(
                {}
                if isinstance(self.explainer.subjects, Ranked)
                else {"unsure": unsure(rows, sure=likeliest, least=YES)}
            ),
        }

    def _title(self, example: Example) -> str:
        rival = [f"against {self.explainer.rival}"] if self.explainer.rival else []
        return ", ".join([example.path, *([self.asked] if self.asked else []), *rival])

    def _files(self, rows: Sequence[Row], *, output: Output) -> dict[str, Any]:
        if self.boxes is None:
            return {}
        model = f"wsss {self.explainer.fingerprint}"
        return {"files": {BOXES: write_coco_boxes(rows, output=output, classes=self.explainer.classes, model=model)}}
