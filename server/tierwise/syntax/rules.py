"""What the scoping of each language needs beyond its query file. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from tierwise.syntax.parse import Parsed
from tierwise.syntax.scopes import DEFINITION, REFERENCE, Name, Rules, Scope


class _Python(Rules):
    """``global`` and ``nonlocal`` move a name out of the function they stand in (reference, section 7.12 and 7.13)."""

    def refine(self, parsed: Parsed, names: list[Name]) -> None:
        defined = {name.scopes[0] for name in names if name.role == DEFINITION and name.scopes}
        for statement in [name for name in names if name.role in {"global", "nonlocal"}]:
            here = next((scope for scope in statement.scopes if scope.kind != "comprehension"), None)
            if here is None:
                continue
            target = _target(statement, here, defined)
            for name in names:
                if here in name.scopes and target is not None:
                    inner = name.scopes[: name.scopes.index(here)]
                    name.scopes = (*inner, *name.scopes[name.scopes.index(target) :])
        for name in names:
            if name.role in {"global", "nonlocal"}:
                name.role, name.kind = REFERENCE, name.role
            elif name.role == DEFINITION and name.scopes and name.scopes[0].kind == "class":
                name.since = _end_of_statement(name)


def _end_of_statement(name: Name) -> int:
    """Where the statement of a class body ends that defines a name: before, the name is looked up around the class
    (reference, section 4.2.2).
    """
    node = name.node
    while node.parent is not None and node.parent.parent is not None and node.parent.parent.id != name.scopes[0].id:
        node = node.parent
    return node.end_byte if name.kind != "typeparameter" else 0


def _target(statement: Name, here: Scope, defined: set[Scope]) -> Scope | None:
    outer = statement.scopes[statement.scopes.index(here) + 1 :]
    if statement.role == "global":
        return outer[-1] if outer else None
    functions = [scope for scope in outer if scope.kind == "function"]
    return next((scope for scope in functions if scope in defined), None)


class _EcmaScript(Rules):
    """Declarations of one name in one scope are one symbol, as in TypeScript's checker. A tag of JSX that begins with
    a capital is a value, any other an element of the host.
    """

    def refine(self, parsed: Parsed, names: list[Name]) -> None:
        for name in names:
            if name.role == "tag" and not parsed.source(name.node)[0].islower():
                name.role, name.space = REFERENCE, frozenset({"value"})
            name.scopes = _without_bodies(name.scopes)
        for name in names:
            if name.role == DEFINITION and name.kind in {"function", "class"} and _is_hidden(name, names):
                name.scopes = (Scope(-name.node.id, name.start, name.end, "name"), *name.scopes[1:])


def _is_hidden(name: Name, names: list[Name]) -> bool:
    """Whether the own name of a function expression is hidden by a parameter or variable of the function."""
    parent = name.node.parent
    if parent is None or parent.type not in {"function_expression", "generator_function", "class"}:
        return False
    own = name.scopes[:1]
    return any(other is not name and other.role == DEFINITION and other.scopes[:1] == own for other in names)


def _without_bodies(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """A function's body has no scope of its own: what it declares must differ from the parameters anyway."""
    return tuple(
        scope
        for scope, around in zip(scopes, (*scopes[1:], None), strict=False)
        if not (around and scope.kind == "block" and around.kind == "function" and scope.end == around.end)
    )


class _Go(Rules):
    """Names of the package are seen everywhere; ``=`` in ranges and receives assigns instead of defining; the variable
    of a type switch is seen after the value that is switched on.
    """

    def refine(self, parsed: Parsed, names: list[Name]) -> None:
        for name in names:
            statement = name.node.parent.parent if name.node.parent is not None else None
            if name.kind in {"range", "received"} and statement is not None:
                if any(child.type == ":=" for child in statement.children):
                    name.kind = "variable"
                else:
                    name.role, name.kind = REFERENCE, ""
            elif name.kind == "typeswitch" and statement is not None:
                value = statement.child_by_field_name("value")
                name.kind, name.since = "variable", value.end_byte if value is not None else 0
            name.scopes = _without_bodies(name.scopes)
            if name.role == DEFINITION and name.scopes and name.scopes[0].kind == "module":
                name.since = 0


class _Java(Rules):
    """A variable of a pattern is seen to the end of the block around its statement (its true reach depends on the flow
    of control), so each such definition is a variable of its own.
    """

    groups = "sequence"

    def refine(self, parsed: Parsed, names: list[Name]) -> None:
        for name in names:
            name.scopes = _without_bodies(name.scopes)
            if (
                name.role == DEFINITION
                and name.scopes
                and name.scopes[0].kind == "class"
                and name.kind != "typeparameter"
            ):
                name.since = 0


class _Rust(Rules):
    """Every ``let`` makes a new variable. A name in a pattern that begins with a capital, or is that of a constant, is
    looked up instead of bound (reference, "Identifier patterns").
    """

    groups = "sequence"

    def refine(self, parsed: Parsed, names: list[Name]) -> None:
        constant = any(name.kind == "constant" and name.role == DEFINITION for name in names)
        for name in names:
            name.scopes = _without_bodies(name.scopes)
            bound = name.role == DEFINITION and name.kind in {"variable", "parameter"}
            if bound and name.node.type == "identifier" and (constant or parsed.source(name.node)[0].isupper()):
                name.role, name.kind, name.since = REFERENCE, "", 0


_ECMASCRIPT = _EcmaScript()

RULES: Mapping[str, Rules] = {
    "python": _Python(),
    "javascript": _ECMASCRIPT,
    "javascriptreact": _ECMASCRIPT,
    "typescript": _ECMASCRIPT,
    "typescriptreact": _ECMASCRIPT,
    "go": _Go(),
    "java": _Java(),
    "rust": _Rust(),
}
