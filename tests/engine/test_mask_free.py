"""What a run says of its results without a true mask, by hand."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from builders import score_maps
from toy_runs import Run, drawn_index, drawn_maps, drawn_masks, drawn_network, made

from wsss.data.index import Index
from wsss.engine.agreement import NetworkMasks, network_masks
from wsss.engine.mask_free import mask_free_scores
from wsss.engine.stage import read_index
from wsss.run.objective import check_objective
from wsss.run.record import read_record
from wsss.run.scores import scores_among
from wsss.store.kinds import CHOICE
from wsss.store.store import Artifact, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(root=tmp_path)


@pytest.fixture
def index(store: Store) -> Index:
    tags = {"a": [[1, 2]], "b": [[0, 0]], "c": [[2, 0]]}
    return read_index(drawn_index(store, tags, train=("a", "b"), val=("c",)))


def test_masks_of_a_network_are_held_against_tags_and_against_what_it_learnt_from(store: Store, index: Index):
    learnt = drawn_masks(store, "make_masks", {"a": [[1, 2]], "b": [[0, 0]]})
    segmenter = drawn_network(store, "train_segmenter", masks=learnt)
    shown = {"a": [[1, 0]], "b": [[0, 2]], "c": [[2, 255]]}
    predicted = drawn_masks(
        store, "predict_masks", shown, splits=("train", "val"), fingerprint="4" * 16, segmenter=segmenter
    )
    artifacts = [learnt, segmenter, predicted]
    agreed = {"predict_masks": {"train": {"a": 0.25, "b": None, "x": 0.75}}}
    masks = replace(network_masks(artifacts, index=index), agreements=agreed)
    assert list(mask_free_scores(artifacts, index=index, masks=masks)) == [
        ("predict_masks", "train", "agreement", 0.5),
        ("predict_masks", "train", "tag_f1", pytest.approx(2 * 1 / 4)),  # of a cat, and a dog in b that is not there
        ("predict_masks", "val", "tag_f1", 1.0),
    ]


def test_maps_are_held_against_the_first_of_their_classifier(store: Store, index: Index):
    one, other = drawn_network(store, "train_classifier"), drawn_network(store, "train_recam", fingerprint="4" * 16)
    none = score_maps([], torch.zeros(0, 1, 2))

    def maps(stage: str, labels: list[int], scores: list[list[list[float]]], digit: str, **read: Artifact) -> Artifact:
        drawn = {"a": score_maps(labels, scores), "b": none}
        return drawn_maps(store, stage, drawn, fingerprint=digit * 16, **read)

    first = maps("extract_cams", [0, 1], [[[1.0, 0.5]], [[0.0, 1.0]]], "5", classifier=one)
    half = maps("extract_half", [1], [[[0.5, 0.5]]], "6", classifier=one)
    apart = maps("extract_fine", [0], [[[0.0, 0.5]]], "7", classifier=other)
    joined = maps("combine_maps", [0], [[[0.0, 0.5]]], "8", maps=first)
    found = list(mask_free_scores([one, other, first, half, apart, joined], index=index, masks=NetworkMasks()))
    assert found == [("extract_half", "train", "agreement", pytest.approx(0.5 / 1.5))]


def test_a_threshold_chosen_without_masks_says_how_well_it_separates(store: Store, index: Index):
    choice, other = store.artifact("choose_threshold", "a" * 16), store.artifact("choose_representatives", "b" * 16)
    choice.path.mkdir(parents=True)
    made(choice, CHOICE, summary={"threshold": 0.3, "evidence": 0.4, "splits": ["train", "val"]})
    other.path.mkdir(parents=True)
    made(other, CHOICE)
    found = list(mask_free_scores([choice, other], index=index, masks=NetworkMasks()))
    assert found == [("choose_threshold", "train+val", "evidence", 0.4)]


def test_every_score_of_a_run_may_be_an_objective(toy_run: Run):
    record = read_record(toy_run.out)
    scores, steps = scores_among(record.artifact(name) for name in record.manifests), list(toy_run.plan().values())
    free = [
        f"{stage}/{split}/{metric}"
        for stage, splits in scores.items()
        for split, found in splits.items()
        for metric in ("agreement", "tag_f1", "evidence")
        if metric in found
    ]
    assert free == ["predict_masks/train/agreement", "predict_masks/train/tag_f1", "predict_masks/val/tag_f1"]
    for each in free:
        check_objective(each, steps)
