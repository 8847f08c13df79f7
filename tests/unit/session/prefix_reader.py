"""Reads a prefix as a careful model would: what it says of each file after all that it says."""

from __future__ import annotations

import re

from tierwise.core.text import split_lines

_OPEN = re.compile(r'<(?P<tag>[a-z]+)(?P<number>\d*)(?P<attributes>(?: [a-z-]+="[^"<>\n]*")+)(?P<alone>/?)>\n')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_HUNK = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@\n")
_REFERENCE = re.compile(r"&#(\d+);")
_NO_NEWLINE = "\\ No newline at end of file\n"


def read(prefix: str) -> dict[tuple[str, str], str]:
    """Texts by form and name. Fails on anything that is no part of the format."""
    said: dict[tuple[str, str], str] = {}
    at = 0
    while at < len(prefix):
        match = _OPEN.match(prefix, at)
        assert match, f"not a tag: {prefix[at : at + 60]!r}"
        at = match.end()
        names = {
            name: _REFERENCE.sub(lambda number: chr(int(number[1])), value)
            for name, value in _ATTRIBUTE.findall(match["attributes"])
        }
        key = (names.get("of", "file"), names["path"])
        if match["alone"]:
            _take_notice(said, match["tag"], key, names)
            continue
        closing = f"</{match['tag']}{match['number']}>\n"
        end = prefix.index(closing, at)
        body, at = prefix[at:end], end + len(closing)
        if names.get("final-newline") == "no":
            body = body.removesuffix("\n")
        if match["tag"] == "changed":
            said[key] = patched(said[key], body)
        else:
            said[match["tag"], names["path"]] = body
    return said


def _take_notice(said: dict[tuple[str, str], str], tag: str, key: tuple[str, str], names: dict[str, str]) -> None:
    if tag == "moved":
        said[key] = said.pop(("file", names["from"]))
    else:
        assert tag in {"gone", "outdated"}
        del said[key]


def patched(text: str, diff: str) -> str:
    """A text after its hunks; every line that they quote must stand where they say."""
    old = split_lines(text)
    if not old[-1]:
        old.pop()
    new: list[str] = []
    done = 0
    body = split_lines(diff)
    index = 0
    while index < len(body) and body[index]:
        header = _HUNK.fullmatch(body[index])
        assert header, body[index]
        start, size = int(header[1]), int(header[2])
        first = start - 1 if size else start
        new += old[done:first]
        done = first
        index += 1
        while index < len(body) and body[index] and not _HUNK.fullmatch(body[index]):
            sign, line = body[index][0], body[index][1:]
            index += 1
            if sign == "~":
                done += int(line)
                continue
            if index < len(body) and body[index] == _NO_NEWLINE:
                line = line.removesuffix("\n")
                index += 1
            if sign in " -":
                assert old[done] == line, (old[done], line)
                done += 1
            if sign in " +":
                new.append(line)
        assert done - first == size
    return "".join(new + old[done:])
