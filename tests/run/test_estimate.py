"""What a plan expects of a stage, worked out by hand from earlier artifacts."""

import os
from pathlib import Path

import pytest
from toy_runs import Run, freeze

from wsss.run.estimate import Expectation, expect, work_of
from wsss.run.plan import Step
from wsss.run.worker import frozen_job
from wsss.store.jobs import write_job
from wsss.store.store import Store


def earlier(store: Store, stage: str, *costs: tuple[float, int], **summary: object) -> None:
    """Finished artifacts of so many seconds and bytes, the newest last."""
    for number, (seconds, size) in enumerate(costs):
        artifact = store.artifact(stage, f"{number:016x}")
        artifact.items.mkdir(parents=True)
        (artifact.items / "a").write_bytes(b"x" * size)
        artifact.job.write_text("{}", encoding="utf-8")
        artifact.complete(kind="masks", inputs={}, seconds=seconds, threads=1, summary=summary)
        os.utime(artifact.manifest_path, (number, number))


@pytest.fixture
def steps(toy_run: Run) -> dict[str, Step]:
    """Eight images to train on and four to validate on; an epoch of two batches of four."""
    return toy_run.plan()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(root=tmp_path)


def test_nothing_is_expected_of_what_was_never_made(steps: dict[str, Step], store: Store):
    earlier(store, "make_masks", (1.0, 1), images=8, made=8)
    assert expect(steps["extract_cams"], store=store) is None


def test_the_median_counts(steps: dict[str, Step], store: Store):
    earlier(store, "evaluate", (1.0, 30), (9.0, 20), (2.0, 10))
    assert expect(steps["evaluate"], store=store) == Expectation(seconds=2.0, size=20, like=3)


def test_a_map_is_scaled_by_its_images(steps: dict[str, Step], store: Store):
    assert work_of(steps["extract_cams"]) == 8
    assert work_of(steps["predict_masks"]) == 12
    # 2 seconds and 6 bytes for 4 images, 8 images to come.
    earlier(store, "extract_cams", (2.0, 6), images=4, made=4)
    assert expect(steps["extract_cams"], store=store) == Expectation(seconds=4.0, size=12.0, like=1)


def test_a_training_is_scaled_by_the_images_it_looks_at_and_its_weights_are_not(steps: dict[str, Step], store: Store):
    assert work_of(steps["train_classifier"]) == 8
    # Earlier twice as many as now.
    earlier(store, "train_classifier", (5.0, 40), images=16)
    assert expect(steps["train_classifier"], store=store) == Expectation(seconds=2.5, size=40, like=1)


def test_the_seconds_of_a_last_part_do_not_count_where_there_are_better_ones(steps: dict[str, Step], store: Store):
    earlier(store, "extract_cams", (0.1, 8), images=8, made=1)
    assert expect(steps["extract_cams"], store=store) == Expectation(seconds=0.1, size=8, like=1)
    whole = store.artifact("extract_cams", "f" * 16)
    whole.items.mkdir(parents=True)
    freeze(whole)
    whole.complete(kind="masks", inputs={}, seconds=7.0, threads=1, summary={"images": 8, "made": 8})
    assert expect(steps["extract_cams"], store=store) == Expectation(seconds=7.0, size=0, like=1)


def test_without_an_index_nothing_is_scaled(toy_run: Run, store: Store):
    step = toy_run.plan("dataset.train=7")["extract_cams"]
    assert step.inputs["index"].state() == "run"
    assert work_of(step) is None
    earlier(store, "extract_cams", (2.0, 6), images=4, made=4)
    assert expect(step, store=store) == Expectation(seconds=2.0, size=6, like=1)


def test_ten_of_the_newest_are_enough(steps: dict[str, Step], store: Store):
    earlier(store, "report", *[(1000.0, 1)] * 5, *[(1.0, 1)] * 10)
    assert expect(steps["report"], store=store) == Expectation(seconds=1.0, size=1, like=10)


def test_the_one_most_like_it_counts(toy_run: Run, steps: dict[str, Step], store: Store):
    """Another method may take ten times as long, so a kind outweighs any number of options."""
    makes: list[tuple[float, tuple[str, ...]]] = [
        (1.0, ("views.scales=[0.5]", "views.flip=false")),  # the same method
        (50.0, ("cam=fgcam",)),  # the newest, and all else is the same
    ]
    for number, (seconds, overrides) in enumerate(makes):
        artifact = store.artifact("extract_cams", f"{number:016x}")
        made = toy_run.plan(*overrides)["extract_cams"]
        write_job(artifact, frozen_job(made, command="wsss run"))
        artifact.items.mkdir(parents=True)
        artifact.complete(kind="raw_maps", inputs={}, seconds=seconds, threads=1, summary={"images": 8, "made": 8})
    assert expect(steps["extract_cams"], store=store) == Expectation(seconds=1.0, size=0, like=1)
    other = expect(toy_run.plan("cam=gradcam")["extract_cams"], store=store)
    assert other is not None
    assert not other.same_kind
    exact = expect(toy_run.plan("cam=fgcam")["extract_cams"], store=store)
    assert exact == Expectation(seconds=50.0, size=0, like=1)


def test_what_an_artifact_took_is_read_once_and_again_when_it_was_made_again(
    steps: dict[str, Step], store: Store, monkeypatch: pytest.MonkeyPatch
):
    earlier(store, "report", (3.0, 1))
    assert expect(steps["report"], store=store) == Expectation(seconds=3.0, size=1, like=1)
    with monkeypatch.context() as patch:
        patch.setattr("wsss.run.estimate.read_job", None)
        assert expect(steps["report"], store=store) == Expectation(seconds=3.0, size=1, like=1)
    artifact = store.artifact("report", f"{0:016x}")
    artifact.complete(kind="masks", inputs={}, seconds=5.0, threads=1, summary={})
    assert expect(steps["report"], store=store) == Expectation(seconds=5.0, size=1, like=1)


def test_torn_and_unfinished_ones_do_not_count(steps: dict[str, Step], store: Store):
    earlier(store, "report", (3.0, 1), (9.0, 1), (9.0, 1))
    store.artifact("report", f"{1:016x}").manifest_path.write_text("{", encoding="utf-8")
    store.artifact("report", f"{2:016x}").manifest_path.unlink()
    assert expect(steps["report"], store=store) == Expectation(seconds=3.0, size=1, like=1)
