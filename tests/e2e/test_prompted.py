"""CLIP-ES from images to a network, on random weights: every stage runs, and what works on a run takes its result."""

import numpy as np
import pytest
from toy_runs import Run, finished

from wsss.apps.debug.subject import Subject
from wsss.apps.explain.explainer import Explainer
from wsss.errors import ModelError
from wsss.models.clip.prompted import PromptedClassifier
from wsss.run.record import read_record

OVERRIDES = (
    *("stages=prompted", "cam=clip_es", "views=single", "refine=crf_clip", "masks=confident"),
    *("prompted.backbone=vit_xsmall_patch16_clip_224", "prompted.weights=none", "prompted.bank=images"),
    "segmenter.encoder_weights=none",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("prompted")
    return finished(folder / "store", folder / "out", OVERRIDES)


def test_every_stage_runs_without_a_classifier_s_training(run: Run):
    record = read_record(run.out)
    assert "train_classifier" not in record.stages
    assert list(record.manifests)[:2] == ["index_data", "prompt_network"]
    assert (run.out / "report.html").is_file()
    assert "predict_masks" in run.printed


def test_the_network_is_explained_by_its_words(run: Run):
    explainer = Explainer.of(run.out, device="cpu", side=64)
    assert isinstance(explainer.networks[0], PromptedClassifier)
    image = np.random.default_rng(0).integers(0, 256, size=(48, 64, 3), dtype=np.uint8)
    found = explainer(image, methods=["clip_es", "gradcam"], classes=["bee", "snail"], scored=False)
    assert [each.method for each in found.explanations] == ["clip_es", "gradcam"] * 2
    assert 0 < sum(found.probabilities.values()) < 1, "the background has its share"
    assert len(explainer(image, methods=["gradcam"], scored=False).by_class()) == 3


def test_debugging_refuses_classes_that_are_words(run: Run):
    with pytest.raises(ModelError, match=r"its classes are words that compete with each other.*`wsss explain`"):
        Subject.of(run.out, device="cpu", side=64)
