"""Encoders of segmentation-models-pytorch: names that it knows, and names that it does not."""

import pytest

from wsss.errors import ModelError
from wsss.models.segmenters.encoders import check_encoder, encoder_normalisation
from wsss.models.weights.initial import PACKAGED, PACKAGED_NORMALISATION, UNTRAINED


@pytest.mark.parametrize("name", ["tu-resnet18", "resnet18"])
def test_known_encoders_pass(name: str) -> None:
    check_encoder(name, pretrained=True)


@pytest.mark.parametrize(
    ("name", "said"), [("tu-resnet1", "resnet18"), ("resnet1", "resnet18"), ("tu-resnet18d_x", "resnet18d")]
)
def test_an_unknown_encoder_is_refused_with_near_names(name: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        check_encoder(name, pretrained=False)


def test_packaged_weights_bring_their_own_normalisation() -> None:
    assert encoder_normalisation("tu-tf_efficientnet_lite0", weights=PACKAGED) == PACKAGED_NORMALISATION


def test_an_untrained_encoder_of_smp_has_a_normalisation_without_a_download() -> None:
    assert encoder_normalisation("resnet18", weights=UNTRAINED).mean[0] > 0
