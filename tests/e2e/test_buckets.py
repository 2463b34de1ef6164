"""A run whose packs lie in a bucket: the same items, whoever reads them."""

from dataclasses import replace
from pathlib import Path

import pytest
from object_storage import disconnect, new_bucket, objects_in
from toy_runs import Run

from wsss.apps.view.gallery import Gallery
from wsss.engine.stage import read_index
from wsss.errors import ConfigError
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import Step, check_bucket
from wsss.store.store import Store
from wsss.testing.stages import contents, remake

MAPS = ("extract_cams", "refine_cams", "make_masks", "predict_masks")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> str:
    return f"{new_bucket(monkeypatch)}/runs"


def items_of(step: Step) -> dict[str, bytes]:
    """The bytes of each item, wherever it lies."""
    index = read_index(step.inputs["index"])
    items = step.stage.makes.items(step.artifact, index)
    found = {}
    for record in index.records.values():
        if items.has(record):
            place = items.place(record)
            found[record.id] = place.read_bytes() if isinstance(place, Path) else place.open().read()
    return found


def test_stages_write_and_read_the_same_items(toy_run: Run, tmp_path: Path, bucket: str):
    copy = toy_run.copied(tmp_path)
    before = {name: items_of(copy.plan()[name]) for name in MAPS}
    pictures = Gallery.of(toy_run.out)
    for name in MAPS:
        remake(copy.plan("runtime.pack=3", f"runtime.bucket={bucket}", "runtime.workers=2")[name])
    steps = copy.plan()
    assert {name: items_of(steps[name]) for name in MAPS} == before
    assert all(
        each.name.endswith(".zip.json") for name in MAPS for each in (steps[name].artifact.items / "packs").iterdir()
    )
    assert len(objects_in(bucket)) == sum(len(contents(steps[name].artifact.items)) for name in MAPS)
    for name in ("evaluate", "report"):
        remake(steps[name])
    printed = copy.again("runtime.pack=3", f"runtime.bucket={bucket}")
    assert "nothing to do" in printed
    shown = Gallery.of(copy.out)
    panels = pictures.table()["images"][0]["panels"]
    assert [shown.picture(0, each) for each in panels] == [pictures.picture(0, each) for each in panels]


def test_items_are_taken_over_from_one_bucket_into_another(toy_run: Run, tmp_path: Path, bucket: str):
    copy = toy_run.copied(tmp_path)
    before = items_of(copy.plan()["make_masks"])
    step = copy.plan("runtime.pack=3", f"runtime.bucket={bucket}")["make_masks"]
    remake(step)
    taken = replace(step, artifact=Store(root=copy.store).artifact("make_masks", "b" * 16))
    make(taken, crew=Here())
    assert taken.artifact.manifest().summary["made"] == 0
    assert items_of(taken) == before
    assert len(objects_in(bucket)) == 2 * len(contents(step.artifact.items))


def test_a_bucket_that_does_not_serve_is_refused_before_anything_is_made(
    toy_run: Run, tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
):
    copy = toy_run.copied(tmp_path)
    steps = copy.plan("runtime.pack=3", "runtime.bucket=s3://nobody")
    check_bucket(steps.values())  # all are made
    steps["make_masks"].artifact.manifest_path.unlink()
    with pytest.raises(ConfigError, match=r"^runtime\.bucket=s3://nobody: there is no bucket 'nobody'"):
        check_bucket(steps.values())
    with pytest.raises(ConfigError, match="there is no bucket 'nobody'"):
        copy.again("runtime.pack=3", "runtime.bucket=s3://nobody")
    check_bucket(copy.plan("runtime.pack=3", f"runtime.bucket={bucket}").values())
    disconnect(monkeypatch)
    with pytest.raises(ConfigError, match=r"cannot be reached"):
        check_bucket(copy.plan("runtime.pack=3", f"runtime.bucket={bucket}").values())
