"""What is remembered of answers, and for how long."""

from __future__ import annotations

from tierwise.core.documents import Document
from tierwise.core.text import Lines, Point
from tierwise.features.completion.reuse import Reuse


def document(name: str, text: str) -> Document:
    return Document(f"file:///{name}", None, "python", 1, Lines.of(text))


def test_the_documents_answered_last_are_remembered() -> None:
    reuse, point = Reuse(), Point(0, 4)
    documents = [document(f"{number}.py", "x = \n") for number in range(150)]
    for each in documents:
        reuse.add(each, point, "value", "a/model", point)
    found = [reuse.find(each, point) is not None for each in documents]
    assert not any(found[:50])
    assert all(found[50:])


def test_no_line_as_long_as_a_file_is_kept() -> None:
    reuse, point = Reuse(), Point(0, 100_000)
    minified = document("a.js", "f();" * 25_000)
    reuse.add(minified, point, "value", "a/model", point)
    assert reuse.find(minified, point) is None
