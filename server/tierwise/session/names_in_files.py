"""The names in files, found by a process of its own: ``python -m tierwise.session.names_in_files``.

It reads one JSON string a line, an absolute path, and answers each with one line: ``[all names, names defined, stamp of
the file]``, the stamp null where it cannot tell a change yet; or ``null`` for a file that cannot be read or is too
large. Parsing holds the interpreter's lock; done in the server it would delay every keystroke for as long as the
folders are read. Keeps no text and writes nothing.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path

from tierwise.core.languages import language_of
from tierwise.core.stamps import is_settled
from tierwise.session.disk import read_bytes
from tierwise.session.index import Names

MAX_BYTES = 400_000
"""A larger file is data or generated: it may be read when it is asked for, but nothing is learnt from it."""
_NAME = re.compile(r"[^\W\d]\w+")
"""A name, or the part of one after what no name begins with; names of one letter say too little to be kept."""
_NICE = 10
"""As far as the system knows priorities: whoever waits for an answer comes first."""


def name_parts(text: str) -> frozenset[str]:
    """What a file holds, of names, that holds ``text`` as whole words. Empty where nothing of it is kept."""
    return frozenset(_NAME.findall(text))


def names_in(path: Path) -> Names | None:
    """The names in a file, sorted; None where there is nothing to read."""
    from tierwise.syntax.outline import definition_names

    now = time.time_ns()
    found = read_bytes(path, MAX_BYTES + 1)
    if found is None:
        return None
    data, stamp = found
    if len(data) > MAX_BYTES or b"\0" in data:
        return None
    text = data.decode("utf-8", "replace")
    defined = definition_names(language_of(path).id, text)
    settled = stamp if is_settled(stamp, now) else None
    return Names(tuple(sorted(name_parts(text))), tuple(sorted(defined)), settled)


def main() -> None:
    """Answer until the input ends."""
    with suppress(AttributeError, OSError):
        os.nice(_NICE)
    for line in sys.stdin.buffer:
        names = names_in(Path(json.loads(line)))
        answer = None if names is None else (names.all, names.defined, names.stamp)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
