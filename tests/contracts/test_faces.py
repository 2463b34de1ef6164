"""Lazy packages: what `__init__.pyi` lists is there, and costs nothing before it is asked for."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
STUBS = sorted((ROOT / "wsss").rglob("__init__.pyi"))
FACES = [".".join(path.parent.relative_to(ROOT).parts) for path in STUBS]
HEAVY = ("torch", "numpy", "hydra", "omegaconf", "pydantic")


@pytest.mark.parametrize("face", FACES)
def test_every_name_of_a_face_resolves(face: str) -> None:
    package = importlib.import_module(face)
    for name in package.__all__:
        assert getattr(package, name) is not None


@pytest.mark.parametrize("face", FACES)
def test_a_name_stands_for_a_module_or_for_what_is_in_one(face: str) -> None:
    """Not for both: whether `face.name` is the one or the other would depend on what was imported before."""
    package = importlib.import_module(face)
    for name in package.__all__:
        is_module = isinstance(getattr(package, name), ModuleType)
        assert is_module == (importlib.util.find_spec(f"{face}.{name}") is not None)


def test_faces_cost_none_of_the_stack() -> None:
    code = f"import sys, {', '.join(FACES)}\nsys.stdout.write(' '.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(ran.stdout.split()) & set(HEAVY) == set()
