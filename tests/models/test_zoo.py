"""timm comes without wandb, which stays to be had."""

import subprocess
import sys

import pytest

from wsss.models.zoo import without


def test_timm_and_smp_leave_wandb_alone() -> None:
    code = """
import sys
from wsss.models.zoo import timm
from wsss.models import architectures
assert timm.is_model("resnet18") and architectures.ENCODERS
assert "wandb" not in sys.modules
import wandb
assert wandb.init
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_module_is_gone_for_as_long_as_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with without("colorsys"), pytest.raises(ModuleNotFoundError):
        import colorsys
    import colorsys

    with without("colorsys"):
        import colorsys as same
    assert same is colorsys


def test_it_comes_back_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with pytest.raises(ZeroDivisionError), without("colorsys"):
        raise ZeroDivisionError
    assert "colorsys" not in sys.modules
