"""Blocks to a changeset: every block must stand exactly once in its file, or nothing is applied.

Pure. Blocks of one file apply one after the other, each to the text that the ones before it left; the result is
expressed against the file as it was, in the smallest edits, so that undo is one step and cursors stay. Never picks
one of several matches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from tierwise.core.changes import Changeset, CreateFile, FileChange, FileEdit, TextEdit
from tierwise.core.documents import Document
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.text import Lines
from tierwise.edits.blocks import Block, lines_of
from tierwise.edits.diff import ends_with_return, narrowed
from tierwise.edits.match import Match, find, nearest, quoted, stands
from tierwise.edits.paths import by_tail, relative, resolve

_ALIGNED_CELLS = 250_000
"""Lines of SEARCH times lines of REPLACE up to which unchanged lines between them are looked for."""


def apply_blocks(
    blocks: Sequence[Block], files: Mapping[Path, Document], default: Path, folder: Path
) -> Changeset | Rejection:
    """What the blocks do to ``files``, or why they cannot be applied; then none of them is.

    ``files`` are the documents that the reply may change, by absolute path; ``default`` is the one that a block
    without a path means; ``folder`` is what relative paths start from. A block with an empty SEARCH text creates the
    file it names, or fills one that is blank. Whether a created file exists on the disk is left to validation.
    """
    targets: dict[Path, _Target] = {}
    for number, block in enumerate(blocks, 1):
        if block.changes_nothing:
            continue
        found = _target(block, number, files, default, folder, targets)
        if isinstance(found, Rejection):
            return found
        problem = found.apply(block, number)
        if problem:
            return problem
    changes = tuple(change for target in targets.values() if (change := target.change()))
    if not changes:
        return Rejection(RejectReason.NO_CHANGE, "The blocks leave every file as it is.")
    return Changeset(changes)


def _target(
    block: Block,
    number: int,
    files: Mapping[Path, Document],
    default: Path,
    folder: Path,
    targets: dict[Path, _Target],
) -> _Target | Rejection:
    def open_target(path: Path) -> _Target:
        if path not in targets:
            targets[path] = _Target(path, relative(path, folder), files.get(path))
        return targets[path]

    if block.path is None:
        return _unnamed(block, number, open_target(default), [open_target(p) for p in _previous(block, files, folder)])
    path = resolve(block.path, folder)
    creates = any(not search.strip() for search, _ in block.readings)
    if path and path not in files and not creates and path not in targets:
        path = by_tail(block.path, files) or path
    if path and (path in files or path in targets or creates):
        return open_target(path)
    names = ", ".join(relative(path, folder) for path in files)
    return Rejection(
        RejectReason.WRONG_FILE, f"Block {number} names {block.path!r}; the files of this request are: {names}."
    )


def _previous(block: Block, files: Mapping[Path, Document], folder: Path) -> Iterator[Path]:
    path = block.previous and (resolve(block.previous, folder) or by_tail(block.previous, files))
    if path and path in files:
        yield path


def _unnamed(block: Block, number: int, default: _Target, previous: list[_Target]) -> _Target | Rejection:
    """The request's file, unless the text stands only in the file that the reply named last."""
    for other in previous:
        if other is default or not other.holds(block):
            continue
        if not default.holds(block):
            return other
        names = f"{default.name} and {other.name}"
        return Rejection(
            RejectReason.SEARCH_AMBIGUOUS, f"Block {number} names no file and its SEARCH text stands in {names}."
        )
    return default


class _Target:
    """One file while blocks are applied to it: its lines now, and for each the line it was in the base."""

    def __init__(self, path: Path, name: str, base: Document | None) -> None:
        self.name = name
        self._path = path
        self._base = base
        self._raws: list[str] = list(base.lines) if base else [""]
        self._origins: list[int | None] = list(range(len(self._raws)))
        self._eol = base.lines.terminator if base else "\n"

    def holds(self, block: Block) -> bool:
        lines = self._lines()
        return any(find(lines, lines_of(search)) for search, _ in block.readings if search.strip())

    def apply(self, block: Block, number: int) -> Rejection | None:
        """Put one block in; a rejection leaves the target as it was."""
        lines = self._lines()
        holds_divider = any(line.startswith("=====") for line in lines)
        for search, replace in block.readings:
            wanted, new = lines_of(search), lines_of(replace)
            if not search.strip():
                return self._fill(new, number)
            if _divided(new) and not (_divided(wanted) or holds_divider) and len(block.readings) > 1:
                continue  # a stray divider, not content
            matches = self._places(lines, wanted)
            if len(matches) > 1:
                return self._ambiguous(matches, number)
            if matches:
                return self._put(matches[0], wanted, new, lines, number)
        if block.others:
            what = "has more than one '=======' line, and no way to read it fits the file"
            return Rejection(RejectReason.MALFORMED_BLOCK, f"Block {number} ({self.name}) {what}.")
        return self._not_found(lines, block, number)

    def change(self) -> FileChange | None:
        """What all blocks did; None when that is nothing."""
        self._keep_final_newline()
        if self._base is None:
            text = "".join(self._raws)
            return CreateFile(self._path, text) if text.strip() else None
        edits = tuple(self._edits(self._base.lines))
        return FileEdit(self._base, edits) if edits else None

    def _lines(self) -> list[str]:
        return [raw.rstrip("\r\n") for raw in self._raws]

    def _places(self, lines: list[str], wanted: list[str]) -> list[Match]:
        matches = find(lines, wanted)
        if len(matches) > 1 and not wanted[-1].strip() and not self._raws[-1]:
            # What follows the last line's terminator is a blank line only for a text that has none besides.
            matches = [match for match in matches if match.stop < len(lines)] or matches
        if len(matches) < 2 or self._base is None:
            return matches
        base = find([raw.rstrip("\r\n") for raw in self._base.lines], wanted)
        if len(base) != 1:
            return matches
        # The file that the model saw holds the text once; the others came in with earlier blocks of this reply.
        place = list(range(base[0].start, base[0].stop))
        untouched = [match for match in matches if self._origins[match.start : match.stop] == place]
        return untouched or matches

    def _put(self, match: Match, wanted: list[str], new: list[str], lines: list[str], number: int) -> Rejection | None:
        indented = [match.reindent(line) for line in new]
        if None in indented:
            return self._not_found(lines, Block(None, "\n".join(wanted), ""), number)
        final = [line for line in indented if line is not None]
        if _already_there(lines, match, wanted, new, final):
            where = f"{self.name}, line {match.start + 1}"
            return Rejection(RejectReason.NO_CHANGE, f"What block {number} puts in is already there ({where}).")
        eol = self._raws[match.start][len(lines[match.start]) :] or self._eol
        raws: list[str] = []
        origins: list[int | None] = []
        for tag, i, j, k, m in _aligned(wanted, new):
            if tag == "equal":
                raws += self._raws[match.start + i : match.start + j]
                origins += self._origins[match.start + i : match.start + j]
            else:
                raws += [line + eol for line in final[k:m]]
                origins += [None] * (m - k)
        self._raws[match.start : match.stop] = raws
        self._origins[match.start : match.stop] = origins
        self._terminate()
        return None

    def _fill(self, new: list[str], number: int) -> Rejection | None:
        if any(raw.strip() for raw in self._raws):
            what = "has an empty SEARCH text, but the file is not empty: quote the lines to change"
            return Rejection(RejectReason.SEARCH_AMBIGUOUS, f"Block {number} ({self.name}) {what}.")
        self._raws = [line + self._eol for line in new] + [""]
        self._origins = [None] * len(self._raws)
        return None

    def _terminate(self) -> None:
        """Give every line but the last a terminator, after the last line of the file was replaced or moved up."""
        for i in range(max(0, len(self._raws) - 1)):
            if not self._raws[i].endswith(("\n", "\r")):
                self._raws[i] += self._eol
                self._origins[i] = None

    def _keep_final_newline(self) -> None:
        had = self._base is None or self._base.lines.count == 1 or not self._base.lines.raw(self._base.lines.count - 1)
        if not self._raws:
            self._raws, self._origins = [""], [None]
        last = self._raws[-1]
        if had and last:
            self._raws[-1] = last if last.endswith(("\n", "\r")) else last + self._eol
            self._raws.append("")
            self._origins[-1:] = [None, None] if self._raws[-2] != last else [self._origins[-1], None]
        elif not had and last.endswith(("\n", "\r")):
            self._raws[-1] = last.rstrip("\r\n")
            self._origins[-1] = None

    def _edits(self, base: Lines) -> Iterator[TextEdit]:
        if ends_with_return(self._raws) or ends_with_return(list(base)):
            yield from narrowed(base, 0, base.count, self._raws)
            return
        at, fresh = 0, list[str]()
        for raw, origin in zip(self._raws, self._origins, strict=True):
            if origin is None:
                fresh.append(raw)
                continue
            yield from narrowed(base, at, origin, fresh)
            at, fresh = origin + 1, []
        yield from narrowed(base, at, base.count, fresh)

    def _ambiguous(self, matches: list[Match], number: int) -> Rejection:
        places = ", ".join(f"{match.start + 1}-{match.stop}" for match in matches[:8])
        more = f" and {len(matches) - 8} more" if len(matches) > 8 else ""
        what = f"The SEARCH text of block {number} stands {len(matches)} times in {self.name}: lines {places}{more}."
        return Rejection(RejectReason.SEARCH_AMBIGUOUS, f"{what} Quote more lines around the one that is meant.")

    def _not_found(self, lines: list[str], block: Block, number: int) -> Rejection:
        what = f"The SEARCH text of block {number} does not stand in {self.name}."
        wanted = lines_of(block.search)
        if self._base is None:
            return Rejection(RejectReason.WRONG_FILE, f"{what} That file is not part of this request.")
        if find([raw.rstrip("\r\n") for raw in self._base.lines], wanted):
            what += " It did before an earlier block changed it: join the two blocks into one."
        if place := nearest(lines, wanted):
            start, stop = place
            where = f"line {stop}" if stop == start + 1 else f"lines {start + 1}-{stop}"
            what += f" The nearest passage is {where}:\n{quoted(lines, start, stop)}"
        return Rejection(RejectReason.SEARCH_NOT_FOUND, what)


def _aligned(wanted: list[str], new: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """Which lines of the SEARCH text the REPLACE text keeps: they stay as the file has them, byte for byte."""
    if len(wanted) * len(new) > _ALIGNED_CELLS:
        return [("replace", 0, len(wanted), 0, len(new))]
    return SequenceMatcher(None, wanted, new, autojunk=False).get_opcodes()


def _already_there(lines: list[str], match: Match, wanted: list[str], new: list[str], final: list[str]) -> bool:
    """Whether the block was applied before.

    An insertion: its whole text stands around its match already. Any block: its REPLACE text stands in the file while
    its SEARCH text is only found with tolerance, so that the match may be another passage that looks alike.
    """
    if not match.exact and any(line.strip() for line in new) and stands(lines, new):
        return True
    wanted, new, final = _without_end(wanted), _without_end(new), _without_end(final)
    size = len(wanted)
    for i in range(len(new) - size + 1):
        if new[i : i + size] != wanted or not any(line.strip() for line in new[:i] + new[i + size :]):
            continue
        start = match.start - i
        if start >= 0 and lines[start : start + len(new)] == final:
            return True
    return False


def _without_end(lines: list[str]) -> list[str]:
    """Without blank lines at the end: one of them may be no more than the file's final newline."""
    last = max((i for i, line in enumerate(lines) if line.strip()), default=-1)
    return lines[: last + 1]


def _divided(lines: list[str]) -> bool:
    return any(line.startswith("=======") and not line.strip("= \t") for line in lines)
