"""Stand-ins of benchmarks' archives, drawn: a VOC devkit in a tar, SBD's masks in a tgz, COCO in three zips."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy
from coco_data import coco_folder
from data_sets import CAT, LISTS, devkit, draw_image

from wsss.apps.prepare.benchmark import Archive, Benchmark, hash_of
from wsss.apps.prepare.benchmarks import COCO14, SBD, VOC12

FURTHER = ("f", "g")
"""Images that SBD alone has masks of."""
SIZE = (6, 4)


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """A benchmark whose sizes, hashes and counts are those of small archives, and these archives."""

    benchmark: Benchmark
    files: Mapping[str, bytes]


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def tar_of(files: Mapping[str, bytes], *, kind: str = "") -> bytes:
    """A tar, or with `kind="gz"` a compressed one, of the same bytes each time."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{kind}") as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def zip_of(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as written:
        for name, content in files.items():
            written.writestr(name, content)
    return packed.getvalue()


def as_archive(archive: Archive, content: bytes) -> Archive:
    """The archive with the size and hash of other content."""
    kind = archive.digest.partition(":")[0]
    digest = f"{kind}:{hashlib.new(kind, content, usedforsecurity=False).hexdigest()}"
    return replace(archive, size=len(content), digest=digest, unpacked=len(content), sources=())


def voc12(folder: Path) -> StandIn:
    """The devkit of `data_sets` and two images more, without a mask, that no list has."""
    root = devkit(folder / "VOCdevkit/VOC2012")
    for key, i in enumerate(FURTHER):
        draw_image(root / f"JPEGImages/{i}.png", key=50 + key)
        (root / f"Annotations/{i}.xml").write_text("<annotation><object><name>cat</name></object></annotation>")
    content = tar_of(files_of(folder))
    counts = {"JPEGImages": 7, "Annotations": 7, "SegmentationClass": 5}
    benchmark = replace(VOC12, archives=(as_archive(VOC12.archives[0], content),), counts=counts)
    return StandIn(benchmark=benchmark, files={benchmark.archives[0].name: content})


def sbd_mask(labels: np.ndarray) -> bytes:
    """A mask in the form of SBD's."""
    file = io.BytesIO()
    categories = np.zeros((20, 1))
    scipy.io.savemat(
        file, {"GTcls": {"Boundaries": categories, "Segmentation": labels, "CategoriesPresent": categories}}
    )
    return file.getvalue()


def sbd() -> StandIn:
    """Masks of images that VOC has no mask of, and of some that it has: train b and f, val d and g."""
    labels = np.zeros((SIZE[1], SIZE[0]), dtype=np.uint8)
    labels[1:3, 2:5] = CAT
    root = "benchmark_RELEASE/dataset"
    files = {f"{root}/cls/{i}.mat": sbd_mask(labels) for i in "bdfg"}
    files |= {f"{root}/train.txt": b"b\nf\n", f"{root}/val.txt": b"d\ng\n", f"{root}/img/b.jpg": b"not wanted"}
    content = tar_of(files, kind="gz")
    wanted = hash_of(["a", "b", "c", "f", "g"])
    benchmark = replace(
        SBD,
        archives=(as_archive(SBD.archives[0], content),),
        counts={"SegmentationClassAug": 7},
        lists={f"{LISTS}/train_aug.txt": wanted},
    )
    return StandIn(benchmark=benchmark, files={benchmark.archives[0].name: content})


def coco14(folder: Path) -> StandIn:
    """The folder of `coco_data`, whose images 4 of train and 8 of val have no annotation."""
    files = files_of(coco_folder(folder))
    contents = [
        zip_of({name: content for name, content in files.items() if name.startswith(f"{part}/")})
        for part in ("annotations", "val2014", "train2014")
    ]
    archives = tuple(as_archive(each, content) for each, content in zip(COCO14.archives, contents, strict=True))
    lists = {
        f"lists/{split}.txt": hash_of(f"COCO_{split}2014_{i:012d}" for i in numbers)
        for split, numbers in (("train", [1, 2, 3]), ("val", [7]))
    }
    benchmark = replace(COCO14, archives=archives, counts={"train2014": 4, "val2014": 2}, lists=lists)
    return StandIn(benchmark=benchmark, files=dict(zip((each.name for each in archives), contents, strict=True)))
