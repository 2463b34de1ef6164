"""timm comes without wandb, which stays to be had."""

import subprocess
import sys
from pkgutil import iter_modules

import pytest

from wsss.models import backbones
from wsss.models.zoo import timm, without


def test_timm_and_smp_leave_wandb_alone() -> None:
    code = """
import sys
from wsss.models.zoo import timm
from wsss.models.segmenters import architectures
assert timm.is_model("resnet18") and architectures.ENCODERS
assert "wandb" not in sys.modules
import wandb
assert wandb.init
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_backbone_of_ours_is_known_by_name() -> None:
    for module in iter_modules(backbones.__path__):
        names = timm.list_models(module=module.name)
        assert names, f"{module.name} registers no network"
        assert all(timm.is_model(name) and timm.get_pretrained_cfg(name) for name in names)
    assert timm.list_models(module="vig") == ["vig_b_224", "vig_s_224", "vig_ti_224"]


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
