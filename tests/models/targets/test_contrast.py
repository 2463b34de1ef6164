"""Leads of a class over another: sums and differences of what the network itself gives."""

import pytest
import torch
from networks import TinyGAP

from wsss.cams import CAM, GradCAM, LayerCAM
from wsss.cams.scores import classify
from wsss.errors import ModelError
from wsss.models.targets.contrast import contrasted
from wsss.protocols import Classifies, LinearHead
from wsss.types import Targets


def test_leads_are_differences_of_logits(tiny: TinyGAP):
    images = torch.randn(2, 3, 32, 32)
    logits = classify(tiny, images)
    leads = contrasted(tiny, 2).classify(images)
    torch.testing.assert_close(leads, logits - logits[:, 2:3])
    assert (leads[:, 2] == 0).all()


@pytest.mark.parametrize("method", [CAM(), GradCAM()])
def test_the_map_of_a_lead_is_the_difference_of_the_maps_below_a_linear_head(tiny: TinyGAP, method: CAM | GradCAM):
    images = torch.randn(2, 3, 32, 32)
    own, rival = (method(tiny, images, Targets.of([[cls], [cls]])) for cls in (0, 2))
    lead = method(contrasted(tiny, 2), images, Targets.of([[0], [0]]))
    torch.testing.assert_close(lead, own - rival, atol=1e-6, rtol=1e-5)
    assert lead.abs().max() > 0


def test_other_methods_take_it_too(tiny: TinyGAP):
    model = contrasted(tiny, 1)
    assert isinstance(model, Classifies)
    assert isinstance(model, LinearHead)
    assert LayerCAM()(model, torch.randn(1, 3, 32, 32), Targets.of([[0]])).shape[0] == 1
    assert (model.blocks, model.stride) == (tiny.blocks, tiny.stride)


def test_a_rival_that_is_not_there_is_refused(tiny: TinyGAP):
    with pytest.raises(ModelError, match="there is no class 9"):
        contrasted(tiny, 9).classify(torch.randn(1, 3, 32, 32))
