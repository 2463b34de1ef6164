"""Files that a network reads beside its stored weights: where they were, and where they are."""

from dataclasses import replace
from pathlib import Path

import pytest

from wsss.errors import StoreError
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.segmenters.frozen_vit_options import FrozenViTOptions
from wsss.store.relocated import note_places, placed
from wsss.store.results import PLACES, is_result
from wsss.store.store import Artifact, Store


def options(weights: str) -> FrozenViTOptions:
    plain = FrozenBackbone(backbone="vit_tiny_patch16_224", weights="none")
    return FrozenViTOptions(backbones={"plain": plain, "own": replace(plain, weights=weights)})


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    made = Store(root=tmp_path / "store").artifact("train_segmenter", "0" * 16)
    made.path.mkdir(parents=True)
    return made


def test_a_file_is_looked_for_where_it_was_noted_last(
    artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = options("clip.pt")
    assert placed(artifact, first) == first
    monkeypatch.chdir(tmp_path)
    note_places(artifact, first)
    assert placed(artifact, first) == options(str(tmp_path / "clip.pt"))
    note_places(artifact, options("/new/clip.pt"))
    assert placed(artifact, first) == options("/new/clip.pt")
    assert not is_result(PLACES)


def test_networks_without_files_note_nothing(artifact: Artifact):
    note_places(artifact, options("none"))
    assert list(artifact.path.iterdir()) == []


def test_names_that_the_network_does_not_have_count_for_nothing(artifact: Artifact):
    (artifact.path / PLACES).write_text('{"other": "/x", "plain": "/x"}', encoding="utf-8")
    assert placed(artifact, options("clip.pt")) == options("clip.pt")
    assert placed(artifact, options("none")) == options("none")


def test_a_torn_note_is_named_with_the_remedy(artifact: Artifact):
    (artifact.path / PLACES).write_text('{"own": 3}', encoding="utf-8")
    with pytest.raises(StoreError, match=r"places\.json cannot be read .*: delete .*, and run the command of its run"):
        placed(artifact, options("clip.pt"))
