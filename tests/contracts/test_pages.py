"""What the pages show is true: recipes work, Python runs, commands are accepted, and what they name is there."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from data_sets import draw_image
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from pages import DOCS, PAGES, ROOT, blocks, commands, links, paths, prose, spans, text_of
from PIL import Image
from toy_runs import Run

from wsss.__main__ import COMMANDS
from wsss.config.search import added_among, config_folder

FILE = re.compile(r"(?ms)^`([\w/.]+)`\n\n```(?:python|yaml)\n(.*?)^```$")
"""A path in a line of its own, and below it the whole file."""
RECIPES = "CONTRIBUTING.md"
WITH_PYTHON = [page for page in PAGES if page != RECIPES and blocks(page, "python")]
RUN_COMMANDS = sorted({words[2:] for page in PAGES for words in commands(page) if words[:2] == ("wsss", "run")})
OTHER_COMMANDS = sorted({words[1:] for page in PAGES for words in commands(page) if words[1] != "run"})
OWN = re.compile(r"\w+=my_")
"""A choice that is the reader's own: `cam=my_cam`."""
GROUPS = tuple(sorted(path.name for path in (ROOT / "conf").iterdir() if path.is_dir()))


def recipes() -> dict[str, str]:
    return dict(FILE.findall(text_of(RECIPES)))


def python(*arguments: str, cwd: Path) -> str:
    ran = subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


# --- recipes


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the repository in which every recipe was followed, and nothing else was done."""
    for folder in ("wsss", "conf", "tests", "docs", "data", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("_build"))
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"):
        shutil.copy(ROOT / name, tmp_path)
    for name, text in recipes().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_every_recipe_is_one_file_one_yaml_and_one_test() -> None:
    roots = [Path(name).parts[0] for name in recipes()]
    assert roots == ["wsss", "conf", "tests"] * 4


EDITED = "wsss/testing/families.py"
"""The one file that a recipe edits: it lists a small network of every family of backbones."""

CUTS = ("chain", "families", "transformers")
MENTIONED = {"wsss/store/kinds.py", *(f"wsss/models/cuts/{name}.py" for name in CUTS)}
"""Files that a recipe speaks of and leaves alone."""


def test_the_table_of_costs_counts_the_files_of_every_recipe() -> None:
    table = re.findall(r"(?m)^\| (Add a [\w -]+?) \| (\d+) \| (\d+) \|$", text_of(RECIPES))
    sections = re.findall(r"(?ms)^### (Add a [^\n]+)\n(.*?)(?=^##)", text_of(RECIPES))
    costs = []
    for title, section in sections:
        blocks_of_files = [name for name, _ in FILE.findall(section)]
        prose = re.sub(r"(?ms)^```.*?^```$", "", section)
        named = set(re.findall(r"`((?:wsss|conf|tests)/[\w/.]+\.(?:py|yaml|toml))`", prose))
        files = blocks_of_files or sorted(named - {EDITED, *MENTIONED})
        costs.append((title, str(len(files)), str(int(EDITED in named))))
    assert table == costs


def test_the_recipe_of_a_plugin_names_every_file_of_one() -> None:
    named = {path for path in spans(RECIPES) if path.startswith("tests/plugin/") and Path(path).suffix}
    plugin = [path for path in (ROOT / "tests" / "plugin").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert named == {path.relative_to(ROOT).as_posix() for path in plugin if path.name != "__init__.py"}


def test_the_recipe_of_a_method_names_every_file_of_it_and_no_other_file_does() -> None:
    named = {path for path in spans(RECIPES) if re.search(r"/recam[./]", path)}
    modules = [*(ROOT / "wsss/methods/recam").glob("*.py"), *(ROOT / "tests/methods/recam").glob("*.py")]
    files = {path.relative_to(ROOT).as_posix() for path in modules if path.name != "__init__.py"}
    assert named == files | {"conf/fit/recam.yaml", "conf/stages/recam.yaml"}
    others = [path for path in (ROOT / "wsss").rglob("*.py") if path.parent.name != "recam"]
    assert [
        path for path in [*others, ROOT / "conf/run.yaml"] if re.search("methods.recam|fit.recam", path.read_text())
    ] == []


def test_recipes_pass_their_own_tests_and_the_linter(checkout: Path) -> None:
    sources = [name for name in recipes() if name.endswith(".py")]
    python("-m", "ruff", "check", *sources, cwd=checkout)
    own = [name for name in sources if name.startswith("tests/")]
    python("-m", "pytest", "-q", "-p", "no:cacheprovider", *own, cwd=checkout)


@pytest.mark.slow
def test_recipes_work(checkout: Path) -> None:
    own = [name for name in recipes() if name.startswith("tests/")]
    leaves = [
        f"tests/contracts/test_house.py::test_a_leaf_builds_what_its_group_chooses[{name.removesuffix('.yaml')}]"
        for name in recipes()
        if name.startswith("conf/") and not name.startswith("conf/stages/")
    ]
    assert len(leaves) + 1 == len(own) == 4
    suites = ["tests/contracts/test_cams.py", "tests/contracts/test_refiners.py"]
    python("-m", "pytest", "-q", "-p", "no:cacheprovider", *own, *leaves, cwd=checkout)
    python("-m", "pytest", "-q", "-p", "no:cacheprovider", *suites, "-k", "LayerCAM or Smooth", cwd=checkout)
    parts = ("cam=layercam", "refine=smooth", "stages=erode")
    assert "erode_masks" in python("-m", "wsss", "run", "plan=true", *parts, cwd=checkout)
    python("-c", "from wsss.testing import check_stage; check_stage('erode_masks', 'stages=erode')", cwd=checkout)
    check = ("-m", "wsss", "data", "check", "named", "--layout", "named", "--classes", "cat", "dog")
    for name in ("train/cat+dog_1.png", "train/_2.png", "val/dog_3.png"):
        draw_image(checkout / "named" / name, key=len(name))
    assert "a run takes this data set: 3 images, nothing to refuse" in python(*check, cwd=checkout)
    sources = [name for name in recipes() if name.startswith("wsss/")]
    python("-m", "mypy", *sources, cwd=checkout)
    python("-m", "ruff", "check", *sources, *own, cwd=checkout)
    python("-m", "ruff", "format", "--check", *sources, *own, cwd=checkout)


# --- code


@pytest.fixture
def desk(tmp_path: Path, toy_run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a person who reads: a photograph, and a finished run with its store."""
    Image.fromarray(np.arange(90 * 120 * 3, dtype=np.uint8).reshape(90, 120, 3)).save(tmp_path / "cat.jpg")
    (tmp_path / "outputs" / "toy").mkdir(parents=True)
    (tmp_path / "outputs" / "toy" / "1").symlink_to(toy_run.out, target_is_directory=True)
    (tmp_path / "runs").symlink_to(toy_run.store, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_python_of_a_page_runs_from_its_top_to_its_end(page: str, desk: Path) -> None:
    code = "\n".join(blocks(page, "python"))
    exec(compile(code, page, "exec"), {"__name__": "page"})
    assert (desk / "cat.png").exists() == ("cat.png" in code)


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_python_of_a_page_is_formatted(page: str) -> None:
    for block in blocks(page, "python"):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", "format", "--check", "--stdin-filename", "page.py", "-"],
            input=block,
            text=True,
            capture_output=True,
            check=False,
            cwd=ROOT,
        )
        assert ran.returncode == 0, f"{ran.stderr}\n{block}"


def test_the_whole_algorithm_stands_in_one_block() -> None:
    first = next(iter(blocks("docs/algorithm.md", "python")))
    lines = [line for line in first.splitlines() if line.strip() and not line.startswith(("from ", "import "))]
    assert len(lines) <= 40
    for step in ("read_image", "network.until", "resample", "full_like", "DenseCRF", "argmax", "write_mask"):
        assert step in first


# --- commands


@pytest.fixture(scope="module")
def _hydra() -> Iterator[None]:
    with initialize_config_dir(version_base="1.3", config_dir=str(config_folder().absolute())):
        yield


def settled(words: Sequence[str]) -> list[str]:
    """Overrides without options of the command and without the reader's own choices; of a sweep its first values."""
    _, others = added_among(words)
    asked = [word for word in others if not word.startswith("-") and not OWN.match(word)]
    parsed = OverridesParser.create().parse_overrides(asked)
    return [
        f"{override.get_key_element()}={next(override.sweep_string_iterator())}"
        if override.is_sweep_override()
        else str(override.input_line)
        for override in parsed
    ]


@pytest.mark.usefixtures("_hydra")
@pytest.mark.parametrize("words", RUN_COMMANDS, ids=" ".join)
def test_a_run_that_a_page_shows_composes(words: Sequence[str]) -> None:
    assert compose("run", overrides=settled(words)).pipeline


@pytest.mark.parametrize("words", OTHER_COMMANDS, ids=" ".join)
def test_a_command_that_a_page_shows_is_understood(words: Sequence[str]) -> None:
    name, *arguments = words
    module, _, _ = COMMANDS[name].partition(":")
    assert import_module(module).argument_parser().parse_args(arguments)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_commands_that_there_are(page: str) -> None:
    named = {span.split()[1] for span in spans(page) if re.match(r"wsss \w", span)}
    assert named - {"COMMAND"} <= set(COMMANDS)


# --- names


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_and_every_path_it_names_exist(page: str) -> None:
    folder = (ROOT / page).parent
    missing = [link for link in sorted(links(page)) if not (folder / link).exists()]
    # Recipes name the files that a reader will write.
    missing += [path for path in sorted(paths(page)) if not (ROOT / path).exists() and page != RECIPES]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_choice_that_a_page_names_has_its_file(page: str) -> None:
    """`cam=gradcam`, also with a package (`fit@fit.recam=recam`), and every member of a list."""
    if page == RECIPES:
        return
    choice = re.compile(rf"(?<![\w.@+~])({'|'.join(GROUPS)})(?:@[\w.]+)?=(\[[\w,]+\]|\w+)")
    text = " ".join([*spans(page), *("\n".join(blocks(page, word)) for word in ("bash", "text"))])
    chosen = {(group, name) for group, names in choice.findall(text) for name in names.strip("[]").split(",")}
    named = {f"{group}={name}": ROOT / "conf" / group / f"{name}.yaml" for group, name in sorted(chosen)}
    assert [choice for choice, path in named.items() if not OWN.match(choice) and not path.exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_module_that_a_page_names_can_be_imported(page: str) -> None:
    if page == RECIPES:
        return
    named = {name for span in spans(page) for name in re.findall(r"\bwsss(?:\.\w+)+", span)}
    assert [name for name in sorted(named) if not there(name)] == []


def there(name: str) -> bool:
    """Whether a dotted name is that of a module, or of something in one."""
    module, _, last = name.rpartition(".")
    parent = import_module(module)
    return hasattr(parent, last) or (hasattr(parent, "__path__") and find_spec(name) is not None)


# --- prose


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_plainly(page: str) -> None:
    """Headings are nouns, verbs or questions, and not clauses; "is not a" instead of "is no"."""
    headings = re.findall(r"(?m)^#+ (.*)$", prose(page))
    clauses = [words for words in headings if re.match(r"(What|Which|How|That|Where|Why) ", words) and words[-1] != "?"]
    negated = re.findall(r"(?<![Tt]here )\b(?:is|are) no (?!longer\b|such\b|larger\b)\w+", prose(page))
    assert clauses + negated == []


# --- the site


def test_every_page_is_reached_from_the_index() -> None:
    named = {
        f"{page.parent / entry}.md"
        for page in (Path("docs/index.md"), Path("docs/reference/index.md"))
        for tree in re.findall(r"(?s)```\{toctree\}(.*?)```", text_of(page.as_posix()))
        for entry in tree.split()
        if not entry.startswith(":")
    }
    written = {page for page in PAGES if page.startswith("docs/")}
    assert written - named == {"docs/index.md"}


def test_the_reference_has_every_package_of_the_core() -> None:
    text = (DOCS / "reference" / "index.md").read_text(encoding="utf-8")
    packages = {"cams", "views", "refine", "masks", "metrics", "models", "types", "labels", "resample", "data", "store"}
    assert {name for name in packages if not re.search(rf"(?m)^ +wsss\.{name}$", text)} == set()
