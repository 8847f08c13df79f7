"""Names that a changed Python file uses and nothing in it defines. Pure.

Deliberately blunt: a name counts as defined when anything in the file binds it, in whatever scope. What is reported
then is a plain invention, a forgotten import or a half-done rename.
"""

from __future__ import annotations

import ast
import builtins

from tierwise.core.changes import Changeset, CreateFile, FileEdit
from tierwise.core.languages import language_of
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.validation.scope import EditScope

_MODULE_NAMES = (
    "__file__ __name__ __path__ __builtins__ __class__ __module__ __qualname__ __annotations__ __spec__ __loader__"
    " __package__ __doc__ reveal_type"
)
_BUILTINS = frozenset((*dir(builtins), *_MODULE_NAMES.split()))


def resolves_names(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No Python file uses a name that it neither defines nor imports, unless it did so before."""
    del scope
    for change in changeset.changes:
        match change:
            case FileEdit(base) if base.language == "python":
                before, after = base.text, change.result.text
                name = base.path.name if base.path else base.uri
            case CreateFile(path, text) if language_of(path).id == "python":
                before, after, name = "", text, path.name
            case _:
                continue
        known, used = unresolved(before), unresolved(after)
        if known is None or used is None:
            continue
        if new := {word: line for word, line in used.items() if word not in known}:
            words = ", ".join(f"{word} (line {line})" for word, line in sorted(new.items(), key=lambda item: item[1]))
            what = f"{name} would use names that it neither defines nor imports: {words}."
            return Rejection(RejectReason.UNRESOLVED_NAME, what)
    return None


def unresolved(text: str) -> dict[str, int] | None:
    """Names used but bound nowhere in a Python file, with the first line of each (1-based); None when that cannot be
    told: it does not parse, or it imports everything from somewhere.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = _Names()
    names.visit(tree)
    if names.open:
        return None
    missing: dict[str, int] = {}
    for word, line in names.used:
        if word not in names.bound and word not in _BUILTINS:
            missing.setdefault(word, line)
    return missing


class _Names(ast.NodeVisitor):
    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.used: list[tuple[str, int]] = []
        self.open = False

    def visit(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=word, ctx=ast.Load()):
                self.used.append((word, node.lineno))
            case ast.Name(id=word):
                self.bound.add(word)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                self.open = self.open or any(alias.name == "*" for alias in names)
                self.bound |= {(alias.asname or alias.name).partition(".")[0] for alias in names}
            case ast.FunctionDef(name=word) | ast.AsyncFunctionDef(name=word) | ast.ClassDef(name=word):
                self.bound.add(word)
            case ast.arg(arg=word):
                self.bound.add(word)
            case ast.ExceptHandler(name=str(word)) | ast.MatchAs(name=str(word)) | ast.MatchStar(name=str(word)):
                self.bound.add(word)
            case ast.MatchMapping(rest=str(word)):
                self.bound.add(word)
            case ast.Global(names=words) | ast.Nonlocal(names=words):
                self.bound |= set(words)
            case _:
                self._visit_newer(node)
        self.generic_visit(node)

    def _visit_newer(self, node: ast.AST) -> None:
        """Type parameters, which the syntax trees of Python 3.12 and later know."""
        if type(node).__name__ in {"TypeVar", "ParamSpec", "TypeVarTuple"}:
            self.bound.add(str(getattr(node, "name", "")))
