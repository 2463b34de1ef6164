"""The image is built from what its Dockerfile copies; a linter reads it where there is one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "scripts/image/Dockerfile"
HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
"""The development environment's, where its package has a binary for this machine, or else the system's."""
TEXT = DOCKERFILE.read_text(encoding="utf-8")


def test_what_is_copied_is_there_and_not_ignored():
    copied = [word for line in re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", TEXT) for word in line.split()]
    ignored = Path(f"{DOCKERFILE}.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"wsss", "conf", "uv.lock"} <= set(copied)
    assert {f"!{name}" for name in copied} == {line for line in ignored if line.startswith("!")}
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_image_is_for_cpus_unless_it_is_asked_for_and_runs_wsss_as_a_user():
    lines = TEXT.splitlines()
    assert "ARG TORCH=cpu" in lines
    assert lines.index("USER 1000") < lines.index('ENTRYPOINT ["wsss"]')
    assert "--shm-size" in TEXT


@pytest.mark.skipif(HADOLINT is None, reason="NOBODY CHECKS THE DOCKERFILE: no hadolint here")
def test_hadolint_finds_nothing():
    done = subprocess.run([str(HADOLINT), DOCKERFILE], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def _serves(program: str) -> bool:
    return subprocess.run([program, "info"], check=False, capture_output=True).returncode == 0


@pytest.mark.slow
def test_the_image_is_built_and_runs():
    if shutil.which("docker") is None or not _serves("docker"):
        pytest.skip("NOBODY BUILT THE IMAGE: no Docker is running here")
    subprocess.run(["docker", "build", "-q", "-f", DOCKERFILE, "-t", "wsss-test", "."], check=True, cwd=ROOT)
    done = subprocess.run(
        ["docker", "run", "--rm", "wsss-test", "--version"], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("wsss ")
