from wsss.apps.batch.unlike import NAMED, unsure, warning

ROWS = [{"image": name} for name in "abcd"]


def test_images_below_the_limit_are_named_the_least_sure_first():
    sure = {"a": 0.7, "b": 0.2, "c": 0.69, "d": 0.9}
    assert unsure(ROWS, sure=sure, least=0.7) == ["b", "c"]


def test_a_warning_counts_them_and_names_some():
    assert warning({"images": ROWS, "unsure": []}, key="unsure", why="w") is None
    assert warning({"images": ROWS}, key="unsure", why="w") is None
    words = warning({"images": ROWS, "unsure": ["b", "c"]}, key="unsure", why="mean confidence below 0.7")
    assert words == ("2 of 4 images may be unlike those that were learnt from (mean confidence below 0.7): b, c")
    many = [f"image {i}" for i in range(NAMED + 3)]
    assert "image 0" in str(warning({"images": many, "unsure": many}, key="unsure", why="w"))
    assert many[-1] not in str(warning({"images": many, "unsure": many}, key="unsure", why="w"))
