"""A compiler that is not there is refused before anything is trained."""

import pytest
import torch

from wsss.errors import ConfigError
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
