"""Where a name may stand that only a language server knows."""

from __future__ import annotations

import pytest

from tierwise.core.documents import Document
from tierwise.core.text import Lines, Point
from tierwise.rename.reach import may_be_named_at

TEXT = """/** See {@link Shop}. */
// See Shop.
/* See Shop. */
let name: "Shop";
"""


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [(0, 16, True), (1, 8, False), (2, 8, False), (3, 5, True), (3, 12, True), (1, 0, False)],
)
def test_code_and_tags_of_documentation_may_hold_names(line: int, column: int, *, expected: bool) -> None:
    document = Document("file:///w/shop.ts", None, "typescript", None, Lines.of(TEXT))
    assert may_be_named_at(document, Point(line, column)) is expected
