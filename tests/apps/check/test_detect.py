"""Which layout a folder has, and the command of a run on it."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from annotated_data import cvat, imagefolder, label_studio, labelme, yolo
from archives import files_of, shards, tar_of
from coco_data import coco_folder
from data_sets import devkit, own_folder
from toy_runs import composed

from wsss.apps.check.detect import Choice, chosen
from wsss.config.build import build
from wsss.config.leaves import Leaf, leaves
from wsss.config.search import config_folders
from wsss.data.layouts.base import Layout
from wsss.data.layouts.coco import COCO
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.imagefolder import ImageFolder
from wsss.data.layouts.labelstudio import LabelStudio
from wsss.data.layouts.toy import Toy
from wsss.data.layouts.voc import VOC
from wsss.errors import ConfigError

KNOWN = leaves("dataset", config_folders())


def name_at(root: Path) -> str:
    return chosen(KNOWN, root=root, name=None).leaf.name


def layout_at(root: Path, name: str, **given: Any) -> Layout:
    return Choice.of(KNOWN[name]).layout(root, given=given)


def line_of(layout: Layout, *, name: str, train: str = "train", val: str = "val") -> str:
    return Choice.of(KNOWN[name]).run_line(layout, train=train, val=val)


def test_layouts_of_folders(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert name_at(devkit(tmp_path / "x/VOCdevkit/VOC2012")) == "voc"
    assert name_at(tmp_path / "x") == "voc"
    assert name_at(coco_folder(tmp_path / "coco")) == "coco"
    for tool in (cvat, imagefolder, label_studio, labelme, yolo):
        name = tool.__name__.replace("_", "")
        assert name_at(tool(tmp_path / name)) == name
    assert name_at(own_folder(tmp_path / "own")) == "folder"
    assert name_at(tmp_path / "empty") == "folder"
    assert name_at(shards(tmp_path / "shards")) == "shards"
    assert name_at(tmp_path / "shards/train-{0..1}.tar") == "shards"
    assert name_at(tmp_path / "shards/val-0.zip") == "shards"
    assert name_at(tmp_path / "shards/none-*.tar") == "shards"
    below = {f"photos/{name}": data for name, data in files_of(tmp_path / "own").items()}
    assert name_at(tar_of(tmp_path / "below.tar", below)) == "folder"
    (tmp_path / "x/0.tgz").touch()
    assert name_at(tmp_path / "x") == "voc"
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed/0.tar.gz").touch()
    assert name_at(tmp_path / "packed") == "shards"
    assert name_at(tar_of(tmp_path / "own.tar", files_of(tmp_path / "own"))) == "folder"


def test_a_name_goes_before_what_is_there(tmp_path: Path) -> None:
    assert chosen(KNOWN, root=devkit(tmp_path), name="folder").cls is Folder
    assert chosen(KNOWN, root=None, name="toy").layout(None, given={"train": "5"}) == Toy(train=5, val=60)


def test_what_cannot_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name the folder that holds the data set, or a layout"):
        chosen(KNOWN, root=None, name=None)
    with pytest.raises(
        ConfigError,
        match=r"--layout: there is no layout 'vok'; there are coco, cvat, .*, voc, yolo",
    ):
        chosen(KNOWN, root=tmp_path, name="vok")
    with pytest.raises(ConfigError, match="gone is not a folder, nor a tar or zip: name the one that"):
        chosen(KNOWN, root=tmp_path / "gone", name="voc")
    (tmp_path / "a.tar.gz").touch()
    with pytest.raises(ConfigError, match=r"a\.tar\.gz is compressed, .*: unpack it to a \.tar"):
        chosen(KNOWN, root=tmp_path / "a.tar.gz", name=None)
    with pytest.raises(ConfigError, match=r"dataset\.root: has no value"):
        chosen(KNOWN, root=None, name="voc").layout(None, given={})
    with pytest.raises(ConfigError, match=r"dataset=mine\._target_: there is no class my\.Mine"):
        Choice.of(Leaf(name="mine", values={"_target_": "my.Mine"}, words={}))
    with pytest.raises(ConfigError, match=r"dataset=mine: wsss\.cams\.CAM is not a Layout"):
        Choice.of(Leaf(name="mine", values={"_target_": "wsss.cams.CAM"}, words={}))


def test_what_is_there_is_found(tmp_path: Path) -> None:
    kit, own = devkit(tmp_path / "kit"), own_folder(tmp_path / "own")
    assert layout_at(kit, "voc") == VOC(root=kit)
    assert layout_at(own, "folder") == Folder(root=own, masks="masks")
    (own / "masks").rename(own / "other")
    (kit / "SegmentationClass").rename(kit / "other")
    assert layout_at(own, "folder") == Folder(root=own)
    assert layout_at(kit, "voc") == VOC(root=kit, masks=None)
    assert layout_at(kit, "voc", masks="other") == VOC(root=kit, masks="other")


def test_values_are_read_as_the_type_of_their_option(tmp_path: Path) -> None:
    layout = layout_at(
        own_folder(tmp_path), "folder", classes=["1", "no"], val_fraction="0.5", masks="null", separator=" ", limit="3"
    )
    assert layout == Folder(root=tmp_path, classes=("1", "no"), val_fraction=0.5, separator=" ", limit=3)
    with pytest.raises(ConfigError, match=r"dataset\.val_fraction: .*got 'much'"):
        layout_at(tmp_path, "folder", val_fraction="much")
    assert layout_at(devkit(tmp_path), "voc", difficult="false") == VOC(root=tmp_path, difficult=False)


def test_lists_come_beside_the_default_ones(tmp_path: Path) -> None:
    layout = layout_at(devkit(tmp_path), "voc", splits=[("aug", "aug.txt")])
    assert isinstance(layout, VOC)
    assert list(layout.splits) == ["train", "val", "aug"]


def test_a_list_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--splits: aug is given as a\.txt and as b\.txt: keep one of them$"):
        layout_at(devkit(tmp_path), "voc", splits=[("aug", "a.txt"), ("aug", "b.txt")])


def test_an_option_of_another_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match="dataset=voc has no option 'labels'; it has: limit, on_bad_image, white, long_side, "
    ):
        layout_at(tmp_path, "voc", labels="labels.csv")


def test_the_command_says_only_what_is_no_default() -> None:
    assert line_of(VOC(root=Path("VOC2012")), name="voc") == "wsss run dataset=voc dataset.root=VOC2012"
    line = line_of(Folder(root=Path("p"), labels=None), name="folder")
    assert line == "wsss run experiment=folder dataset.root=p dataset.labels=null"
    assert line_of(Toy(train=240, val=60), name="toy") == "wsss run experiment=toy"


def test_the_command_names_the_folder_of_a_layout_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset/mine.yaml").write_text("_target_: wsss.data.layouts.toy.Toy\ntrain: 3\nval: 2\n")
    known = leaves("dataset", config_folders(tmp_path))
    choice = chosen(known, root=None, name="mine")
    layout = choice.layout(None, given={"val": "4", "size": "64"})
    assert layout == Toy(train=3, val=4, size=64)
    line = choice.run_line(layout, train="train", val="val", added=tmp_path)
    assert line == f"wsss run dataset=mine dataset.val=4 +dataset.size=64 --config-dir={tmp_path}"


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        (
            "folder",
            Folder(
                root=Path('it\'s, "my" photos (1)'),
                labels="a,b.csv",
                classes=("no", "dog's", 'a "b"', "1"),
                masks="null",
                separator="|",
            ),
        ),
        ("folder", Folder(root=Path("2007_000033"), val_fraction=0.5, on_bad_image="skip", images="x=y")),
        (
            "voc",
            VOC(
                root=Path("~/a\\"),
                splits={"train": "t.txt", "val": "v.txt", "aug": "ä/ö.txt"},
                masks=None,
                difficult=False,
            ),
        ),
        ("labelstudio", LabelStudio(root=Path("l"), labels="project 1.json", images="upload", val_fraction=0.5)),
        ("imagefolder", ImageFolder(root=Path("i"), separator=",", classes=("cat", "dog"))),
        ("coco", COCO(root=Path("c"), splits={"train": "a.json"}, image_folders={"train": "."}, crowd="ignore")),
    ],
)
def test_a_run_understands_the_command(name: str, layout: Layout) -> None:
    program, command, *overrides = shlex.split(line_of(layout, name=name, train="aug", val="on"))
    assert (program, command) == ("wsss", "run")
    config = composed(*overrides, small=False)
    # experiment=folder reduces photographs, which changes nothing of what is there.
    assert replace(build(config["pipeline"]["index_data"]["dataset"], Layout), long_side=None) == layout
    assert config["splits"] == {"train": "aug", "val": "on"}
