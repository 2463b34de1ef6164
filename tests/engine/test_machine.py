"""Where a stage runs, by the operating system's own account."""

import mmap
import os

import pytest
import torch

from wsss.engine.machine import RESET, STATUS, machine, reset_peak

CPU = torch.device("cpu")


def test_a_cpu_has_cores_and_memory():
    found = machine(CPU)
    assert (found.device, found.gpu_peak) == ("cpu", None)
    assert found.cores >= 1
    assert found.memory is None or found.memory > 100_000_000


@pytest.mark.skipif(not os.access(RESET, os.W_OK), reason="only Linux lets a process reset its account of memory")
def test_the_peak_is_that_since_the_reset():
    reset_peak(CPU)
    before = machine(CPU).peak
    with mmap.mmap(-1, 200_000_000) as block:  # of its own: an array may lie in memory that was freed before
        for page in range(0, len(block), mmap.PAGESIZE):
            block[page] = 1
        with_block = machine(CPU).peak
    reset_peak(CPU)
    after = machine(CPU).peak
    assert before is not None
    assert with_block is not None
    assert after is not None
    assert with_block - before > 150_000_000
    assert with_block - after > 150_000_000


def test_a_gpu_of_apples_is_named_and_its_memory_is_not_known():
    here = machine(torch.device("mps"))
    assert (here.device, here.gpu_peak) == ("mps", None)


def test_elsewhere_the_peak_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wsss.engine.machine.STATUS", STATUS.with_name("nowhere"))
    peak = machine(CPU).peak
    assert peak is None or peak > 10_000_000
