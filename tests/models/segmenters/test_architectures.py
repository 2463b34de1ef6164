"""What smp has, by the names that a config uses."""

import pytest
from torch import nn

from wsss.models.segmenters.architectures import ARCHITECTURES, ENCODERS, preprocessing


@pytest.mark.parametrize("name", ["DeepLabV3Plus", "Unet", "FPN", "PSPNet"])
def test_architectures_have_the_names_of_their_classes(name: str) -> None:
    assert ARCHITECTURES[name].__name__ == name
    assert issubclass(ARCHITECTURES[name], nn.Module)


def test_encoders_say_of_which_weights_they_are() -> None:
    assert "imagenet" in ENCODERS["resnet18"]["pretrained_settings"]
    assert not [name for name in ENCODERS if name.startswith("tu-")]


def test_an_encoder_unknown_to_smp_has_no_preprocessing() -> None:
    with pytest.raises(KeyError, match="nosuch"):
        preprocessing("nosuch")
