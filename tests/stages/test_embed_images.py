"""embed_images: means of last maps, of a backbone that learnt from nothing here or of the run's classifier."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from timm import create_model
from toy_runs import Run, drawn_index, job, networks_of

from wsss.data.transforms import EvalTransform
from wsss.engine.batch import Batch
from wsss.engine.stage import Job, read_index
from wsss.errors import ConfigError, DataError, ModelError
from wsss.models.base import PlannedNetworks
from wsss.models.classifier import ClassifierOptions
from wsss.stages.embed_images import EmbedImages
from wsss.store.files import read_embedding
from wsss.store.kinds import EMBEDDINGS
from wsss.store.store import Store

OPTIONS = ClassifierOptions(backbone="resnet10t", weights="none", output_stride=32)


def embedder(**options: Any) -> EmbedImages:
    return EmbedImages(**{"reads": {"index": "index_data"}, "network": OPTIONS, **options})


def test_an_embedding_is_the_mean_of_the_last_maps(tmp_path: Path):
    index = drawn_index(Store(root=tmp_path), {"a": [[1]]})
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    made = job(Store(root=tmp_path), "embed_images", index=index)
    torch.manual_seed(3)
    embed = embedder(transform=EvalTransform(size=64)).open(made, torch.device("cpu"))
    (found,) = embed(Batch(records=(read_index(index).records["a"],), images=(pixels,)))
    torch.manual_seed(3)
    network = create_model("resnet10t", num_classes=0, global_pool="").eval()
    small = np.asarray(Image.fromarray(pixels).resize((64, 64), Image.Resampling.BICUBIC), dtype=np.float32) / 255
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    inputs = torch.from_numpy(((small - mean) / std).transpose(2, 0, 1)[None]).float()
    with torch.no_grad():
        expected = network(inputs).mean(dim=(2, 3))[0].numpy()
    assert found.dtype == np.float16
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


def test_images_of_all_splits_are_embedded_together(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {i: [[1]] for i in "abcde"}, train=("a", "b", "c"), val=("d",), other=("c", "e"))
    stage = embedder(batch_size=2, transform=EvalTransform(size=32))
    batches = stage.batches(read_index(index))
    assert [[record.id for record in batch] for batch in batches] == [["a", "b"], ["c", "d"], ["e"]]
    made = job(store, "embed_images", index=index)
    assert stage.run(made)["images"] == 5
    assert read_embedding(made.artifact.items / "e.npz").shape == (512,)
    with pytest.raises(DataError, match="there is no split 'test'"):
        embedder(splits=("test",)).check_index(read_index(index))


def test_a_run_s_own_classifier_can_embed(toy_run: Run):
    plan = toy_run.plan()
    stage = embedder(network=None, reads={"index": "index_data", "classifier": "train_classifier"})
    stage.check()
    stage.check_inputs(networks_of(plan, "extract_cams"))
    step = plan["extract_cams"]
    network = stage.opened(Job(artifact=step.artifact, inputs=step.inputs))
    assert network.classes == read_index(step.inputs["index"]).classes
    assert not network.module.training


def test_one_network_is_asked_for_and_it_must_pool_maps():
    for wrong in (embedder(network=None), embedder(reads={"index": "index_data", "classifier": "train_classifier"})):
        with pytest.raises(ConfigError, match=r"network: choose a backbone, or null and reads\.classifier: one of"):
            wrong.check()
    with pytest.raises(ModelError, match="no_such"):
        embedder(network=ClassifierOptions(backbone="no_such", weights="none")).check()
    with pytest.raises(ConfigError, match=r"reads\.classifier"):
        embedder(network=None, reads={"index": "i", "classifier": "c"}).check_inputs(PlannedNetworks())


def test_numbers_beyond_float16_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    index = drawn_index(Store(root=tmp_path), {"a": [[1]]})
    monkeypatch.setattr("wsss.stages.embed_images.embeddings", lambda *_: torch.tensor([[float("inf")]]))
    embed = embedder().open(job(Store(root=tmp_path), "embed_images", index=index), torch.device("cpu"))
    records = (read_index(index).records["a"],)
    with pytest.raises(ModelError, match="float16"):
        embed(Batch(records=records, images=(np.zeros((4, 4, 3), dtype=np.uint8),)))


def test_it_makes_embeddings():
    assert EmbedImages.makes is EMBEDDINGS
