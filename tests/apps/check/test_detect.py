"""Which layout a folder has, and the command of a run on it."""

import shlex
from pathlib import Path

import pytest
from data_sets import devkit, own_folder
from toy_runs import composed

from wsss.apps.check.detect import guess_format, guess_labels, run_line, writer_of
from wsss.config.build import build
from wsss.data.layouts.base import Layout
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.voc import VOC
from wsss.errors import ConfigError


def test_formats(tmp_path: Path) -> None:
    assert guess_format(devkit(tmp_path / "x/VOCdevkit/VOC2012")) == "voc"
    assert guess_format(tmp_path / "x") == "voc"
    assert guess_format(own_folder(tmp_path / "own")) == "folder"
    assert guess_format(tmp_path / "nowhere") == "folder"


def test_what_is_there_is_found(tmp_path: Path) -> None:
    kit, own = devkit(tmp_path / "kit"), own_folder(tmp_path / "own")
    assert writer_of(kit, layout="voc", given={}) == VOC(root=kit)
    assert writer_of(own, layout="folder", given={}) == Folder(root=own, masks="masks")
    (own / "masks").rename(own / "other")
    (kit / "SegmentationClass").rename(kit / "other")
    assert writer_of(own, layout="folder", given={}) == Folder(root=own)
    assert writer_of(kit, layout="voc", given={}) == VOC(root=kit, masks=None)
    assert writer_of(kit, layout="voc", given={"masks": "other"}) == VOC(root=kit, masks="other")


@pytest.mark.parametrize(
    ("tables", "found"),
    [
        (["labels.csv", "labels.json", "z.csv"], "labels.csv"),
        (["labels.json", "z.csv"], "labels.json"),
        (["my tags.CSV"], "my tags.CSV"),
        (["a.csv", "b.csv"], "labels.csv"),
        ([], "labels.csv"),
    ],
)
def test_label_files(tables: list[str], found: str, tmp_path: Path) -> None:
    own_folder(tmp_path)
    (tmp_path / "labels.csv").unlink()
    for name in tables:
        (tmp_path / name).touch()
    assert guess_labels(tmp_path, images="images") == found


def test_a_folder_for_each_class_needs_no_label_file(tmp_path: Path) -> None:
    own_folder(tmp_path)
    (tmp_path / "labels.csv").unlink()
    (tmp_path / "by class").mkdir()
    (tmp_path / "images").rename(tmp_path / "by class/cat")
    assert guess_labels(tmp_path, images="by class") is None


def test_lists_come_beside_the_default_ones(tmp_path: Path) -> None:
    writer = writer_of(devkit(tmp_path), layout="voc", given={"splits": {"aug": "aug.txt"}})
    assert isinstance(writer, VOC)
    assert list(writer.splits) == ["train", "val", "aug"]


def test_an_option_of_the_other_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dataset=voc has no option 'labels'; it has: limit, root, classes"):
        writer_of(tmp_path, layout="voc", given={"labels": "labels.csv"})


def test_the_command_says_only_what_is_no_default(tmp_path: Path) -> None:
    assert run_line(VOC(root=Path("VOC2012")), train="train", val="val") == "wsss run dataset=voc dataset.root=VOC2012"
    line = run_line(Folder(root=Path("p"), labels=None), train="train", val="val")
    assert line == "wsss run experiment=folder dataset.root=p dataset.labels=null"


@pytest.mark.parametrize(
    "writer",
    [
        Folder(
            root=Path('it\'s, "my" photos (1)'), labels="a,b.csv", classes=("no", "dog's", 'a "b"', "1"), masks="null"
        ),
        Folder(root=Path("2007_000033"), val_fraction=0.5, on_bad_image="skip", images="x=y"),
        VOC(
            root=Path("~/a\\"), splits={"train": "t.txt", "val": "v.txt", "aug": "ä/ö.txt"}, masks=None, difficult=False
        ),
    ],
)
def test_a_run_understands_the_command(writer: VOC | Folder) -> None:
    program, command, *overrides = shlex.split(run_line(writer, train="aug", val="on"))
    assert (program, command) == ("wsss", "run")
    config = composed(*overrides, small=False)
    assert build(config["pipeline"]["index_data"]["dataset"], Layout) == writer
    assert config["splits"] == {"train": "aug", "val": "on"}
