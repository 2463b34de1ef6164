"""Every file of a finished run is harmed in six ways: whoever loads it notices, and `verify` notices all of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from compared_runs import two_runs
from harm import opened_below, said_of_each
from tables import Row, Told
from toy_runs import Run

from wsss.apps import compare
from wsss.apps.explain import Explainer
from wsss.apps.predict import Predictor
from wsss.errors import StoreError
from wsss.run.chain import check_runs
from wsss.store.store import JOB, MANIFEST, Artifact, Store
from wsss.store.verify import refuse_harmed


@pytest.fixture(scope="module")
def copy(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return toy_run.copied(tmp_path_factory.mktemp("copy"))


def promised(store: Path) -> list[Path]:
    """The manifests, and what they promise."""
    artifacts = [artifact_of(path) for path in sorted(store.glob(f"*/*/{MANIFEST}"))]
    return [path for each in artifacts for path in (each.manifest_path, each.path / JOB, *files_of(each))]


def files_of(artifact: Artifact) -> list[Path]:
    return [artifact.path / name for name in artifact.manifest().files]


def artifact_of(path: Path) -> Artifact:
    """The artifact that a file of the store belongs to."""
    folder = next(each for each in path.parents if (each / JOB).exists() or (each / MANIFEST).exists())
    return Store(root=folder.parents[1]).artifact(folder.parent.name, folder.name)


def verified(path: Path) -> None:
    """Check the artifact of a file, as `wsss store verify` does."""
    refuse_harmed(artifact_of(path))
    if path.name == MANIFEST:  # whose figures nothing tells but the run that made it
        artifact = artifact_of(path)
        root = artifact.path.parents[1]
        if problems := [
            said for run in check_runs(Store(root=root), named=[root.parent / "out"]) for said in run.problems
        ]:
            raise StoreError(problems[0])


def compared(folder: Path) -> None:
    """Compare runs down to the pictures of masks."""
    runs = compare.read_runs([folder / "first", folder / "other"])
    groups = compare.separated(runs, [1, 1])
    masks = compare.chosen_masks(runs, wanted=None)
    assert len(compare.group_differences(groups, [masks])) == 1
    assert len(compare.gain_sheets(*groups, masks, count=4)) == 2


def tell(rows: list[tuple[Row, bool]], told: Told) -> list[str]:
    """Write the table, and return what was not noticed."""
    unnoticed = [row.name for row, noticed in rows if not noticed]
    told([row for row, _ in rows], wrong=len(unnoticed))
    return unnoticed


def test_verify_notices_every_harm(copy: Run, told: Told):
    paths = promised(copy.store)
    assert len(paths) > 90
    rows = list(said_of_each(paths, verified, below=copy.store, what="verify"))
    # A manifest that is gone is a stage that was not finished: nothing is promised then.
    unnoticed = [name for name in tell(rows, told) if not name.endswith(f"{MANIFEST} deleted")]
    assert unnoticed == []


@pytest.mark.parametrize(("app", "loads"), [(Predictor, "train_segmenter"), (Explainer, "train_classifier")])
def test_what_an_app_loads_is_checked(
    app: type[Predictor | Explainer], loads: str, copy: Run, toy_run: Run, told: Told
):
    def use(_: Path | None = None) -> None:
        app.of(toy_run.out, store=copy.store, device="cpu")

    paths = loaded(copy.store, use)
    assert {"network.json", "weights.safetensors"} <= {path.name for path in paths if loads in path.parts}
    assert tell(list(said_of_each(paths, use, below=copy.store, what=app.__name__)), told) == []


def test_what_a_comparison_loads_is_checked(tmp_path: Path, told: Told):
    two_runs(tmp_path)
    paths = loaded(tmp_path, lambda: compared(tmp_path))
    read = {"scores.json", "images.json", "curves.json", "image_confusions.npz", "index.json", "a.png"}
    assert read <= {path.name for path in paths}
    rows = said_of_each(paths, lambda _: compared(tmp_path), below=tmp_path, what="compare")
    assert tell(list(rows), told) == []


def loaded(folder: Path, use: Callable[[], None]) -> list[Path]:
    """The files that something loads, of those that manifests promise or are."""
    manifests = folder.rglob(MANIFEST)
    every = {path for each in {manifest.parents[2] for manifest in manifests} for path in promised(each)}
    return [path for path in opened_below(folder, use) if path in every]
