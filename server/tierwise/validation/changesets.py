"""The checks of a changeset, cheapest first. Each is a small function; the table is their order.

Pure. A rejection's evidence says what is wrong and where, in words that help the next attempt and a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tierwise.core.changes import Changeset, CreateFile, FileEdit
from tierwise.core.checks import CheckResult, CheckStatus, Skipped, Verdict
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.validation.comments import keeps_comments
from tierwise.validation.imports.check import imports_are_used, imports_exist
from tierwise.validation.losses import keeps_definitions, keeps_documentation, keeps_licence
from tierwise.validation.names.check import names_resolve
from tierwise.validation.places import stays_in_files, stays_in_span
from tierwise.validation.project import Project
from tierwise.validation.scope import EditScope
from tierwise.validation.syntax import parses
from tierwise.validation.text import has_no_conflict_markers, leaves_nothing_out

__all__ = ["CHECKS", "EditScope", "check_changeset", "judge"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, and what it objects to or why it cannot be made."""

    name: str
    run: Callable[[Project], Rejection | Skipped | None]


def check_changeset(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """The first objection against a changeset; None accepts it. Costs what ``judge`` costs."""
    return judge(changeset, scope).rejection


def judge(changeset: Changeset, scope: EditScope) -> Verdict:
    """All checks up to the first objection.

    Parses every changed file before and after: hand it to a thread.
    """
    project = Project(changeset, scope)
    results: list[CheckResult] = []
    for check in CHECKS:
        found = check.run(project)
        match found:
            case None:
                results.append(CheckResult(check.name, CheckStatus.PASSED))
            case Skipped(why):
                results.append(CheckResult(check.name, CheckStatus.SKIPPED, why))
            case Rejection(reason):
                results.append(CheckResult(check.name, CheckStatus.FAILED, reason))
                return Verdict(tuple(results), found)
    return Verdict(tuple(results))


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


def _of_changeset(name: str, run: Callable[[Changeset, EditScope], Rejection | None]) -> Check:
    return Check(name, lambda project: run(project.changeset, project.scope))


CHECKS: tuple[Check, ...] = (
    _of_changeset("files", stays_in_files),
    _of_changeset("change", changes_something),
    _of_changeset("whole code", leaves_nothing_out),
    _of_changeset("no markers", has_no_conflict_markers),
    _of_changeset("scope", stays_in_span),
    _of_changeset("licence", keeps_licence),
    _of_changeset("comments", keeps_comments),
    _of_changeset("syntax", parses),
    Check("definitions", keeps_definitions),
    Check("documentation", keeps_documentation),
    Check("imports", imports_exist),
    Check("names", names_resolve),
    Check("unused imports", imports_are_used),
)
