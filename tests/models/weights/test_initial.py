from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from builders import named
from PIL import Image
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image
from timm.data import ImageNetInfo
from torch import Tensor, nn

from wsss.errors import ModelError
from wsss.models.classifier import ClassifierOptions
from wsss.models.cuts.families import create_backbone
from wsss.models.normalisation import IMAGENET
from wsss.models.weights.initial import (
    PACKAGED_BACKBONE,
    check_weights,
    download,
    fill,
    load_backbone,
    normalisation_of,
    packaged_weights,
    read_weights,
    rename_in_order,
)

SMALL = "mobilenetv3_small_050"


@pytest.fixture(scope="module")
def whole() -> dict[str, Tensor]:
    """The state dict that timm's own network of seven classes has."""
    torch.manual_seed(5)
    return timm.create_model(SMALL, num_classes=7).state_dict()


def assert_filled(backbone: nn.Module, state: dict[str, Tensor]):
    for name, tensor in backbone.state_dict().items():
        assert torch.equal(tensor, state[name]), name


def test_names_are_given_in_order():
    theirs = {"_conv.weight": torch.ones(2, 3), "_bn0.bias": torch.zeros(2), "_bn0.running_mean": torch.full((2,), 5.0)}
    ours = {"stem.weight": torch.empty(2, 3), "bn1.bias": torch.empty(2), "bn1.running_mean": torch.empty(2)}
    renamed = rename_in_order(theirs, like=ours)
    assert list(renamed) == list(ours)
    assert renamed["bn1.running_mean"].tolist() == [5, 5]
    assert renamed["stem.weight"] is theirs["_conv.weight"]


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        ({"a.weight": torch.ones(2)}, "1 tensors in place of 2"),
        ({"a.weight": torch.ones(3), "a.bias": torch.ones(2)}, r"a.weight \(3,\) stands where b.weight \(2,\) should"),
        ({"a.bias": torch.ones(2), "a.weight": torch.ones(2)}, r"a.bias \(2,\) stands where b.weight"),
    ],
)
def test_another_order_shape_or_count_is_refused(theirs: dict[str, Tensor], message: str):
    with pytest.raises(ModelError, match=message):
        rename_in_order(theirs, like={"b.weight": torch.ones(2), "b.bias": torch.ones(2)})


def test_the_packaged_weights_are_all_of_timms_network():
    with torch.device("meta"):
        expected = timm.create_model("tf_efficientnet_lite0").state_dict()
    found = packaged_weights()
    assert len(found) == 296
    assert {name: tensor.shape for name, tensor in found.items()} == {name: t.shape for name, t in expected.items()}
    assert_filled(ClassifierOptions().build(named(2)).backbone, found)


@pytest.mark.parametrize(("photograph", "imagenet_class"), [("china.jpg", "palace"), ("flower.jpg", "daisy")])
def test_packaged_weights_know_what_photographs_show(photograph: str, imagenet_class: str):
    network = timm.create_model(PACKAGED_BACKBONE).eval()
    network.load_state_dict(packaged_weights())
    image = Image.fromarray(load_sample_image(photograph)).resize((384, 256), Image.Resampling.BICUBIC)
    normalise = normalisation_of("packaged", backbone=PACKAGED_BACKBONE)
    with torch.no_grad():
        found = network(normalise(np.array(image))[None, :, 16:240, 80:304]).argmax()
    assert ImageNetInfo().index_to_description(int(found)) == imagenet_class


def test_normalisation_goes_with_the_weights():
    packaged = ClassifierOptions().normalisation
    grey = packaged(np.full((1, 1, 3), 255, dtype=np.uint8))
    torch.testing.assert_close(grey, torch.ones(3, 1, 1))
    black = packaged(np.zeros((1, 1, 3), dtype=np.uint8))
    torch.testing.assert_close(black, torch.full((3, 1, 1), -127 / 128))
    assert ClassifierOptions(backbone="resnet18", weights="none").normalisation == IMAGENET
    assert ClassifierOptions(backbone="resnet18", weights="some.pth").normalisation == IMAGENET
    assert ClassifierOptions(weights="imagenet").normalisation.mean == (0.5, 0.5, 0.5)
    assert normalisation_of("none", backbone="mit_b0") == IMAGENET


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: {"state_dict": state, "epoch": 3}])
def test_a_file_fills_the_backbone_whatever_classes_it_was_for(
    tmp_path: Path, whole: dict[str, Tensor], wrap: Callable[[dict[str, Tensor]], object]
):
    path = tmp_path / "it's (1)=2.pth"
    torch.save(wrap(whole), path)
    options = ClassifierOptions(backbone=SMALL, weights=str(path), output_stride=32)
    assert options.content() == {"weights": (path,)}
    assert_filled(options.build(named(2)).backbone, whole)


def test_safetensors_and_home(tmp_path: Path, whole: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save_file(whole, tmp_path / "net.safetensors")
    options = ClassifierOptions(backbone=SMALL, weights="~/net.safetensors", output_stride=32)
    assert_filled(options.build(named(2)).backbone, whole)


def test_files_without_a_state_dict_are_refused(tmp_path: Path):
    contents = {"a.pth": b"no tensors", "b.safetensors": b"no tensors at all", "c.pth": b"", "f.pth": b"a page"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=rf"{name}': no file of tensors") as refused:
            read_weights(tmp_path / name)
        assert "\n" not in str(refused.value)
    torch.save({"epoch": 3}, tmp_path / "d.pth")
    with pytest.raises(ModelError, match="no state dict in it"):
        read_weights(tmp_path / "d.pth")
    with pytest.raises(ModelError, match="this is a folder; give the path of a file in it"):
        read_weights(tmp_path)
    with pytest.raises(ModelError, match="no such file"):
        read_weights(tmp_path / "e.pth")


def test_sparse_tensors_are_refused(tmp_path: Path):
    torch.save({"head.bias": torch.zeros(2), "head.weight": torch.eye(2).to_sparse()}, tmp_path / "sparse.pth")
    with pytest.raises(ModelError, match=r"head\.weight.* is sparse, or holds numbers that are not finite"):
        read_weights(tmp_path / "sparse.pth")


def test_a_file_of_another_architecture_is_refused_by_the_check(tmp_path: Path):
    torch.save({"conv.weight": torch.zeros(2, 2)}, tmp_path / "other.pt")
    options = ClassifierOptions(backbone=SMALL, weights=str(tmp_path / "other.pt"), output_stride=32)
    with pytest.raises(
        ModelError, match=r"other\.pt.* tensors are missing: .*give the state dict of exactly this timm"
    ):
        options.check()


def test_old_files_without_counters_are_good(whole: dict[str, Tensor]):
    old = {name: tensor for name, tensor in whole.items() if not name.endswith("num_batches_tracked")}
    backbone = create_backbone(SMALL, output_stride=32)
    load_backbone(backbone, old, origin="it")
    assert_filled(backbone, whole)


def test_what_does_not_fit_is_refused_with_the_first_keys(whole: dict[str, Tensor]):
    backbone = create_backbone(SMALL, output_stride=32)
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    prefixed = {f"net.{name}": tensor for name, tensor in whole.items()}
    wrong = whole | {"conv_stem.weight": torch.ones(1)}
    deeper = whole | {"blocks.9.0.weight": torch.ones(1)}
    with pytest.raises(
        ModelError, match=r"it: 206 of 240 tensors are missing: conv_stem.weight.*there are net.conv_stem"
    ):
        load_backbone(backbone, prefixed, origin="it")
    with pytest.raises(
        ModelError, match=r"1 tensors have another shape: conv_stem.weight \(1,\) instead of \(16, 3, 3, 3"
    ):
        load_backbone(backbone, wrong, origin="it")
    assert_filled(backbone, before)
    with pytest.raises(ModelError, match=r"1 tensors are not of this backbone: blocks.9.0.weight"):
        load_backbone(backbone, deeper, origin="it")


def test_names_of_feature_extractors_are_known():
    layer = nn.Sequential(nn.Linear(1, 1))
    source = {"0.weight": torch.tensor([[4.0]]), "0.bias": torch.tensor([2.0])}
    extractor = nn.ModuleDict({"model": nn.ModuleDict({"stage_0": nn.Linear(1, 1)})})
    fill(extractor, {f"stage.{name}": tensor for name, tensor in source.items()}, origin="it", remedy="none")
    assert extractor["model"]["stage_0"].weight.item() == 4
    fill(layer, source, origin="it", remedy="none")
    assert layer[0].bias.item() == 2


def test_imagenet_is_timms_download(whole: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch):
    thousand = timm.create_model(SMALL).state_dict() | {
        k: v for k, v in whole.items() if not k.startswith("classifier")
    }
    asked = []

    def give(name: str, *_: object, **__: object) -> dict[str, Tensor]:
        asked.append(name)
        return thousand

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", give)
    network = ClassifierOptions(backbone=SMALL, weights="imagenet", output_stride=32).build(named(2))
    assert asked == ["timm/mobilenetv3_small_050.lamb_in1k"]
    assert_filled(network.backbone, whole)


def test_a_transformers_download_comes_with_its_own_normalisation(monkeypatch: pytest.MonkeyPatch):
    whole = timm.create_model("test_vit").state_dict()
    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", lambda *_, **__: whole)
    options = ClassifierOptions(backbone="test_vit", weights="imagenet", output_stride=16)
    network = options.build(named(2))
    assert_filled(network.backbone, {name: tensor for name, tensor in whole.items() if not name.startswith("head")})
    assert options.normalisation.mean == options.normalisation.std == (0.5, 0.5, 0.5)
    assert ClassifierOptions(backbone="deit_small_patch16_224", weights="imagenet").normalisation == IMAGENET


def test_a_failed_download_says_what_works_without(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", fail)
    said = r"cannot download those of mobilenetv3.*no route.*mobilenetv3.*path.*`weights: packaged`"
    with pytest.raises(ModelError, match=said):
        ClassifierOptions(backbone=SMALL, weights="imagenet", output_stride=32).build(named(2))


def test_a_failed_download_of_other_weights_proposes_none_of_imagenet():
    def fail() -> None:
        with download("vit_base_patch16_clip_224.openai", wanted=True, word="pretrained"):
            raise OSError("no route to host")

    with pytest.raises(ModelError, match=r"^weights 'pretrained': cannot download.*`--weights FILE`\)$"):
        fail()


def test_imagenet_weights_that_timm_does_not_have_are_refused():
    with pytest.raises(ModelError, match="timm has none of mobilenetv3_large_075"):
        check_weights("imagenet", backbone="mobilenetv3_large_075")
