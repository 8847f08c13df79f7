"""The checks of a changeset, cheapest first. Each is a small function; the table is their order.

Pure. A rejection's evidence says what is wrong and where, in words that help the next attempt and a person.
"""

from __future__ import annotations

from collections.abc import Callable

from tierwise.core.changes import Changeset, CreateFile, FileEdit
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.validation.losses import keeps_comments, keeps_definitions, keeps_licence
from tierwise.validation.names import resolves_names
from tierwise.validation.places import stays_in_files, stays_in_span
from tierwise.validation.scope import EditScope
from tierwise.validation.syntax import parses
from tierwise.validation.text import has_no_conflict_markers, leaves_nothing_out

__all__ = ["CHECKS", "EditScope", "check_changeset"]

Check = Callable[[Changeset, EditScope], Rejection | None]


def check_changeset(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """The first objection against a changeset; None accepts it.

    Parses every changed file before and after: hand large ones to a thread.
    """
    for check in CHECKS:
        rejection = check(changeset, scope)
        if rejection is not None:
            return rejection
    return None


def changes_something(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """An answer that leaves every file as it is."""
    del scope
    for change in changeset.changes:
        match change:
            case FileEdit(base, edits):
                if any(base.lines.slice(edit.span) != edit.text for edit in edits):
                    return None
            case CreateFile(_, text):
                if text.strip():
                    return None
            case _:
                return None
    return Rejection(RejectReason.NO_CHANGE, "The answer leaves every file as it is.")


CHECKS: tuple[Check, ...] = (
    stays_in_files,
    changes_something,
    leaves_nothing_out,
    has_no_conflict_markers,
    stays_in_span,
    keeps_licence,
    keeps_comments,
    parses,
    keeps_definitions,
    resolves_names,
)
