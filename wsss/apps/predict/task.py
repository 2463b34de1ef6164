"""Predictions of many images as files: masks, overlays, and a row of what each image shows."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from wsss.apps.batch.inputs import Inputs
from wsss.apps.batch.output import Output, Row
from wsss.apps.batch.task import Example, Task
from wsss.apps.batch.unlike import unlike, unsure
from wsss.apps.boxes import BOXES, VOC, BoxOptions, ClassBox, boxes_of_mask, write_coco_boxes, write_voc
from wsss.apps.predict.exports import FORMATS, write_formats
from wsss.apps.predict.predictor import Prediction, Predictor
from wsss.draw.boxes import with_boxes
from wsss.draw.grid import with_legend
from wsss.draw.label_colours import label_colours
from wsss.draw.numbers import percent
from wsss.draw.overlay import Picture
from wsss.draw.panels import MaskPanel, shrunk
from wsss.labels import BACKGROUND, label_names, palette
from wsss.store.files import MASK, write_mask
from wsss.store.texts import whole

PARTS: Final = {"mask": "masks", "overlay": "overlays", "confidence_map": "confidence", VOC: VOC}
UNSURE: Final = 0.7
"""Mean confidence below which an image may be unlike those that the network learnt from."""
CONFIDENCE: Final = "confidence"
"""The format that has a file for each image."""
CHOICES: Final = (CONFIDENCE, *FORMATS)
"""Formats that a person may ask for beside masks and overlays."""
OVERLAY_SIDE: Final = 2000
"""Pixels of an overlay's longer side at most: it is for looking at, the mask has every pixel."""
QUALITY: Final = 90


def predictions(folder: Path) -> Output:
    """Return a folder of predictions: `masks/<name>.png`, `overlays/<name>.jpg` and `predictions.json`."""
    return Output(folder=folder, name="predictions", parts=PARTS)


@dataclass(frozen=True, kw_only=True)
class Predict(Task[Prediction]):
    """Label the pixels of every image."""

    title: ClassVar[str] = "predict"
    unit: ClassVar[str] = "images"

    predictor: Predictor
    formats: Sequence[str] = ()
    """Of `CHOICES`."""
    boxes: BoxOptions | None = None
    """Whether boxes are drawn and written, and how they are made."""

    @property
    def white(self) -> int:
        """That of the run."""
        return self.predictor.white

    def head(self, inputs: Inputs, *, run: Path) -> dict[str, Any]:
        """Return what the table says before its images: all that a prediction depends on but the image."""
        colours = palette()
        names = enumerate(label_names(self.predictor.classes))
        known = {"maps": CONFIDENCE} if CONFIDENCE in self.formats else {}
        known |= {"boxes_by": repr(self.boxes)} if self.boxes else {}
        return {
            **known,
            "model": str(run.expanduser().resolve()),
            "fingerprint": self.predictor.fingerprint,
            "tile": self.predictor.tiles.side,
            "root": str(inputs.root),
            "labels": [{"label": i, "name": name, "colour": f"#{bytes(colours[i]).hex()}"} for i, name in names],
        }

    def look(self, example: Example, *, advance: Callable[[], object]) -> Prediction:
        """Predict."""
        prediction = self.predictor(example.image)
        advance()
        return prediction

    def write(self, example: Example, result: Prediction, *, output: Output) -> Row:
        """Write the mask and the overlay."""
        mask = output.file("mask", name=example.name, suffix=MASK)
        overlay = output.file("overlay", name=example.name, suffix=".jpg")
        write_mask(mask, result.labels)
        found = self._found(result)
        with whole(overlay) as hidden:
            Image.fromarray(draw(example.image, result, boxes=found)).save(hidden, format="JPEG", quality=QUALITY)
        height, width = result.labels.shape
        return {
            "mask": output.relative(mask),
            "overlay": output.relative(overlay),
            **self._confidence(example, result, output=output),
            **self._boxes(example, found, output=output),
            "width": width,
            "height": height,
            "confidence": result.mean_confidence,
            "unlikeness": result.unlikeness,
            "classes": {name: asdict(area) for name, area in result.areas().items()},
        }

    def _found(self, result: Prediction) -> tuple[ClassBox, ...]:
        if self.boxes is None:
            return ()
        return boxes_of_mask(result.labels, result.confidence, classes=result.classes, rule=self.boxes.rule)

    def _boxes(self, example: Example, found: Sequence[ClassBox], *, output: Output) -> Row:
        if self.boxes is None:
            return {}
        row: Row = {BOXES: [box.to_row() for box in found]}
        if self.boxes.voc:
            height, width = example.image.shape[:2]
            row[VOC] = write_voc(example.path, found, width=width, height=height, output=output, name=example.name)
        return row

    def _confidence(self, example: Example, result: Prediction, *, output: Output) -> Row:
        if CONFIDENCE not in self.formats:
            return {}
        path = output.file("confidence_map", name=example.name, suffix=".png")
        with whole(path) as hidden:
            shown = np.rint(result.confidence.astype(np.float32) * 255).astype(np.uint8)
            Image.fromarray(shown).save(hidden, format="PNG")
        return {"confidence_map": output.relative(path)}

    def summary(self, rows: Sequence[Row], *, output: Output) -> dict[str, Any]:
        """Write what other tools read; return the names of its files, and images of which the network knows little."""
        wanted = [name for name in self.formats if name in FORMATS]
        classes, model = self.predictor.classes, f"wsss {self.predictor.fingerprint}"
        files = write_formats(wanted, rows, output=output, classes=classes, model=model)
        if self.boxes is not None:
            files[BOXES] = write_coco_boxes(rows, output=output, classes=classes, model=model)
        sure = {row["image"]: row["confidence"] for row in rows}
        strange = {"unlike": unlike(rows), "unsure": unsure(rows, sure=sure, least=UNSURE)}
        return {**({"files": files} if files else {}), **strange}


def draw(image: Picture, prediction: Prediction, *, boxes: Sequence[ClassBox] = ()) -> UInt8[np.ndarray, "y x 3"]:
    """Return the mask over the image, at most `OVERLAY_SIDE` pixels long, above the names of what it shows."""
    drawn = MaskPanel(title="overlay", labels=prediction.labels).draw(shrunk(image, side=OVERLAY_SIDE))
    colours = label_colours()
    names = label_names(prediction.classes)
    areas = prediction.areas()
    scale = drawn.shape[1] / image.shape[1]
    frames = [(box.found.box.scaled(across=scale, down=scale), colours[names.index(box.name)]) for box in boxes]
    drawn = with_boxes(drawn, [(box, tuple(colour.tolist())) for box, colour in frames])
    entries = [
        (colours[label], f"{name} {percent(areas[name].fraction)} %")
        for label, name in enumerate(names)
        if label != BACKGROUND and name in areas
    ]
    return with_legend(drawn, entries)
