import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wsss.apps.notebook.shown import Shown
from wsss.errors import ConfigError


class Red(Shown):
    def overlay(self) -> Image.Image:
        return Image.new("RGB", (4, 3), (255, 0, 0))

    def caption(self) -> str:
        return "a <red> picture"


def test_a_notebook_shows_the_picture_with_its_caption():
    shown = Red()._repr_html_()
    assert "data:image/jpeg;base64," in shown
    assert "<figcaption>a &lt;red&gt; picture</figcaption>" in shown
    assert repr(Red()) == "<Red: a <red> picture>"


@pytest.mark.parametrize("name", ["a.png", "b.webp"])
def test_the_picture_is_saved_in_the_format_of_the_suffix(name: str, tmp_path: Path):
    Red().save(tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert image.size == (4, 3)
        assert image.format == {"a.png": "PNG", "b.webp": "WEBP"}[name]


@pytest.mark.parametrize("name", ["a", "a.npy", "a.tar.gz"])
def test_another_suffix_is_refused(name: str, tmp_path: Path):
    with pytest.raises(ConfigError, match=r"pictures are not saved with the suffix .*: use \.png or \.jpg"):
        Red().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_show_asks_the_notebook_where_there_is_one(monkeypatch: pytest.MonkeyPatch):
    shown: list[Any] = []
    notebook = SimpleNamespace(get_ipython=lambda: "a kernel", display=SimpleNamespace(display=shown.append))
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    red = Red()
    red.show()
    assert shown == [red]
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    monkeypatch.setattr(Image.Image, "show", lambda image: shown.append(np.asarray(image)))
    red.show()
    assert shown[1].shape == (3, 4, 3)
