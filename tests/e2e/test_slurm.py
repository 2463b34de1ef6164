"""A job of SLURM beside a foreign checkpoint: nothing of it comes into the store, however the run is launched."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final
from unittest.mock import patch

import pytest
import torch
from stored_networks import tensors_of
from toy_runs import SMALL, Run

from wsss.run.launch import Here
from wsss.run.pipeline import make

pytestmark = pytest.mark.slow

SBATCH: Final = {"SLURM_JOB_ID": "42", "SLURM_JOB_NAME": "train", "SLURM_NODELIST": "localhost", "SLURM_NNODES": "1"}
"""What a batch script is given."""
SRUN: Final = SBATCH | {"SLURM_NTASKS": "1", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0"}
"""What each task is given that the script starts by `srun`."""
LAUNCHERS: Final = {
    "inline": (),
    "torchrun of one": ("launcher=torchrun", "launcher.nproc=1", "launcher.threads=1"),
    "torchrun of two": ("launcher=torchrun", "launcher.nproc=2", "launcher.threads=1"),
}
NAME: Final = "hpc_ckpt_1.ckpt"
"""Under this name Lightning keeps what SLURM interrupts, and goes on from it unasked."""


@pytest.fixture(scope="module")
def foreign(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of the same network after a whole training, with other weights: it would fit, and end the training."""
    step = toy_run.copied(tmp_path_factory.mktemp("foreign")).plan()["train_classifier"]
    step.artifact.manifest_path.unlink()
    with patch("wsss.engine.fit.clear_checkpoints"):
        make(step, crew=Here())
    (path,) = step.artifact.checkpoints.glob("*.ckpt")
    state = torch.load(path, weights_only=True)
    state["state_dict"] = {key: tensor + 1 for key, tensor in state["state_dict"].items()}
    torch.save(state, path)
    return path


@pytest.mark.parametrize("variables", [SBATCH, SRUN], ids=["sbatch", "srun"])
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_foreign_checkpoint_is_not_trained_into_the_store(
    launcher: str, variables: dict[str, str], foreign: Path, toy_run: Run, tmp_path: Path
) -> None:
    copy = toy_run.copied(tmp_path)
    artifact = copy.plan()["train_classifier"].artifact
    expected = tensors_of(artifact)
    artifact.manifest_path.unlink()
    for name in ("weights.safetensors", "network.json"):
        (artifact.items / name).unlink()
    for folder in (tmp_path, artifact.path, artifact.checkpoints):
        folder.mkdir(exist_ok=True)
        (folder / NAME).write_bytes(foreign.read_bytes())
    ran = subprocess.run(
        [sys.executable, "-m", "wsss", "run", *SMALL, *copy.overrides, *LAUNCHERS[launcher]],
        env={**os.environ, "OMP_NUM_THREADS": "1", **variables},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    trained = tensors_of(artifact)
    assert trained.keys() == expected.keys()
    # Processes that share a batch add in another order.
    bound = 1e-5 if "two" in launcher else 0.0
    assert max(float((trained[key] - expected[key]).abs().max()) for key in expected) <= bound
    assert [path.name for path in tmp_path.glob("*.ckpt")] == [NAME]
    assert (tmp_path / NAME).read_bytes() == foreign.read_bytes()
