"""Counterfactuals of images, on a network whose answers are known."""

import numpy as np
import pytest
import torch
from debugged import Looked, advance

from wsss.apps.debug.erase import Erased, believed, counterfactuals, erase_all, without_cluster
from wsss.metrics.cell_clusters import CellClusters
from wsss.metrics.counterfactual import Counterfactual

RED, GREEN = 0, 1


def of_class(looked: Looked, cls: int) -> list[int]:
    return np.flatnonzero(looked.survey.tags[:, cls]).tolist()


def seen(looked: Looked, place: int) -> torch.Tensor:
    return looked.subject.network.seen(looked.subject.index.pixels(looked.survey.records[place]))


def test_erasing_the_object_and_the_context_swap_with_the_mask(plain: Looked):
    place = of_class(plain, GREEN)[0]
    truth = plain.subject.truth(plain.survey.records[place])
    region = torch.from_numpy(truth == GREEN + 1)
    one = counterfactuals(plain.subject, seen(plain, place), region, cls=GREEN)["road"]
    other = counterfactuals(plain.subject, seen(plain, place), ~region, cls=GREEN)["road"]
    assert one == pytest.approx(other[::-1])
    assert one[0] < 0.1
    assert one[1] > 0.9


def test_only_images_that_are_believed_are_erased(marked: Looked):
    chosen = believed(marked.survey, RED, most=5)
    assert len(chosen) == 5
    assert all(marked.survey.tags[i, RED] and marked.survey.probabilities[i, RED] >= 0.5 for i in chosen)
    assert believed(marked.survey, RED, most=5) == chosen
    assert believed(marked.survey, RED, most=5, random_seed=1) != chosen


def test_the_marker_keeps_the_probability(marked: Looked):
    (found,) = erase_all(
        marked.subject,
        marked.survey,
        cls=RED,
        images=of_class(marked, RED)[:1],
        clusters=None,
        advance=advance,
    )
    assert found.left("truth") > 0.9
    assert 0 < found.area["truth"] < 0.2
    assert found.energy["truth"] < 1


def test_the_way_that_leaves_less_counts():
    found = {
        "blur": Counterfactual(whole=1.0, without_object=0.8, without_context=0.9),
        "road": Counterfactual(whole=1.0, without_object=0.3, without_context=0.6),
    }
    each = Erased(image=0, whole=1.0, origins={"run": found}, energy={}, area={})
    assert (each.left("run"), each.kept("run")) == (0.3, 0.6)
    assert each.sensitivity("run") == pytest.approx((0.1 / 0.3 + 0.3 / 0.9) / 2)


def test_a_background_that_counts_takes_the_class_with_it(marked: Looked):
    clusters = CellClusters.of(marked.survey.cells)
    place = of_class(marked, RED)[0]
    grid = marked.subject.network.answer(seen(marked, place)).cells
    kinds = clusters.assign(grid.reshape(3, -1).T).reshape(grid.shape[1:])
    of_marker, of_ground = int(kinds[-1, -1]), int(kinds[0, 0])
    gone = {
        cluster: without_cluster(
            marked.subject, marked.survey, cls=RED, image=place, clusters=clusters, cluster=cluster
        )
        for cluster in (of_marker, of_ground)
    }
    assert gone[of_ground] < 0.05
    assert gone[of_marker] >= gone[of_ground]
