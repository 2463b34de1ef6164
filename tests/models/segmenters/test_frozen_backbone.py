"""Which frozen backbone: what is refused, downloaded and read."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from wsss.errors import ModelError
from wsss.models.segmenters.frozen_backbone import FrozenBackbone


def backbone(**changes: Any) -> FrozenBackbone:
    return FrozenBackbone(**{"backbone": "vit_tiny_patch16_224", "weights": "none", **changes})


def test_random_weights_are_always_the_same_and_leave_the_random_state_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two = (backbone().opened().state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert one["pos_embed"].std() > 0


def test_weights_of_a_file_are_read_and_count_by_their_bytes(tmp_path: Path):
    state = {key: torch.rand(tensor.shape) for key, tensor in backbone().opened().state_dict().items()}
    save_file(state, tmp_path / "a.safetensors")
    given = backbone(weights=str(tmp_path / "a.safetensors"))
    given.check()
    assert given.content() == {"weights": (tmp_path / "a.safetensors",)}
    assert given.downloads() == ()
    found = given.opened().state_dict()
    assert all(torch.equal(found[key], state[key]) for key in state)
    small = backbone(backbone="vit_xsmall_patch16_clip_224", weights=str(tmp_path / "a.safetensors"))
    with pytest.raises(ModelError, match=r"weights .*a\.safetensors' for vit_xsmall_patch16_clip_224"):
        small.opened()


def test_only_the_layers_that_are_asked_for_are_seen():
    assert backbone(layers=3).empty().count == 3
    assert backbone().empty().count == 12


def test_a_plan_names_what_is_downloaded_with_size_and_licence():
    (clip,) = FrozenBackbone().downloads()
    assert clip.name == "vit_base_patch16_clip_quickgelu_224.openai"
    assert 340e6 < clip.size < 350e6
    (dino,) = backbone(backbone="vit_small_patch14_dinov2.lvd142m", weights="pretrained").downloads()
    assert (dino.licence, round(dino.size / 1e6)) == ("apache-2.0", 88)
    assert backbone().downloads() == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"backbone": "vit_no_such"}, "timm has no network"),
        ({"backbone": "resnet18"}, "none of its blocks attends"),
        (
            {"weights": "nowhere.pt"},
            "nowhere.pt': no such file; put it there, or .* another path, or `pretrained` or `none`",
        ),
        ({"weights": "imagenet"}, "imagenet': no such file.*`pretrained` or `none`"),
        ({"layers": 99}, "only 12 of the backbone's blocks attend"),
        ({"backbone": "vit_base_patch16_gap_224", "weights": "pretrained"}, "weights 'pretrained': timm has none of"),
    ],
)
def test_what_cannot_be_had_is_refused_before(changes: dict[str, Any], said: str):
    with pytest.raises(ModelError, match=said):
        backbone(**changes).check()


def test_no_layers_are_refused():
    with pytest.raises(ValueError, match="layers must be at least 1"):
        backbone(layers=0)
