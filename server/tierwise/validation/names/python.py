"""Names that a Python text uses although nothing can have bound them there. Pure.

By the language's scoping (reference, section 4.2), and within a function or module by the order of execution: a local
name counts as unbound only where no path at all leads from an assignment to the use.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from tierwise.validation.names.bindings import assigned, captured, declared, targets, walrus

_MODULE_NAMES = (
    "__file__ __name__ __path__ __builtins__ __class__ __module__ __qualname__ __annotations__ __spec__ __loader__"
    " __package__ __doc__ __debug__ __dict__ reveal_type reveal_locals WindowsError get_ipython"
)
_BUILTINS = frozenset((*dir(builtins), *_MODULE_NAMES.split()))

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Unbound:
    """The names of a text that nothing binds, with the first line of each (1-based), and the modules that it imports
    all from: a name may come from there.
    """

    names: dict[str, int]
    stars: tuple[str, ...]


@lru_cache(maxsize=64)
def unbound(text: str) -> Unbound | None:
    """What a text uses without binding it; None when it does not parse or makes names by running code."""
    if "globals()[" in text or "globals()." in text:
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    module = _Scope("module", None)
    reader = _Reader(walrus=":=" in text)
    try:
        reader.body(module, tree.body)
    except RecursionError:
        return None
    missing: dict[str, int] = {}
    for scope, name, line in reader.uses:
        if name not in _BUILTINS and not _is_bound(scope, name):
            missing[name] = min(line, missing.get(name, line))
    for name, line in reader.early:
        missing[name] = min(line, missing.get(name, line))
    return None if reader.runs_code else Unbound(missing, tuple(reader.stars))


@dataclass(eq=False, slots=True)
class _Scope:
    """``bound``: the names that are local. ``elsewhere``: names that code inside may bind at any time."""

    kind: str
    outer: _Scope | None
    bound: set[str] = field(default_factory=set[str])
    outside: dict[str, str] = field(default_factory=dict[str, str])
    elsewhere: set[str] = field(default_factory=set[str])

    @property
    def root(self) -> _Scope:
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope


def _is_bound(scope: _Scope, name: str) -> bool:
    current: _Scope | None = scope
    if scope.outside.get(name) == "global":
        return name in scope.root.bound or name in scope.root.elsewhere
    inner = True
    while current is not None:
        visible = inner or current.kind != "class"
        if visible and (name in current.bound or name in current.elsewhere):
            return True
        inner = inner and current.kind == "comprehension"
        current = current.outer
    return False


class _Reader:
    """Walks in the order of execution. ``seen`` sets hold the names that may be bound when a statement runs."""

    def __init__(self, *, walrus: bool) -> None:
        self.walrus = walrus
        self.uses: list[tuple[_Scope, str, int]] = []
        self.early: list[tuple[str, int]] = []
        self.stars: list[str] = []
        self.runs_code = False
        self._assigned: dict[ast.stmt, frozenset[str]] = {}

    def assigned(self, statements: Iterable[ast.stmt]) -> set[str]:
        """All names that statements bind in their own scope."""
        found: set[str] = set()
        for statement in statements:
            if statement not in self._assigned:
                self._assigned[statement] = frozenset(assigned(statement))
            found |= self._assigned[statement]
        return found

    def body(self, scope: _Scope, statements: list[ast.stmt], known: Iterable[str] = ()) -> None:
        """A module's, class's or function's statements."""
        scope.bound |= set(known)
        for name, kind in declared(statements):
            scope.outside[name] = kind
            target = scope.root if kind == "global" else _function_around(scope, name)
            target.elsewhere.add(name)
        scope.bound |= {name for name in self.assigned(statements) if name not in scope.outside}
        later: list[tuple[_Scope, _Function]] = []
        _Flow(self, scope, later).run(statements, set(known))
        for inner, function in later:
            self.function(inner, function)

    def function(self, scope: _Scope, node: _Function) -> None:
        """What is inside a function, once its surroundings are known."""
        given = node.args
        names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        names += [a.arg for a in (given.vararg, given.kwarg) if a is not None]
        body: list[ast.stmt] = []
        if isinstance(node, ast.Lambda):
            body.append(ast.copy_location(ast.Expr(node.body), node.body))
        else:
            body = node.body
        self.body(scope, body, names)


class _Flow:
    """One pass over the statements of one scope."""

    def __init__(self, reader: _Reader, scope: _Scope, later: list[tuple[_Scope, _Function]]) -> None:
        self._reader = reader
        self._scope = scope
        self._later = later

    def run(self, statements: list[ast.stmt], seen: set[str]) -> set[str]:
        """The names that may be bound after ``statements``, when ``seen`` may be before."""
        for statement in statements:
            seen = self._statement(statement, seen)
        return seen

    def _statement(self, node: ast.stmt, seen: set[str]) -> set[str]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return self._definition(node, seen)
            case ast.If():
                self._look(node.test, seen)
                seen = seen | set(walrus(node.test))
                return self.run(node.body, set(seen)) | self.run(node.orelse, set(seen))
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, seen)
            case ast.Try():
                return self._try(node, seen)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self._look(item.context_expr, seen)
                    seen = seen | set(targets(item.optional_vars)) | set(walrus(item.context_expr))
                return self.run(node.body, seen)
            case ast.Match():
                self._look(node.subject, seen)
                return self._match(node, seen | set(walrus(node.subject)))
            case ast.AugAssign():
                self._look(node.value, seen)
                self._look(node.target, seen, loads=True)
                return seen | set(targets(node.target))
            case ast.ImportFrom() if any(alias.name == "*" for alias in node.names):
                self._reader.stars.append("." * node.level + (node.module or ""))
                return seen
            case _:
                if type(node).__name__ == "TryStar":
                    return self._try(node, seen)
                return self._simple(node, seen)

    def _simple(self, node: ast.stmt, seen: set[str]) -> set[str]:
        annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._look(child, None if child is annotation else seen)
        return seen | (self._reader.assigned([node]))

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, seen: set[str]) -> set[str]:
        for decorator in node.decorator_list:
            self._look(decorator, seen)
        around = self._with_type_parameters(node)
        if isinstance(node, ast.ClassDef):
            for part in (*node.bases, *(keyword.value for keyword in node.keywords)):
                self._look_in(around, part, seen)
            inner = _Scope("class", around)
            self._reader.body(inner, node.body)
            return seen | {node.name}
        self._signature(node, around, seen)
        self._later.append((_Scope("function", around), node))
        return seen | {node.name}

    def _with_type_parameters(self, node: ast.AST) -> _Scope:
        parameters = [str(getattr(p, "name", "")) for p in getattr(node, "type_params", ())]
        if not parameters:
            return self._scope
        scope = _Scope("comprehension", self._scope)  # seen from within, whatever is between
        scope.bound |= set(parameters)
        return scope

    def _signature(self, node: _Function, around: _Scope, seen: set[str]) -> None:
        given = node.args
        for default in (*given.defaults, *given.kw_defaults):
            if default is not None:
                self._look(default, seen)
        everything = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
        for argument in everything:
            if argument is not None and argument.annotation is not None:
                self._look_in(around, argument.annotation, None)
        if not isinstance(node, ast.Lambda) and node.returns is not None:
            self._look_in(around, node.returns, None)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, seen: set[str]) -> set[str]:
        if isinstance(node, ast.While):
            again = seen | (self._reader.assigned(node.body)) | set(walrus(node.test))
            self._look(node.test, seen | set(walrus(node.test)))
        else:
            self._look(node.iter, seen)
            again = seen | set(targets(node.target)) | set(walrus(node.iter)) | (self._reader.assigned(node.body))
            self._look(node.target, again)
        first = self._first_pass(node, seen)
        self._check_first(node.body, first)
        after = self.run(node.body, set(again))
        return self.run(node.orelse, after | again)

    def _first_pass(self, node: ast.For | ast.AsyncFor | ast.While, seen: set[str]) -> set[str]:
        if isinstance(node, ast.While):
            return seen | set(walrus(node.test))
        return seen | set(targets(node.target)) | set(walrus(node.iter))

    def _check_first(self, body: list[ast.stmt], seen: set[str]) -> None:
        """The first run of a loop's first statements: what they read must be there before the loop."""
        for statement in body:
            if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
                return
            if isinstance(statement, ast.AugAssign):
                self._look(statement.target, seen, loads=True)
                self._look(statement.value, seen)
            else:
                self._simple(statement, seen)
            seen = seen | (self._reader.assigned([statement]))

    def _try(self, node: ast.stmt, seen: set[str]) -> set[str]:
        body: list[ast.stmt] = getattr(node, "body", [])
        handlers: list[ast.ExceptHandler] = getattr(node, "handlers", [])
        if any("NameError" in ast.dump(handler.type) for handler in handlers if handler.type is not None):
            seen = seen | self._scope.bound  # it asks whether a name is there
        after = self.run(body, set(seen))
        broken = after | (self._reader.assigned(body))
        ends = self.run(getattr(node, "orelse", []), set(after))
        for handler in handlers:
            if handler.type is not None:
                self._look(handler.type, broken)
            ends |= self.run(handler.body, broken | ({handler.name} if handler.name else set()))
        return self.run(getattr(node, "finalbody", []), ends | broken)

    def _match(self, node: ast.Match, seen: set[str]) -> set[str]:
        ends = set(seen)
        for case in node.cases:
            bound = set(captured(case.pattern))
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.expr):
                    self._look(part, seen)
            inner = seen | bound
            if case.guard is not None:
                self._look(case.guard, inner)
                inner = inner | set(walrus(case.guard))
            ends |= self.run(case.body, inner)
        return ends

    def _look(self, node: ast.expr, seen: set[str] | None, *, loads: bool = False) -> None:
        if seen is not None and self._reader.walrus:
            seen = seen | set(walrus(node))
        self._look_in(self._scope, node, seen, loads=loads)

    def _look_in(self, scope: _Scope, node: ast.expr, seen: set[str] | None, *, loads: bool = False) -> None:
        """Take the names that an expression reads. ``seen`` is None where it may be evaluated later."""
        match node:
            case ast.Name(id=name):
                if loads or isinstance(node.ctx, ast.Load | ast.Del):
                    self._use(scope, name, node.lineno, seen)
            case ast.Lambda():
                self._signature(node, scope, seen if seen is not None else set())
                self._later.append((_Scope("function", scope), node))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(scope, node, seen)
            case ast.Call(func=ast.Name(id="exec" | "eval")):
                self._reader.runs_code = True
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._look_in(scope, child, seen, loads=False)
                    elif isinstance(child, ast.keyword):
                        self._look_in(scope, child.value, seen)

    def _comprehension(self, scope: _Scope, node: _Comprehension, seen: set[str] | None) -> None:
        inner = _Scope("comprehension", scope)
        self._look_in(scope, node.generators[0].iter, seen)
        for clause in node.generators:
            inner.bound |= set(targets(clause.target))
        lazy = None if isinstance(node, ast.GeneratorExp) else seen
        if lazy is not None:
            lazy = lazy | inner.bound | set(walrus(node))
        for clause in node.generators:
            if clause is not node.generators[0]:
                self._look_in(inner, clause.iter, lazy)
            for condition in clause.ifs:
                self._look_in(inner, condition, lazy)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        for part in parts:
            self._look_in(inner, part, lazy)

    def _use(self, scope: _Scope, name: str, line: int, seen: set[str] | None) -> None:
        self._reader.uses.append((scope, name, line))
        local = self._scope
        if seen is None or name in seen or name in local.elsewhere or name in local.outside:
            return
        owner = scope
        while owner is not local and owner.outer is not None:
            if name in owner.bound:
                return
            owner = owner.outer
        falls_through = local.kind == "class" or (local.kind == "module" and name in _BUILTINS)
        if owner is local and name in local.bound and not falls_through:
            self._reader.early.append((name, line))


def _function_around(scope: _Scope, name: str) -> _Scope:
    """Where ``nonlocal`` finds its name: the nearest function around that has it, else the nearest one."""
    outer, found = scope.outer, scope.outer or scope
    while outer is not None:
        if outer.kind == "function" and name in outer.bound:
            return outer
        outer = outer.outer
    return found
