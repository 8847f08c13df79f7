"""The patterns of one ignore file, read as git reads them. Pure.

Git compares bytes: a question mark is one byte, and what a name's letters are is its own business. Each pattern becomes
an expression that tries every place once: a hostile file must not make it try all combinations.
"""

from __future__ import annotations

import os
import re
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

FOLDS = sys.platform in ("win32", "darwin")
"""Whether names that differ in capital letters only are the same here, where nothing else says so."""
_BYTES = range(256)
_CLASSES = {
    b"alnum": string.ascii_letters + string.digits,
    b"alpha": string.ascii_letters,
    b"blank": " \t",
    b"cntrl": "".join(map(chr, (*range(32), 127))),
    b"digit": string.digits,
    b"graph": string.ascii_letters + string.digits + string.punctuation,
    b"lower": string.ascii_lowercase,
    b"print": string.ascii_letters + string.digits + string.punctuation + " ",
    b"punct": string.punctuation,
    b"space": " \t\n\r",
    b"upper": string.ascii_uppercase,
    b"xdigit": string.hexdigits,
}
"""Git's own, which know ASCII only; a space is what git takes for one."""


class IgnorePatterns:
    """``data`` is the file's content. ``fold``: capital letters count as small ones."""

    def __init__(self, data: bytes, *, fold: bool = False) -> None:
        self._fold = fold
        self._by_name: dict[bytes, list[_Pattern]] = {}
        self._by_path: dict[bytes, list[_Pattern]] = {}
        self._others: list[_Pattern] = []
        for number, line in enumerate(_lines(data)):
            self._add(_Pattern.of(number, line))
        self._others.reverse()

    def __bool__(self) -> bool:
        return bool(self._by_name or self._by_path or self._others)

    def verdict(self, path: bytes, *, is_folder: bool) -> bool | None:
        """Whether a path, relative to the file's folder, is ignored; None where no pattern speaks of it. Of those that
        match, the last one decides. The folders above it are asked about by themselves.
        """
        path = path.lower() if self._fold else path
        name = path[path.rfind(b"/") + 1 :]
        literal = (*self._by_name.get(name, ()), *self._by_path.get(path, ()))
        last = max((p for p in literal if is_folder or not p.folders_only), default=None, key=_number)
        for pattern in self._others:
            if last is not None and pattern.number < last.number:
                break
            if (is_folder or not pattern.folders_only) and pattern.matches(path, name, fold=self._fold):
                return pattern.ignores
        return None if last is None else last.ignores

    def _add(self, pattern: _Pattern) -> None:
        if pattern.literal:
            text = pattern.text.lower() if self._fold else pattern.text
            (self._by_name if pattern.anywhere else self._by_path).setdefault(text, []).append(pattern)
        else:
            self._others.append(pattern)


def as_bytes(name: str) -> bytes:
    """A file's name as git sees it."""
    return os.fsencode(name) if os.name != "nt" else name.encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class _Pattern:
    """``literal`` bytes begin the text and are compared as they are; all of them where nothing else follows.
    ``anywhere``: it names files in all folders below, by their own name.
    """

    number: int
    text: bytes
    ignores: bool
    folders_only: bool
    anywhere: bool
    plain: int
    _regex: re.Pattern[bytes] | None = field(default=None, repr=False)

    @staticmethod
    def of(number: int, line: bytes) -> _Pattern:
        ignores = not line.startswith(b"!")
        text = line if ignores else line[1:]
        folders_only = text.endswith(b"/")
        text = text[:-1] if folders_only else text
        anywhere = b"/" not in text
        text = text.removeprefix(b"/")
        special = re.search(rb"[*?\[\\]", text)
        return _Pattern(number, text, ignores, folders_only, anywhere, special.start() if special else len(text))

    @property
    def literal(self) -> bool:
        return self.plain == len(self.text)

    def matches(self, path: bytes, name: bytes, *, fold: bool) -> bool:
        asked = name if self.anywhere else path
        head = self.text[: self.plain]
        if not asked.startswith(head.lower() if fold else head):
            return False
        if self._regex is None:
            self._regex = _compiled(self.text, 0 if self.anywhere else self.plain, fold=fold)
        return self._regex.fullmatch(asked) is not None


def _number(pattern: _Pattern) -> int:
    return pattern.number


def _lines(data: bytes) -> Iterator[bytes]:
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if not line.startswith(b"#"):
            text = _trimmed(line.removesuffix(b"\r").split(b"\0", 1)[0])
            if text:
                yield text


def _trimmed(line: bytes) -> bytes:
    """Without the blanks at its end, unless a backslash keeps one."""
    end = len(line.rstrip(b" "))
    slashes = end - len(line[:end].rstrip(b"\\"))
    return line[: end + 1] if slashes % 2 and end < len(line) else line[:end]


# What is not literal

_NEVER = re.compile(rb"(?!)")
_ONE, _MANY, _FOLDERS, _DEEP = "*", "**", "**/", "**\\/"
"""Stars: within one name; to the end; any folders and the slash after them; the same before an escaped slash."""


def _compiled(text: bytes, plain: int, *, fold: bool) -> re.Pattern[bytes]:
    """``plain``: where the literal beginning ends, after which two stars stand as at a beginning of their own."""
    parts = list(_parts(text, plain, fold=fold))
    if None in parts:
        return _NEVER
    stretches: list[list[str | bytes]] = [[]]
    for part in parts:
        if part in (_MANY, _FOLDERS, _DEEP):
            stretches.append([])
        if part is not None:
            stretches[-1].append(part)
    last = len(stretches) - 1
    expression = b"".join(_stretch(stretch, last=number == last) for number, stretch in enumerate(stretches))
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if fold else 0))


def _stretch(stretch: list[str | bytes], *, last: bool) -> bytes:
    """What begins with stars for folders, or with none. But for the last, the first place where it fits is as good as
    any later one: it is not tried again.
    """
    begin, rest = (stretch[0], stretch[1:]) if stretch and isinstance(stretch[0], str) else ("", stretch)
    if begin == _ONE:
        begin, rest = "", stretch
    inner = _names(rest, last=last)
    if last:
        return {"": b"", _MANY: b".*", _FOLDERS: b"(?:.*/)?", _DEEP: b".*"}[begin] + inner
    return b"(?>" + {"": b"", _MANY: b".*?", _FOLDERS: b"(?:.*?/)??", _DEEP: b".*?"}[begin] + inner + b")"


def _names(parts: list[str | bytes], *, last: bool) -> bytes:
    """Stars within names and what stands between them, tried in the same way."""
    stars = [number for number, part in enumerate(parts) if part == _ONE]
    found = b"".join(part for part in parts[: stars[0] if stars else None] if isinstance(part, bytes))
    for star, end in zip(stars, [*stars, None][1:], strict=True):
        text = b"".join(part for part in parts[star + 1 : end] if isinstance(part, bytes))
        found += b"[^/]*" + text if last and end is None else b"(?>[^/]*?" + text + b")"
    return found


def _parts(text: bytes, plain: int, *, fold: bool) -> Iterator[str | bytes | None]:
    """Expressions of single bytes, and stars; None for what no name can fit."""
    at = 0
    while at < len(text):
        byte, at = text[at : at + 1], at + 1
        if byte == b"*":
            end = at + len(text[at:]) - len(text[at:].lstrip(b"*"))
            kind = _stars(text, at - 1, end, plain)
            yield kind
            at = end + (kind == _FOLDERS)
        elif byte == b"?":
            yield b"[^/]"
        elif byte == b"[":
            found = _bracket(text, at, fold=fold)
            yield None if found is None else found[0]
            at = len(text) if found is None else found[1]
        elif byte == b"\\":
            yield re.escape(text[at : at + 1]) if at < len(text) else None
            at += 1
        else:
            yield re.escape(byte)


def _stars(text: bytes, start: int, end: int, plain: int) -> str:
    if end - start < 2 or not (start == plain or text[start - 1 : start] == b"/"):
        return _ONE
    if end == len(text):
        return _MANY
    if text.startswith(b"/", end):
        return _FOLDERS
    return _DEEP if text.startswith(b"\\/", end) else _ONE


def _bracket(text: bytes, at: int, *, fold: bool) -> tuple[bytes, int] | None:
    """The expression of a set of bytes whose bracket opens before ``at``, and where what follows it begins; None where
    it never closes or names an unknown class.
    """
    negated = text[at : at + 1] in (b"!", b"^")
    at += negated
    single, ranges, before, first = set[int](), set[int](), -1, True
    while first or text[at : at + 1] != b"]":
        first = False
        if at >= len(text):
            return None
        byte = text[at]
        if byte == ord("\\"):
            at += 1
            if at >= len(text):
                return None
            before = text[at]
            single.add(before)
        elif byte == ord("-") and before >= 0 and text[at + 1 : at + 2] not in (b"", b"]"):
            at += 1 + (text[at + 1] == ord("\\"))
            if at >= len(text):
                return None
            ranges.update(range(before, text[at] + 1))
            before = -1
        elif byte == ord("[") and text[at + 1 : at + 2] == b":":
            close = text.find(b"]", at + 2)
            if close < 0:
                return None
            if close - 1 >= at + 2 and text[close - 1] == ord(":"):
                named = _CLASSES.get(text[at + 2 : close - 1])
                if named is None:
                    return None
                ranges.update(named.encode())
                at, before = close, -1
            else:
                before = byte
                single.add(byte)
        else:
            before = byte
            single.add(byte)
        at += 1
    found = [byte for byte in _BYTES if byte != ord("/") and _is_in(byte, single, ranges, fold=fold) != negated]
    return (b"[" + b"".join(re.escape(bytes((byte,))) for byte in found) + b"]" if found else b"(?!)"), at + 1


def _is_in(byte: int, single: set[int], ranges: set[int], *, fold: bool) -> bool:
    if not fold:
        return byte in single or byte in ranges
    small = bytes((byte,)).lower()
    return small[0] in single or small[0] in ranges or small.upper()[0] in ranges
