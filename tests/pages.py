"""The pages that people read, and what stands in them: code, commands, paths and names."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "data/README.md"),
    *sorted(path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md")),
)
"""Every page, by its path from the root."""

BLOCK = re.compile(r"(?ms)^```(\w+)\n(.*?)^```$")
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")
COMMAND = re.compile(r"(?m)^(?:srun [^\n]*)?\b(wsss (?:[^\n\\]|\\\n|\\.)*)")
"""A command to its end, which may be some lines below."""
PLACEHOLDER = re.compile(r"[<>*{}]")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a language, in their order."""
    return [code for word, code in BLOCK.findall(text_of(page)) if word == language]


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return BLOCK.sub("", text_of(page))


def spans(page: str) -> list[str]:
    """What stands between single backticks."""
    return SPAN.findall(prose(page))


def links(page: str) -> set[str]:
    """Relative links, without their anchors."""
    return {link for link in LINK.findall(prose(page)) if not PLACEHOLDER.search(link)}


def paths(page: str) -> set[str]:
    """Paths in code spans that start in one of the repository's folders."""
    words = [word for span in spans(page) for word in span.split()]
    named = [word.rstrip(",.:;") for word in words if re.match(r"(conf|data|docs|scripts|tests|wsss)/\S", word)]
    return {path for path in named if not PLACEHOLDER.search(path)}


def commands(page: str) -> list[tuple[str, ...]]:
    """The words of every `wsss ...` in a block of bash or an indented block, without comments."""
    fenced = COMMAND.findall("\n".join(blocks(page, "bash")))
    indented = COMMAND.findall("\n".join(re.findall(r"(?m)^    (.*)$", prose(page))))
    lines = [text.replace("\\\n", " ") for text in [*fenced, *indented]]
    return list(dict.fromkeys(tuple(shlex.split(line, comments=True)) for line in lines))
