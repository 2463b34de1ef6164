from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
import torch

from wsss.errors import ModelError
from wsss.models.architectures import ARCHITECTURES
from wsss.models.classifier import ClassifierOptions, GAPClassifier
from wsss.models.normalisation import IMAGENET, Normalisation
from wsss.models.segmenter import SegmentationNetwork, SegmenterOptions

Build = Callable[[str, int], GAPClassifier]
SMALL = "mobilenetv3_small_050"
PLAIN = SegmenterOptions(encoder="tu-resnet18", encoder_weights="none")


@pytest.fixture(scope="module")
def network() -> SegmentationNetwork:
    return PLAIN.build(3).eval()


@pytest.mark.parametrize("size", [(64, 64), (70, 93), (33, 16), (1, 47)])
def test_any_size_comes_out_as_it_went_in(network: SegmentationNetwork, size: tuple[int, ...]):
    with torch.no_grad():
        assert network(torch.randn(2, 3, *size)).shape == (2, 3, *size)


def test_padding_is_zero_at_the_right_and_bottom(network: SegmentationNetwork):
    images = torch.randn(1, 3, 60, 45, generator=torch.Generator().manual_seed(0))
    padded = torch.zeros(1, 3, 64, 48)
    padded[..., :60, :45] = images
    with torch.no_grad():
        assert torch.equal(network(images), network(padded)[..., :60, :45])
        assert torch.equal(network(padded), network.network(padded))


def test_encoder_and_decoder_share_the_parameters_out(network: SegmentationNetwork):
    assert isinstance(network, SegmentationNetwork)
    encoder, decoder = list(network.encoder_parameters()), list(network.decoder_parameters())
    assert {id(p) for p in encoder}.isdisjoint(id(p) for p in decoder)
    assert len(encoder) + len(decoder) == len(list(network.parameters()))
    assert all(p is q for p, q in zip(encoder, network.encoder.parameters(), strict=True))


def test_the_classifiers_backbone_becomes_the_encoder(classifier: Build):
    trained = classifier("tf_efficientnet_lite0", 16)
    network = SegmenterOptions().build(2, trained)
    own = trained.backbone.state_dict()
    found = network.encoder.state_dict()
    assert len(found) == 288
    assert all(torch.equal(tensor, own[name.removeprefix("model.")]) for name, tensor in found.items())
    assert network.encoder.output_stride == 16
    network.encoder.model.conv_stem.weight.data.zero_()
    assert own["conv_stem.weight"].abs().sum() > 0


def test_the_encoder_sees_what_the_classifier_sees(classifier: Build):
    trained = deepcopy(classifier("resnet18", 16))
    network = SegmenterOptions(encoder="tu-resnet18").build(2, trained).eval()
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(network.encoder(images)[-1], trained.until("last", images).maps)


@pytest.mark.parametrize("backbone", ["vgg11_bn", "convnext_atto", "mobilenetv3_small_050", "tf_efficientnet_lite0"])
def test_every_familys_own_encoder_fits(backbone: str):
    options = SegmenterOptions(architecture="Unet", encoder=f"tu-{backbone}", output_stride=32)
    options.check(ClassifierOptions(backbone=backbone, weights="none", output_stride=32))


def test_another_backbone_is_refused_with_the_encoder_that_fits(classifier: Build):
    message = (
        r"'classifier' for tu-resnet18.*missing: model.conv1.weight.*encoder that fits is tu-mobilenetv3_small_050"
    )
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(encoder="tu-resnet18").build(2, classifier("mobilenetv3_small_050", 32))
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(encoder="tu-resnet18").check(
            ClassifierOptions(backbone=SMALL, weights="none", output_stride=32)
        )
    with pytest.raises(ModelError, match="there is none here"):
        SegmenterOptions().build(2)


def test_a_transformer_is_refused_as_an_encoder_with_what_else_there_is(classifier: Build):
    message = r"'classifier' for tu-resnet18: .* one resolution only.*choose `imagenet`, `packaged`, a path or `none`"
    options = ClassifierOptions(backbone="test_vit", weights="none")
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(encoder="tu-resnet18").check(options)
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(encoder="tu-resnet18").build(2, classifier("test_vit", 16))
    SegmenterOptions(encoder="tu-resnet18", encoder_weights="none").check(options)


def test_packaged_weights_and_files_fill_the_encoder(tmp_path: Path, classifier: Build):
    packaged = SegmenterOptions(encoder_weights="packaged").build(2)
    assert packaged.encoder.state_dict()["model.bn1.running_var"].std() > 0
    state = classifier("resnet18", 16).backbone.state_dict()
    torch.save(state, tmp_path / "net.pth")
    options = SegmenterOptions(encoder="tu-resnet18", encoder_weights=str(tmp_path / "net.pth"))
    assert options.weights_file() == tmp_path / "net.pth"
    assert torch.equal(options.build(2).encoder.state_dict()["model.conv1.weight"], state["conv1.weight"])
    own = SegmenterOptions(encoder="resnet18", encoder_weights=str(tmp_path / "net.pth")).build(2)
    assert torch.equal(own.encoder.state_dict()["conv1.weight"], state["conv1.weight"])


def test_imagenet_is_a_download(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", fail)
    monkeypatch.setattr("segmentation_models_pytorch.encoders.hf_hub_download", fail)
    for encoder in ("tu-resnet18", "resnet18"):
        with pytest.raises(ModelError, match=rf"cannot download those of {encoder} .*no route to host"):
            SegmenterOptions(encoder=encoder, encoder_weights="imagenet").build(2)
    with pytest.raises(ModelError, match="cannot download those of resnet18"):
        SegmenterOptions(encoder="resnet18", encoder_weights="imagenet").normalisation()


def test_a_skeleton_takes_the_state_of_what_was_built(network: SegmentationNetwork):
    PLAIN.skeleton(3).load_state_dict(network.state_dict())


def test_normalisation_goes_with_the_encoders_weights(monkeypatch: pytest.MonkeyPatch):
    given = Normalisation(mean=(0.1, 0.2, 0.3), std=(1.0, 1.0, 1.0))
    assert SegmenterOptions().normalisation(given) is given
    assert SegmenterOptions(encoder_weights="packaged").normalisation().mean == (127 / 255,) * 3
    assert PLAIN.normalisation() == IMAGENET
    assert SegmenterOptions(encoder_weights="imagenet").normalisation().std == (0.5, 0.5, 0.5)
    said = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
    monkeypatch.setattr("wsss.models.architectures.preprocessing", lambda _: said)
    own = SegmenterOptions(encoder="xception", encoder_weights="imagenet").normalisation()
    assert own == Normalisation(mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    with pytest.raises(ModelError, match="there is none here"):
        SegmenterOptions().normalisation()


@pytest.mark.parametrize("architecture", sorted(set(ARCHITECTURES) - {"DPT"}))
def test_every_architecture_passes_the_check(architecture: str):
    stride = 16 if architecture in ("DeepLabV3", "DeepLabV3Plus", "PAN") else 32
    SegmenterOptions(
        architecture=architecture, encoder="tu-resnet18", encoder_weights="none", output_stride=stride
    ).check()


def test_defaults_and_smps_own_encoders_pass_the_check():
    SegmenterOptions().check(ClassifierOptions())
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
        ({"options": {"decoder_chanels": 4}}, "unexpected keyword argument 'decoder_chanels'"),
        ({"options": {"decoder_chanels": 4}, "encoder": "resnet18"}, "has no decoder_chanels; it has: encoder_depth"),
        ({"options": {"upsampling": 2}}, r"answers 256 x 256 pixels with \(1, 1, 128, 128\)"),
    ],
)
def test_the_check_refuses_what_cannot_be_built(options: dict[str, object], message: str):
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(**{"encoder_weights": "none"} | options).check()


def test_options_reach_smp():
    network = SegmenterOptions(encoder="tu-resnet18", encoder_weights="none", options={"decoder_channels": 32}).build(2)
    assert network.network.segmentation_head[0].in_channels == 32


@pytest.mark.parametrize(("encoder", "device"), [("tu-resnet18", "meta"), ("resnet18", "cpu")])
def test_an_outline_has_every_parameter(encoder: str, device: str):
    options = SegmenterOptions(architecture="Unet", encoder=encoder, encoder_weights="none", output_stride=32)
    outline = options.outline()
    assert {parameter.device.type for parameter in outline.parameters()} == {device}
    shapes = {name: parameter.shape for name, parameter in options.skeleton(1).named_parameters()}
    assert {name: parameter.shape for name, parameter in outline.named_parameters()} == shapes
