import pytest
from toy_runs import Run

from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.methods.affinity.networks import AffinityNet


def test_it_trains_affinitynet_with_its_backbone(toy_run: Run):
    step = toy_run.plan("stages=psa", "refine=psa")["train_affinity"]
    module = step.stage.module(Job(artifact=step.artifact, inputs=step.inputs))
    assert isinstance(module.network, AffinityNet)
    assert module.options.radius == 5
    assert all(parameter.requires_grad for parameter in module.network.parameters())


def test_its_walk_reads_it_and_irns_does_not(toy_run: Run):
    plan = toy_run.plan("stages=psa", "refine=psa")
    assert plan["refine_cams"].inputs["affinities"] == plan["train_affinity"].artifact
    plan["refine_cams"].stage.check()
    with pytest.raises(ConfigError, match=r"refine_cams\.reads\.edges: no stage plays this role: add one"):
        toy_run.plan("stages=psa", "refine=irn")
