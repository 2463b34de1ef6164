"""Sphinx: Markdown pages, and a reference that is generated from the docstrings of the package."""

import gc
import sys
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.ext.napoleon import GoogleDocstring

project = "wsss"
copyright = "its contributors, MIT licence"  # noqa: A001 - Sphinx's name
version = release = version_of(project)

gc.disable()  # documents are kept to the end, and looking through them for garbage takes a fifth of the time
sys.path.append(str(Path(__file__).parent))
extensions = [
    "modules",
    "myst_parser",
    "sphinx.ext.autodoc",
]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"wsss {release}"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["wide.css"]

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
default_role = "literal"  # `name` in docstrings

autodoc_member_order = "bysource"
autodoc_use_type_comments = False
autodoc_default_options = {
    "members": True,
    "undoc-members": True,
    "show-inheritance": True,
    "special-members": "__call__",
}
maximum_signature_line_length = 100


def without_factories(_app: Sphinx, *described: object) -> tuple[str | None, str | None]:
    """Show a field's default that is made anew as `...`: Sphinx cannot parse `<factory>`."""
    *_, signature, returned = described
    return signature and signature.replace("<factory>", "..."), returned


def with_sections(_app: Sphinx, what: str, *described: object) -> None:
    """Read sections of Google's style, such as `Args:`; a field has none, and its first sentence may hold a colon."""
    if what not in {"attribute", "data", "property"}:
        lines = described[-1]
        lines[:] = GoogleDocstring(lines, what=what).lines()


def setup(app: Sphinx) -> None:
    """Connect both."""
    app.connect("autodoc-process-signature", without_factories)
    app.connect("autodoc-process-docstring", with_sections)
