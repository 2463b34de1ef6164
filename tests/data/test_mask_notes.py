"""Notes on masks, by hand."""

from wsss.data.mask_notes import holds_no_class, mask_notes


def test_masks_that_use_255_for_an_object():
    masks = [("a.png", {0: 5, 255: 3}), ("b.png", {0: 1, 1: 7, 255: 2}), ("c.png", {255: 8}), ("d.png", {0: 8})]
    (note,) = mask_notes(masks, classes=("cat",))
    assert note == (
        "2 masks (a.png first) of images that show a class without a pixel of any: 255 is ignored; "
        "draw 0 for background, 1 for cat, and 255 for pixels to ignore"
    )
    (note,) = mask_notes(masks[:1], classes=("cat",))
    assert note.startswith("1 mask (a.png) of images")
    assert list(mask_notes(masks[1:2], classes=("cat",))) == []


def test_what_holds_no_class():
    assert holds_no_class({0: 1, 255: 1})
    assert not holds_no_class({0: 1})
    assert not holds_no_class({})
