"""Parsing: errors, and places in code points."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.text import Lines, Point, Span
from tierwise.syntax.grammars import LANGUAGES
from tierwise.syntax.parse import parse


def test_a_language_without_a_grammar_is_not_parsed() -> None:
    assert parse("cobol", "x") is None


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("python", "def f(): pass\n", "def f(:\n"),
        ("javascript", "let x = 1;", "let = = ;"),
        ("javascriptreact", "<a b={c}/>;", "<a b={;"),
        ("typescript", "let x: number = 1;", "let x: = 1;"),
        ("typescriptreact", "const x = <A<B> c='d'/>;", "const x = <A;"),
        ("go", "package a\n", "package a\nfunc {"),
        ("rust", "fn f() {}", "fn f( {}"),
        ("java", "class A {}", "class A {"),
    ],
)
def test_what_does_not_parse_is_counted(language: str, good: str, bad: str) -> None:
    parsed, broken = parse(language, good), parse(language, bad)
    assert parsed is not None
    assert broken is not None
    assert parsed.error_count == 0
    assert broken.error_count > 0


def test_errors_are_in_code_points_also_after_wide_characters_and_lone_carriage_returns() -> None:
    parsed = parse("javascript", "a = '𝄞é';\rb = 1;\r\nc = '𝄞' § 2;\n")
    assert parsed is not None
    assert [span.start for span in parsed.errors] == [Point(2, 8)]
    assert all(isinstance(span, Span) for span in parsed.errors)


def test_what_is_missing_is_an_empty_span() -> None:
    parsed = parse("javascript", "f(1;")
    assert parsed is not None
    assert any(span.empty for span in parsed.errors)


@given(st.text(alphabet="ab =(\n\r\té𝄞\ud800\ufeff\u2028\f'", max_size=60))
def test_bytes_and_points_convert_both_ways(text: str) -> None:
    parsed = parse("python", text)
    assert parsed is not None
    lines = Lines.of(text)
    for line in range(lines.count):
        for column in range(len(lines.line(line)) + 1):
            point = Point(line, column)
            assert parsed.point(parsed.byte(point)) == point


def test_every_grammar_is_usable_from_several_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(parse, language, f"x{i}") for i in range(20) for language in sorted(LANGUAGES)]
    assert all(job.result() is not None for job in jobs)
