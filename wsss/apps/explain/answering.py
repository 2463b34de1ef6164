"""Find the network that predicts the image's classes, which may differ from the one CAMs are read from."""

import torch

from wsss.engine.fit import Fit
from wsss.engine.stage import Job
from wsss.models.classifier import GAPClassifier
from wsss.run.record import RunRecord
from wsss.stages.extract_cams import ExtractCams
from wsss.stages.heads import MapNetwork
from wsss.stages.train_classifier import TrainMultiLabel, load_classifier
from wsss.store.kinds import RAW_MAPS


def extraction(record: RunRecord) -> str:
    """Return the name of the stage that asks the network for the maps that a run goes on with.

    Where these are combined, it is the stage behind the first of the two.
    """
    name = record.last(RAW_MAPS)
    while not isinstance(stage := record.configured(name), ExtractCams) and "maps" in stage.inputs:
        name = stage.inputs["maps"]
    return name


def answering(record: RunRecord, stage: ExtractCams, network: MapNetwork, *, job: Job) -> GAPClassifier:
    """Return the classifier behind the network of an `ExtractCams`: the one that was last trained on what images show.

    It is what maps are read from, unless there are other heads: below ReCAM's it is the same training's first head, and
    below binary classifiers what these were trained from.
    """
    if stage.heads is None:
        assert isinstance(network, GAPClassifier), "only heads make other networks"
        return network
    while not isinstance(_trained_by(record, job), TrainMultiLabel):
        job = record.job(job.inputs["classifier"].stage)
    return load_classifier(job, stage.classifier).to(memory_format=torch.channels_last)


def _trained_by(record: RunRecord, job: Job) -> Fit:
    return record.stage(job.inputs["classifier"].stage, Fit)  # type: ignore[type-abstract]
