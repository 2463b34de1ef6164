"""Draw the README's picture from a finished run of the toy.

scripts/draw_readme.py outputs/toy/1 data/toy.png
"""

import sys
from pathlib import Path

import numpy as np
import yaml
from PIL import Image, ImageDraw

from wsss.draw.sheet import SheetRow
from wsss.engine.stage import Job, read_index
from wsss.stages.report import row
from wsss.store.store import Artifact, Store

SIDE, GAP, TOP = 144, 8, 22
ROLES = {"maps": "extract_cams", "refined": "refine_cams", "masks": "make_masks", "predictions": "predict_masks"}


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
    made: dict[str, Artifact] = {name: store.artifact(name, print_) for name, print_ in record["stages"].items()}
    index = read_index(made["index_data"])
    job = Job(artifact=made["report"], inputs={role: made[stage] for role, stage in ROLES.items()})
    chosen = [each for each in index.split("train") if len(each.classes) == 2 and each.size.height == each.size.width]
    montage([row(job, index, each, iou=None) for each in chosen[:4]]).save(target, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
