"""Maps as files."""

from pathlib import Path

import numpy as np
from PIL import Image

from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.map_files import write_maps
from wsss.apps.explain.task import explanations
from wsss.types import Size


def explanation(name: str, method: str) -> Explanation:
    heat = np.array([[0.0, 1.0]], dtype=np.float32)
    size = Size(height=2, width=4)
    return Explanation(cls=0, name=name, method=method, probability=0.5, heat=heat, size=size, seconds=0.1)


def test_a_map_is_an_array_of_the_image_s_size_and_a_grey_picture(tmp_path: Path):
    each = (explanation("cat", "cam"), explanation("a/b", "layercam"))
    explained = Explained(explanations=each, probabilities={"cat": 0.5}, left_out={})
    output = explanations(tmp_path)
    row = write_maps(explained, name="x/it's", output=output)
    assert row["maps"][:2] == ["maps/x/it's/cat cam.npy", "maps/x/it's/cat cam.png"]
    assert len(row["maps"]) == 4
    for path in row["maps"]:
        assert (tmp_path / path).parent == tmp_path / "maps" / "x" / "it's", "a class's name makes no folder"
    array = np.load(tmp_path / row["maps"][0])
    assert (array.shape, array.dtype) == ((2, 4), np.float16)
    np.testing.assert_allclose(array, each[0].map, atol=1e-3)
    with Image.open(tmp_path / row["maps"][1]) as picture:
        assert picture.mode == "L"
        assert np.abs(np.asarray(picture) / 255 - each[0].map).max() < 0.005
