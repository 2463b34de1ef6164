"""The architecture, guarded: what a reviewer would have to look for by hand in every change."""

import ast
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from abc import ABC
from collections import Counter
from contextlib import redirect_stdout
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
import yaml
from at_once import each
from hydra import compose, initialize_config_dir
from pages import blocks, text_of
from toy_runs import SMALL, Run

import wsss
from wsss.__main__ import COMMANDS, main
from wsss.cams import CAMMethod
from wsss.config.build import TARGET, build_into
from wsss.config.compose import resolved
from wsss.config.help import groups
from wsss.config.search import config_folder
from wsss.configurable import Configurable
from wsss.data.layouts.base import Layout
from wsss.engine.stage import Runtime, Stage
from wsss.masks import MaskRule
from wsss.models.classifier import ClassifierOptions
from wsss.models.segmenters.segmentation_options import SegmentationOptions
from wsss.refine import Refiner
from wsss.regions import RegionFinder
from wsss.run.launch import Launcher
from wsss.training.loggers.options import LoggerOptions
from wsss.training.options import FitOptions
from wsss.training.trainer_options import TrainerOptions, TrainerRuntime
from wsss.views import Upsampler, Views

ROOT = Path(__file__).parents[2]
CONF = ROOT / "conf"
SOURCES = sorted((ROOT / "wsss").rglob("*.py"))
MODULES = [path for path in SOURCES if path.name != "__init__.py"]
ARCHITECTURE = "docs/architecture.md"

WITHOUT_TESTS = {
    "wsss/refine/base.py": "only an interface: tests/contracts/test_refiners.py is its test",
    "wsss/refine/region_refiner.py": "what test_region_votes.py and test_region_choice.py try of either",
    "wsss/regions/base.py": "only an interface: tests/contracts/test_regions.py is its test",
    "wsss/models/segmenters/segmentation_options.py": "test_segmenter.py, test_frozen_vit_options.py ask either",
    "wsss/protocols.py": "only protocols: tests/contracts/test_cams.py asks networks for them",
    "wsss/testing/families.py": "tests/contracts/test_cams.py asks it for every family",
    "wsss/testing/small.py": "tests/contracts/test_networks.py is its test",
    "wsss/testing/tiny.py": "tests/contracts/test_networks.py is its test",
}
"""Modules that need no test of their own, and why."""

GROUPS: dict[str, Any] = {
    "dataset": Layout,
    "classifier": ClassifierOptions,
    "cam": CAMMethod,
    "views": Views,
    "refine": dict[str, Refiner],
    "crf": Refiner,
    "regions": dict[str, RegionFinder],
    "masks": MaskRule,
    "segmenter": SegmentationOptions,
    "fit": FitOptions,
    "trainer": TrainerOptions,
    "launcher": Launcher,
    "logger": LoggerOptions,
}
"""What every group of `conf` chooses. `debug`, `experiment` and `stages` set values of the others and of `pipeline`."""
LEAVES = sorted(path for group in GROUPS for path in (CONF / group).glob("*.yaml"))
EXPERIMENTS = sorted((CONF / "experiment").glob("*.yaml"))

FAMILIES: tuple[type[ABC], ...] = (
    CAMMethod,
    Layout,
    Launcher,
    LoggerOptions,
    MaskRule,
    Refiner,
    RegionFinder,
    Stage,
    Upsampler,
    Views,
)
"""Whose members are chosen in YAML, and are abstract or final."""

CHANGE_NO_RESULT = (Launcher, LoggerOptions, Runtime, TrainerRuntime)
"""What YAML also names: how and where stages run, and what they tell meanwhile."""

LONGEST = 250
"""Lines of a module."""

MAY_CATCH_ALL = {
    "wsss/training/loggers/guarded.py": "loggers are other people's code, and must not end a training",
    "wsss/run/ray_cluster.py": "Ray raises a plain Exception where it does not start in time",
    "wsss/__main__.py": "what nobody foresaw is said in a line, and its traceback kept in a file",
}
"""The places that catch whatever is raised, and why."""

HEAVY = ("torch", "numpy", "hydra", "omegaconf", "pytorch_lightning", "timm", "segmentation_models_pytorch", "pydantic")
NOT_FOR_A_PLAN = ("pytorch_lightning", "matplotlib", "wandb", "tensorboard", "albumentations", "cv2")
NOT_IN_THE_CORE = (
    "hydra",
    "omegaconf",
    "pytorch_lightning",
    "timm",
    "segmentation_models_pytorch",
    "albumentations",
    "wandb",
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def members(family: type) -> tuple[type, ...]:
    """Every class below `family` that the package defines; tests may define others."""
    for module in pkgutil.walk_packages(wsss.__path__, prefix="wsss."):
        importlib.import_module(module.name)
    below = [each for child in family.__subclasses__() for each in (child, *members(child))]
    return tuple(each for each in dict.fromkeys(below) if each.__module__.startswith("wsss."))


def targets(node: Any) -> set[str]:
    """Every `_target_` in a config, at any depth."""
    if isinstance(node, list):
        return set().union(*(targets(each) for each in node))
    if not isinstance(node, dict):
        return set()
    return ({node[TARGET]} if TARGET in node else set()) | targets(list(node.values()))


def located(target: str) -> Any:
    module, _, name = target.rpartition(".")
    return getattr(importlib.import_module(module), name)


# --- tests mirror the package


def test_every_module_has_a_test_of_the_same_name() -> None:
    paths = [path.relative_to(ROOT / "wsss") for path in MODULES if relative(path) not in WITHOUT_TESTS]
    tests = [ROOT / "tests" / path.with_name(f"test_{path.stem.strip('_')}.py") for path in paths]
    assert [relative(test) for test in tests if not test.is_file()] == [], "write them"


# --- one class, one YAML


def test_every_group_of_conf_is_known() -> None:
    folders = {path.name for path in CONF.iterdir() if path.is_dir()}
    assert folders == {*GROUPS, "debug", "experiment", "stages"}, "list a new group in GROUPS, with what it chooses"


@cache
def every_leaf() -> dict[str, Any]:
    """Every leaf as Hydra composes it, in one config: `leaf.<group>.<name>`."""
    overrides = [f"+{leaf.parent.name}@leaf.{leaf.parent.name}.{leaf.stem}={leaf.stem}" for leaf in LEAVES]
    with initialize_config_dir(version_base="1.3", config_dir=str(config_folder().absolute())):
        leaves: dict[str, Any] = resolved(compose("run", overrides=overrides))["leaf"]
    return leaves


@pytest.mark.parametrize("leaf", [relative(path.with_suffix("")) for path in LEAVES])
def test_a_leaf_builds_what_its_group_chooses(leaf: str) -> None:
    """Its `_target_` imports, its keys are that class's fields, and its values have their types."""
    _, group, name = leaf.split("/")
    problems: list[str] = []
    build_into(problems, every_leaf()[group][name], expected=GROUPS[group], key=group)
    assert [problem for problem in problems if "has no value" not in problem] == []  # `???` is for the command line


def named_in_yaml() -> set[type]:
    """Every class that a file of `conf` names."""
    return {located(target) for path in CONF.rglob("*.yaml") for target in targets(yaml.safe_load(path.read_text()))}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_every_concrete_class_can_be_chosen_in_yaml(family: type[ABC]) -> None:
    named = named_in_yaml()
    forgotten = {each.__name__ for each in members(family) if not inspect.isabstract(each) and each not in named}
    assert forgotten == set(), "write conf/<group>/<name>.yaml for it"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_classes_are_abstract_or_final(family: type[ABC]) -> None:
    extended = {each.__name__ for each in members(family) if members(each) and not inspect.isabstract(each)}
    assert extended == set(), "a concrete class is not extended: move what is shared into an abstract one"


def test_whatever_changes_a_result_is_configurable() -> None:
    chosen = named_in_yaml().union(*(members(family) for family in FAMILIES))
    changing = {each for each in chosen if not issubclass(each, CHANGE_NO_RESULT)}
    assert {each.__name__ for each in changing if not issubclass(each, Configurable)} == set()


def test_names_of_configurable_classes_are_unique() -> None:
    """Fingerprints know a class by its name alone, so that it can be moved."""
    names = Counter(each.__name__ for each in members(Configurable))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda path: path.stem)
def test_an_experiment_says_its_command_its_time_and_what_to_expect(experiment: Path) -> None:
    lines = experiment.read_text(encoding="utf-8").splitlines()
    said = dict(found.groups() for line in lines if (found := re.match(r"# (Run|Takes|Expect): +(\S.*)", line)))
    assert said.keys() == {"Run", "Takes", "Expect"}
    assert said["Run"].startswith(f"wsss run experiment={experiment.stem}")


def test_a_config_file_begins_with_a_sentence_for_the_help() -> None:
    unfinished = {
        f"{group.key}={name}": words
        for group in groups([config_folder()])
        for name, words in group.options.items()
        if not words.endswith((".", "?"))
    }
    assert unfinished == {}


# --- short files, short functions, nothing swallowed


@pytest.mark.parametrize("stage", [relative(path) for path in MODULES if path.parent.name == "stages"])
def test_stage_files_are_short(stage: str) -> None:
    """The pipeline stays a table of contents: what grows belongs into the core."""
    lines = [line for line in (ROOT / stage).read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) < 150


def test_every_module_keeps_the_rules_of_the_house() -> None:
    each({relative(path): partial(keeps_the_rules, relative(path)) for path in SOURCES})


def keeps_the_rules(module: str) -> None:
    assert len((ROOT / module).read_text(encoding="utf-8").splitlines()) <= LONGEST, "divide it"
    tree = tree_of(ROOT / module)
    assert ast.get_docstring(tree), "a module starts with what it is for"
    assert Path(module).stem not in ("utils", "helpers", "common", "misc"), "name it after what it does"
    problems = [problem for node in ast.walk(tree) if (problem := broken_rule(node))]
    broad = [problem for problem in problems if "a broad except" in problem]
    assert [problem for problem in problems if problem not in broad] == []
    assert len(broad) == (module in MAY_CATCH_ALL), "name what is expected"


def test_prose_begins_with_a_noun_or_a_verb() -> None:
    """Nouns of the field and verbs instead of clauses ("What stands above ..."); "is not a" instead of "is no"."""
    each({relative(path): partial(speaks_plainly, relative(path)) for path in SOURCES})


def speaks_plainly(module: str) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")
    title = (ast.get_docstring(tree_of(ROOT / module)) or "").split(maxsplit=1)[0]
    assert title not in ("What", "Which", "How", "That", "Whether", "Where", "Who", "Whose", "Why")
    negated = re.findall(r"(?<![Tt]here )\b(?:is|are) no (?!longer\b|such\b|larger\b)\w+", text)
    assert negated == []


def broken_rule(node: ast.AST) -> str | None:
    """What the house forbids in the package itself, in words; None for what it does not."""
    match node:
        case ast.Call(func=ast.Name(id="print")):
            return f"line {node.lineno}: print: use wsss.engine.progress.console"
        case ast.Call(func=ast.Name(id="hasattr")):
            return f"line {node.lineno}: hasattr: write a protocol, or a field"
        case ast.ExceptHandler(type=None | ast.Name(id="Exception" | "BaseException"), body=[*_, last]):
            passed_on = isinstance(last, ast.Raise) and last.exc is None
            return None if passed_on else f"line {node.lineno}: a broad except"
        case ast.FunctionDef() if (length := (node.end_lineno or 0) - node.lineno) >= 60:
            return f"line {node.lineno}: {node.name} has {length} lines: divide it"
        case _:
            return None


# --- the docs speak of what is there


def test_the_tree_of_the_docs_names_everything() -> None:
    """Every top-level folder and file of the package, and every group of `conf`."""
    (tree,) = (block for block in blocks(ARCHITECTURE, "text") if "wsss/\n" in block)
    here = [path for path in (ROOT / "wsss").iterdir() if not path.name.startswith("__") or path.name == "__main__.py"]
    names = [f"{path.name}/" if path.is_dir() else path.name for path in [*here, *(CONF / group for group in GROUPS)]]
    assert [name for name in names if not re.search(rf"(?m)(^|\s){re.escape(name)}", tree)] == []


def test_the_tree_of_the_docs_names_nothing_else() -> None:
    (tree,) = (block for block in blocks(ARCHITECTURE, "text") if "wsss/\n" in block)
    top, missing = Path(), []
    for indent, name in re.findall(r"(?m)^( *)([\w.]+/?)", tree):
        path = top / name if indent else Path(name)
        top = top if indent else path
        if not (ROOT / path).exists():
            missing.append(path.as_posix())
    assert missing == []


def test_the_docs_layers_are_those_that_are_checked() -> None:
    """The same layers in the same order, from the bottom to the top."""
    first = next(iter(blocks(ARCHITECTURE, "text")))
    drawn = [set(layer.split()) for layer in first.split("<-")]
    with (ROOT / "pyproject.toml").open("rb") as file:
        checked = tomllib.load(file)["tool"]["importlinter"]["contracts"][0]["layers"]
    assert drawn == [set(layer.split(" : ")) for layer in reversed(checked)]


def test_the_readme_stays_a_front_page() -> None:
    assert len((ROOT / "README.md").read_bytes()) < 9_500, "what goes deeper belongs into docs/"


def test_scripts_can_be_run() -> None:
    assert {"scripts/quickstart.sh", "scripts/test.sh"} <= set(re.findall(r"scripts/\w+\.sh", text_of("README.md")))
    scripts = {path for path in (ROOT / "scripts").iterdir() if path.is_file()}
    assert {relative(path) for path in scripts} == set(re.findall(r"scripts/\w+\.\w+", text_of(ARCHITECTURE)))
    starting = {path for path in scripts if path.read_text(encoding="utf-8").startswith("#!")}
    for path in starting | {ROOT / ".ci/run"}:
        assert os.access(path, os.X_OK), f"chmod +x {relative(path)}"


# --- what imports cost


def modules_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `code`."""
    listing = f"import sys\n{code}\nsys.stdout.write('|' + ' '.join(m for m in sys.modules if '.' not in m))"
    ran = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(ran.stdout.rpartition("|")[2].split())


ON_DISK = sorted(path.stem for path in (CONF / "dataset").glob("*.yaml") if path.stem != "toy")
"""Layouts of files."""

COMMANDS_OF_ONE = """
import sys
from wsss.__main__ import main
for words in {commands}:
    sys.argv, code = ["wsss", *words], 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    print("\\nLOADED", code, *(name for name in sys.modules if "." not in name))
"""


class Loaded(NamedTuple):
    """How a command ended, and the top-level modules that are there after it."""

    code: int
    modules: set[str]


@pytest.fixture(scope="module")
def loaded(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Loaded]:
    """What one fresh interpreter has loaded after each of many commands: those that may load more come later.

    So the first that fails tells what is wrong: those behind it have its modules too.
    """
    folder = tmp_path_factory.mktemp("imports")
    copy = toy_run.copied(folder / "copy")
    copy.again()
    nowhere, small = f"dataset.root='{folder / 'nowhere'}'", ("run", *SMALL, "plan=true")
    planned = f"store='{folder / 'planned'}'"
    with redirect_stdout(None), patch("sys.argv", ["wsss", *small, planned]):
        main()
    commands = {
        **{f"{name} --help": (name, "--help") for name in COMMANDS},
        "--help": ("--help",),
        **{f"store {word}": ("store", word, "--store", str(toy_run.store)) for word in ("ls", "verify", "gc")},
        **{f"{layout} nowhere": ("run", f"dataset={layout}", nowhere) for layout in ON_DISK},
        "run known": ("run", *SMALL, *copy.overrides),
        "plan known": (*small, *copy.overrides),
        "plan cached": (*small, *toy_run.overrides, "rehash=true"),
        "plan again": (*small, planned),
        "plan": (*small, f"store='{folder / 'store'}'"),
    }
    code = COMMANDS_OF_ONE.format(commands=list(commands.values()))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    told = [line.split()[1:] for line in ran.stdout.splitlines() if line.startswith("LOADED ")]
    return {name: Loaded(int(code), set(names)) for name, (code, *names) in zip(commands, told, strict=True)}


def test_the_package_imports_none_of_the_stack() -> None:
    assert modules_after("import wsss") & set(HEAVY) == set()


@pytest.mark.parametrize("command", [*(f"{name} --help" for name in COMMANDS), "--help"])
def test_help_imports_none_of_the_stack(command: str, loaded: dict[str, Loaded]) -> None:
    assert loaded[command].code == 0
    assert loaded[command].modules & set(HEAVY) == set()


@pytest.mark.parametrize("command", ["ls", "verify", "gc"])
def test_a_store_is_looked_at_without_the_stack(command: str, loaded: dict[str, Loaded]) -> None:
    assert loaded[f"store {command}"].code == 0
    assert loaded[f"store {command}"].modules & {"torch", "timm", "hydra"} == set()


@pytest.mark.parametrize("layout", ON_DISK)
def test_missing_data_are_said_before_torch_is_imported(layout: str, loaded: dict[str, Loaded]) -> None:
    assert loaded[f"{layout} nowhere"].code == 2
    assert loaded[f"{layout} nowhere"].modules & {"torch", "timm"} == set()


@pytest.mark.parametrize("command", ["run known", "plan known"])
def test_a_run_that_is_known_needs_no_torch(command: str, loaded: dict[str, Loaded]) -> None:
    assert loaded[command].code == 0
    assert "torch" not in loaded[command].modules


@pytest.mark.parametrize("command", ["plan cached", "plan again"])
def test_a_plan_of_what_is_cached_or_was_checked_needs_no_network(command: str, loaded: dict[str, Loaded]) -> None:
    code, modules = loaded[command]
    assert code == 0
    assert "torch" in modules
    assert modules & {*NOT_FOR_A_PLAN, "timm", "torchvision", "segmentation_models_pytorch"} == set()


def test_a_plan_imports_what_its_checks_need(loaded: dict[str, Loaded]) -> None:
    code, modules = loaded["plan"]
    assert code == 0
    assert {"torch", "hydra", "timm", "segmentation_models_pytorch"} <= modules
    assert modules & set(NOT_FOR_A_PLAN) == set()


def test_the_core_costs_torch_and_nothing_else() -> None:
    modules = modules_after("import wsss.cams, wsss.refine, wsss.views, wsss.masks, wsss.metrics, wsss.models")
    assert "torch" in modules
    assert modules & set(NOT_IN_THE_CORE) == set()
