"""What is known of a request before any model is called, for the classifier."""

from __future__ import annotations

from tierwise.core.tasks import Task
from tierwise.features.place import Place
from tierwise.routing.signals import RequestFacts


def facts_of(task: Task, place: Place, instruction: str, diagnostics: int) -> RequestFacts:
    """The facts of a request for a change or an answer."""
    return RequestFacts(
        task=task,
        instruction=instruction,
        language=place.document.language,
        path=place.target.path,
        selection_lines=place.target.last - place.target.first + 1,
        file_lines=place.document.lines.count,
        fan_in=max(0, len(place.files) - 1),
        n_diagnostics=diagnostics,
    )
