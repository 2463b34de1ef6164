"""What belongs to an image of a shard, and what its labels say."""

import re
from pathlib import Path

import pytest
from archives import tar_of

from wsss.data.layouts.shard_labels import Sample, masks_beside, read_sample, samples_of
from wsss.data.listing import Problem


def test_files_of_one_name_up_to_the_first_dot_belong_together():
    names = ["a.jpg", "a.json", "a.seg.png", "sub/a.jpg", "sub/a.txt", "b.PNG", "b.cls", "c.jpg", "c.png", "d.txt"]
    samples, others = samples_of(names, shard="0.tar", masks="seg.png")
    assert {sample.id: (sample.image, sample.mask, sample.labels) for sample in samples} == {
        "0.tar/a": ("0.tar/a.jpg", "0.tar/a.seg.png", {"json": "0.tar/a.json"}),
        "0.tar/sub/a": ("0.tar/sub/a.jpg", None, {"txt": "0.tar/sub/a.txt"}),
        "0.tar/b": ("0.tar/b.PNG", None, {"cls": "0.tar/b.cls"}),
        "0.tar/c": ("0.tar/c.jpg", None, {}),
    }
    assert others == ["0.tar/d.txt"]
    assert [sample.wrong for sample in samples][:3] == [(), (), ()]
    assert "0.tar/c.jpg and 0.tar/c.png have one id" in samples[3].wrong[0]


def test_a_png_is_a_mask_beside_another_image_alone():
    samples, others = samples_of(["a.jpg", "a.png", "b.png", "b.exif"], shard="0.tar", masks="png")
    assert [(sample.image, sample.mask) for sample in samples] == [
        ("0.tar/a.jpg", "0.tar/a.png"),
        ("0.tar/b.png", None),
    ]
    assert others == ["0.tar/b.exif"]


def test_masks_are_known_by_the_image_and_the_labels_beside_them():
    assert masks_beside(["x/a.jpg", "x/a.CLS", "x/a.Seg.PNG", "a.seg.png"]) == {"x/a.Seg.PNG"}
    assert masks_beside(["a.png", "a.txt", "a.edges.webp"]) == {"a.edges.webp"}
    assert masks_beside(["IMG.1.jpg", "IMG.2.jpg", "IMG.txt"]) == set()
    assert masks_beside(["a.jpg", "a.png", "a.seg.png"]) == set()


def read(folder: Path, text: str, ending: str, *, chosen: str | None = None) -> Sample | Problem:
    tar_of(folder / "0.tar", {"a.jpg": b"", f"a.{ending}": text.encode()})
    (sample,), _ = samples_of(["a.jpg", f"a.{ending}"], shard="0.tar", masks=None)
    return read_sample(sample, home=folder, ending=chosen, classes=("dog", "cat"), separator=";")


@pytest.mark.parametrize(
    ("ending", "text", "names"),
    [
        ("txt", "cat;dog\n", ("cat", "dog")),
        ("txt", "hot dog\ncat\n", ("hot dog", "cat")),
        ("txt", "", ()),
        ("txt", "1", ("1",)),
        ("cls", "1\n", ("cat",)),
        ("cls", "0;1", ("dog", "cat")),
        ("cls", "cat", ("cat",)),
        ("json", '{"labels": ["cat"], "width": 3}', ("cat",)),
        ("json", '{"label": 0}', ("dog",)),
        ("json", '["dog", "cat"]', ("dog", "cat")),
        ("json", "1", ("cat",)),
    ],
)
def test_labels(ending: str, text: str, names: tuple[str, ...], tmp_path: Path):
    sample = read(tmp_path, text, ending)
    assert isinstance(sample, Sample)
    assert sample.row.names == names
    assert sample.row.split is None


def test_a_split_and_boxes(tmp_path: Path):
    sample = read(tmp_path, '{"split": "val", "objects": {"categories": ["cat"], "bbox": [[0, 0, 2, 2]]}}', "json")
    assert isinstance(sample, Sample)
    assert sample.row.split == "val"
    assert sample.boxes[0][0] == "cat"


@pytest.mark.parametrize(
    ("ending", "text", "words"),
    [
        ("json", "{", r"0\.tar/a\.json is not JSON"),
        ("json", '{"caption": "x"}', r"a\.json has no labels \(caption\): write `\"labels\""),
        ("json", '{"label": 1, "split": 3}', "names the split 3"),
        ("cls", "7", r"a\.cls has the number 7 for a label: correct it, or add the class"),
        ("cls2", "7", r"a\.jpg has no labels beside it: write a\.json or \.cls or \.txt, empty where"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(ending: str, text: str, words: str, tmp_path: Path):
    problem = read(tmp_path, text, ending)
    assert isinstance(problem, Problem)
    assert re.search(words, problem.why), problem.why


def test_an_ending_of_ones_own_choice(tmp_path: Path):
    problem = read(tmp_path, "cat", "txt", chosen="json")
    assert isinstance(problem, Problem)
    assert "write a.json, empty" in problem.why
