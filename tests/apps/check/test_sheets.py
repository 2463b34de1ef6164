"""Examples of what a check found."""

from pathlib import Path

from data_sets import CAT, annotate, checked, devkit, draw_image, draw_mask

from wsss.apps.check.sheets import EXAMPLES, check_sheets, disagreement_sheet, duplicate_sheet
from wsss.data.layouts.voc import VOC


def test_the_worst_disagreements_come_first(tmp_path: Path) -> None:
    root = devkit(tmp_path)
    annotate(root, "a", ["dog", "cow"])
    draw_mask(root / "SegmentationClass/c.png", [CAT])
    draw_mask(root / "SegmentationClass/e.png", [CAT, CAT, CAT])
    sheet = disagreement_sheet(checked(VOC(root=root)))
    assert [row.id for row in sheet.rows] == ["e", "c", "a"]
    assert [row.panels[1].words for row in sheet.rows] == [
        "no label 'cat': 3 pixels",
        "no label 'cat': 1 pixel; no pixel of 'person'",
        "no pixel of 'cow'",
    ]
    assert not any(panel.missing for row in sheet.rows for panel in row.panels)
    assert all(row.photo.startswith("data:image/webp") for row in sheet.rows)


def test_equal_images_in_several_splits_come_first(tmp_path: Path) -> None:
    root = devkit(tmp_path)
    draw_image(root / "JPEGImages/b.png", key=0)
    draw_image(root / "JPEGImages/d.png", key=2)
    sheet = duplicate_sheet(checked(VOC(root=root)))
    assert [(row.id, row.panels[0].words) for row in sheet.rows] == [("c = d", "in train, val"), ("a = b", "in train")]


def test_no_more_than_some(tmp_path: Path) -> None:
    root = devkit(tmp_path)
    for key in range(EXAMPLES + 3):
        image = f"x{key}"
        draw_image(root / "JPEGImages" / f"{image}.png", key=key)
        draw_mask(root / "SegmentationClass" / f"{image}.png", [])
        annotate(root, image, ["cat"])
    (root / "ImageSets/Segmentation/val.txt").write_text("".join(f"x{key}\n" for key in range(EXAMPLES + 3)))
    sheet = disagreement_sheet(checked(VOC(root=root)))
    assert (len(sheet.rows), sheet.note) == (EXAMPLES, f"{EXAMPLES} of {EXAMPLES + 3}")


def test_nothing_to_show(tmp_path: Path) -> None:
    assert check_sheets(checked(VOC(root=devkit(tmp_path)))) == ()
