"""evaluate: hand-made results against hand-made truth."""

from pathlib import Path
from typing import Any

import pytest
import torch
from builders import score_maps
from toy_runs import drawn_index, drawn_maps, drawn_masks, job, made

from wsss.stages.evaluate import AROUND_MASKS, Evaluate
from wsss.store.image_confusions import FILE, confusions_key, read_image_confusions
from wsss.store.kinds import CHOICE, MAPS, NETWORK, TABLE
from wsss.store.store import Artifact, Store
from wsss.store.texts import read_json

TRUTH = {"a": [[0, 0, 1, 255]], "b": [[2, 2, 0, 0]]}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(root=tmp_path)


def tables(store: Store, **inputs: Artifact) -> dict[str, Any]:
    work = job(store, "evaluate", **inputs)
    summary = Evaluate().run(work)
    files = set(work.artifact.items.iterdir()) - {work.artifact.items / FILE}
    found = {path.stem: read_json(path, Any) for path in files}
    assert found.keys() == {"scores", "curves", "images", "confusions", "agreements", "notes"}
    assert summary == {"notes": found["notes"]}
    return found


def test_masks_by_hand(store: Store):
    index = drawn_index(store, TRUTH)
    masks = drawn_masks(store, "make_masks", {"a": [[0, 1, 1, 2]], "b": [[2, 0, 0, 255]]})
    found = tables(store, index=index, masks=masks)
    # Truth down, prediction across; 255 counts as background where it is predicted: 3 1 0 / 0 1 0 / 1 0 1.
    scores = found["scores"]["make_masks"]["train"]
    assert scores["iou"] == {
        "background": pytest.approx(3 / 5),
        "cat": pytest.approx(1 / 2),
        "dog": pytest.approx(1 / 2),
    }
    assert scores["miou"] == pytest.approx(8 / 15)
    assert scores["fp"] == pytest.approx(1 / 4)
    assert scores["fn"] == pytest.approx(1 / 4)
    # a: background 1/2 and cat 1/2; b: background 2/3 and dog 1/2.
    assert found["images"] == {"make_masks": {"train": {"a": pytest.approx(1 / 2), "b": pytest.approx(7 / 12)}}}
    assert found["confusions"] == {"make_masks": {"train": [[3, 1, 0], [0, 1, 0], [1, 0, 1]]}}
    assert found["notes"] == []


def test_the_confusions_of_every_image_are_kept(store: Store):
    index = drawn_index(store, TRUTH)
    masks = drawn_masks(store, "make_masks", {"a": [[0, 1, 1, 2]], "b": [[2, 0, 0, 255]]})
    work = job(store, "evaluate", index=index, masks=masks)
    Evaluate().run(work)
    made(work.artifact, TABLE)
    rows = read_image_confusions(work.artifact, confusions_key("make_masks", "train"), images=2, labels=3)
    assert rows.toarray().tolist() == [[1, 1, 0, 0, 1, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 1, 0, 1]]


def test_pixels_are_counted_over_the_split_and_not_averaged_over_images(store: Store):
    index = drawn_index(store, {"a": [[1]], "b": [[1] * 9]})
    masks = drawn_masks(store, "make_masks", {"a": [[0]], "b": [[1] * 9]})
    found = tables(store, index=index, masks=masks)
    assert found["scores"]["make_masks"]["train"]["iou"]["cat"] == pytest.approx(9 / 10)


def test_raw_maps_are_scored_at_every_threshold_and_the_best_is_an_oracle(store: Store):
    index = drawn_index(store, {"a": [[1, 1, 0, 0]], "b": [[0, 0]]})
    maps = {
        "a": score_maps([1], [[[0.9, 0.5, 0.25, 0.0]]]),
        "b": score_maps([], torch.zeros(0, 1, 2)),  # an image without a class has no map
    }
    found = tables(store, index=index, maps=drawn_maps(store, "extract_cams", maps))
    scores = found["scores"]["extract_cams"]["train"]
    assert scores["oracle"] is True
    # A score must exceed the threshold, so 0.25 is background from 0.25 on, and nothing is lost before 0.5.
    assert (scores["threshold"], scores["miou"]) == (0.25, 1.0)
    curve = found["curves"]["extract_cams"]["train"]
    assert curve["thresholds"][:3] == [0.0, 0.01, 0.02]
    assert [round(value, 6) for value in curve["miou"][25:50]] == [1.0] * 25
    # Below, one background pixel of four is lost: 3/4 and 2/3. From 0.5 on, one cat of two: 4/5 and 1/2.
    assert curve["miou"][24] == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert curve["miou"][50] == pytest.approx((4 / 5 + 1 / 2) / 2)
    assert curve["miou"][95] == pytest.approx((4 / 6 + 0) / 2)
    assert found["images"] == {}


def test_refined_maps_are_scored_by_their_strongest_label(store: Store):
    index = drawn_index(store, {"a": [[0, 2]]})
    maps = {"a": score_maps([0, 2], [[[0.6, 0.4]], [[0.5, 0.5]]])}
    found = tables(store, index=index, refined=drawn_maps(store, "refine_cams", maps, kind=MAPS))
    assert found["scores"]["refine_cams"]["train"]["miou"] == 1
    assert found["scores"]["refine_cams"]["train"]["iou"]["cat"] is None


def test_without_true_masks_it_notes_so_and_goes_on(store: Store):
    index = drawn_index(store, {"a": None, "b": [[0, 1]], "c": None}, train=("a",), val=("b", "c"))
    masks = drawn_masks(
        store, "predict_masks", {"a": [[0] * 3] * 2, "b": [[0, 1]], "c": [[0] * 3] * 2}, splits=("train", "val")
    )
    found = tables(store, index=index, predictions=masks)
    assert found["notes"] == [
        "predict_masks on train cannot be scored: none of its 1 images has a true mask.",
        "predict_masks on val is scored on 1 of 2 images: the others have no true mask.",
    ]
    assert found["scores"] == {"predict_masks": {"val": found["scores"]["predict_masks"]["val"]}}
    assert found["scores"]["predict_masks"]["val"]["miou"] == 1


def test_what_learnt_from_true_masks_is_marked(store: Store):
    index = drawn_index(store, {"a": [[0, 1]]})
    masks = drawn_masks(store, "make_masks", {"a": [[0, 1]]})
    predictions = drawn_masks(store, "predict_masks", {"a": [[0, 1]]}, oracle=True)
    scores = tables(store, index=index, masks=masks, predictions=predictions)["scores"]
    assert scores["predict_masks"]["train"]["oracle"] is True
    assert "oracle" not in scores["make_masks"]["train"]


def test_nothing_but_background_has_no_score_of_its_own(store: Store):
    index = drawn_index(store, {"a": [[0, 0]], "b": [[0, 1]]})
    masks = drawn_masks(store, "make_masks", {"a": [[0, 0]], "b": [[0, 0]]})
    found = tables(store, index=index, masks=masks)
    assert found["images"]["make_masks"]["train"] == {"a": None, "b": pytest.approx(1 / 4)}


@pytest.mark.parametrize(("metrics", "scored"), [({"val/map": 0.5}, {"val": {"map": 0.5}}), ({}, None)])
def test_the_classifier_s_map_is_taken_over(store: Store, metrics: dict[str, float], scored: Any):
    index = drawn_index(store, TRUTH)
    classifier = store.artifact("train_classifier", "3" * 16)
    classifier.path.mkdir(parents=True)
    made(classifier, NETWORK, summary={"metrics": metrics})
    found = tables(store, index=index, classifier=classifier)
    assert found["scores"].get("train_classifier") == scored


def test_what_a_threshold_that_was_chosen_without_masks_has(store: Store):
    index = drawn_index(store, {"a": [[0, 1, 1, 1]]})
    maps = drawn_maps(store, "extract_cams", {"a": score_maps([1], [[[0.1, 0.3, 0.6, 0.9]]], size=(1, 4))})
    threshold = store.artifact("choose_threshold", "5" * 16)
    threshold.path.mkdir(parents=True)
    made(threshold, CHOICE, summary={"threshold": 0.5}, maps=maps)
    scores = tables(store, index=index, maps=maps, threshold=threshold)["scores"]["extract_cams"]["train"]
    assert scores["miou"] == 1, "between 0.1 and 0.3"
    # At 0.5 two of three pixels of the class are found: (1/2 + 2/3) / 2.
    assert (scores["chosen_threshold"], scores["chosen_miou"]) == (0.5, pytest.approx(7 / 12))


def test_results_of_another_size_than_their_image_are_refused(store: Store):
    index = drawn_index(store, TRUTH)
    masks = drawn_masks(store, "make_masks", {"a": [[0, 0]], "b": [[0, 0, 0, 0]]})
    with pytest.raises(ValueError, match=r"a\.png holds no mask \(it is a picture of 2 x 1 pixels"):
        tables(store, index=index, masks=masks)


def test_a_threshold_counts_for_the_maps_that_it_was_chosen_for(store: Store):
    index = drawn_index(store, {"a": [[0, 1]]})
    maps = drawn_maps(store, "extract_cams", {"a": score_maps([1], [[[0.1, 0.9]]])})
    choice = store.artifact("choose_threshold", "5" * 16)
    choice.path.mkdir(parents=True)
    made(choice, CHOICE, summary={"threshold": 0.5}, maps=index)
    assert "chosen_miou" not in tables(store, index=index, maps=maps, choice=choice)["scores"]["extract_cams"]["train"]


def test_true_boxes_score_beside_masks(store: Store, monkeypatch: pytest.MonkeyPatch):
    found = {"make_masks": {"train": {"corloc": 0.5}}, "extract_cams": {"train": {"max_box_acc_v2": 0.25}}}
    monkeypatch.setattr("wsss.stages.evaluate.box_scores", lambda _artifacts, *, index, boxes, processes: found)
    masks = drawn_masks(store, "make_masks", {"a": [[0, 1, 1, 2]], "b": [[2, 0, 0, 255]]})
    scores = tables(store, index=drawn_index(store, TRUTH), masks=masks)["scores"]
    assert scores["make_masks"]["train"]["corloc"] == 0.5
    assert scores["make_masks"]["train"]["miou"] == pytest.approx(8 / 15)
    assert scores["extract_cams"]["train"] == {"max_box_acc_v2": 0.25}, "boxes need no masks"


def test_boxes_around_true_masks_are_told_of(store: Store):
    masks = drawn_masks(store, "make_masks", {"a": [[0, 0, 1, 2]], "b": [[2, 0, 0, 255]]})
    work = job(store, "evaluate", index=drawn_index(store, TRUTH), masks=masks)
    assert Evaluate(boxes="masks").run(work) == {"notes": [AROUND_MASKS]}
    scores = read_json(work.artifact.items / "scores.json", Any)["make_masks"]["train"]
    # The box of the cat is the true one, that of the dog overlaps the true one by the half that counts.
    assert scores["corloc"] == 1
