"""A long time and many images: memory and open files stay as they are. `scripts/test.sh --endurance` runs this."""

import gc
import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest
from toy_runs import Run, composed

from wsss.run.pipeline import run

pytestmark = pytest.mark.endurance
MB = 2**20


def resident() -> float:
    """Memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGESIZE") / MB


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def watched(stage: Path) -> Iterator[list[tuple[int, float, int]]]:
    """Note (items made, MB, open files) twice a second while a stage's only artifact is made."""
    seen: list[tuple[int, float, int]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            counts = [len(list(items.iterdir())) for items in stage.glob("*/items")]
            seen.extend((count, resident(), open_files()) for count in counts)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield seen
    done.set()
    thread.join()


def test_five_thousand_images_take_no_more_memory_than_five_hundred(tmp_path: Path) -> None:
    overrides = ("dataset.train=5000", "dataset.val=4", "limits.batch_size=64")
    after = ("refine_cams", "make_masks", "train_segmenter", "predict_masks", "evaluate", "report")
    config = composed(f"store='{tmp_path / 'store'}'", f"out='{tmp_path / 'out'}'", *overrides)
    config["pipeline"] = {name: node for name, node in config["pipeline"].items() if name not in after}
    with redirect_stdout(io.StringIO()), watched(tmp_path / "store" / "extract_cams") as seen:
        run(config)
    early = max(memory for count, memory, _ in seen if count <= 500)
    late = max(memory for count, memory, _ in seen if count > 500)
    files = {count: number for count, _, number in seen if count > 0}
    sys.stdout.write(
        f"{max(files)} images seen; {early:.0f} MB up to 500, {late:.0f} MB after; {max(files.values())} files\n"
    )
    assert max(files) > 4000
    assert late - early < 50
    assert max(files.values()) - files[min(files)] <= 4


def test_two_hundred_cached_plans(toy_run: Run, tmp_path: Path) -> None:
    config = composed(*toy_run.overrides, "plan=true")
    memory, files = [], []
    for _ in range(200):
        with redirect_stdout(io.StringIO()) as screen:
            run(config)
        assert screen.getvalue().count("cached") == 9
        gc.collect()
        memory.append(resident())
        files.append(open_files())
    sys.stdout.write(
        f"{memory[20]:.0f} MB after 20 plans, {memory[-1]:.0f} MB after 200; {files[20]} and {files[-1]} open files\n"
    )
    assert memory[-1] - memory[20] < 50
    assert files[-1] <= files[20]
