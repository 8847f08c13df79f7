"""What was offered and may still be spoken of: the editor shows it, takes it, takes a part of it, or passes over it.

Owner of the newest offers of one kind. What it hears becomes feedback on the request that made the offer, each word
once; of offers that it no longer knows it says so.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from cachetools import LRUCache

from tierwise.core.events import Feedback
from tierwise.features.recording import Recorder

T = TypeVar("T")

_KEPT = 64


class Offers(Generic[T]):
    """Offers by the id of the request that they answered."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._known: LRUCache[str, tuple[T, set[Feedback]]] = LRUCache(_KEPT)

    def add(self, offer_id: str, offer: T) -> None:
        """An offer goes to the editor."""
        self._known[offer_id] = (offer, set())

    def take(self, offer_id: str) -> T | None:
        """The offer was taken, whole: it is forgotten here. None for an unknown one."""
        entry = self._known.pop(offer_id, None)
        return None if entry is None else entry[0]

    def hear(self, offer_id: str, feedback: Feedback) -> T | None:
        """The editor says what became of an offer; None for an unknown one. One that was taken in part was not
        rejected, whatever becomes of the rest.
        """
        entry = self._known.get(offer_id)
        if entry is None:
            return None
        offer, told = entry
        if feedback is Feedback.REJECTED:
            del self._known[offer_id]
        if feedback not in told and not (feedback is Feedback.REJECTED and Feedback.PARTLY in told):
            told.add(feedback)
            self._recorder.hear(offer_id, feedback)
        return offer
