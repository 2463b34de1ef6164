"""Draw the README's picture from a finished run of the toy.

scripts/draw_readme.py outputs/toy/1 data/toy.png
"""

import sys
from pathlib import Path

import numpy as np
import yaml
from PIL import Image, ImageDraw

from wsss.draw.examples import row
from wsss.draw.sheet import SheetRow
from wsss.engine.stage import read_index
from wsss.store.kinds import MAPS, MASKS, RAW_MAPS, Kind
from wsss.store.store import Artifact, Store

SIDE, GAP, TOP = 144, 8, 22
PANELS: dict[str, tuple[str, Kind]] = {
    "CAM": ("extract_cams", RAW_MAPS),
    "refined": ("refine_cams", MAPS),
    "mask": ("make_masks", MASKS),
    "prediction": ("predict_masks", MASKS),
}
"""Titles, stages and kinds of what is shown."""


def montage(rows: list[SheetRow]) -> Image.Image:
    """Return a picture with one line a row and one column a panel, titles above."""
    columns = len(rows[0].panels)
    page = Image.new("RGB", (columns * (SIDE + GAP) - GAP, TOP + len(rows) * (SIDE + GAP) - GAP), "white")
    draw = ImageDraw.Draw(page)
    for y, each in enumerate(rows):
        for x, panel in enumerate(each.panels):
            if y == 0:
                draw.text((x * (SIDE + GAP) + SIDE / 2, TOP / 2), panel.title, fill="black", anchor="mm", font_size=14)
            picture = panel.draw(np.asarray(Image.fromarray(each.image).resize((SIDE, SIDE))))
            if picture is not None:
                page.paste(Image.fromarray(picture), (x * (SIDE + GAP), TOP + y * (SIDE + GAP)))
    return page


def main(run: str, target: str) -> None:
    """Take the first training images that show two classes."""
    record = yaml.safe_load(Path(run, "run.yaml").read_text(encoding="utf-8"))
    store = Store(root=Path(record["store"]))
    stages: dict[str, Artifact] = {name: store.artifact(name, print_) for name, print_ in record["stages"].items()}
    index = read_index(stages["index_data"])
    made = {title: kind.items(stages[stage], index) for title, (stage, kind) in PANELS.items()}
    chosen = [each for each in index.split("train") if len(each.classes) == 2 and each.size.height == each.size.width]
    montage([row(index, each, made=made, iou=None) for each in chosen[:4]]).save(target, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
