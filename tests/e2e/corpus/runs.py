"""What people hand over: wrong, broken or odd. What it is, how it is made, and what is said of it or comes out.

`pytest tests/e2e/test_refusals.py -rP --show-capture=stdout -k table` prints the outcome.
"""

import errno
from collections.abc import Mapping
from typing import Any, Final
from unittest.mock import patch

import numpy as np
import torch
from e2e import checks
from e2e.checks import all_of, drawn, goes_on, holding, indexed, noted, sized
from e2e.inputs import (
    LABELS,
    NOISE,
    both,
    broken,
    cut,
    devkit,
    enormous,
    lost_images,
    moved_data,
    moved_store,
    nan_from,
    newer_result,
    newer_run,
    no_room,
    odd,
    one_more,
    photos,
    put,
)
from e2e.trial import ODD, Case

MASK = np.ones((24, 32), dtype=np.uint8)
TRAINED: Final = ("index_data", "train_classifier")
MAPPED: Final = (*TRAINED, "extract_cams")
SEGMENTED: Final = (*MAPPED, "refine_cams", "make_masks", "train_segmenter")
WHOLE: Final = (*SEGMENTED, "predict_masks", "evaluate", "report")
FEW: Final[Mapping[str, Any]] = {
    "dataset.train": 4,
    "dataset.val": 2,
    "pipeline.train_classifier.limits.batch_size": 2,
    "pipeline.train_classifier.limits.epochs": 2,
    "pipeline.train_classifier.runtime.workers": 0,
}
SKIP: Final = {"dataset.on_bad_image": "skip"}
MASKS: Final = {"dataset.masks": "masks"}
TWO: Final = {"a": ["cat"], "b": ["dog"]}


CONFIG = [
    Case(name="a key that does not exist", words=("cam.blok=last",), said=r"cam\.blok=last: .*did you mean 'block'"),
    Case(name="a group that does not exist", words=("cams=cam",), said=r"cams=cam: .*did you mean 'cam'"),
    Case(
        name="an unknown option of a group",
        words=("refine=crff",),
        said=r"refine=crff: .*did you mean 'crf'\? there are auto, background, ",
    ),
    Case(
        name="refiners without a background",
        words=("refine=crf_alone",),
        said=r"refine_cams: refine\.crf: it chooses between labels: put a background rule before it",
    ),
    Case(
        name="a wrong type", words=("fit.classifier.epochs=many",), said=r"fit\.classifier\.epochs: .*integer.*'many'"
    ),
    Case(
        name="all of these at once",
        words=("cams=cam", "refine=crff", "cam.blok=last", "fit.segmenter.epochs=a"),
        said=r"(?s)(?=.*cams=cam: )(?=.*refine=crff: )(?=.*cam\.blok=last: )(?=.*fit\.segmenter\.epochs: )",
    ),
    Case(name="a value out of range", words=("views.scales=[0]",), said=r"views: scales must be positive"),
    Case(name="no root", words=("dataset=folder",), said=r"dataset\.root: has no value: give it on the command line"),
    Case(
        name="an unknown block",
        stages=MAPPED,
        sets={"pipeline.extract_cams.cam.block": "end"},
        said=r"extract_cams: cam\.block=end is not among this network's blocks: stem, block1",
    ),
    Case(
        name="an unknown backbone",
        stages=TRAINED,
        sets={"pipeline.train_classifier.classifier.backbone": "resnet1"},
        said=r"train_classifier: .*resnet1.*resnet18",
    ),
    Case(
        name="a GPU where there is none",
        make=photos(),
        sets={"pipeline.index_data.runtime.device": "cuda"},
        fault=lambda: patch("torch.cuda.device_count", return_value=0),
        said=r"device=cuda, but torch sees no GPU here: use device=cpu, or device=auto",
    ),
    Case(
        name="weights of another architecture",
        make=both(photos(), lambda root: torch.save({"conv.weight": torch.zeros(2)}, root / "w.pt")),
        stages=TRAINED,
        sets={"pipeline.train_classifier.classifier.weights": "{root}/w.pt"},
        said=r"w\.pt.* tensors are missing: .*; give the state dict of exactly this timm network",
    ),
    Case(
        name="an encoder's weights of another architecture",
        make=both(photos(), lambda root: torch.save({"conv.weight": torch.zeros(2)}, root / "w.pt")),
        stages=SEGMENTED,
        sets={"pipeline.train_segmenter.segmenter.encoder_weights": "{root}/w.pt"},
        said=r"train_segmenter: .*w\.pt.* tensors are missing",
        after=checks.nothing_was_trained,
    ),
    Case(
        name="weights that are no weights",
        make=both(photos(), lambda root: (root / "w.pt").write_text("a page")),
        stages=TRAINED,
        sets={"pipeline.train_classifier.classifier.weights": "{root}/w.pt"},
        said=r"w\.pt': no file of tensors",
    ),
]

ROOTS = [
    Case(
        name="a root that is not there", sets={"dataset.root": "{root}/none"}, said=r"none is not there.*dataset\.root"
    ),
    Case(name="an empty root", said=rf"{ODD} has no folder 'images': set `dataset\.root` and `dataset\.images`"),
    Case(
        name="a root that is a file",
        make=lambda root: root.write_text(""),
        said=rf"{ODD} is not a folder; .*set `dataset\.root`",
    ),
    Case(
        name="a root without images",
        make=lambda root: ((root / "images").mkdir(parents=True), (root / "labels.csv").write_text(LABELS)),
        said=r"images holds no image: put JPEG or PNG files there",
    ),
    Case(name="a root without labels", make=photos(labels=None), said=r"no label file 'labels\.csv': write `image,lab"),
    Case(
        name="an empty devkit",
        dataset="voc",
        said=r"is not a VOC devkit; .*JPEGImages, Annotations.*set `dataset\.root`",
    ),
    Case(
        name="the folder above a devkit",
        dataset="voc",
        make=lambda root: devkit()(root / "VOCdevkit" / "VOC2012"),
        said=r"is not a VOC devkit; .*use dataset\.root=.*VOC2012",
    ),
    Case(
        name="a devkit without one of its lists",
        dataset="voc",
        make=both(devkit(), lambda root: (root / "ImageSets/Segmentation/val.txt").unlink()),
        said=r"there is no list .*val\.txt; that folder has train\.txt: name the lists in `dataset\.splits`",
    ),
]

FILES = [
    Case(
        name="a CSV with an image that is not there",
        make=photos(labels=f"{LABELS}c.png,dog\n"),
        said=r"labels\.csv, line 4: 'c\.png' is not in 'images'; .*put it there, or delete the line",
    ),
    Case(
        name="a list with an image that is not there",
        dataset="voc",
        make=devkit(train="a\nc\n"),
        said=r"train\.txt lists c, which JPEGImages lacks: put it there, or take it out",
    ),
    Case(
        name="an image without its annotation",
        dataset="voc",
        make=both(devkit(), lambda root: (root / "Annotations" / "a.xml").unlink()),
        said=r"Annotations/a\.xml is not there, where labels are read: put it there",
    ),
    Case(
        name="a JPEG that was cut off",
        make=one_more("c.jpg", cut),
        said=r"c\.jpg is damaged .*: copy it again; .*=skip",
    ),
    Case(
        name="a PNG that was cut off", make=one_more("c.png", cut), said=r"c\.png is damaged .*: copy it again; .*=skip"
    ),
    Case(name="a file of zero bytes", make=one_more("c.png", b""), said=r"c\.png is empty \(0 bytes\): copy it again"),
    Case(
        name="a page named .png",
        make=one_more("c.png", b"<html>"),
        said=r"c\.png is not an image that can be read here",
    ),
    Case(
        name="several of these",
        make=broken,
        said=r"3 problems of the data set:(\n  .*(cut\.jpg|empty\.png|web\.png) is .*){3}\n  dataset\.on_bad_image=s",
    ),
    Case(
        name="the same, to be left out",
        make=broken,
        sets=SKIP,
        works=all_of(indexed(**TWO), noted("3 of 5 images, which cannot be read: images/cut.jpg")),
        said=r"warning: left out \(dataset\.on_bad_image=skip\), 3 of 5 images, .*cut\.jpg.*empty\.png.*web\.png",
    ),
    Case(
        name="nothing left of a split then",
        make=both(photos(), lambda root: (root / "images" / "a.png").write_bytes(b"")),
        sets=SKIP,
        said=r"split '\w+' is empty: none of its images can be read; images/a\.png is empty",
    ),
    Case(
        name="more pixels than memory",
        make=one_more("c.pgm", b"P5 20000 20000 255\n"),
        said=r"c\.pgm has 20000 x 20000 pixels, more than the .* that are read: make it smaller",
    ),
    Case(
        name="a link that leads to itself",
        make=one_more("c.png", lambda path: path.symlink_to("c.png")),
        said=r"c\.png is a link that leads in a circle: replace it by the image",
    ),
    Case(
        name="a label that is not a class",
        make=photos(),
        sets={"dataset.classes": ["cat", "cow"]},
        said=r"1 image is labelled 'dog', which is not a class \(.*line 3\): "
        r"correct the label, or add the class to `dataset\.classes`, which has cat, cow",
    ),
    Case(
        name="a mask with a label of no class",
        make=photos(masks={"a.png": 7 * MASK}),
        sets=MASKS,
        said=r"masks/a\.png holds the labels 7: draw 0 for background, 1 for cat, 2 for dog",
    ),
    Case(
        name="a mask of another size",
        make=photos(masks={"a.png": MASK[:9]}),
        sets=MASKS,
        said=r"masks/a\.png is 32 x 9 pixels and its image 32 x 24: draw the mask at the image's size",
    ),
    Case(
        name="a mask of zero bytes",
        make=both(photos(masks={"a.png": MASK}), lambda root: (root / "masks" / "a.png").write_bytes(b"")),
        sets={**MASKS, **SKIP},
        said=r"masks/a\.png is empty \(0 bytes\): copy it again$",
    ),
    Case(
        name="masks of other images",
        make=photos(masks={"x.png": MASK}),
        sets=MASKS,
        said=r"masks holds no mask of any image, such as a\.png: name masks like their images, or set dataset\.ma",
    ),
]

NAMES = [
    Case(
        name="two files with one id",
        make=photos("a.jpg", labels=f"{LABELS}a.jpg,cat\n"),
        said=r"a\.png and a\.jpg have one id, 'a': rename one of them",
    ),
    Case(
        name="two files with one id in a devkit",
        dataset="voc",
        make=both(devkit(), lambda root: put(root / "JPEGImages" / "a.jpg")),
        said=r"JPEGImages: a\.jpg and a\.png have one id, 'a': rename one of them",
    ),
    Case(
        name="one name in two forms of Unicode",
        make=photos("\u00e9.png", "e\u0301.png", labels=f"{LABELS}\u00e9.png,cat\n"),
        said=r"'e\\u0301\.png' and '\\xe9\.png' are one name in two forms of Unicode: rename one",
    ),
    Case(
        name="ids with spaces, brackets and a quote",
        make=one_more("it's my cat (1).png", NOISE),
        works=holding({**TWO, "it's my cat (1)": ["cat"]}),
    ),
    Case(name="ids in other scripts", make=one_more("猫 é ß.png", NOISE), works=holding({**TWO, "猫 é ß": ["cat"]})),
    Case(name="ids with a slash", make=one_more("x/y/z.png", NOISE), works=holding({**TWO, "x/y/z": ["cat"]})),
    Case(
        name="a folder that links to itself",
        make=both(photos(), lambda root: (root / "images" / "loop").symlink_to("..")),
        works=indexed(**TWO),
    ),
    Case(
        name="a linked folder of images",
        make=both(
            photos(labels=f"{LABELS}more/c.png,cat\n"),
            lambda root: put(root / "elsewhere" / "c.png"),
            lambda root: (root / "images" / "more").symlink_to("../elsewhere"),
        ),
        works=holding({**TWO, "more/c": ["cat"]}),
    ),
]

TABLES = [
    Case(
        name="a CSV with a wrong header",
        make=photos(labels="file,tags\na.png,cat\n"),
        said=r"labels\.csv, line 1: 'file,tags' is not the header: write `image,labels`",
    ),
    Case(
        name="a CSV with semicolons between columns",
        make=photos(labels=LABELS.replace(",", ";")),
        works=all_of(indexed(**TWO), noted("labels.csv separates columns with ';'")),
        said=r"warning: labels\.csv separates columns with ';'",
    ),
    Case(name="a CSV with a byte-order mark", make=photos(labels=f"\ufeff{LABELS}"), works=indexed(**TWO)),
    Case(
        name="a CSV in UTF-16",
        make=photos(labels=LABELS.encode("utf-16")),
        said=r"labels\.csv, line 1: this is not UTF-8 .*: save it as UTF-8",
    ),
    Case(
        name="a CSV with a repeated row",
        make=photos(labels=f"{LABELS}a.png,cat\n"),
        said=r"labels\.csv lists 'a\.png' twice, in lines 2 and 4: keep one",
    ),
    Case(
        name="a CSV with a column too many",
        make=photos(labels=f"{LABELS}a.png,cat,dog\n"),
        said=r"labels\.csv, line 4 has 3 columns and the header 2: separate labels with ';'",
    ),
    Case(
        name="a label file that lists nothing", make=photos(labels="image,labels\n"), said=r"labels\.csv lists no image"
    ),
    Case(
        name="JSON that lists nothing",
        make=both(photos(labels=None), lambda root: (root / "labels.json").write_text("{}")),
        sets={"dataset.labels": "labels.json"},
        said=r"labels\.json lists no image: write \{",
    ),
    Case(
        name="an empty list",
        dataset="voc",
        make=devkit(train="\n"),
        said=r"train\.txt is empty: list one image a line, or take the list out of `dataset\.splits`",
    ),
    Case(
        name="a split of which the CSV says nothing",
        make=photos(labels="image,labels,split\na.png,cat,train\nb.png,dog,train\n"),
        stages=TRAINED,
        sets={"pipeline.train_classifier.limits.batch_size": 2},
        said=r"train_classifier: there is no split 'val'; this data set has: train: choose among them with spli",
        after=checks.nothing_was_trained,
    ),
    Case(
        name="one image, which cannot fill two splits",
        make=photos(labels="image,labels\na.png,cat\n"),
        said=r"split 'val' is empty: list at least one image in it",
    ),
    Case(
        name="images that the CSV does not list",
        make=photos("c.png"),
        works=all_of(indexed(**TWO), noted("because labels.csv does not list them")),
        said=r"warning: left out, 1 of 3 images in 'images', because labels\.csv does not list them .*: c\.png",
    ),
    Case(
        name="an image without labels",
        make=one_more("c.png", NOISE, labels=""),
        works=all_of(indexed(**TWO, c=[]), drawn("c")),
    ),
    Case(
        name="only images without labels",
        make=photos(labels="image,labels\na.png,\nb.png,\n"),
        said=r"no classes: name",
    ),
    Case(
        name="classes of which no image is shown at all",
        make=photos(labels="image,labels\na.png,\nb.png,\n"),
        stages=TRAINED,
        sets={"dataset.classes": ["cat"], "pipeline.train_classifier.limits.batch_size": 1},
        said=r"no image of split 'train' shows any class: give images their labels",
        after=checks.nothing_was_trained,
    ),
    Case(
        name="a class with no positive image",
        make=photos("c.png", labels="image,labels,split\na.png,cat,train\nb.png,dog,train\nc.png,cat,val\n"),
        stages=TRAINED,
        sets={
            "dataset.classes": ["cat", "cow", "dog"],
            "pipeline.train_classifier.limits.batch_size": 2,
            "pipeline.train_classifier.runtime.workers": 0,
        },
        said=r"warning: no image of split 'train' shows cow: this cannot be learnt; add images of it, or take it out",
        works=checks.says_in_its_summary("train_classifier", "shows cow"),
    ),
    Case(
        name="a batch larger than the data",
        make=photos(),
        stages=TRAINED,
        said=r"train_classifier\.limits\.batch_size: 4 is more than the 1 images of split 'train': use at most 1",
        after=checks.nothing_was_trained,
    ),
    Case(
        name="batches that do not divide among the processes",
        dataset="toy",
        stages=SEGMENTED,
        sets={
            **FEW,
            "launcher": {"_target_": "wsss.run.torchrun.Torchrun", "nproc": 3},
            "pipeline.train_segmenter.limits.batch_size": 4,
        },
        said=r"train_segmenter\.limits\.batch_size: 4 images do not divide among 3 devices: use 3 or 6",
        after=checks.nothing_was_trained,
    ),
    Case(
        name="a segmenter's batch larger than the data",
        dataset="toy",
        stages=SEGMENTED,
        sets={**FEW, "pipeline.train_segmenter.limits.batch_size": 5},
        said=r"train_segmenter\.limits\.batch_size: 5 is more than the 4 images of split 'train': use at most 4",
        after=checks.nothing_was_trained,
    ),
]

SIZES = [
    Case(
        name="a 1 x 1 image",
        make=one_more("c.png", NOISE[:1, :1]),
        works=all_of(indexed(**TWO, c=["cat"]), drawn("c")),
    ),
    Case(
        name="a 12,000 x 9,000 image",
        make=one_more("c.jpg", enormous),
        works=all_of(sized("c", width=12_000, height=9_000), drawn("c", masks=False)),
        said=r"warning: large images, 1 of 3 \(images/c\.jpg, 12000 x 9000 pixels\): .*dataset\.long_side=1000",
    ),
    Case(
        name="an all-black image",
        make=one_more("c.png", 0 * NOISE),
        works=all_of(indexed(**TWO, c=["cat"]), drawn("c")),
    ),
    Case(
        name="odd names and sizes at once, through every stage",
        make=odd,
        stages=WHOLE,
        sets={**SKIP, "pipeline.refine_cams.refine": {"background": {"_target_": "wsss.refine.ConstantBackground"}}},
        works=checks.every_stage_made_something,
    ),
    Case(
        name="more processes than images",
        dataset="toy",
        stages=MAPPED,
        sets={
            **FEW,
            "pipeline.train_classifier.limits.epochs": 1,
            "pipeline.train_classifier.runtime.workers": 64,
            "pipeline.extract_cams.runtime.workers": 64,
        },
        works=checks.has_items("extract_cams", 4),
    ),
]

FAULTS = [
    Case(
        name="a disk that is full when the index is written",
        make=photos(),
        fault=lambda: no_room("index.json"),
        said=r"index\.json cannot be written, the disk is full: free some space, or use another `store`, `out` or",
        after=goes_on("index_data", "index.json", finished=0),
    ),
    Case(
        name="a disk that is full after two of four maps",
        dataset="toy",
        stages=MAPPED,
        sets={**FEW, "pipeline.train_classifier.limits.epochs": 1},
        fault=lambda: no_room("*.npz", after=3),  # the first holds the logits of the one epoch
        said=r"\.npz cannot be written, the disk is full: free some space, .*; what is finished is kept, and the sam",
        after=goes_on("extract_cams", "*.npz", finished=2),
    ),
    Case(
        name="a disk that is full at a training's second epoch",
        dataset="toy",
        stages=TRAINED,
        sets=FEW,
        fault=lambda: no_room("last.ckpt", after=1),
        said=r"last\.ckpt cannot be written, the disk is full: free some space",
        after=all_of(checks.keeps_a_good_checkpoint, goes_on("train_classifier", "x", finished=0)),
    ),
    Case(
        name="a share of the disk that is used up",
        make=photos(),
        fault=lambda: no_room("run.yaml", number=errno.EDQUOT),
        said=r"run\.yaml cannot be written, your share of the disk is used up: free some space",
    ),
    Case(
        name="a read-only disk",
        make=photos(),
        fault=lambda: no_room("stage.yaml", number=errno.EROFS),
        said=r"stage\.yaml cannot be written, the disk can only be read: make it writable, or use another `store`",
    ),
    Case(
        name="a store where one may not write",
        make=photos(),
        sets={"store": "/sys/wsss"},
        said=r"/sys/wsss\S* cannot be written, (you may not write there: change its perm|the disk can only be read)",
    ),
    Case(
        name="a store that is a file",
        make=photos(),
        sets={"store": "{root}/labels.csv"},
        said=r"labels\.csv\S* cannot be written, a file is where a folder is wanted: move it away, or use another",
    ),
    Case(
        name="an image that is lost while it is learnt from",
        dataset="toy",
        stages=TRAINED,
        sets={**FEW, "pipeline.train_classifier.runtime.workers": 1},
        fault=lost_images,
        said=r"^wsss: \S*\.png is not there: put it back, or take it out of the list that names it$",
        after=checks.keeps_nothing_half_made,
    ),
    Case(
        name="a loss that is not a number in the first epoch",
        dataset="toy",
        stages=TRAINED,
        sets=FEW,
        fault=lambda: nan_from(1),
        said=r"the loss is nan at epoch 0, step 2, in \S*train_classifier\S*: lower fit.*; no epoch was finished",
        after=checks.keeps_nothing_half_made,
    ),
    Case(
        name="a loss that is not a number in the second epoch",
        dataset="toy",
        stages=TRAINED,
        sets=FEW,
        fault=lambda: nan_from(2),
        said=r"the loss is nan at epoch 1, step 3, in .*; the last good state is kept, .*train_classifier.*last\.ckpt",
        after=checks.keeps_a_good_checkpoint,
    ),
]

VERSIONS = [
    Case(
        name="a run folder of a newer version",
        make=newer_run,
        said=r"out/run\.yaml was written by a newer wsss: update wsss, or use another `out`",
    ),
    Case(
        name="a result of a newer version in the store",
        make=photos(),
        again=newer_result,
        said=r"index_data/\w+/manifest\.json was written by a newer wsss: update wsss, or use another `store`",
    ),
    Case(
        name="a store that was moved",
        make=photos(),
        again=moved_store,
        works=checks.finds_what_was_made,
        said=r"nothing to do: all 1 stages are cached",
    ),
    Case(
        name="a data set that was moved",
        make=photos(),
        again=moved_data,
        works=checks.finds_what_was_made,
        said=r"nothing to do: all 1 stages are cached",
    ),
]

CASES: Final = (*CONFIG, *ROOTS, *FILES, *NAMES, *TABLES, *SIZES, *FAULTS, *VERSIONS)
