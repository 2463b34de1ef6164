"""Pixels are counted to the same numbers by any number of processes."""

from pathlib import Path

import numpy as np
import pytest
from builders import score_maps
from toy_runs import drawn_index, drawn_maps, drawn_masks

from wsss.engine import pool
from wsss.engine.counting import Counting, confusions_over, curve_over
from wsss.engine.stage import read_index
from wsss.metrics.confusion import confusion
from wsss.metrics.curve import ThresholdCurve
from wsss.store.store import Store

IDS = tuple("abcdefg")


def drawn(random_seed: int) -> dict[str, list[list[int]]]:
    """Random masks of 5 x 4 pixels, with some 255."""
    rng = np.random.default_rng(random_seed)
    return {image_id: rng.choice([0, 1, 2, 255], (5, 4)).tolist() for image_id in IDS}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(root=tmp_path)


@pytest.fixture
def divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few images be worth processes, in pieces of two."""
    monkeypatch.setattr(pool, "LEAST", 2)
    monkeypatch.setattr(pool, "CHUNK", 2)


@pytest.mark.usefixtures("divided")
@pytest.mark.parametrize("processes", [1, 2])
def test_confusions_of_images_keep_their_order(store: Store, processes: int):
    truth, predicted = drawn(0), drawn(1)
    index = read_index(drawn_index(store, truth))
    counting = Counting.of(drawn_masks(store, "make_masks", predicted), index)
    counted: list[int] = []
    rows, mious = confusions_over(
        counting,
        index.split("train"),
        processes=processes,
        advance=lambda count=1, /, *, note="": counted.append(count),
    )
    expected = [confusion(np.array(truth[i]), np.array(predicted[i]), labels=3) for i in IDS]
    assert np.array_equal(rows.toarray().reshape(-1, 3, 3), np.stack(expected))
    assert list(mious) == list(IDS)
    assert counted == [2, 2, 2, 1]


@pytest.mark.usefixtures("divided")
def test_the_counts_of_two_processes_add_up(store: Store):
    truth = drawn(0)
    rng = np.random.default_rng(2)
    maps = {i: score_maps([1, 2], rng.random((2, 5, 4)).round(2).tolist()) for i in IDS}
    index = read_index(drawn_index(store, truth))
    counting = Counting.of(drawn_maps(store, "extract_cams", maps), index)
    curves = [
        curve_over(counting, index.split("train"), processes=processes, advance=lambda count=1, /, *, note="": None)
        for processes in (1, 2)
    ]
    plain = ThresholdCurve(labels=3)
    for i in IDS:
        scores = maps[i].scores.half().float().numpy()
        plain.add(np.array(truth[i]), strongest=scores.argmax(axis=0) + 1, score=scores.max(axis=0))
    assert all(np.array_equal(curve.counts, plain.counts) for curve in curves)


def test_what_is_sent_to_processes_holds_no_record(store: Store):
    index = read_index(drawn_index(store, drawn(0)))
    counting = Counting.of(drawn_masks(store, "make_masks", drawn(1)), index)
    assert (counting.index.records, counting.index.splits) == ({}, {})
    assert counting.index.truth(index.records["c"]) is not None
