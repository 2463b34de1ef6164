"""What the pages show as code runs: the recipes of CONTRIBUTING.md and the ten lines of README.md."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
FILE = re.compile(r"(?ms)^`([\w/.]+)`\n\n```(?:python|yaml)\n(.*?)^```$")
"""A path in a line of its own, and below it the whole file."""


def recipes() -> dict[str, str]:
    return dict(FILE.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))


def python(*arguments: str, cwd: Path) -> str:
    ran = subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the repository in which every recipe was followed, and nothing else was done."""
    for folder in ("wsss", "conf", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    for name, text in recipes().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_every_recipe_is_one_file_one_yaml_and_one_test() -> None:
    roots = [Path(name).parts[0] for name in recipes()]
    assert roots == ["wsss", "conf", "tests"] * 3


@pytest.mark.slow
def test_recipes_work(checkout: Path) -> None:
    own = [name for name in recipes() if name.startswith("tests/")]
    leaves = [
        f"tests/contracts/test_house.py::test_a_leaf_builds_what_its_group_chooses[{name.removesuffix('.yaml')}]"
        for name in recipes()
        if name.startswith("conf/")
    ]
    assert len(leaves) == len(own) == 3
    suites = ["tests/contracts/test_cams.py", "tests/contracts/test_refiners.py"]
    python("-m", "pytest", "-q", "-p", "no:cacheprovider", *own, *leaves, cwd=checkout)
    python("-m", "pytest", "-q", "-p", "no:cacheprovider", *suites, "-k", "LayerCAM or Smooth", cwd=checkout)
    assert "plan" in python("-m", "wsss", "run", "plan=true", "cam=layercam", "refine=smooth", cwd=checkout)
    sources = [name for name in recipes() if name.startswith("wsss/")]
    python("-m", "mypy", *sources, cwd=checkout)
    python("-m", "ruff", "check", *sources, *own, cwd=checkout)
    python("-m", "ruff", "format", "--check", *sources, *own, cwd=checkout)


@pytest.mark.slow
def test_the_readmes_ten_lines_run(tmp_path: Path) -> None:
    (code,) = re.findall(r"(?ms)^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"))
    Image.fromarray(np.arange(90 * 120 * 3, dtype=np.uint8).reshape(90, 120, 3)).save(tmp_path / "cat.jpg")
    (tmp_path / "lines.py").write_text(code, encoding="utf-8")
    python("lines.py", cwd=tmp_path)
    assert (tmp_path / "cat.png").exists()
