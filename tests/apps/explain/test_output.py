"""What a folder of explanations holds."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.apps.explain.averages import Average
from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.output import Output
from wsss.apps.explain.scoring import Judgement
from wsss.errors import DataError
from wsss.types import Size


@pytest.fixture
def written(tmp_path: Path) -> Output:
    each = Explanation(
        cls=0,
        name="cat",
        method="cam",
        probability=0.75,
        heat=np.zeros((5, 10), dtype=np.float32),
        size=Size(height=20, width=40),
        seconds=0.5,
        judgement=Judgement(scores={"adcc": 0.5, "pointing": None}),
    )
    explained = Explained(explanations=(each,), probabilities={"cat": 0.75, "dog": 0.25}, left_out={})
    output = Output(folder=tmp_path / "out")
    image = np.zeros((20, 40, 3), np.uint8)
    row = output.write(image, path="x/it's.jpg", name="x/it's", explained=explained, mask=None)
    means = [Average(method="cam", count=1, seconds=0.5, scores={"adcc": 0.5})]
    output.write_table({"model": "m"}, rows=[row], means=means, failed={"b.jpg": "is empty"})
    return output


def test_sheets_keep_their_folders(written: Output):
    files = {path.relative_to(written.folder).as_posix() for path in written.folder.rglob("*") if path.is_file()}
    assert files == {"sheets/x/it's.png", "explanations.json"}
    with Image.open(written.folder / "sheets/x/it's.png") as picture:
        assert picture.format == "PNG"


def test_the_table(written: Output):
    assert json.loads((written.folder / "explanations.json").read_text(encoding="utf-8")) == {
        "model": "m",
        "images": [
            {
                "image": "x/it's.jpg",
                "sheet": "sheets/x/it's.png",
                "width": 40,
                "height": 20,
                "probabilities": {"cat": 0.75, "dog": 0.25},
                "explanations": [
                    {
                        "class": "cat",
                        "method": "cam",
                        "probability": 0.75,
                        "seconds": 0.5,
                        "scores": {"adcc": 0.5, "pointing": None},
                    }
                ],
            }
        ],
        "means": {"cam": {"pairs": 1, "seconds": 0.5, "scores": {"adcc": 0.5}}},
        "failed": {"b.jpg": "is empty"},
    }


def test_pictures_of_others_are_not_overwritten(written: Output, tmp_path: Path):
    written.check()
    Output(folder=tmp_path / "new").check()
    (written.folder / "explanations.json").unlink()
    with pytest.raises(DataError, match=r"out has a folder 'sheets' but no explanations\.json.*choose another --out"):
        written.check()
