"""Which names a Python statement, target or pattern binds. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def declared(statements: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Names that statements take from outside their scope, each with ``global`` or ``nonlocal``."""
    for node in _within(statements):
        if isinstance(node, ast.Global | ast.Nonlocal):
            yield from ((name, "global" if isinstance(node, ast.Global) else "nonlocal") for name in node.names)


def assigned(statement: ast.stmt) -> Iterator[str]:
    """All names that a statement binds in its own scope."""
    for node in _within([statement]):
        match node:
            case ast.Name(id=name) if not isinstance(node.ctx, ast.Load):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in names if alias.name != "*")
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case _:
                pass


def _within(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of statements that can bind a name there; the targets of ``:=`` leave comprehensions."""
    pending: list[ast.AST] = list(statements)
    while pending:
        node = pending.pop()
        yield node
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda() | ast.Constant():
                pass
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                pending += [inner for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)]
            case ast.NamedExpr():
                pending += [node.target, node.value]
            case ast.Name():
                pass
            case _:
                pending += ast.iter_child_nodes(node)


def walrus(node: ast.expr) -> Iterator[str]:
    """Names that ``:=`` binds within an expression."""
    return (inner.target.id for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr))


def targets(node: ast.expr | None) -> Iterator[str]:
    """Names that an assignment's left side binds."""
    if node is not None:
        yield from (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))


def captured(pattern: ast.pattern) -> Iterator[str]:
    """Names that a ``case`` pattern binds."""
    for node in ast.walk(pattern):
        match node:
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name
            case _:
                pass
