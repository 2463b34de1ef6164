"""What every stage is: what it needs, where it runs, and the index with the root of today."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from stored_networks import SMALL, stored
from toy_runs import drawn_index

from wsss.engine.stage import Job, Reduce, Runtime, read_index
from wsss.errors import ConfigError
from wsss.models.base import Network, PlannedNetwork
from wsss.store.kinds import INDEX, MASKS, TABLE, Kind
from wsss.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Count(Reduce):
    makes: ClassVar[Kind] = TABLE
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "masks": MASKS}

    def run(self, job: Job) -> dict[str, Any]:
        return {"images": len(job.index().records)}


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert Runtime().torch_device() == torch.device("cpu")
    with pytest.raises(ConfigError, match="torch sees no GPU here: use device=cpu, or device=auto"):
        Runtime(device="cuda").torch_device()
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert Runtime().torch_device() == torch.device("cuda", 0)
    assert Runtime(device="cpu").torch_device() == torch.device("cpu")


def test_a_gpu_of_apples_is_taken_by_name_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert Runtime().torch_device() == torch.device("cpu")
    assert Runtime(device="mps").torch_device() == torch.device("mps")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="device=mps: one GPU does not serve 2 processes: use launcher=inline"):
        Runtime(device="mps").torch_device()


def test_a_gpu_of_apples_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="torch sees no GPU of Apple's here: use device=cpu, or device=auto"):
        Runtime(device="mps").torch_device()


def test_every_worker_of_a_machine_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert Runtime().torch_device() == torch.device("cuda", 1)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(ConfigError, match=r"launcher\.nproc: worker 3 has no GPU, there are 2: use nproc=2"):
        Runtime().torch_device()


def test_a_negative_number_of_workers_is_refused():
    with pytest.raises(ValueError, match="workers must be at least 0, got -1"):
        Runtime(workers=-1)


def test_all_cores_share_the_work_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wsss.engine.processes.usable_cores", lambda: 4)
    assert [Runtime(workers=workers).processes for workers in (None, 0, 1, 3)] == [4, 1, 1, 3]


def test_a_job_reads_the_index_wherever_the_store_lies(tmp_path: Path):
    artifact = drawn_index(Store(root=tmp_path / "store"), {"a": [[0, 1]]})
    (tmp_path / "store").rename(tmp_path / "moved")
    moved = Store(root=tmp_path / "moved").artifact(artifact.stage, artifact.fingerprint)
    job = Job(artifact=moved, inputs={"index": moved})
    (record,) = job.index().split("train")
    assert job.index().image_path(record).is_file()
    assert job.opened(["index"]) == {"index": moved.items}
    assert job.opened([]) == job.networks() == {}
    assert Count().run(job) == {"images": 1}
    assert job.items("index", MASKS).place(record) == moved.items / "a.png"


def test_an_index_of_a_data_set_elsewhere_has_its_absolute_root(tmp_path: Path):
    artifact = drawn_index(Store(root=tmp_path), {"a": [[0, 1]]})
    (artifact.path / "root.txt").write_text("/data/it's here", encoding="utf-8")
    assert read_index(artifact).root == Path("/data/it's here")


def test_a_job_opens_the_networks_that_it_reads(tmp_path: Path):
    store = Store(root=tmp_path)
    trained = store.artifact("train_classifier", "0" * 16)
    module = stored(SMALL, trained, classes=2)
    job = Job(artifact=store.artifact("extract_cams", "1" * 16), inputs={"classifier": trained})
    assert job.networks() == {"classifier": PlannedNetwork(options=SMALL)}
    assert job.record("classifier").classes == job.network("classifier").classes
    opened = job.opened(["classifier"])["classifier"]
    assert isinstance(opened, Network)
    assert all(torch.equal(tensor, module.state_dict()[name]) for name, tensor in opened.module.state_dict().items())


def test_a_bucket_has_an_address_and_holds_packs():
    assert Runtime(pack=1, bucket="s3://bucket/a/b").bucket == "s3://bucket/a/b"
    for address in (
        "bucket",
        "gs://bucket",
        "s3://",
        "s3:///a",
        "s3://bucket//a",
        "s3://bucket/a b",
        "s3://bucket/a?b",
    ):
        with pytest.raises(ValueError, match="bucket must be like s3://bucket/folder, got"):
            Runtime(pack=1, bucket=address)
    with pytest.raises(ValueError, match="set pack too, such as pack=1000"):
        Runtime(bucket="s3://bucket")
