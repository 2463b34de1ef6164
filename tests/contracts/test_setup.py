"""`scripts/setup.sh` takes torch's build for CPUs where there is no GPU, and the lock's where that cannot be had."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).parents[2]
VERSIONS = dict(re.findall(r'(?m)^name = "(torch|torchvision)"\nversion = "(.+)"$', (ROOT / "uv.lock").read_text()))
UV = """#!/usr/bin/env bash
[[ $* == "sync --help" ]] && echo --group && exit
[[ $* != *--inexact*--inexact* ]] || exit 2
echo "$*" >>asked
[[ $1 == pip ]] && exit "$UNREACHABLE"
[[ $* != *"--extra crf"* ]] || exit "${BROKEN:-0}"
[[ $1 != sync ]] || exit "${OFFLINE:-0}"
"""
Asked = Callable[..., tuple[list[str], str]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="builds of torch are chosen on Linux alone")


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """What uv is asked for by `set_up`, and what is said: uv is one that notes it, and the driver a file."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copy(ROOT / "uv.lock", tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in {"uv": UV, "nvidia-smi": "#!/bin/sh\nexit 1\n"}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)

    def call(
        given: Mapping[str, str] = MappingProxyType({}), *, fails: bool = False, options: str = "--no-dev"
    ) -> tuple[list[str], str]:
        (tmp_path / "asked").unlink(missing_ok=True)
        own = {"PATH": f"{tools}:{os.environ['PATH']}", "NVIDIA_DRIVER": "driver", "UNREACHABLE": "0", **given}
        done = subprocess.run(
            ["bash", "-euc", f"source scripts/setup.sh; set_up {options}"],
            cwd=tmp_path, env={**os.environ, "PYTHON": sys.executable, **own}, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stderr
        return (tmp_path / "asked").read_text().splitlines() if (tmp_path / "asked").exists() else [], done.stderr

    return call


def test_without_a_driver_torch_is_the_build_for_cpus_of_the_locked_version(asked: Asked):
    (sync, torch), _ = asked()
    assert "--inexact" in sync
    assert len(asked(options="--no-dev --inexact")[0]) == 2
    left_out = {*re.findall(r"--no-install-package=(\S+)", sync)}
    assert {"torch", "torchvision", "triton", "nvidia-cublas", "cuda-toolkit"} <= left_out
    assert "numpy" not in left_out
    for name, version in VERSIONS.items():
        assert f" {name}=={version}+cpu" in torch


def test_where_that_build_cannot_be_had_the_lock_is_installed_and_it_is_said(asked: Asked):
    asks, said = asked({"UNREACHABLE": "1", "TORCH_INDEX": "https://nowhere.example/cpu"})
    assert len(asks) == 3
    assert "--no-install-package" not in asks[-1]
    assert asks[-1].startswith("sync --locked")
    assert "could not be had from https://nowhere.example/cpu: taking the build of uv.lock" in said


@pytest.mark.parametrize("way", ["driver", "asked for", "there already", "tool"])
def test_the_lock_alone_is_installed(way: str, asked: Asked, tmp_path: Path):
    if way == "driver":
        (tmp_path / "driver").touch()
    if way == "there already":
        (tmp_path / f".venv/lib/python3.12/site-packages/torch-{VERSIONS['torch']}.dist-info").mkdir(parents=True)
    if way == "tool":
        (tmp_path / "tools/nvidia-smi").write_text("#!/bin/sh\n")
    (sync,), _ = asked({"TORCH": "cuda"} if way == "asked for" else {})
    assert "no-install" not in sync
    assert "inexact" not in sync


def test_cpu_can_be_asked_for_beside_a_driver(asked: Asked, tmp_path: Path):
    (tmp_path / "driver").touch()
    assert asked({"TORCH": "cpu"})[0] == asked({"TORCH": "cpu"})[0] != asked()[0]


def test_another_word_is_refused(asked: Asked):
    asks, said = asked({"TORCH": "rocm"}, fails=True)
    assert asks == []
    assert "error: TORCH=rocm is not a build of torch: use cpu, cuda or auto" in said


def test_without_the_extra_the_build_is_the_same(asked: Asked):
    asks, said = asked({"BROKEN": "1"})
    assert [" ".join(ask.split()[:2]) for ask in asks] == ["sync --locked", "sync --locked", "pip install"]
    assert "--extra crf" not in asks[1]
    assert "pydensecrf2 could not be installed" in said


def test_where_nothing_can_be_had_the_way_through_a_proxy_is_told(asked: Asked):
    _, said = asked({"BROKEN": "1", "OFFLINE": "1"}, fails=True)
    assert said.rstrip().endswith("where a proxy has a certificate of its own, set UV_SYSTEM_CERTS=1")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="NOBODY CHECKS THE SHELL SCRIPTS: no shellcheck here")
def test_shellcheck_finds_nothing():
    scripts = [*(ROOT / "scripts").glob("*.sh"), ROOT / ".ci/run"]
    done = subprocess.run(["shellcheck", "-x", *scripts], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
