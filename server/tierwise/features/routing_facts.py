"""What is known of a request before any model is called, for the classifier."""

from __future__ import annotations

from tierwise.core.tasks import Task
from tierwise.features.place import Place
from tierwise.routing.signals import RequestFacts


def facts_of(task: Task, place: Place, instruction: str, diagnostics: int) -> RequestFacts:
    """The facts of a request for a change or an answer."""
    symbol = place.symbol
    return RequestFacts(
        task=task,
        instruction=instruction,
        language=place.document.language,
        path=place.target.path,
        selection_lines=place.target.last - place.target.first + 1,
        file_lines=place.document.lines.count,
        fan_in=symbol.fan_in if symbol else None,
        fan_out=symbol.fan_out if symbol else None,
        context_files=len(place.files),
        n_diagnostics=diagnostics,
        is_public=symbol.public if symbol else None,
        folder=place.folder_name,
        tools=place.tools,
    )
