"""A hidden network: out of torch's sight, in eval mode, on the device of the rest."""

import torch
from torch import nn

from wsss.models.hidden import Hidden


def test_it_has_no_parameters_and_no_state_and_stays_in_eval_mode():
    whole = nn.Sequential(Hidden(nn.Sequential(nn.Linear(2, 2), nn.Dropout())), nn.Linear(2, 2)).train()
    assert [name for name, _ in whole.named_parameters()] == ["1.weight", "1.bias"]
    assert list(whole.state_dict()) == ["1.weight", "1.bias"]
    (hidden, _) = whole
    assert isinstance(hidden, Hidden)
    assert not any(part.training for part in hidden.network.modules())
    assert not any(parameter.requires_grad for parameter in hidden.network.parameters())


def test_it_moves_with_the_rest():
    whole = nn.Sequential(Hidden(nn.Linear(2, 2))).double()
    (hidden,) = whole
    assert isinstance(hidden, Hidden)
    assert {parameter.dtype for parameter in hidden.network.parameters()} == {torch.float64}
    assert {each.device.type for each in whole.to("meta")[0].network.parameters()} == {"meta"}  # type: ignore[union-attr]
