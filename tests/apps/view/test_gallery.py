"""What the page is told of a run."""

import io
from pathlib import Path

import pytest
from PIL import Image
from toy_runs import Run

from wsss.apps.view.gallery import IMAGE, SMALL, TRUTH, Gallery
from wsss.errors import StoreError
from wsss.testing.stages import remake


def test_every_image_with_its_pictures(gallery: Gallery, first_image: str):
    table = gallery.table()
    first = table["images"][0]
    assert first["id"] == first_image
    assert (table["panels"][0], table["panels"][-1]) == (IMAGE, TRUTH)
    assert {"extract_cams", "make_masks", "predict_masks"} <= set(table["panels"])
    assert any(image["score"] is not None for image in table["images"])
    assert {split for image in table["images"] for split in image["splits"]} == set(table["splits"])
    assert [each["image"] for each in table["suspects"]] == [first_image, "=x.png"]


def test_pictures_are_drawn_by_number(gallery: Gallery):
    panels = gallery.table()["images"][0]["panels"]
    drawn = [gallery.picture(0, panel) for panel in panels]
    assert len({picture for picture in drawn if picture}) > 2, "they differ"
    for picture in drawn:
        assert picture is not None
        with Image.open(io.BytesIO(picture)) as image:
            assert image.format == "JPEG"
    small = gallery.picture(0, 0, side=SMALL)
    assert small is not None
    assert max(Image.open(io.BytesIO(small)).size) <= SMALL


@pytest.mark.parametrize(("image", "panel"), [(-1, 0), (0, -1), (10**6, 0), (0, 99)])
def test_numbers_that_are_not_there_have_no_picture(gallery: Gallery, image: int, panel: int):
    assert gallery.picture(image, panel) is None


def test_a_run_without_findings_is_browsed_too(toy_run: Run, tmp_path: Path):
    table = Gallery.of(toy_run.out).table()
    assert (list(table["findings"]), table["suspects"]) == ([], [])
    with pytest.raises(StoreError):
        Gallery.of(tmp_path / "none")


def test_a_run_in_packs_shows_the_same_pictures(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    steps = copy.plan("runtime.pack=3")
    for name in ("extract_cams", "refine_cams", "make_masks", "predict_masks"):
        remake(steps[name])
        assert sorted(path.name for path in steps[name].artifact.items.iterdir()) == ["packs"]
    for name in ("evaluate", "report"):
        remake(steps[name])
    copy.again()
    shown, expected = Gallery.of(copy.out), Gallery.of(toy_run.out)
    table = shown.table()
    assert table["panels"] == expected.table()["panels"]
    for number, image in enumerate(table["images"]):
        assert image["panels"] == expected.table()["images"][number]["panels"]
        for panel in image["panels"]:
            assert shown.picture(number, panel) == expected.picture(number, panel)
