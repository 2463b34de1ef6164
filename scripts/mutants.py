"""Changes that follow from syntax: another comparison, a number one off, an operator turned, an argument left out."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CORE: Final = ("cams", "refine", "metrics", "views", "masks.py", "tiles.py", "resample.py", "training", "store")
COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
NOT_CODE: Final = (ast.Assert, ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom)
"""What is not changed: messages, and what only guards against our own mistakes."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A change, in the terms of a planted fault."""

    area: str
    entry: dict[str, str]


def mutants(root: Path) -> Iterator[Mutant]:
    """Yield all changes of the core, in the order of files and lines."""
    for name in CORE:
        path = root / "wsss" / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for old, new, line in changes(file.read_text(encoding="utf-8")):
                relative = file.relative_to(root / "wsss")
                test = Path("tests") / relative.with_name(f"test_{relative.name}")
                if (root / test).is_file():
                    told = f"line {line}: {old.splitlines()[-1].strip()[:60]} -> {new.splitlines()[-1].strip()[:60]}"
                    entry = {"what": told, "file": f"wsss/{relative}", "old": old, "new": new, "tests": str(test)}
                    yield Mutant(area=name.removesuffix(".py"), entry=entry)


def changes(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield what is replaced, with as many lines around it as make it unique, by what, and in which line."""
    lines = text.splitlines(keepends=True)
    for node in code(ast.parse(text)):
        if node.lineno != node.end_lineno:
            continue
        line = lines[node.lineno - 1]
        before, part, after = (each.decode() for each in parted(line.encode(), node))
        for other in changed(node):
            new = ast.unparse(other)
            new = f"({new})" if isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare) else new
            if new == part:
                continue
            start = node.lineno - 1
            while start > 0 and text.count("".join(lines[start : node.lineno])) > 1:
                start -= 1
            context = "".join(lines[start : node.lineno - 1])
            if text.count(f"{context}{line}") > 1:  # as what follows: nothing tells it apart
                continue
            yield f"{context}{line}", f"{context}{before}{new}{after}", node.lineno


def parted(line: bytes, node: ast.expr) -> tuple[bytes, bytes, bytes]:
    """Cut a line before and after an expression; syntax trees count bytes."""
    return line[: node.col_offset], line[node.col_offset : node.end_col_offset], line[node.end_col_offset :]


def code(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions of what is computed: no annotation, default of a class variable, message or text."""
    if isinstance(node, NOT_CODE) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    if isinstance(node, ast.expr):
        yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from code(child)


def changed(node: ast.expr) -> Iterator[ast.expr]:
    """Yield copies of an expression, each with one change."""
    other = deepcopy(node)
    match other:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            other.ops = [COMPARISONS[type(op)]()]
            yield other
        case ast.BinOp(op=op) if type(op) in ARITHMETIC:
            other.op = ARITHMETIC[type(op)]()
            yield other
        case ast.BoolOp():
            other.op = ast.Or() if isinstance(other.op, ast.And) else ast.And()
            yield other
        case ast.UnaryOp(op=ast.Not()):
            yield other.operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(value=not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value=value + 1)
        case ast.Call():
            for position, keyword in enumerate(other.keywords):
                if keyword.arg is not None:
                    shorter = deepcopy(other)
                    del shorter.keywords[position]
                    yield shorter
        case _:
            pass
