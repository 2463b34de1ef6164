"""Lazy packages: what `__init__.pyi` lists is there, and costs nothing before it is asked for."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
STUBS = sorted((ROOT / "wsss").rglob("__init__.pyi"))
FACES = [".".join(path.parent.relative_to(ROOT).parts) for path in STUBS]
LATE = {
    "wsss/cams/kmeans.py": "scikit-learn serves one method of the core, which otherwise costs torch alone",
    "wsss/metrics/boxes.py": "OpenCV serves one score of the core, and plans, which read its options, go without",
    "wsss/refine/crf.py": "the dense CRF is an extra: without it a run is refused, with the remedy",
}
"""Modules that import within a function, and why."""
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


def test_modules_import_at_their_top() -> None:
    late = set()
    for path in (ROOT / "wsss").rglob("*.py"):
        functions = [
            node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
        ]
        if any(isinstance(part, ast.Import | ast.ImportFrom) for function in functions for part in ast.walk(function)):
            late.add(path.relative_to(ROOT).as_posix())
    assert late == set(LATE), "import a lazy package at the top, and name what is slow where it is used"
