"""prompt_network: a network out of a tower and a bank, or out of class means."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_runs import drawn_index, job, made

from wsss.errors import DataError, ModelError
from wsss.models.clip.prompted import PromptedClassifier
from wsss.models.clip.prompted_options import PromptedOptions
from wsss.models.clip.text_bank import TextBank, write_bank
from wsss.stages.prompt_network import PromptNetwork
from wsss.store.kinds import NETWORK
from wsss.store.networks import load
from wsss.store.store import Artifact, Store

OPTIONS = PromptedOptions(backbone="vit_xsmall_patch16_clip_224", weights="none")
STAGE = PromptNetwork(network=OPTIONS, reads={"index": "index_data"})


def small_index(store: Store) -> Artifact:
    return drawn_index(
        store, {"a": np.ones((40, 48)).tolist(), "b": np.full((40, 48), 2).tolist(), "c": (np.tri(32) + 1).tolist()}
    )


def test_class_means_of_images_are_the_bank_where_there_is_none(tmp_path: Path):
    store = Store(root=tmp_path)
    work = job(store, "prompt_network", index=small_index(store))
    summary = STAGE.run(work)
    assert summary["prompts"] == ["all images"]
    found = load(made(work.artifact, NETWORK))
    assert isinstance(found.module, PromptedClassifier)
    assert found.options == OPTIONS.told(("all images",))
    index = work.index()
    normalise = OPTIONS.normalisation
    with torch.no_grad():
        own = {
            record.id: found.module.embeddings(normalise(index.pixels(record))[None])[0].numpy()
            for record in index.split("train")
        }
    first = np.mean([own[record.id] for record in index.split("train") if 0 in record.classes], axis=0)
    every = np.mean(list(own.values()), axis=0)
    vectors = found.module.get_buffer("vectors").numpy()
    np.testing.assert_allclose(vectors[0], first / np.linalg.norm(first), atol=1e-5)
    np.testing.assert_allclose(vectors[-1], every / np.linalg.norm(every), atol=1e-5)


def test_a_bank_is_kept_with_the_network(tmp_path: Path):
    store = Store(root=tmp_path)
    index = small_index(store)
    work = job(store, "prompt_network", index=index)
    names = work.index().classes
    width = OPTIONS.outline().tower.width
    vectors = np.random.default_rng(0).normal(size=(len(names) + 2, width)).astype(np.float32)
    bank = TextBank(classes=names, backgrounds=("sky", names[0].upper()), vectors=vectors, scale=30.0)
    write_bank(tmp_path / "bank.npz", bank)
    stage = replace(STAGE, network=replace(OPTIONS, bank=str(tmp_path / "bank.npz")))
    stage.check()
    stage.check_index(work.index())
    assert stage.run(work)["prompts"] == ["sky"]
    found = load(made(work.artifact, NETWORK))
    expected = bank.for_classes(names)
    np.testing.assert_array_equal(found.module.get_buffer("vectors").numpy(), expected.vectors)
    assert float(found.module.get_buffer("scale")) == 30


def test_what_the_data_do_not_allow_is_refused(tmp_path: Path):
    store = Store(root=tmp_path)
    index = job(store, "prompt_network", index=small_index(store)).index()
    STAGE.check_index(index)
    more = replace(index, classes=(*index.classes, "yeti"))
    with pytest.raises(DataError, match="no image of split 'train' shows yeti: name a bank of text vectors"):
        STAGE.check_index(more)
    vectors = np.ones((1, OPTIONS.outline().tower.width), dtype=np.float32)
    write_bank(tmp_path / "bank.npz", TextBank(classes=("yeti",), backgrounds=(), vectors=vectors, scale=1.0))
    with pytest.raises(ModelError, match="it has no class"):
        replace(STAGE, network=replace(OPTIONS, bank=str(tmp_path / "bank.npz"))).check_index(index)
    with pytest.raises(DataError, match="there is no split 'other'"):
        replace(STAGE, split="other").check_index(index)


def test_random_weights_are_the_same_each_time(tmp_path: Path):
    stores = [Store(root=tmp_path / name) for name in "ab"]
    works = [job(store, "prompt_network", index=small_index(store)) for store in stores]
    for work in works:
        STAGE.run(work)
    one, other = (load(made(work.artifact, NETWORK)).module.state_dict() for work in works)
    assert all(torch.equal(one[key], other[key]) for key in one)
