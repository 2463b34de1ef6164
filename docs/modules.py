"""Sphinx extension: a page for every module of the packages that `reference/index.md` lists, also for a new one."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from docutils.nodes import Node
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[1]
PAGES = "reference/generated"


class Modules(SphinxDirective):
    """A table of modules, each with the first line of its docstring and a link to its page."""

    has_content = True

    def run(self) -> list[Node]:
        """Return the table, and the pages as a hidden part of the table of contents."""
        names = [line.strip() for line in self.content if line.strip()]
        rows = [f"   * - :doc:`{name} </{PAGES}/{name}>`\n     - {first_line(name)}" for name in names]
        pages = [f"   /{PAGES}/{name}" for name in names]
        text = [".. list-table::", "   :widths: auto", "", *rows, "", ".. toctree::", "   :hidden:", "", *pages]
        return self.parse_text_to_nodes("\n".join(text))


def source(name: str) -> Path:
    """Return the file of a module, or the `__init__.py` of a package."""
    path = ROOT / name.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def first_line(name: str) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(source(name).read_text(encoding="utf-8"))) or "").partition("\n")[0]


def inside(name: str) -> list[str]:
    """Return the modules and packages that lie directly in a package; none for a module."""
    if source(name).name != "__init__.py":
        return []
    paths = [path for path in source(name).parent.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    return sorted(f"{name}.{path.stem}" for path in paths if not path.stem.startswith("_"))


def below(name: str) -> Iterator[str]:
    """Yield a module and all that lie in it, at any depth."""
    yield name
    for child in inside(name):
        yield from below(child)


def page(name: str) -> str:
    """Return the page of a module, or that of a package, which lists its modules."""
    lines = [name, "=" * len(name), "", f".. automodule:: {name}"]
    if inside(name):
        lines += ["   :no-members:", "", ".. modules::", "", *(f"   {child}" for child in inside(name))]
    return "\n".join([*lines, ""])


def write_pages(app: Sphinx) -> None:
    """Write all pages anew: one of a module that is gone would break the build."""
    folder = Path(app.srcdir, PAGES)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    index = Path(app.srcdir, "reference", "index.md").read_text(encoding="utf-8")
    for listed in re.findall(r"(?m)^ +(wsss[\w.]*)$", index):
        for name in below(listed):
            (folder / f"{name}.rst").write_text(page(name), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the directive, and write the pages before Sphinx looks for them."""
    app.add_directive("modules", Modules)
    app.connect("builder-inited", write_pages)
