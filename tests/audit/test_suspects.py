"""Suspects: planted mistakes come first, in every order of images, and nothing is said without evidence."""

import numpy as np
import pytest

from wsss.audit import suspects as listed
from wsss.audit.evidence import class_maps
from wsss.audit.neighbours import centred, nearest, shares
from wsss.audit.ridge import fit
from wsss.audit.suspects import Evidence, Suspect, looked_at, pair_scores, suspects
from wsss.audit.tags import judge_class
from wsss.metrics.ranking import average_precision

CLASSES, IMAGES, CHANNELS = 4, 200, 24
JUDGED = np.ones(CLASSES, dtype=bool)


def drawn(*, objects: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Maps `[n d 4 4]` in which each class lights its own channels at one place, and which class is where."""
    draw = np.random.default_rng(0)
    shows = draw.random((IMAGES, CLASSES)) < 0.3
    cells = draw.normal(size=(IMAGES, CHANNELS, 4, 4)).astype(np.float32) * 0.5
    for image, cls in np.argwhere(shows & objects):
        y, x = draw.integers(0, 3, 2)
        cells[image, 6 * cls : 6 * cls + 6, y : y + 2, x : x + 2] += 2
    return cells, shows


def found_in(cells: np.ndarray, tags: np.ndarray, *, most: int = 40) -> tuple[tuple[Suspect, ...], Evidence]:
    embeddings = cells.mean(axis=(2, 3))
    ridge = fit(embeddings, tags)
    share = shares(nearest(centred(embeddings)), tags, group=np.arange(len(tags)))
    images = looked_at(tags, ridge.scores, share, judged=JUDGED)
    maps = class_maps(ridge, cells[images], errors=tags[images] - ridge.scores[images]).astype(np.float16)
    evidence = Evidence.of(images, maps, tags)
    return suspects(tags, ridge.scores, share, evidence, judged=JUDGED, about=(10, 10), most=most), evidence


def flipped(shows: np.ndarray, *, share: float = 0.1) -> tuple[np.ndarray, set[tuple[int, int]]]:
    draw = np.random.default_rng(1)
    pairs = np.concatenate([draw.permutation(np.argwhere(shows))[: round(share * shows.sum())] for _ in range(1)])
    others = draw.permutation(np.argwhere(~shows))[: len(pairs)]
    tags = shows.copy()
    tags[tuple(pairs.T)], tags[tuple(others.T)] = False, True
    return tags, {(int(i), int(c)) for i, c in np.concatenate([pairs, others])}


def test_planted_mistakes_come_first():
    cells, shows = drawn()
    tags, planted = flipped(shows)
    found, _ = found_in(cells, tags)
    for kind in ("missing", "false"):
        first = [(each.image, each.cls) in planted for each in found if each.kind == kind and each.rank <= 10]
        assert len(first) == 10
        assert sum(first) >= 8


def test_planted_mistakes_are_ranked_far_above_chance():
    cells, shows = drawn()
    tags, planted = flipped(shows)
    embeddings = cells.mean(axis=(2, 3))
    ridge = fit(embeddings, tags)
    share = shares(nearest(centred(embeddings)), tags, group=np.arange(IMAGES))
    maps = class_maps(ridge, cells, errors=tags - ridge.scores).astype(np.float16)
    scores = pair_scores(tags, ridge.scores, share, Evidence.of(np.arange(IMAGES), maps, tags))
    for side, own in zip((~tags, tags), scores, strict=True):
        truth = np.array([(int(i), int(c)) in planted for i, c in np.argwhere(side)])
        assert average_precision(truth, own[side]) > 5 * truth.mean()


def test_where_no_tag_was_changed_few_are_counted():
    cells, shows = drawn()
    scores = fit(cells.mean(axis=(2, 3)), shows).scores
    judged = [judge_class(shows[:, c], scores[:, c], name=str(c)) for c in range(CLASSES)]
    assert {each.verdict for each in judged} == {"judged"}
    assert sum(each.about_missing + each.about_false for each in judged) < 0.03 * shows.size


def test_a_network_that_sees_nothing_is_no_evidence():
    _, shows = drawn()
    flat = fit(np.ones((IMAGES, CHANNELS)), shows).scores
    assert {judge_class(shows[:, c], flat[:, c], name="").verdict for c in range(CLASSES)} == {"no evidence"}
    noise = fit(np.random.default_rng(5).normal(size=(IMAGES, CHANNELS)), shows).scores
    verdicts = [judge_class(shows[:, c], noise[:, c], name="").verdict for c in range(CLASSES)]
    assert verdicts.count("no evidence") >= 3  # of four, of which chance may let one pass


def test_permuting_images_permutes_the_table():
    cells, shows = drawn()
    tags, _ = flipped(shows)
    order = np.random.default_rng(2).permutation(IMAGES)
    found, again = found_in(cells, tags)[0], found_in(cells[order], tags[order])[0]
    assert [(each.kind, each.rank, each.image, each.cls) for each in found] == [
        (each.kind, each.rank, int(order[each.image]), each.cls) for each in again
    ]


def test_as_many_are_listed_as_twice_what_is_wrong_and_at_most_so_many():
    cells, shows = drawn()
    found, evidence = found_in(cells, shows, most=15)
    assert [each.rank for each in found] == [*range(1, 16)] * 2
    assert {each.kind for each in found[:15]} == {"missing"}
    own, thief = evidence.maps_of(found)
    assert own.shape == thief.shape == (30, 4, 4)
    assert all((thief[k] == 0).all() == (each.thief is None) for k, each in enumerate(found))


def test_classes_that_are_not_judged_have_no_suspects():
    cells, shows = drawn()
    embeddings = cells.mean(axis=(2, 3))
    ridge = fit(embeddings, shows)
    evidence = Evidence.of(
        np.arange(IMAGES), class_maps(ridge, cells, errors=shows - ridge.scores).astype(np.float16), shows
    )
    judged = np.array([False, True, False, False])
    share = np.zeros(shows.shape)
    found = suspects(shows, ridge.scores, share, evidence, judged=judged, about=(0, 0), most=500)
    assert {each.cls for each in found} == {1}
    assert suspects(shows, ridge.scores, share, evidence, judged=~JUDGED, about=(9, 9), most=500) == ()


def test_of_many_images_those_with_suspicious_pairs_are_looked_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listed, "FEW", 10)
    monkeypatch.setattr(listed, "SHARE", 0.1)
    tags = np.zeros((50, 1), dtype=bool)
    tags[:25] = True
    p = np.where(tags, 0.9, 0.1)
    p[7], p[40] = 0.0, 0.95  # a false tag and a missing one
    images = looked_at(tags, p, np.zeros(tags.shape), judged=np.array([True]))
    assert {7, 40} <= set(images.tolist())
    assert len(images) <= 10
    assert images.tolist() == sorted(images.tolist())


def test_an_object_that_is_there_is_high():
    cells, shows = drawn()
    _, evidence = found_in(cells, shows)
    assert np.median(evidence.height[shows]) == pytest.approx(1, abs=0.1)
    assert np.median(evidence.height[~shows]) < 0.8
