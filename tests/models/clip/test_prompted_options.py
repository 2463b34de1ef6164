"""Options of a prompted network: weights, banks, and what is kept of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from wsss.errors import ModelError
from wsss.models.clip.prompted_options import PromptedOptions
from wsss.models.clip.text_bank import TextBank, write_bank

SMALL = "vit_xsmall_patch16_clip_224"


def options(**changes: object) -> PromptedOptions:
    return PromptedOptions(**{"backbone": SMALL, "weights": "none", **changes})  # type: ignore[arg-type]


def bank_at(path: Path, *, width: int | None = None, tower: str = SMALL) -> Path:
    width = width or options().outline().tower.width
    vectors = np.random.default_rng(0).normal(size=(4, width)).astype(np.float32)
    write_bank(
        path,
        TextBank(classes=("cat", "dog", "sky"), backgrounds=("Sky",), vectors=vectors, scale=50.0, tower=tower),
    )
    return path


def test_an_outline_takes_no_memory_and_has_every_block():
    outline = options().outline()
    assert {parameter.device.type for parameter in outline.parameters()} == {"meta"}
    assert outline.blocks == ("stem", *(f"block{number}" for number in range(1, outline.tower.depth)), "last")
    assert (outline.stride, outline.prompts) == (16, 1)


def test_a_network_is_told_the_bank_of_its_classes(tmp_path: Path):
    given = options(bank=str(bank_at(tmp_path / "a.npz")))
    given.check()
    assert given.content() == {"bank": (tmp_path / "a.npz",)}
    network = given.build(("dog", "cat"))
    assert network.prompts == 1
    bank = given.read(("dog", "cat"))
    assert bank is not None
    torch.testing.assert_close(network.get_buffer("vectors"), torch.from_numpy(bank.vectors))
    assert float(network.get_buffer("scale")) == 50
    assert given.build(("sky",)).prompts == 0, "a class takes the prompt of its name away"


def test_a_skeleton_takes_the_state_of_what_was_built_and_needs_no_bank(tmp_path: Path):
    given = options(bank=str(bank_at(tmp_path / "a.npz")))
    network = given.build(("dog", "cat")).eval()
    (tmp_path / "a.npz").unlink()
    again = given.told(("Sky",)).skeleton(("dog", "cat")).eval()
    again.load_state_dict(network.state_dict())
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(images), again(images))


def test_weights_of_a_file_are_timms_or_open_clips(tmp_path: Path):
    torch.manual_seed(3)
    net = options().skeleton(("cat",)).tower.net
    state = net.state_dict()
    save_file(state, tmp_path / "timm.safetensors")
    torch.save(_of_open_clip(state), tmp_path / "open_clip.pt")
    for name in ("timm.safetensors", "open_clip.pt"):
        given = options(weights=str(tmp_path / name))
        given.check()
        assert given.content() == {"weights": (tmp_path / name,)}
        built = given.build(("cat",)).tower.net.state_dict()
        assert all(torch.equal(tensor, state[key]) for key, tensor in built.items() if key != "head.bias")


def _of_open_clip(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As OpenAI and open_clip name and lay out the same weights, with a tensor of the text tower among them."""
    found = {"logit_scale": torch.zeros(())}
    for key, tensor in state.items():
        if key == "head.weight":
            found["visual.proj"] = tensor.T.contiguous()
        elif key == "cls_token":
            found["visual.class_embedding"] = tensor[0, 0]
        elif key == "pos_embed":
            found["visual.positional_embedding"] = tensor[0]
        elif key != "head.bias":
            name = key
            for new, old in (
                ("patch_embed.proj", "conv1"),
                ("blocks.", "transformer.resblocks."),
                ("norm_pre", "ln_pre"),
                ("norm1", "ln_1"),
                ("norm2", "ln_2"),
                ("attn.qkv.", "attn.in_proj_"),
                ("attn.proj", "attn.out_proj"),
                ("mlp.fc1", "mlp.c_fc"),
                ("mlp.fc2", "mlp.c_proj"),
            ):
                name = name.replace(new, old)
            found["visual." + (name if not name.startswith("norm.") else name.replace("norm.", "ln_post."))] = tensor
    return found


def test_positions_are_interpolated_as_told():
    torch.manual_seed(0)
    network = options().skeleton(("cat",)).eval()
    other = options(positions="bicubic").skeleton(("cat",)).eval()
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        own, native = torch.randn(1, 3, 96, 96), torch.randn(1, 3, 224, 224)
        assert not torch.equal(network.tower.embed(own).maps, other.tower.embed(own).maps)
        assert torch.equal(network.tower.embed(native).maps, other.tower.embed(native).maps)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"backbone": "resnet18"}, "not an image tower of CLIP"),
        ({"backbone": "vit_no_such"}, "timm has no network"),
        ({"weights": "nowhere.pt"}, "nowhere.pt': no such file"),
        ({"bank": "nowhere.npz"}, "nowhere.npz': no such file; make it anew with `wsss text-bank`"),
        ({"bank": "narrow.npz"}, "vectors of 7 numbers, and vit_xsmall_patch16_clip_224 embeds images in"),
        ({"bank": "other.npz"}, "was made for another_tower, and the backbone is vit_xsmall_patch16_clip_224"),
    ],
)
def test_what_cannot_be_had_is_refused(
    changes: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    bank_at(tmp_path / "narrow.npz", width=7)
    bank_at(tmp_path / "other.npz", tower="another_tower")
    with pytest.raises(ModelError, match=said):
        options(**changes).check()


def test_weights_that_cannot_be_downloaded_are_named_with_their_address(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", fail)
    name = "vit_base_patch16_clip_quickgelu_224.openai"
    address = "https://huggingface.co/timm/vit_base_patch16_clip_224.openai/resolve/main/"
    with pytest.raises(ModelError, match=f"cannot download those of {name}.*{address}"):
        PromptedOptions().build(("cat",))


def test_pixels_are_normalised_as_openai_did():
    assert PromptedOptions().normalisation.mean == (0.48145466, 0.4578275, 0.40821073)
