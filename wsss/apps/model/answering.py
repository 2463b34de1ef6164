"""Find the network that predicts the image's classes, which may differ from the one CAMs are read from."""

import torch

from wsss.engine.stage import Job
from wsss.models.base import Network
from wsss.protocols import Classifies
from wsss.run.record import RunRecord
from wsss.stages.extract_cams import ExtractCams
from wsss.store.kinds import RAW_MAPS
from wsss.store.networks import load, read_record
from wsss.store.store import Artifact


def answering(trained: Network, stage: ExtractCams, *, artifact: Artifact) -> Classifies:
    """Return the classifier behind the network of an `ExtractCams`: the one that was last trained on what images show.

    It is what maps are read from, unless these are other weights or another kind of network: beside ReCAM's second head
    it is the first, and below binary classifiers what these were trained from. `artifact` is what `answering_artifact`
    returned.
    """
    if stage.weights is None and isinstance(trained.module, Classifies):
        return trained.module
    module = load(artifact).module.to(memory_format=torch.channels_last)
    assert isinstance(module, Classifies), "as its outline is"
    return module


def answering_artifact(record: RunRecord, *, job: Job) -> Artifact:
    """Return the artifact of the last network that says what an image shows, from that which maps are read from."""
    artifact = job.inputs["classifier"]
    while not isinstance(_outline(artifact), Classifies):
        artifact = record.job(artifact.stage).inputs["classifier"]
    return artifact


def _outline(artifact: Artifact) -> object:
    return read_record(artifact).options.outline()


def extraction(record: RunRecord) -> str:
    """Return the name of the stage that asks the network for the maps that a run goes on with.

    Where these are combined, it is the stage behind the first of the two.
    """
    name = record.last(RAW_MAPS)
    while not isinstance(stage := record.configured(name), ExtractCams) and "maps" in stage.inputs:
        name = stage.inputs["maps"]
    return name
