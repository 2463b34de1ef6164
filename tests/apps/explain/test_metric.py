"""Directions of scores, and the best of several."""

from wsss.apps.explain.metric import METRICS, Metric, shown_metrics


def metric(key: str) -> Metric:
    return next(each for each in METRICS if each.key == key)


def test_the_best_is_that_of_the_metrics_direction():
    values = [0.5, None, 0.2, 0.8, 0.8]
    assert metric("insertion").best(values) == [3, 4]
    assert metric("deletion").best(values) == [2]
    assert metric("deletion").best([0.3, 0.3, None]) == []
    assert metric("deletion").best([0.3]) == []


def test_directions():
    lower = {each.key for each in METRICS if each.arrow == "↓"}
    assert lower == {"average_drop", "complexity", "deletion"}


def test_only_what_some_map_has_is_shown():
    assert [each.key for each in shown_metrics([{"road": 0.1}, {"pxap": None, "adcc": 1.0}])] == [
        "adcc",
        "road",
        "pxap",
    ]
    assert shown_metrics([]) == []
