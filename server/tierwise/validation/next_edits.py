"""The last look at a model's next edit before it is shown. Pure; parses the file, so never called on the event loop."""

from __future__ import annotations

import re

from tierwise.core.changes import Changeset, FileEdit
from tierwise.core.languages import is_code
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.validation.syntax import new_errors
from tierwise.validation.text import is_placeholder

_MARKS = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)|<\|[\w/]+\|>|<\[[\w-]+\]>|</?region>", re.MULTILINE)
"""Conflict markers and the marks of prompts: a model that writes one has lost its place."""
_LOST_LINES = 8
"""More lines than this are not taken out by an edit that puts nothing in their place."""


def check_next_edit(change: FileEdit) -> Rejection | None:
    """The first objection against an edit that nobody asked for; None accepts it."""
    base = change.base
    text = "".join(edit.text for edit in change.edits)
    replaced = "".join(base.lines.slice(edit.span) for edit in change.edits)
    if replaced == text:
        return Rejection(RejectReason.NO_CHANGE, "The edit says what stands there already.")
    if set(_MARKS.findall(text)) - set(_MARKS.findall(base.text)):
        return Rejection(RejectReason.MALFORMED_BLOCK, "The edit holds marks of the prompt.")
    if not text.strip() and replaced.count("\n") > _LOST_LINES:
        return Rejection(RejectReason.LOST_TEXT, "The edit takes out much and puts nothing in its place.")
    if is_code(base.language) and any(is_placeholder(line) for line in text.split("\n")):
        return Rejection(RejectReason.PLACEHOLDER, "The edit leaves code out.")
    return new_errors(Changeset((change,)))
