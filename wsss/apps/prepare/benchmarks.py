"""The benchmarks that can be prepared.

Sizes and hashes of archives are those that torchvision (`datasets/voc.py`, `datasets/sbd.py`) and TensorFlow Datasets
(`url_checksums/voc.txt`, `coco.txt`) check. Hashes of lists are those of the lists that published code holds:
`voc12/train_aug.txt` of jiwoon-ahn/irn (commit a2ece00, and the same ids in linyq2117/CLIP-ES), `coco14/train.txt` and
`val.txt` of linyq2117/CLIP-ES (commit 3893f81), sorted, as `hash_of` does.
"""

from typing import Final

from wsss.apps.prepare.benchmark import Archive, Benchmark, ListHash

COCO_ZIPS: Final = "http://images.cocodataset.org"

VOC12: Final = Benchmark(
    name="voc12",
    title="PASCAL VOC 2012, train and val",
    folder="VOCdevkit/VOC2012",
    archives=(
        Archive(
            name="VOCtrainval_11-May-2012.tar",
            size=1_999_639_040,
            digest="sha256:e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb",
            sources=(
                "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
                "https://d2l-data.s3-accelerate.amazonaws.com/VOCtrainval_11-May-2012.tar",
            ),
            unpacked=1_999_639_040,
            members=("VOCdevkit/VOC2012",),
            products={"": "VOCdevkit/VOC2012"},
        ),
    ),
    licence=(
        "The photographs are from Flickr, whose terms of use hold for them; "
        "see http://host.robots.ox.ac.uk/pascal/VOC/voc2012/#rights. Nothing is accepted for you."
    ),
    counts={"JPEGImages": 17_125, "Annotations": 17_125, "SegmentationClass": 2_913},
    layout="voc",
)

SBD: Final = Benchmark(
    name="sbd",
    title="Semantic Boundaries Dataset: masks of further images of VOC 2012, and the list train_aug",
    folder=VOC12.folder,
    archives=(
        Archive(
            name="benchmark.tgz",
            size=1_419_539_633,
            digest="md5:82b4d87ceb2ed10f6038a1cba92111cb",
            sources=(
                "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/benchmark.tgz",
            ),
            unpacked=60_000_000,
            members=(
                "benchmark_RELEASE/dataset/cls",
                "benchmark_RELEASE/dataset/train.txt",
                "benchmark_RELEASE/dataset/val.txt",
            ),
        ),
    ),
    licence="Its authors published it for research (Hariharan et al., ICCV 2011); the photographs are those of VOC.",
    made=80_000_000,
    counts={"SegmentationClassAug": 12_031},
    lists={
        "ImageSets/Segmentation/train_aug.txt": ListHash(
            count=10_582, sha256="d1326bd532648d73bc4b1bd275434eba81930982dc7401a65a8cecb26c028e24"
        )
    },
    derived="train_aug",
    layout="voc",
    options={"splits": (("train_aug", "ImageSets/Segmentation/train_aug.txt"),)},
    checked={"masks": "SegmentationClassAug"},
    train="train_aug",
)

COCO14: Final = Benchmark(
    name="coco14",
    title="COCO 2014, train and val",
    folder="coco14",
    archives=(
        Archive(
            name="annotations_trainval2014.zip",
            size=252_872_794,
            digest="sha256:031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009",
            sources=(f"{COCO_ZIPS}/annotations/annotations_trainval2014.zip",),
            unpacked=820_000_000,
            members=("annotations/instances_train2014.json", "annotations/instances_val2014.json"),
            products={"annotations": "annotations"},
        ),
        Archive(
            name="val2014.zip",
            size=6_645_013_297,
            digest="sha256:fe9be816052049c34717e077d9e34aa60814a55679f804cd043e3cbee3b9fde0",
            sources=(f"{COCO_ZIPS}/zips/val2014.zip",),
            unpacked=6_700_000_000,
            members=("val2014",),
            products={"val2014": "val2014"},
        ),
        Archive(
            name="train2014.zip",
            size=13_510_573_713,
            digest="sha256:ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
            sources=(f"{COCO_ZIPS}/zips/train2014.zip",),
            unpacked=13_600_000_000,
            members=("train2014",),
            products={"train2014": "train2014"},
        ),
    ),
    licence=(
        "The annotations are under CC BY 4.0, the photographs under Flickr's terms of use; "
        "see https://cocodataset.org/#termsofuse. Nothing is accepted for you."
    ),
    made=5_000_000,
    counts={"train2014": 82_783, "val2014": 40_504},
    lists={
        "lists/train.txt": ListHash(
            count=82_081, sha256="2985c4b482da49946f2e5dfb9a12f44bee154529cd601f63b1105942d763a8f9"
        ),
        "lists/val.txt": ListHash(
            count=40_137, sha256="6f65de2c151265166b98f2202c9822d6a81f607f2c39e39c01d279d9de690c1a"
        ),
    },
    derived="annotated",
    layout="coco",
)

BENCHMARKS: Final = {each.name: each for each in (VOC12, SBD, COCO14)}
