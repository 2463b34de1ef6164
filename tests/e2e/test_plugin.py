"""A package from outside: installed, it is found, used, checked, explained, cached, and made anew where it changes."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_runs import SMALL

PLUGIN = Path(__file__).parents[1] / "plugin"
OWN_PARTS = ("dataset.", "classifier.", "refine=")
"""What a small run sets for parts that are the plug-in's here."""
CLASSES = ("cat", "dog")

STATES = """
import json, sys
from wsss.config.compose import composed, resolved, searching
from wsss.config.search import config_folders
from wsss.run.plan import build_stages, make_plan
from wsss.store.store import Store

_, *folders = config_folders()
config = resolved(composed(searching(sys.argv[1:], folders), build=build_stages))
states = {}
for line in sys.stdin:
    exec(line)
    steps = make_plan(config["pipeline"], store=Store.at(config["store"]))
    states[line] = [step.name for step in steps if step.artifact.state() != "cached"]
print(json.dumps(list(states.values())))
"""
"""Which stages a run would make after each of some changes, which are lines of Python."""

CONTRACTS = """
import sys
from pathlib import Path
from wsss_example.cams.squaredcam import SquaredCAM
from wsss_example.layouts.filenames import FileNames
from wsss_example.refine.sharpen import Sharpen
from wsss.testing import check_backbone, check_cam_method, check_layout, check_refiner, check_stage

check_backbone("dots", output_stride=16)
check_cam_method(SquaredCAM())
check_layout(FileNames(root=Path(sys.argv[1]), classes=("cat", "dog")))
check_refiner(Sharpen())
check_stage("erode_masks", "stages=erode")
assert "pytest" not in sys.modules
"""

Python = Callable[..., str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what an installer puts there: the wheel's content."""
    source, built, site = (tmp_path_factory.mktemp(name) for name in ("source", "built", "site"))
    shutil.copytree(PLUGIN, source, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


@pytest.fixture(scope="module")
def python(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Python:
    """Runs Python where the package is installed, in an empty folder, and returns what was printed."""
    folder = tmp_path_factory.mktemp("work")

    def call(*arguments: object, stdin: str = "") -> str:
        environment = os.environ | {"PYTHONPATH": str(site)}
        command = [sys.executable, *map(str, arguments)]
        ran = subprocess.run(
            command, cwd=folder, env=environment, input=stdin, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    return call


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve images of noise that are named after what they show."""
    root = tmp_path_factory.mktemp("images")
    for number in range(12):
        split, shown = "train" if number < 8 else "val", "+".join(CLASSES[: number % 3] or CLASSES[1:])
        pixels = np.random.default_rng(number).integers(0, 256, size=(64, 80, 3), dtype=np.uint8)
        (root / split).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(root / split / f"{shown}_{number}.png")
    return root


def overrides(root: Path, store: Path) -> list[str]:
    return [
        *(word for word in SMALL if not word.startswith(OWN_PARTS)),
        *("dataset=filenames", f"dataset.root={root}", f"dataset.classes=[{','.join(CLASSES)}]"),
        *("classifier=dots", "cam=squaredcam", "refine=sharpen", "stages=erode", "segmenter.encoder_weights=none"),
        *("logger=none", f"store={store}", f"out={store.parent / 'out'}"),
    ]


def test_the_help_lists_what_it_adds(python: Python) -> None:
    added = {"cam": "squaredcam", "refine": "sharpen", "dataset": "filenames", "classifier": "dots", "stages": "erode"}
    for group, option in added.items():
        assert re.search(rf"\n  {option} +\w", python("-m", "wsss", "run", "--help", group)), option


def test_nothing_of_it_is_imported_before_its_classes_are_needed(python: Python) -> None:
    loaded = "; import sys; print(*(name for name in sys.modules if name.startswith('wsss_example')))"
    assert python("-c", f"from wsss.config.search import config_folders; config_folders(){loaded}").split() == []
    backbones = ["wsss_example", "wsss_example.backbones", "wsss_example.backbones.dots"]
    assert python("-c", f"from wsss.models.zoo import timm{loaded}").split() == backbones


@pytest.mark.slow
def test_each_of_it_keeps_its_contract(python: Python, images: Path) -> None:
    python("-c", CONTRACTS, images)


@pytest.mark.slow
def test_each_of_it_is_used_checked_explained_cached_and_made_anew(
    python: Python, site: Path, images: Path, tmp_path: Path
) -> None:
    words = overrides(images, tmp_path / "store")
    assert "a run takes this data set: 12 images" in python(
        *("-m", "wsss", "data", "check", images, "--layout", "filenames", "--classes", *CLASSES)
    )
    python("-m", "wsss", "run", *words)
    image = next((images / "val").iterdir())
    python(
        *("-m", "wsss", "explain", image, "--model", tmp_path / "out", "--methods", "squaredcam,gradcam"),
        *("--no-scores", "--out", tmp_path / "explained"),
    )
    explained = json.loads((tmp_path / "explained" / "explanations.json").read_text(encoding="utf-8"))
    assert "squaredcam" in json.dumps(explained)

    package = site / "wsss_example"
    edits = [
        f"open({str(package / path)!r}, 'a').write('# changed\\n')"
        for path in ("methods/erode/stage.py", "refine/sharpen.py", "cams/squaredcam.py", "backbones/dots.py")
    ]
    layout = f"open({str(package / 'layouts/filenames.py')!r}, 'a').write('# changed\\n')"
    printed = python("-c", STATES, *words, stdin="\n".join(["pass", *edits, layout]))
    nothing, *changed = json.loads(printed.splitlines()[-1])
    assert nothing == []
    first = ["erode_masks", "refine_cams", "extract_cams", "train_classifier", "index_data"]
    for stage, before, after in zip(first, [nothing, *changed], changed, strict=False):
        assert stage in after, f"{stage} is made anew"
        assert not set(before) & {stage}
        assert set(before) < set(after)
