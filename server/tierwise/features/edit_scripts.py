"""What can be done where no model's answer passed: a deterministic script for the task, if there is one.

Pure but for the view it reads.
"""

from __future__ import annotations

from tierwise.core.changes import Changeset, FileEdit
from tierwise.core.tasks import Task
from tierwise.features.mechanical.offers import offers
from tierwise.features.place import Place

SCRIPT = "script"
"""Named as the source of such an answer."""

_KINDS = {Task.DOCSTRING: "refactor.rewrite.tierwise.skeleton", Task.FIX: "quickfix.tierwise.import"}
"""The mechanical change that does a task, less well than a model would."""


def scripted(task: Task, place: Place) -> Changeset | None:
    """The change; None where the task has no script, or where it has several answers and a person must choose."""
    kind = _KINDS.get(task)
    if kind is None:
        return None
    found = [offer for offer in offers(place.view, place.document, place.span) if offer.kind == kind]
    return Changeset((FileEdit(place.document, found[0].edits),)) if len(found) == 1 else None
