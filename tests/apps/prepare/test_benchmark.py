"""Archives and lists as values."""

import hashlib
from pathlib import Path

from wsss.apps.prepare.benchmark import Archive, hash_of
from wsss.apps.prepare.benchmarks import VOC12


def test_ids_hash_to_the_same_in_any_order_and_however_often():
    made = hash_of(["b", "a", "b"])
    assert (made.count, made.sha256) == (2, hashlib.sha256(b"a\nb\n").hexdigest())
    assert hash_of(["a", "b"]) == made != hash_of(["ab"])


def test_an_archive_is_hashed_as_its_digest_says():
    for kind in ("md5", "sha256"):
        archive = Archive(name="a", size=1, digest=f"{kind}:x", sources=(), unpacked=1, members=())
        assert archive.hasher().name == kind


def test_a_benchmark_lies_below_the_folder_of_all_data(tmp_path: Path):
    assert VOC12.home(tmp_path) == tmp_path / "VOCdevkit/VOC2012"
