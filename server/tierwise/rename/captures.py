"""Does every changed name still mean what it meant? By the scopes of each changed file alone, before and after. Pure.

For answers of engines that are not asked to rename back. Says nothing of members reached through a value: those only
types decide, and the engine had them.
"""

from __future__ import annotations

from tierwise.core.changes import FileEdit
from tierwise.rename.values import Reason, RenameDeclined
from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.syntax.scopes import DEFINITION, LOOSE, Binding, Name, Occurrences, occurrences


def check_scopes(edit: FileEdit, old_name: str, new_name: str) -> None:
    """Raise RenameDeclined where the new name is captured, hidden, or taken in a scope of this file."""
    before, after = parse(edit.base.language, edit.base.text), parse(edit.base.language, edit.result.text)
    if before is None or after is None:
        return
    _Check(edit, before, after, old_name, new_name).run()


class _Check:
    def __init__(self, edit: FileEdit, before: Parsed, after: Parsed, old_name: str, new_name: str) -> None:
        self._where = edit.base.path.name if edit.base.path is not None else edit.base.uri
        self._new_name = new_name
        self._after = after
        self._pairs, self._added = _pairs(edit, before, after, old_name, new_name)
        self._renamed = {now.start for _, now in self._pairs} | self._added

    def run(self) -> None:
        meaning: dict[int, Binding | None] = {}
        for was, now in self._pairs:
            if LOOSE in {was.role, now.role}:
                continue
            key = id(was.binding)
            if was.binding is not None and key in meaning and meaning[key] is not now.binding:
                self._refuse(now, "would mean something else that has this name")
            meaning[key] = now.binding
            if was.binding is None and was.role == now.role and self._is_captured(now):
                self._refuse(now, "would mean something else that has this name")
            self._check_strangers(now.binding)
            self._check_siblings(now)

    def _is_captured(self, now: Name) -> bool:
        """Whether a free name would be bound, other than by what the rename itself puts in (an import's new alias)."""
        return now.binding is not None and any(item.start not in self._added for item in now.binding.definitions)

    def _check_strangers(self, binding: Binding | None) -> None:
        for name in binding.names if binding is not None else ():
            if name.start not in self._renamed:
                self._refuse(name, "is already used; the two would become one")

    def _check_siblings(self, now: Name) -> None:
        """A member may not be declared beside another of its name."""
        declaration = now.node.parent
        if now.role == DEFINITION or declaration is None or declaration.parent is None:
            return
        if declaration.type not in _DECLARES_MEMBER:
            return
        for other in declaration.parent.named_children:
            name = other.child_by_field_name("name") if other.type in _DECLARES_MEMBER else None
            if name is not None and self._after.source(name) == self._new_name and name.start_byte not in self._renamed:
                self._refuse_at(name, "is already the name of another member")

    def _refuse(self, name: Name, why: str) -> None:
        self._refuse_at(name.node, why)

    def _refuse_at(self, node: Node, why: str) -> None:
        line = self._after.point(node.start_byte).line + 1
        raise RenameDeclined(Reason.CLASH, f"At {self._where}:{line} '{self._new_name}' {why}.")


_DECLARES_MEMBER = frozenset(
    {
        "abstract_method_signature",
        "field_declaration",
        "field_definition",
        "method_declaration",
        "method_definition",
        "method_elem",
        "method_signature",
        "property_signature",
        "public_field_definition",
    }
)


def _pairs(
    edit: FileEdit, before: Parsed, after: Parsed, old_name: str, new_name: str
) -> tuple[list[tuple[Name, Name]], set[int]]:
    """Every changed occurrence as it is and as it would be; and the first bytes of the names that are put in anew."""
    old, new = occurrences(before, old_name), occurrences(after, new_name)
    found: list[tuple[Name, Name]] = []
    added: set[int] = set()
    shift = 0
    for item in sorted(edit.edits, key=lambda one: one.span):
        start, end = before.byte(item.span.start), before.byte(item.span.end)
        was = _inside(old, start, end)
        now = _inside(new, start + shift, start + shift + len(item.text.encode()))
        shift += len(item.text.encode()) - (end - start)
        if was is not None and now is not None:
            found.append((was, now))
        elif now is not None:
            added.add(now.start)
    return found, added


def _inside(found: Occurrences, start: int, end: int) -> Name | None:
    return next((name for name in found.names if start <= name.start and name.end <= end), None)
