"""Heads: which class weights maps are read with."""

from pathlib import Path
from typing import Literal

import pytest
import torch
from networks import small_timm_network
from toy_runs import Run, job, made

from wsss.engine.fit import write_weights
from wsss.methods.representatives.choose import CHOSEN
from wsss.methods.representatives.heads import BinaryHeads
from wsss.models.classifier import ClassifierOptions
from wsss.models.weights import WEIGHTS
from wsss.protocols import LinearHead
from wsss.store.files import write_json
from wsss.store.kinds import CHOICE, NETWORK
from wsss.store.store import Store

OPTIONS = ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)


@pytest.mark.parametrize("networks", ["shared", "own"])
def test_binary_heads_are_each_class_s_lead(networks: Literal["shared", "own"], toy_run: Run, tmp_path: Path):
    index = toy_run.plan()["index_data"].artifact
    store = Store(root=tmp_path)
    representatives, trained = store.artifact("choose", "0" * 16), store.artifact("train", "0" * 16)
    representatives.items.mkdir(parents=True)
    classes = job(store, "x", index=index).index().classes
    # 0 and 1 against each other, 2 and 3 against 0: pairs (0, 1), (0, 2), (0, 3).
    names = {classes[c]: [classes[r]] for c, r in enumerate((1, 0, 0, 0))}
    write_json(representatives.items / CHOSEN, names)
    weight = torch.randn(6, small_timm_network().channels)
    files = (
        {WEIGHTS: weight}
        if networks == "shared"
        else dict(zip(("0-1.pt", "0-2.pt", "0-3.pt"), weight.split(2), strict=True))
    )
    for name, part in files.items():
        network = OPTIONS.build(len(part))
        network.head.weight.data.copy_(part)
        write_weights(network, trained, name=name)
    heads = BinaryHeads(networks=networks)
    asked = job(
        store,
        "extract_cams",
        index=index,
        classifier=made(trained, NETWORK),
        representatives=made(representatives, CHOICE),
    )
    found = heads.open(OPTIONS, asked)
    assert len(found.networks) == (1 if networks == "shared" else 3)
    assert not any(module.training for module in found.modules())
    expected = [weight[0] - weight[1], weight[1] - weight[0], weight[3] - weight[2], weight[5] - weight[4]]
    for cls, lead in enumerate(expected):
        ((network, logit),) = found.binary(cls)
        assert torch.equal(network.head_weight[logit], lead)


def test_an_outline_tells_what_fits():
    outline = BinaryHeads().outline(OPTIONS)
    assert outline.blocks == OPTIONS.outline().blocks
    assert not isinstance(outline, LinearHead)
