"""Plug-ins are found by their entry points, and nothing of them is imported."""

import sys
from pathlib import Path

import pytest

from wsss.errors import ConfigError
from wsss.plugins import Plugin, backbone_modules, plugins


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    plugins.cache_clear()


def install(folder: Path, *, package: str, named: str) -> None:
    """Lay a package and what an installer writes of it into a folder."""
    (folder / package).mkdir()
    (folder / package / "__init__.py").write_text("raise ZeroDivisionError", encoding="utf-8")
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[wsss.plugins]\n{package} = {named}\n", encoding="utf-8")


def test_there_are_none_here() -> None:
    assert plugins() == ()


def test_a_package_that_names_itself_is_found_and_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, package="wsss_one", named="wsss_one")
    monkeypatch.syspath_prepend(tmp_path)
    assert plugins() == (Plugin(package="wsss_one", folder=tmp_path / "wsss_one"),)
    assert plugins()[0].conf == tmp_path / "wsss_one" / "conf"
    assert "wsss_one" not in sys.modules


@pytest.mark.parametrize("named", ["wsss_gone", "wsss_two.inner", "wsss_two:Inner"])
def test_an_entry_point_that_names_no_package_is_refused(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, package="wsss_two", named=named)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=f"there is no package '{named}'.*install"):
        plugins()


def test_the_module_of_a_backbone_is_found_by_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, package="wsss_three", named="wsss_three")
    (tmp_path / "wsss_three" / "backbones").mkdir()
    for name in ("dots", "dots_large"):
        (tmp_path / "wsss_three" / "backbones" / f"{name}.py").write_text(f"def {name}(): ...", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    modules = {name: backbone_modules(name) for name in ("dots", "dots.in1k", "dots_large", "resnet18")}
    dots, large = (tmp_path / "wsss_three" / "backbones" / f"{name}.py" for name in ("dots", "dots_large"))
    assert modules == {"dots": (dots,), "dots.in1k": (dots,), "dots_large": (large,), "resnet18": ()}
