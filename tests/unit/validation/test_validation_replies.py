"""Replies that are data, and completions: accepted or rejected with a reason."""

from __future__ import annotations

import msgspec
import pytest

from tierwise.core.documents import Document
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.text import Lines, Point, Span
from tierwise.edits.infill import Infill
from tierwise.prompts.schemas import ADJUDICATION, REVIEW
from tierwise.validation.completions import check_completion
from tierwise.validation.replies import Finding, Review, Severity, parse_adjudication, parse_review


@pytest.mark.parametrize(
    ("reply", "accepted"),
    [
        ('{"accept": [1, 3]}', {1, 3}),
        ('{"accept": []}', set()),
        (' {"accept":[2,2]}\n', {2}),
        ('```json\n{"accept": [1]}\n```', {1}),
        ('{"accept": [4]}', None),
        ('{"accept": [0]}', None),
        ('{"accept": ["1"]}', None),
        ('{"accept": [1.5]}', None),
        ('{"accept": [true]}', None),
        ('{"accept": [1], "reject": [2]}', None),
        ('{"accepted": [1]}', None),
        ("[1]", None),
        ("I accept 1 and 3.", None),
        ('{"accept": [1', None),
        ("", None),
    ],
)
def test_adjudication(reply: str, accepted: set[int] | None) -> None:
    result = parse_adjudication(reply, 3)
    if accepted is None:
        assert isinstance(result, Rejection)
        assert result.reason is RejectReason.BAD_SCHEMA
    else:
        assert result == accepted


def test_a_review_is_ordered_and_without_repeats() -> None:
    reply = """{"summary": "Fine.", "findings": [
        {"line": 9, "severity": "note", "message": "b"}, {"line": 2, "severity": "error", "message": "a"},
        {"line": 9, "severity": "note", "message": "b"}]}"""
    result = parse_review(reply, 10)
    assert result == Review("Fine.", (Finding(2, Severity.ERROR, "a"), Finding(9, Severity.NOTE, "b")))


@pytest.mark.parametrize(
    "finding",
    [
        '{"line": 11, "severity": "note", "message": "a"}',
        '{"line": 0, "severity": "note", "message": "a"}',
        '{"line": 1, "severity": "fatal", "message": "a"}',
        '{"line": 1, "severity": "note", "message": " "}',
        '{"line": 1, "severity": "note"}',
    ],
)
def test_a_bad_finding(finding: str) -> None:
    result = parse_review(f'{{"summary": "", "findings": [{finding}]}}', 10)
    assert isinstance(result, Rejection)
    assert result.reason is RejectReason.BAD_SCHEMA


def test_what_the_schemas_ask_for_is_what_is_read() -> None:
    accept = {"accept": [1, 2]}
    finding = {"line": 1, "severity": "note", "message": "m"}
    review = {"summary": "s", "findings": [finding]}
    assert ADJUDICATION.schema["required"] == list(accept)
    assert parse_adjudication(msgspec.json.encode(accept).decode(), 2) == {1, 2}
    assert REVIEW.schema["required"] == list(review)
    properties = msgspec.to_builtins(REVIEW.schema)["properties"]["findings"]["items"]["properties"]
    assert properties["severity"]["enum"] == [severity.value for severity in Severity]
    assert set(properties) == set(finding)
    assert isinstance(parse_review(msgspec.json.encode(review).decode(), 1), Review)


@pytest.mark.parametrize(
    ("language", "text", "reason"),
    [
        ("python", "return 1", None),
        ("python", "  \n ", RejectReason.EMPTY),
        ("python", ")", RejectReason.NO_CHANGE),
        ("python", "x\n# ... rest of the code ...", RejectReason.PLACEHOLDER),
        ("python", "I'm sorry, but I cannot help with that.", RejectReason.REFUSED),
        ("markdown", "I'm sorry, but I cannot help with that.", None),
        ("python", "x\n<<<<<<< SEARCH\ny", RejectReason.MALFORMED_BLOCK),
        ("python", "# I cannot be negative", None),
    ],
)
def test_completions(language: str, text: str, reason: RejectReason | None) -> None:
    document = Document("file:///a", None, language, 1, Lines.of("f()\n"))
    span = Span(Point(0, 2), Point(0, 3)) if text == ")" else Span.at(Point(0, 2))
    verdict = check_completion(document, Infill(text, span))
    assert (verdict.reason if verdict else None) is reason


def test_a_completion_outside_the_document() -> None:
    document = Document("file:///a", None, "python", 1, Lines.of("f()\n"))
    verdict = check_completion(document, Infill("x", Span.at(Point(5, 0))))
    assert verdict is not None
    assert verdict.reason is RejectReason.OUT_OF_SCOPE
