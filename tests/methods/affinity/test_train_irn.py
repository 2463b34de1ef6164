import pytest
from toy_runs import Run

from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.methods.affinity.networks import EdgeNet


def test_it_trains_edges_on_a_frozen_backbone(toy_run: Run):
    step = toy_run.plan("stages=irn", "refine=irn")["train_irn"]
    module = step.stage.module(Job(artifact=step.artifact, inputs=step.inputs))
    assert isinstance(module.network, EdgeNet)
    assert module.options.radius == 10
    assert not any(parameter.requires_grad for parameter in module.network.backbone_parameters())
    assert all(parameter.requires_grad for parameter in module.network.new_parameters())


def test_its_walk_reads_it_and_nothing_else_does(toy_run: Run):
    plan = toy_run.plan("stages=irn", "refine=irn")
    assert plan["refine_cams"].inputs["edges"] == plan["train_irn"].artifact
    plan["refine_cams"].stage.check()
    with pytest.raises(ConfigError, match=r"reads\.edges: no refiner reads train_irn: choose one that does"):
        toy_run.plan("stages=irn", "refine=background")["refine_cams"].stage.check()
