from wsss.apps.batch.unlike import NAMED, unlike, unsure, warning

ROWS = [{"image": name} for name in "abcd"]


def test_images_below_the_limit_are_named_the_least_sure_first():
    sure = {"a": 0.7, "b": 0.2, "c": 0.69, "d": 0.9}
    assert unsure(ROWS, sure=sure, least=0.7) == ["b", "c"]


def test_unlike_images_are_named_the_most_unlike_first():
    values = {"a": 1.0, "b": 1.2, "c": None, "d": 7.0}
    rows = [{"image": name, "unlikeness": value} for name, value in values.items()]
    assert unlike([*rows, {"image": "of an earlier version"}]) == ["d", "b"]


def test_what_was_not_compared_is_not_said_to_be_alike():
    assert unlike([{"image": "a", "unlikeness": None}]) is None
    assert unlike([{"image": "a", "unlikeness": 0.5}]) == unlike([]) == []
    assert warning({"images": ROWS, "unlike": None}, key="unlike", why="w") is None


def test_a_warning_counts_them_and_names_some():
    assert warning({"images": ROWS, "unsure": []}, key="unsure", why="w") is None
    assert warning({"images": ROWS}, key="unsure", why="w") is None
    words = warning({"images": ROWS, "unsure": ["b", "c"]}, key="unsure", why="mean confidence below 0.7")
    assert words == ("2 of 4 images may be unlike those that were learnt from (mean confidence below 0.7): b, c")
    many = [f"image {i}" for i in range(NAMED + 3)]
    assert "image 0" in str(warning({"images": many, "unsure": many}, key="unsure", why="w"))
    assert many[-1] not in str(warning({"images": many, "unsure": many}, key="unsure", why="w"))
