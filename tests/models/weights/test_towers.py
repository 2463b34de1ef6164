"""Weights of towers: the two words, and files under the names of others."""

from pathlib import Path

import pytest
import torch
from clip_models import clip_of_open_clip, clip_of_transformers, images, tower_of_timm, under_timms_names
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.clip.tower import ClipTower
from wsss.models.weights.initial import fill
from wsss.models.weights.towers import check_tower, read_tower, tower_file


def test_the_words_are_not_files():
    assert [tower_file(word) for word in ("pretrained", "none")] == [None, None]
    assert tower_file("imagenet") == Path("imagenet")
    assert tower_file("~/a.pt") == Path.home() / "a.pt"


def test_what_cannot_be_had_is_refused(tmp_path: Path):
    check_tower("none", backbone="vit_base_patch16_gap_224")
    with pytest.raises(ModelError, match="timm has none of vit_base_patch16_gap_224"):
        check_tower("pretrained", backbone="vit_base_patch16_gap_224")
    with pytest.raises(ModelError, match="this is a folder"):
        check_tower(str(tmp_path), backbone="vit_base_patch16_gap_224")


def test_a_file_is_read_under_timms_names(tmp_path: Path):
    model, net = clip_of_transformers(side=48), tower_of_timm(side=48)
    wanted = under_timms_names(model)
    save_file(wanted, tmp_path / "timm.safetensors")
    found = read_tower(tmp_path / "timm.safetensors", net=net)
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    (tmp_path / "torn.pt").write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"torn\.pt': no file of tensors"):
        read_tower(tmp_path / "torn.pt", net=net)


@pytest.mark.parametrize("size", [(224, 224), (160, 224)])
def test_an_image_tower_of_open_clip_embeds_images_as_ours_does(tmp_path: Path, size: tuple[int, int]):
    pytest.importorskip("open_clip")
    theirs = clip_of_open_clip()
    torch.save(theirs.state_dict(), tmp_path / "clip.pt")
    net = tower_of_timm()
    fill(net, read_tower(tmp_path / "clip.pt", net=net), origin="clip.pt", remedy="none")
    tower = ClipTower(net.eval(), positions="bicubic")
    seen = images(*size)
    grid = (size[0] // 16, size[1] // 16)
    if size != (224, 224):  # which open_clip does not resize by itself
        own = theirs.visual.positional_embedding.detach()
        cells = own[1:].T.reshape(1, -1, 14, 14)
        resized = functional.interpolate(cells, size=grid, mode="bicubic", align_corners=False)
        theirs.visual.positional_embedding = nn.Parameter(torch.cat([own[:1], resized[0].flatten(1).T]))
    theirs.visual.output_tokens = True
    with torch.no_grad():
        _, patches = theirs.visual(seen)
        wanted = functional.normalize(patches.mean(dim=1) @ theirs.visual.proj, dim=1)
        cut = tower.embed(seen)
        for number in range(tower.depth - 1):
            cut = tower.attend(number, cut)
        found = tower.pooled(tower.norm_last(cut))
    assert wanted.std() > 0.01
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)
