"""Without a network the hub's cache is asked alone, once."""

import socket
from typing import Any

import pytest
from huggingface_hub import constants, hf_hub_download, is_offline_mode

from wsss.models.weights.hub import hub


@pytest.fixture
def _unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    monkeypatch.setattr("wsss.models.weights.hub.getproxies", dict)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@pytest.mark.usefixtures("_unknown")
def test_a_hub_that_nobody_knows_is_not_asked(tmp_path: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match=r"^huggingface.co cannot be reached, and this was not loaded before$"), hub():
        hf_hub_download("timm/resnet18.a1_in1k", "model.safetensors", cache_dir=tmp_path)
    assert not is_offline_mode()
    assert "Retrying" not in "".join(capfd.readouterr())


@pytest.mark.usefixtures("_unknown")
def test_what_was_loaded_before_is_found(tmp_path: Any) -> None:
    there = tmp_path / "models--a--b" / "snapshots" / ("0" * 40) / "model.safetensors"
    there.parent.mkdir(parents=True)
    there.touch()
    (tmp_path / "models--a--b" / "refs").mkdir()
    (tmp_path / "models--a--b" / "refs" / "main").write_text("0" * 40)
    with hub():
        assert hf_hub_download("a/b", "model.safetensors", cache_dir=tmp_path) == str(there)


@pytest.mark.parametrize("told", ["proxy", "name"])
@pytest.mark.usefixtures("_unknown")
def test_one_that_may_be_reached_is_asked(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if told == "proxy":
        monkeypatch.setattr("wsss.models.weights.hub.getproxies", lambda: {"https": "http://proxy:3128"})
    else:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    with hub():
        assert not is_offline_mode()
