"""The names in files, found by a process of its own: ``python -m tierwise.session.names_in_files``.

It reads one JSON string a line, an absolute path, and answers each with one line: ``[all names, names defined, stamp of
the file]``, or ``null`` for a file that cannot be read or is too large. Parsing holds the interpreter's lock; done in
the server it would delay every keystroke for as long as the folders are read. Keeps no text and writes nothing.
"""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

from tierwise.core.languages import language_of
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

    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())  # before it is read: a change meanwhile makes another stamp
            data = file.read(MAX_BYTES + 1)
    except OSError:
        return None
    if len(data) > MAX_BYTES or b"\0" in data:
        return None
    text = data.decode("utf-8", "replace")
    defined = definition_names(language_of(path).id, text)
    stamp = status.st_mtime_ns, status.st_size
    return Names(tuple(sorted(name_parts(text))), tuple(sorted(defined)), stamp)


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
