"""Kinds of background."""

from dataclasses import replace

import numpy as np
from debugged import Looked, advance

from wsss.apps.debug.backgrounds import LEAST_TAKEN, Background, backgrounds, presence
from wsss.apps.debug.erase import believed, erase_all
from wsss.metrics.cell_clusters import CellClusters

RED = 0


def found(looked: Looked) -> tuple[Background, ...]:
    clusters = CellClusters.of(looked.survey.cells)
    erased = {
        c: list(
            erase_all(
                looked.subject,
                looked.survey,
                cls=c,
                images=believed(looked.survey, c, most=6),
                clusters=clusters,
                advance=advance,
            )
        )
        for c in range(3)
    }
    return backgrounds(looked.subject, looked.survey, clusters=clusters, erased=erased)


def test_the_markers_cluster_is_first(marked: Looked):
    first, *rest = found(marked)
    assert first.cls == RED
    assert (first.images, first.share, first.lift) == (24, 1.0, 4.0)
    assert first.energy > 0.1
    assert not first.by_chance
    assert all(each.score < first.score / 4 for each in rest)


def test_without_a_marker_no_background_matters(plain: Looked):
    assert not any(each.matters for each in found(plain))


def test_what_matters_goes_with_the_class_and_takes_it_away():
    known = Background(
        cls=0, cluster=0, images=20, share=0.9, lift=3.0, energy=0.3, score=0.5, taken=0.4, tried=8, by_chance=False
    )
    assert known.matters
    for change in ({"taken": LEAST_TAKEN - 0.01}, {"lift": 1.2}, {"by_chance": True}, {"tried": 4}):
        assert not replace(known, **change).matters


def test_presence_is_of_the_background(marked: Looked):
    clusters = CellClusters.of(marked.survey.cells)
    present = presence(marked.survey, clusters)
    assert present.shape == (96, clusters.count)
    assert present.any(axis=1).all()
    assert np.array_equal(present.all(axis=0), present.sum(axis=0) == 96)
