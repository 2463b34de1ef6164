"""Images of several classes, embedded by the image tower."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from data_sets import draw_image

from wsss.apps.text_bank.seen import check_several, embed_several
from wsss.data.images import read_image
from wsss.data.layouts.folder import Folder
from wsss.errors import DataError
from wsss.models.clip.prompted_options import PromptedOptions

TOWER = "vit_xsmall_patch16_clip_224"


def test_images_of_several_of_the_classes_are_embedded(tmp_path: Path):
    (tmp_path / "images").mkdir()
    for key, name in enumerate("abc"):
        draw_image(tmp_path / "images" / f"{name}.png", key=key)
    lines = ("image,labels", "a.png,cat", "b.png,dog;cat", "c.png,cat;cow")
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    seen = embed_several(Folder(root=tmp_path), backbone=TOWER, weights="none", classes=("cat", "dog"))
    assert [sorted(names) for names in seen.shown] == [["cat", "dog"]]
    torch.manual_seed(0)
    options = PromptedOptions(backbone=TOWER, weights="none")
    network = options.build(()).eval()
    with torch.no_grad():
        (expected,) = network.embeddings(options.normalisation(read_image(tmp_path / "images/b.png"))[None])
    np.testing.assert_allclose(seen.images[0], expected.numpy(), atol=1e-6)
    assert abs(np.linalg.norm(seen.images[0]) - 1) < 1e-5


def test_no_such_image_is_an_empty_table(tmp_path: Path):
    (tmp_path / "images").mkdir()
    draw_image(tmp_path / "images/a.png", key=0)
    (tmp_path / "labels.csv").write_text("image,labels\na.png,cat\n", encoding="utf-8")
    seen = embed_several(Folder(root=tmp_path), backbone=TOWER, weights="none", classes=("cat", "dog"))
    assert seen.shown == ()
    assert seen.images.shape[0] == 0


@pytest.mark.parametrize(("labels", "refused"), [("cat", True), ("cat;cow", True), ("cat;dog", False)])
def test_a_data_set_is_refused_where_no_image_shows_two_of_the_classes(tmp_path: Path, labels: str, refused: bool):
    (tmp_path / "images").mkdir()
    draw_image(tmp_path / "images/a.png", key=0)
    (tmp_path / "labels.csv").write_text(f"image,labels\na.png,{labels}\n", encoding="utf-8")
    with pytest.raises(DataError, match="no image shows two of the classes") if refused else nullcontext():
        check_several(Folder(root=tmp_path), backbone=TOWER, weights="none", classes=("cat", "dog"))
