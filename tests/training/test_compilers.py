"""A compiler that is not there is refused before anything is trained; one that is there changes nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from stored_networks import tensors_of
from toy_runs import Run

from wsss.errors import ConfigError
from wsss.store.store import Store
from wsss.testing.stages import SMALL
from wsss.training import compilers
from wsss.training.compilers import check_compiler

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize("name", [None, "eager"])
def test_none_and_one_that_torch_brings_are_taken(name: str | None):
    check_compiler(name, CPU)


def test_an_unknown_one_is_refused_with_those_that_there_are():
    with pytest.raises(
        ConfigError, match=r"trainer\.compile: torch knows no compiler 'turbo'; it knows: .*inductor"
    ) as refused:
        check_compiler("turbo", CPU)
    assert "eager" not in str(refused.value)


def test_inductor_needs_a_compiler_of_c_or_triton(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(compilers.shutil, "which", lambda name: name if name == "clang++" else None)
    check_compiler("inductor", CPU)
    monkeypatch.setenv("CXX", "my++")
    with pytest.raises(ConfigError, match=r"inductor needs a C\+\+ compiler, and my\+\+ is not here: install one, or"):
        check_compiler("inductor", CPU)
    monkeypatch.setattr(compilers, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="inductor needs the package triton"):
        check_compiler("inductor", GPU)
    monkeypatch.setattr(compilers, "find_spec", lambda name: name)
    check_compiler("inductor", GPU)


@pytest.mark.slow
def test_inductor_learns_what_is_learnt_without_a_compiler(toy_run: Run, tmp_path: Path):
    try:
        check_compiler("inductor", CPU)
    except ConfigError as error:
        pytest.skip(f"NOTHING WAS COMPILED: {error}")
    store = toy_run.copied(tmp_path).store
    words = (*SMALL, f"store={store}", f"out={tmp_path / 'out'}", "until=train_classifier", "trainer.compile=inductor")
    # In a process of its own: types are not checked there, which torch cannot compile.
    subprocess.run([sys.executable, "-m", "wsss", "run", *words], check=True, timeout=500)
    folder = Store(root=store).root / "train_classifier"
    artifact = next(
        Store(root=store).artifact("train_classifier", each.name)
        for each in folder.iterdir()
        if "compile: inductor" in (each / "stage.yaml").read_text(encoding="utf-8")
    )
    plain, compiled = tensors_of(toy_run.plan()["train_classifier"].artifact), tensors_of(artifact)
    assert compiled.keys() == plain.keys()
    for name, tensor in plain.items():
        torch.testing.assert_close(compiled[name], tensor, atol=1e-2, rtol=1e-3)
