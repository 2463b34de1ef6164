"""Classes are known by package and name, and found again wherever they moved within the package."""

import importlib
import pkgutil
import sys
from pathlib import Path

import pytest

import wsss
from wsss.errors import ConfigError
from wsss.models import ClassifierOptions, NetworkOptions
from wsss.plugins import Plugin
from wsss.store.public_names import located, public_name


def options_below(cls: type) -> list[type]:
    return [each for child in cls.__subclasses__() for each in (child, *options_below(child))]


def test_every_kind_of_network_is_found_in_a_face_by_its_name(monkeypatch: pytest.MonkeyPatch):
    """A process that opens a network has imported nothing but the faces."""
    monkeypatch.setattr("wsss.store.public_names._below", lambda _: ())
    for module in pkgutil.walk_packages(wsss.__path__, prefix="wsss."):
        importlib.import_module(module.name)
    kinds = [each for each in options_below(NetworkOptions) if each.__module__.startswith("wsss.")]
    assert len(kinds) >= 5
    for kind in kinds:
        if not kind.__abstractmethods__:
            assert located(public_name(kind)) is kind, "export it from the face of its package"


@pytest.mark.parametrize(
    "name", ["wsss:Nothing", "wsss", "", "antigravity:X", "wsss.models.classifier:ClassifierOptions"]
)
def test_other_names_are_refused_and_import_nothing(name: str):
    with pytest.raises(ConfigError, match=r"there is no class .* in wsss or its plug-ins: install the package"):
        located(name)
    assert "antigravity" not in sys.modules


def test_a_module_that_moves_changes_no_name():
    assert public_name(ClassifierOptions) == "wsss:ClassifierOptions"


def test_a_plug_in_is_imported_and_another_package_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for package in ("my_plugin", "my_package"):
        (tmp_path / package).mkdir()
        code = "from wsss.models import ClassifierOptions\nclass Mine(ClassifierOptions):\n    pass\n"
        (tmp_path / package / "__init__.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    installed = (Plugin(package="my_plugin", folder=tmp_path / "my_plugin"),)
    monkeypatch.setattr("wsss.store.public_names.plugins", lambda: installed)
    assert located("my_plugin:Mine").__module__ == "my_plugin"
    with pytest.raises(ConfigError, match="no class 'my_plugin:Other'"):
        located("my_plugin:Other")
    with pytest.raises(ConfigError, match="no class 'my_package:Mine'"):
        located("my_package:Mine")
    assert "my_package" not in sys.modules
    mine = importlib.import_module("my_package").Mine
    assert located("my_package:Mine") is mine, "it was imported before, by who asks"
