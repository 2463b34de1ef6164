"""Versions of packages: read without an import, and compared in one line."""

import numpy as np
import pytest
import torch

from wsss.store import versions as module
from wsss.store.versions import PACKAGES, other_versions, versions


def test_they_are_those_of_the_packages_that_are_imported() -> None:
    assert set(versions()) == set(PACKAGES)
    assert versions()["torch"] == torch.__version__.partition("+")[0]
    assert versions()["numpy"] == np.__version__


def test_only_what_differs_is_told_each_version_once(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"torch": "2.8.0", "timm": "1.0.19", "numpy": "2.1"}
    monkeypatch.setattr(module, "versions", lambda: here)
    assert other_versions([]) is None
    assert other_versions([here, here]) is None
    noted = [here, {**here, "timm": "1.0.15"}, {**here, "torch": "2.6.0"}, {**here, "timm": "1.0.16", "torch": "2.6.0"}]
    assert other_versions(noted) == (
        "reused results were made with torch 2.6.0 (here 2.8.0); timm 1.0.15, 1.0.16 (here 1.0.19)"
    )
