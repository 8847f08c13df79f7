"""One line of prefix text: pieces that only ever follow each other, and what they say after each of them.

Owner of the order and the words of a prefix. A line never shows a text that is not current after all its pieces, never
holds a time, a cursor or an unordered collection, and never changes a piece: it is cut and continued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tierwise.core.documents import Document
from tierwise.core.text import Lines
from tierwise.core.tokens import size
from tierwise.session import prefix_text
from tierwise.session.prefix_text import FILE
from tierwise.session.rent import Rent

_WORTH_A_CHANGE = 400
"""Characters of a change up to which a text that this request does not need is kept current; a longer change is left
out, and a notice says that the text is out of date."""

_A_PIECE = 2_000
"""Characters from which on a text is a piece of its own: the line may be cut after it."""

Key = tuple[str, str]
"""Form and name of what is shown."""


class Absent(StrEnum):
    """Why a text that was shown has no current one."""

    GONE = "gone"
    OUTDATED = "outdated"
    """There is another one, which cannot be shown (a file that has grown too large, a summary not made yet)."""
    FORBIDDEN = "forbidden"
    """It must not be sent any more, not even as it was."""


@dataclass(frozen=True, slots=True)
class Item:
    """A text that a prefix may show. ``name`` is how prompts call the file (relative to its folder, forward slashes),
    ``form`` what of it is shown. ``document`` is what the text was made from. ``optional``: worth showing where it is
    shown already or there is room. ``whole`` is the text as it was last shown in one piece; later changes followed.
    """

    name: str
    lines: Lines
    document: Document
    form: str = FILE
    optional: bool = False
    whole: Lines | None = None

    @property
    def key(self) -> Key:
        return (self.form, self.name)


Current = Callable[[Item], Lines | Absent]
"""The text that an item, shown earlier, has now."""


@dataclass(slots=True, eq=False)
class Position:
    """The end of a piece. ``chars`` is the size of all text up to here; ``shown`` is what it says by then.

    ``sources`` are the files whose text stands up to here, by path, also of what is shown no longer. ``held_until`` is
    the time (monotonic) up to which the provider's copy of all text up to here is expected to live. ``carried``: what
    cutting here would have saved.
    """

    text: str
    chars: int
    shown: Mapping[Key, Item] = field(default_factory=dict[Key, Item])
    sources: Mapping[str, Item] = field(default_factory=dict[str, Item])
    held_until: float = float("-inf")
    carried: Rent = field(default_factory=Rent)

    def followed_by(self, piece: Piece) -> Position:
        """The end of a piece put after this one."""
        new = {str(item.document.path): item for item in piece.shown.values() if item.document.path is not None}
        return Position(piece.text, self.chars + size(piece.text), piece.shown, {**self.sources, **new})


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stands or falls as one, and what is shown after it."""

    text: str
    shown: Mapping[Key, Item]


@dataclass(frozen=True, slots=True)
class Addition:
    """What has to follow a position so that a request finds what it needs: pieces, and what is shown after them.

    ``missing``: how many needed items are left out for lack of room.
    """

    pieces: tuple[Piece, ...]
    shown: Mapping[Key, Item]
    missing: int

    @property
    def chars(self) -> int:
        return sum(size(piece.text) for piece in self.pieces)


def head(texts: Iterable[str]) -> list[Position]:
    """The beginning of a line: instructions and facts, a piece each."""
    positions: list[Position] = []
    chars = 0
    for text in texts:
        chars += size(text)
        positions.append(Position(text, chars))
    return positions


def addition(position: Position, items: Sequence[Item], current: Current, room: int, optional_room: int) -> Addition:
    """What is to be said after ``position``: what became of the texts that are shown, then those that are not.

    ``room``: characters that may follow, ``optional_room`` those that may follow for the sake of optional items. Items
    come in the order of their importance; what does not fit is left out.
    """
    needed = {item.key: item for item in items}
    writer = _Writer(dict(position.shown))
    writer.follow(needed, current, [item for item in items if item.key not in position.shown])
    writer.close()
    missing = 0
    for item in items:
        if item.key in writer.shown:
            continue
        limit = optional_room if item.optional else room
        if not writer.show(item, limit):
            missing += not item.optional
    writer.close()
    return Addition(tuple(writer.pieces), writer.shown, missing)


class _Writer:
    """Collects the words of one piece."""

    def __init__(self, shown: dict[Key, Item]) -> None:
        self.shown = shown
        self.pieces: list[Piece] = []
        self.chars = 0
        self._texts: list[str] = []

    def close(self) -> None:
        """End a piece."""
        if self._texts:
            self.pieces.append(Piece("".join(self._texts), dict(self.shown)))
            self._texts.clear()

    def follow(self, needed: Mapping[Key, Item], current: Current, new: Sequence[Item]) -> None:
        """Say what became of everything that is shown, in the order in which it was shown."""
        for key, item in list(self.shown.items()):
            now = needed[key].lines if key in needed else current(item)
            if isinstance(now, Absent):
                self._leave(item, now, new)
            elif not item.lines.same_as(now):
                self._update(item, now, kept=key in needed)
            elif now is not item.lines:
                self.shown[key] = replace(item, lines=now)  # the next comparison finds one object, not two equal ones

    def show(self, item: Item, limit: int) -> bool:
        """Show a new item, unless that takes more than ``limit`` characters in this piece; whether it is shown."""
        text = prefix_text.snapshot(item.form, item.name, item.lines)
        if self.chars + size(text) > limit:
            return False
        self.shown[item.key] = replace(item, whole=item.lines)
        self._say(text)
        if len(text) >= _A_PIECE:
            self.close()
        return True

    def _update(self, item: Item, now: Lines, *, kept: bool) -> None:
        text = prefix_text.change(item.form, item.name, item.lines, now)
        if kept or len(text) <= _WORTH_A_CHANGE:
            self._say(text)
            again = text.startswith(f"<{item.form}")
            self.shown[item.key] = replace(item, lines=now, whole=now if again else item.whole)
        else:
            self._say(prefix_text.outdated(item.form, item.name))
            del self.shown[item.key]

    def _leave(self, item: Item, absent: Absent, new: Sequence[Item]) -> None:
        del self.shown[item.key]
        heir = next((other for other in new if _moved(item, other) and other.key not in self.shown), None)
        if heir is not None and absent is Absent.GONE:
            self.shown[heir.key] = replace(heir, whole=item.whole)
            self._say(prefix_text.moved(item.name, heir.name))
        elif item.form == FILE and absent is Absent.GONE:
            self._say(prefix_text.gone(item.name))
        else:
            self._say(prefix_text.outdated(item.form, item.name))

    def _say(self, text: str) -> None:
        self._texts.append(text)
        self.chars += size(text)


def _moved(old: Item, new: Item) -> bool:
    return old.form == new.form == FILE and old.lines.count > 1 and old.lines.same_as(new.lines)
