"""Keeping freed memory changes how fast tensors come, never what they hold."""

import subprocess
import sys

PROGRAM = """
import resource, torch
from wsss.engine.malloc import keep_freed_memory
kept = keep_freed_memory()
block = torch.zeros(64 << 20, dtype=torch.uint8)
del block
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    block = torch.zeros(64 << 20, dtype=torch.uint8)
    assert not block.any()
    del block
print(int(kept), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_a_freed_block_is_used_again_without_page_faults() -> None:
    """64 MiB are 16,384 pages; a block that went back to the kernel would cause as many faults in each of 20 rounds."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    kept, faults = map(int, done.stdout.split())
    assert not kept or faults < 10 * 16_384
