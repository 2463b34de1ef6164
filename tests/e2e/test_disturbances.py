"""Kills and signals at random moments to whole commands: what comes out is what an undisturbed run makes."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from toy_runs import contents

from wsss.signals import SIGNALS

pytestmark = pytest.mark.endurance

PATIENCE = 300
"""Seconds that a busy machine gets."""
EQUAL = (
    *("index_data", "train_classifier", "extract_cams", "refine_cams", "make_masks"),
    *("train_segmenter", "predict_masks", "evaluate"),
)
START = "start"
"""What happens before the first stage, and between two."""
TORCHRUN = ("launcher=torchrun", "launcher.nproc=2", "launcher.threads=1")


@dataclass
class Disturbed:
    """A run in a folder that is started again and again, and what met it."""

    folder: Path
    launcher: Sequence[str]
    rng: random.Random
    spans: dict[str, float] = field(default_factory=dict)
    """Seconds of every stage in an undisturbed run, and what comes before the first; less where that was too late."""
    hit: Counter[str] = field(default_factory=Counter)
    """How often a stage was at work when the signal came."""

    @property
    def store(self) -> Path:
        return self.folder / "runs"

    def start(self) -> "subprocess.Popen[str]":
        """The command in a process group of its own."""
        words = ("experiment=toy", "debug=fast", "runtime.device=cpu", "runtime.workers=2", *self.launcher)
        return subprocess.Popen(
            [sys.executable, "-m", "wsss", "run", *words],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def disturb(self, number: signal.Signals) -> bool:
        """Start, and send a signal to the command or to its whole group while a stage that was met least is at work.

        False where it came too late.
        """
        wanted = min(self.rng.sample(sorted(self.spans), len(self.spans)), key=self.hit.__getitem__)
        self._forget(self.rng.choice(EQUAL) if wanted == START else wanted)
        process, started = self.start(), time.time()
        end = time.monotonic() + PATIENCE
        while process.poll() is None and not self._has_come(wanted, process.pid, since=started):
            assert time.monotonic() < end, wanted
            time.sleep(0.005)
        time.sleep(self.rng.uniform(0, self.spans[wanted]))
        stage, send = self._at_work(since=started), self.rng.choice((os.kill, os.killpg))
        if process.poll() is None:
            send(process.pid, number)
        screen, _ = process.communicate(timeout=PATIENCE)  # ends when the last process that can write to it is gone
        if process.returncode == 0 or screen.endswith("report.html\n"):  # everything was done
            self.spans[wanted] /= 2
            return False
        self.hit[stage] += 1
        sys.stdout.write(f"{number.name} {stage} {send.__name__}\n")
        if number == signal.SIGKILL:
            assert process.returncode == -number
            return True
        assert process.returncode == 128 + number, screen
        assert f"wsss: ended by {number.name}. What is finished is kept: the same command goes on" in screen, screen
        assert "Traceback" not in screen, screen
        for log in self._unfinished_logs(since=started):
            assert f"INFO ended by {number.name}\n" in log.read_text(encoding="utf-8"), log
        return True

    def finish(self) -> dict[str, float]:
        """Run to the end, and return the spans."""
        process, began = self.start(), time.time()
        while process.poll() is None and not catches(process.pid, signal.SIGUSR1):
            time.sleep(0.01)
        caught = time.time()
        screen, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, screen
        jobs = {path.parent: path.stat().st_mtime for path in self.store.glob("*/*/stage.yaml")}
        made = {folder.parent.name: (folder / "manifest.json").stat().st_mtime - at for folder, at in jobs.items()}
        return {START: max(min(jobs.values()) - max(caught, began), 0.1), **made}

    def _has_come(self, stage: str, process: int, *, since: float) -> bool:
        if stage == START:
            return catches(process, signal.SIGUSR1)
        return any(path.stat().st_mtime > since for path in self.store.glob(f"{stage}/*/stage.yaml"))

    def _begun(self) -> list[Path]:
        jobs = sorted(self.store.glob("*/*/stage.yaml"), key=lambda path: path.stat().st_mtime_ns)
        return [job.parent for job in jobs if not (job.parent / "manifest.json").exists()]

    def _at_work(self, *, since: float) -> str:
        begun = [folder for folder in self._begun() if (folder / "stage.yaml").stat().st_mtime > since]
        return begun[-1].parent.name if begun else START

    def _unfinished_logs(self, *, since: float) -> list[Path]:
        """The logs of the stage that was at work, if it had begun to write them."""
        logs = [log for folder in self._begun() for log in folder.glob("log*.txt")]
        return [log for log in logs if log.stat().st_mtime > since]

    def _forget(self, stage: str) -> None:
        """Take the result of a stage away, if it is finished, so that there is something to do again."""
        for manifest in self.store.glob(f"{stage}/*/manifest.json"):
            manifest.unlink()
            (manifest.parent / "stage.yaml").unlink()
            items = [path for path in (manifest.parent / "items").rglob("*") if path.is_file()]
            for path in self.rng.sample(sorted(items), (len(items) + 1) // 2):
                path.unlink()


def catches(process: int, number: signal.Signals) -> bool:
    """Whether a process has a handler of its own for a signal."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    caught = next((line for line in status.splitlines() if line.startswith("SigCgt:")), "SigCgt: 0")
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


@pytest.mark.parametrize(("launcher", "kills", "signals"), [((), 50, 20), (TORCHRUN, 8, 8)], ids=["inline", "torchrun"])
def test_kills_and_signals_at_random_moments(launcher: Sequence[str], kills: int, signals: int, tmp_path: Path) -> None:
    clean, folder = tmp_path / "clean", tmp_path / "disturbed"
    for each in (clean, folder):
        each.mkdir()
    rng = random.Random(11)
    spans = Disturbed(folder=clean, launcher=launcher, rng=rng).finish()
    run = Disturbed(folder=folder, launcher=launcher, rng=rng, spans=spans)
    sent = [signal.SIGKILL] * kills + [SIGNALS[place % len(SIGNALS)] for place in range(signals)]
    rng.shuffle(sent)
    while sent:
        if run.disturb(sent[-1]):
            sent.pop()
    run.finish()
    sys.stdout.write(f"{dict(sorted(run.hit.items()))}\n")
    assert {START, *EQUAL} <= run.hit.keys()
    for stage in EQUAL:
        (expected,), (made,) = clean.glob(f"runs/{stage}/*/items"), folder.glob(f"runs/{stage}/*/items")
        assert made.parent.name == expected.parent.name, stage
        assert contents(made) == contents(expected), stage
