"""Steps from cut to cut: the modules run in order, and what goes beside the maps goes along."""

import pytest
import torch
from torch import nn

from wsss.errors import ModelError
from wsss.models.cuts.chain import Block, Chain, on_maps, position_of, run
from wsss.types import Cut


def test_modules_run_one_after_the_other_and_the_rest_goes_along():
    net = nn.ModuleDict({"low": nn.Threshold(2.0, 9.0), "high": nn.Hardtanh(0.0, 5.0)})
    cut = Cut(maps=torch.tensor([[[[1.0, 3.0]]]]), stride=4, rest=(torch.tensor([[7.0]]),))
    after = on_maps(net, ("low", "high"), cut)
    assert after.maps.tolist() == [[[[5.0, 3.0]]]]
    assert after.rest == cut.rest
    assert on_maps(net, ("high", "low"), cut).maps.tolist() == [[[[9.0, 3.0]]]]


def test_a_cut_has_the_stride_of_the_block_before_it():
    net = nn.ModuleDict({"pool": nn.MaxPool2d(2)})
    block = Block(paths=("pool",), parameters=(), step=on_maps, attention=None, edges=None, channels=1, stride=8)
    cut = run(net, block, Cut(maps=torch.arange(4.0).reshape(1, 1, 2, 2), stride=4))
    assert (cut.stride, cut.maps.tolist()) == (8, [[[[3.0]]]])


def test_a_block_that_is_not_there_is_refused():
    assert position_of("last", among=("stem", "block1", "last")) == 2
    with pytest.raises(ModelError, match=r"^block: this network has no 'layer4'; its blocks are stem, last$"):
        position_of("layer4", among=("stem", "last"))


def test_a_chain_is_one_of_maps_unless_it_says_otherwise():
    chain = Chain(stem=("stem",), stages=(("stage",),))
    assert (chain.enter, chain.step, chain.attention) == (on_maps, on_maps, None)
