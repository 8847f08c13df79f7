"""Holding an answer to stop strings that its provider could not be given.

Owner of the text held back while it may still turn into a stop string; one ``StopCutter`` belongs to one answer.
"""

from __future__ import annotations


class StopCutter:
    """Feed it the answer piece by piece; what it returns never contains a stop string or anything after one.

    Text is held back only while it is the beginning of a stop string. Of several the one that is complete first counts,
    as it does where tokens come one by one. Providers that were given the strings end the
    answer themselves; then this changes nothing.
    """

    def __init__(self, strings: tuple[str, ...]) -> None:
        self._strings: tuple[str, ...] = tuple(string for string in strings if string)
        self._held: str = ""
        self.stopped = False

    def feed(self, text: str) -> str:
        """The part of the answer that is certain now. After ``stopped`` nothing more may be fed."""
        if not self._strings:
            return text
        text = self._held + text
        places = [(place + len(string), place) for string in self._strings if (place := text.find(string)) >= 0]
        if places:
            self.stopped = True
            self._held = ""
            _, start = min(places)
            return text[:start]
        certain = len(text) - self._doubtful(text)
        self._held = text[certain:]
        return text[:certain]

    def rest(self) -> str:
        """What was held back, once the answer has ended without becoming a stop string."""
        held, self._held = self._held, ""
        return held

    def _doubtful(self, text: str) -> int:
        """Length of the longest end of ``text`` that begins a stop string."""
        longest = max(map(len, self._strings)) - 1
        for length in range(min(longest, len(text)), 0, -1):
            end = text[-length:]
            if any(string.startswith(end) for string in self._strings):
                return length
        return 0
