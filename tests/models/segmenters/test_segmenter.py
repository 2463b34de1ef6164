from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from builders import named
from torch import nn

from wsss.errors import ModelError
from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import GAPClassifier
from wsss.models.normalisation import IMAGENET, Normalisation
from wsss.models.segmenters.architectures import ARCHITECTURES
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.models.segmenters.segmenter import SegmenterOptions

Build = Callable[[str, int], GAPClassifier]
SMALL = "mobilenetv3_small_050"
PLAIN = SegmenterOptions(encoder="tu-resnet18", encoder_weights="none")


@pytest.fixture(scope="module")
def network() -> SegmentationNetwork:
    return PLAIN.build(named(2)).eval()


def test_the_classifiers_backbone_becomes_the_encoder(classifier: Build):
    trained = classifier("tf_efficientnet_lite0", 16)
    network = SegmenterOptions().build(named(1), classifier=trained)
    own = trained.backbone.state_dict()
    found = network.encoder.state_dict()
    assert len(found) == 288
    assert all(torch.equal(tensor, own[name.removeprefix("model.")]) for name, tensor in found.items())
    assert network.encoder.output_stride == 16
    network.encoder.model.conv_stem.weight.data.zero_()
    assert own["conv_stem.weight"].abs().sum() > 0


def test_the_encoder_sees_what_the_classifier_sees(classifier: Build):
    trained = deepcopy(classifier("resnet18", 16))
    network = SegmenterOptions(encoder="tu-resnet18").build(named(1), classifier=trained).eval()
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(network.encoder(images)[-1], trained.until("last", images).maps)


@pytest.mark.parametrize("backbone", ["vgg11_bn", "convnext_atto", "mobilenetv3_small_050", "tf_efficientnet_lite0"])
def test_every_familys_own_encoder_fits(backbone: str):
    options = SegmenterOptions(architecture="Unet", encoder=f"tu-{backbone}", output_stride=32)
    options.check()
    options.check_classifier(ClassifierOptions(backbone=backbone, weights="none", output_stride=32).outline())


def test_another_backbone_is_refused_with_the_encoder_that_fits(classifier: Build):
    message = (
        r"'classifier' for tu-resnet18.*missing: model.conv1.weight.*encoder that fits is tu-mobilenetv3_small_050"
    )
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(encoder="tu-resnet18").build(named(1), classifier=classifier("mobilenetv3_small_050", 32))
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(encoder="tu-resnet18").check_classifier(
            ClassifierOptions(backbone=SMALL, weights="none", output_stride=32).outline()
        )
    with pytest.raises(ModelError, match="there is no classifier with a backbone here"):
        SegmenterOptions().build(named(1))
    with pytest.raises(ModelError, match="there is no classifier with a backbone here"):
        SegmenterOptions().check_classifier(nn.Linear(1, 1))


def test_a_transformer_is_refused_as_an_encoder_with_what_else_there_is(classifier: Build):
    message = r"'classifier' for tu-resnet18: .* one resolution only.*choose `imagenet`, `packaged`, a path or `none`"
    outline = ClassifierOptions(backbone="test_vit", weights="none").outline()
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(encoder="tu-resnet18").check_classifier(outline)
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(encoder="tu-resnet18").build(named(1), classifier=classifier("test_vit", 16))
    SegmenterOptions(encoder="tu-resnet18", encoder_weights="none").check_classifier(outline)


def test_packaged_weights_and_files_fill_the_encoder(tmp_path: Path, classifier: Build):
    packaged = SegmenterOptions(encoder_weights="packaged").build(named(1))
    assert packaged.encoder.state_dict()["model.bn1.running_var"].std() > 0
    state = classifier("resnet18", 16).backbone.state_dict()
    torch.save(state, tmp_path / "net.pth")
    options = SegmenterOptions(encoder="tu-resnet18", encoder_weights=str(tmp_path / "net.pth"))
    assert options.content() == {"encoder_weights": (tmp_path / "net.pth",)}
    assert torch.equal(options.build(named(1)).encoder.state_dict()["model.conv1.weight"], state["conv1.weight"])
    own = SegmenterOptions(encoder="resnet18", encoder_weights=str(tmp_path / "net.pth")).build(named(1))
    assert torch.equal(own.encoder.state_dict()["conv1.weight"], state["conv1.weight"])


def test_imagenet_is_a_download(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", fail)
    monkeypatch.setattr("segmentation_models_pytorch.encoders.hf_hub_download", fail)
    for encoder in ("tu-resnet18", "resnet18"):
        with pytest.raises(ModelError, match=rf"cannot download those of {encoder} .*no route to host"):
            SegmenterOptions(encoder=encoder, encoder_weights="imagenet").build(named(1))
    with pytest.raises(ModelError, match="cannot download those of resnet18"):
        _ = SegmenterOptions(encoder="resnet18", encoder_weights="imagenet").normalisation


def test_a_skeleton_takes_the_state_of_what_was_built(network: SegmentationNetwork):
    PLAIN.skeleton(named(2)).load_state_dict(network.state_dict())


def test_normalisation_goes_with_the_encoders_weights(monkeypatch: pytest.MonkeyPatch):
    assert SegmenterOptions(encoder_weights="packaged").normalisation.mean == (127 / 255,) * 3
    assert PLAIN.normalisation == IMAGENET
    assert SegmenterOptions(encoder_weights="imagenet").normalisation.std == (0.5, 0.5, 0.5)
    said = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
    monkeypatch.setattr("wsss.models.segmenters.architectures.preprocessing", lambda _: said)
    own = SegmenterOptions(encoder="xception", encoder_weights="imagenet").normalisation
    assert own == Normalisation(mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    assert SegmenterOptions().of_classifier
    with pytest.raises(ModelError, match="there is no classifier with a backbone here"):
        _ = SegmenterOptions().normalisation


@pytest.mark.parametrize("architecture", sorted(set(ARCHITECTURES) - {"DPT"}))
def test_every_architecture_passes_the_check(architecture: str):
    stride = 16 if architecture in ("DeepLabV3", "DeepLabV3Plus", "PAN") else 32
    SegmenterOptions(
        architecture=architecture, encoder="tu-resnet18", encoder_weights="none", output_stride=stride
    ).check()


def test_defaults_and_smps_own_encoders_pass_the_check():
    SegmenterOptions().check()
    SegmenterOptions().check_classifier(ClassifierOptions().outline())
    SegmenterOptions(architecture="Segformer", encoder="mit_b0", encoder_weights="none", output_stride=32).check()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "DeepLab"}, "no 'DeepLab'; it has: Unet, .*DeepLabV3Plus"),
        ({"architecture": "Unet"}, "set the stride to 32"),
        ({"output_stride": 4}, "support output stride 8 or 16, got 4"),
        ({"encoder": "tu-vgg11_bn"}, "cannot be built by smp .AssertionError"),
        ({"encoder": "tu-resnet81"}, "no network 'resnet81'; the nearest names are"),
        ({"encoder": "tf_efficientnet_lite0"}, "write `tu-` before.*nearest names are: timm-tf_efficientnet_lite0"),
        ({"encoder": "tu-resnet18", "encoder_weights": "packaged"}, "that fits is tu-tf_efficientnet_lite0"),
        ({"encoder_weights": "no/such.pth"}, "no such file"),
        ({"encoder": "dpn92", "encoder_weights": "imagenet"}, "smp has none of dpn92"),
        ({"encoder": "tu-mobilenetv3_large_075", "encoder_weights": "imagenet"}, "timm has none of"),
        ({"options": {"classes": 4}}, "options: classes are not to be set there"),
        ({"options": {"checkpoint_path": "w.pth"}}, "options: checkpoint_path are not to be set there"),
        ({"encoder": "tu-hf-hub:someone/network"}, "is not the plain name of a timm network"),
        ({"options": {"decoder_chanels": 4}}, "unexpected keyword argument 'decoder_chanels'"),
        ({"options": {"decoder_chanels": 4}, "encoder": "resnet18"}, "has no decoder_chanels; it has: encoder_depth"),
        ({"options": {"upsampling": 2}}, r"answers 256 x 256 pixels with \(1, 1, 128, 128\)"),
    ],
)
def test_the_check_refuses_what_cannot_be_built(options: dict[str, object], message: str):
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(**{"encoder_weights": "none"} | options).check()


def test_options_reach_smp():
    network = SegmenterOptions(encoder="tu-resnet18", encoder_weights="none", options={"decoder_channels": 32}).build(
        named(1)
    )
    assert network.network.segmentation_head[0].in_channels == 32


@pytest.mark.parametrize(("encoder", "device"), [("tu-resnet18", "meta"), ("resnet18", "cpu")])
def test_an_outline_has_every_parameter(encoder: str, device: str):
    options = SegmenterOptions(architecture="Unet", encoder=encoder, encoder_weights="none", output_stride=32)
    outline = options.outline()
    assert {parameter.device.type for parameter in outline.parameters()} == {device}
    shapes = {name: parameter.shape for name, parameter in options.skeleton(named(0)).named_parameters()}
    assert {name: parameter.shape for name, parameter in outline.named_parameters()} == shapes


@pytest.mark.parametrize("weights", ["classifier", "none"])
def test_frozen_paths_are_those_of_the_encoders_own_blocks(weights: str):
    options = SegmenterOptions(encoder="tu-resnet18", encoder_weights=weights)
    assert options.frozen_paths("block1") == ("conv1", "bn1", "layer1")
    with pytest.raises(ModelError, match="no 'block77'; its blocks are stem, block1"):
        options.frozen_paths("block77")
    with pytest.raises(ModelError, match="timm has no network 'mit_b0'"):
        SegmenterOptions(encoder="mit_b0").frozen_paths("block1")
