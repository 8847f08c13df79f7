"""Lexing and token texts: nothing is lost, and an edit leads to what reading anew would give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.text import Lines, Point, Span, advance
from tierwise.embedded.lexing import CODE, lexer
from tierwise.embedded.tokentext import Encoder, indentation_unit, spliced, token_text
from tierwise.embedded.vocabulary import LINE_END, Vocabulary, break_levels, is_break

LANGUAGES = ("python", "typescript", "go", "rust", "html", "markdown", "lua", "unheard-of")
PIECES = (
    "def ",
    "x",
    " = ",
    "(",
    ")",
    "[1]",
    '"a"',
    '"',
    "'",
    '"""',
    "'''",
    "`",
    "/*",
    "*/",
    "#",
    "//",
    "\\",
    "\t",
    "    ",
    "é",
    "→",
    "::",
    "<<=",
)
CODE_TEXT = st.lists(st.sampled_from((*PIECES, "\n", "\n", "\n    ")), max_size=40).map("".join)


@given(
    st.sampled_from(LANGUAGES), st.one_of(st.lists(st.sampled_from(PIECES)).map("".join), st.text()), st.integers(0, 1)
)
def test_lexemes_joined_are_the_line(language: str, text: str, state: int) -> None:
    line = " ".join(text.split("\n")).replace("\r", " ").strip()
    lexemes, _ = lexer(language).lex(line, state if language == "python" else CODE)
    joined = "".join(blanks + lexeme for blanks, lexeme in lexemes)
    assert joined.split() == line.split()
    assert all(lexeme for _, lexeme in lexemes)


def test_strings_and_comments_that_cross_lines() -> None:
    python = lexer("python")
    first, inside = python.lex('x = """one')
    assert first[-1] == (" ", '"""one')
    assert inside != CODE
    assert python.lex("two # not a comment", inside) == ([("", "two # not a comment")], inside)
    assert python.lex('three""" + y', inside) == ([("", 'three"""'), (" ", "+"), (" ", "y")], CODE)
    assert lexer("go").lex("a /* b */ c") == ([("", "a"), (" ", "/* b */"), (" ", "c")], CODE)


def test_a_prefix_belongs_to_its_string_and_an_open_string_takes_the_rest() -> None:
    assert lexer("python").lex("rb'x' f(") == ([("", "rb'x'"), (" ", "f"), ("", "(")], CODE)
    assert lexer("python").lex('f("ab, c') == ([("", "f"), ("", "("), ("", '"ab, c')], CODE)
    assert lexer("rust").lex("&'a str")[0] == [("", "&"), ("", "'"), ("", "a"), (" ", "str")]


def test_tokens_spell_the_line_again() -> None:
    vocabulary = Vocabulary()
    codes = token_text(Encoder(vocabulary, "python", 4, 80), ["def f(a,  b):", "    return a"]).codes
    assert "".join(map(vocabulary.text, codes)) == f"{LINE_END}def f(a,  b):{LINE_END}return a"
    assert [break_levels(code) for code in codes if is_break(code)] == [0, 1]


def test_a_long_string_is_not_kept() -> None:
    vocabulary = Vocabulary()
    codes = token_text(Encoder(vocabulary, "python", 4, 10), ["x = 'a very long sentence'  # and a long comment"]).codes
    assert "sentence" not in "".join(map(vocabulary.text, codes))


def test_indentation_unit() -> None:
    assert indentation_unit(["a:", "  b:", "    c", "d:", "  e"]) == 2
    assert indentation_unit(["a {", "\tb", "}"]) == 4
    assert indentation_unit(["a", "b"]) == 4


@given(CODE_TEXT, CODE_TEXT, st.integers(0, 30), st.integers(0, 30), st.integers(0, 4))
def test_a_splice_is_what_reading_anew_gives(text: str, new: str, first: int, more: int, column: int) -> None:
    encoder = Encoder(Vocabulary(), "python", 4, 80)
    before = Lines.of(text)
    start = before.clamp(Point(first, column))
    span = Span(start, max(start, before.clamp(Point(first + more, column))))
    after = before.splice(span, new)
    grown = after.count - before.count
    last = span.end.line + 1
    found = spliced(token_text(encoder, before), encoder, after, span.start.line, last, last + grown)
    assert found == token_text(encoder, after)
    assert advance(span.start, new).line < last + grown


@given(CODE_TEXT, st.integers(0, 30))
def test_a_line_can_be_left_out_of_a_splice(text: str, line: int) -> None:
    encoder = Encoder(Vocabulary(), "python", 4, 80)
    lines = Lines.of(text)
    line = min(line, lines.count - 1)
    blanked = lines.splice(Span(Point(line, 0), Point(line, len(lines.line(line)))), "")
    found = spliced(token_text(encoder, lines), encoder, lines, line, line + 1, line + 1, blank=line)
    assert found == token_text(encoder, blanked)
