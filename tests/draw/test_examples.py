"""Examples: the pictures of one image, from artifacts written by hand."""

from pathlib import Path

from builders import score_maps
from toy_runs import drawn_index, drawn_maps, job

from wsss.draw.examples import row
from wsss.store.kinds import RAW_MAPS
from wsss.store.store import Store


def test_an_image_shows_the_maps_of_each_of_its_classes(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {"a": [[1, 0, 2]] * 2})
    maps = drawn_maps(store, "extract_cams", {"a": score_maps([1, 2], [[[1.0, 0, 0]] * 2, [[0, 0, 0.5]] * 2])})
    read = job(store, "report", index=index).index()
    shown = row(read, read.records["a"], made={"CAM": RAW_MAPS.items(maps, read)}, iou=None)
    assert [panel.title for panel in shown.panels] == ["image", "CAM", "truth"]
    assert [panel.title for panel in shown.class_panels] == ["cat: CAM", "dog: CAM"]
