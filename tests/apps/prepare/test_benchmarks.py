"""The benchmarks: their files are described in full, and fit one another."""

import re

import pytest

from wsss.apps.prepare.benchmark import Benchmark
from wsss.apps.prepare.benchmarks import BENCHMARKS

DIGEST = re.compile(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}")


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=lambda each: each.name)
def test_a_benchmark_is_described_in_full(benchmark: Benchmark):
    assert benchmark.licence.endswith(".")
    for archive in benchmark.archives:
        assert DIGEST.fullmatch(archive.digest)
        assert archive.sources
        for source in archive.sources:
            assert source.startswith(("http://", "https://"))
            assert source.endswith(f"/{archive.name}")
        # What is renamed was unpacked.
        for name in archive.products.values():
            assert any(f"{member}/".startswith(f"{name}/") for member in archive.members)
    sizes = [archive.size for archive in benchmark.archives]
    assert len(set(sizes)) == len(sizes), "files that a person gives are told apart by their size"
    for made in benchmark.lists.values():
        assert re.fullmatch(r"[0-9a-f]{64}", made.sha256)


def test_sbd_lies_in_the_devkit():
    assert BENCHMARKS["sbd"].folder == BENCHMARKS["voc12"].folder
    assert BENCHMARKS["sbd"].counts["SegmentationClassAug"] == 10_582 + 1_449
