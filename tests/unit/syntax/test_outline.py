"""What a file defines, calls and imports."""

from __future__ import annotations

import pytest

from tierwise.core.text import Lines, Point, Span
from tierwise.syntax import parse as parsing
from tierwise.syntax.grammars import LANGUAGES
from tierwise.syntax.outline import MOST_CHARACTERS, calls, definition_names, enclosing, imports, outline

PYTHON = '''
X = 1
@deco(1)
class A(B):
    """Doc.

    More.
    """
    f: int = 3
    def m(self, é) -> int:
        "d"
        return self.k(é).z()
async def g(): pass
'''
TSX = """
/** Adds.
 * more */
export function add(a: number): number { return ns.foo(a); }
// one
export const h = (x) => { return <Foo a={bar()}/>; }
class K<T> extends L { x = 1; #p = 2; get v() { return 1 } }
interface I { n: string; m(): void }
type U = string | number
enum E { A }
namespace N { export const z = 1 }
"""
GO = """package p
// Server serves.
type Server struct { A, B int }
type (
  Q int
  R interface { M() }
)
const ( c1 = iota; c2 )
// Run it.
func (s *Server) Run(ctx int) error { return fmt.Errorf("x", s.go1()) }
"""
RUST = """
/// Point.
/// More.
#[derive(Debug)]
pub struct P<T> { x: T }
impl<T> fmt::Display for P<T> { fn fmt(&self) -> R { write!(f, "{}", self.x.go()); Self::new::<T>() } }
trait Tr { fn a(&self); }
enum E { A, B(i32) }
mod m { pub fn z() {} }
"""
JAVA = """package a.b;
/** Doc. */
public class A<T> extends B { private int f, g; A() { new C<>(); } int m(int x) { return this.n(x); } enum E { X } }
"""


def kinds(language: str, text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(item.kind, item.name, item.parents) for item in outline(language, text)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "python",
            PYTHON,
            [
                ("variable", "X", ()),
                ("class", "A", ()),
                ("field", "f", ("A",)),
                ("method", "m", ("A",)),
                ("function", "g", ()),
            ],
        ),
        (
            "typescriptreact",
            TSX,
            [
                ("function", "add", ()),
                ("function", "h", ()),
                ("class", "K", ()),
                ("field", "x", ("K",)),
                ("field", "#p", ("K",)),
                ("method", "v", ("K",)),
                ("interface", "I", ()),
                ("field", "n", ("I",)),
                ("method", "m", ("I",)),
                ("type", "U", ()),
                ("enum", "E", ()),
                ("module", "N", ()),
            ],
        ),
        (
            "go",
            GO,
            [
                ("struct", "Server", ()),
                ("field", "A", ("Server",)),
                ("field", "B", ("Server",)),
                ("type", "Q", ()),
                ("interface", "R", ()),
                ("method", "M", ("R",)),
                ("constant", "c1", ()),
                ("constant", "c2", ()),
                ("method", "Run", ("Server",)),
            ],
        ),
        (
            "rust",
            RUST,
            [
                ("struct", "P", ()),
                ("field", "x", ("P",)),
                ("method", "fmt", ("P",)),
                ("trait", "Tr", ()),
                ("method", "a", ("Tr",)),
                ("enum", "E", ()),
                ("constant", "A", ("E",)),
                ("constant", "B", ("E",)),
                ("module", "m", ()),
                ("function", "z", ("m",)),
            ],
        ),
        (
            "java",
            JAVA,
            [
                ("class", "A", ()),
                ("field", "f", ("A",)),
                ("field", "g", ("A",)),
                ("method", "A", ("A",)),
                ("method", "m", ("A",)),
                ("enum", "E", ("A",)),
                ("constant", "X", ("A", "E")),
            ],
        ),
    ],
)
def test_definitions(language: str, text: str, expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert kinds(language, text) == expected
    assert definition_names(language, text) == {item.name for item in outline(language, text)}


def test_spans_signatures_and_docs() -> None:
    definitions = {item.name: item for item in outline("python", PYTHON)}
    lines = Lines.of(PYTHON)
    assert definitions["A"].doc == "Doc.\n\nMore."
    assert definitions["A"].span.start == Point(2, 0), "decorators belong to it"
    assert definitions["m"].signature == "def m(self, é) -> int"
    assert lines.slice(definitions["m"].name_span) == "m"
    assert {item.name: item.doc for item in outline("typescriptreact", TSX)}["add"] == "Adds.\nmore"
    assert {item.name: item.doc for item in outline("rust", RUST)}["P"] == "Point.\nMore."
    assert {item.name: item.doc for item in outline("go", GO)}["Run"] == "Run it."
    assert {item.name: item.signature for item in outline("go", GO)}["Run"] == "func (s *Server) Run(ctx int) error"
    assert {item.name: item.doc for item in outline("java", JAVA)}["A"] == ""


def test_the_innermost_definition_around_a_place() -> None:
    definitions = outline("python", PYTHON)
    inside = enclosing(definitions, Point(11, 10))
    assert inside is not None
    assert inside.name == "m"
    around = enclosing(definitions, Point(4, 0))
    assert around is not None
    assert around.name == "A"
    assert enclosing(definitions, Point(0, 0)) is None


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", PYTHON, ("deco", "k", "z")),
        ("typescriptreact", TSX, ("foo", "Foo", "bar")),
        ("go", GO, ("Errorf", "go1")),
        ("rust", RUST, ("write", "new")),
        ("java", JAVA, ("C", "n")),
    ],
)
def test_calls(language: str, text: str, expected: tuple[str, ...]) -> None:
    assert calls(language, text, Span(Point(0, 0), Lines.of(text).end)) == expected


def test_calls_only_within_the_span() -> None:
    assert calls("python", "a()\nb()\nc()\n", Span(Point(1, 0), Point(1, 3))) == ("b",)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "python",
            "import a.b as c, d\nfrom ..x import (p, q as r)\nfrom m import *\nfrom . import s\n",
            [("a.b", ()), ("d", ()), ("..x", ("p", "q")), ("m", ("*",)), (".", ("s",))],
        ),
        (
            "typescript",
            (
                "import d, {a as b} from './m'; import * as ns from 'q'; export * from './z'; r = "
                "require('fs'); import('./l')"
            ),
            [("./m", ("default", "a")), ("q", ("*",)), ("./z", ("*",)), ("fs", ()), ("./l", ())],
        ),
        ("go", 'package p\nimport ("fmt"; x "a/b"; . "c")\n', [("fmt", ()), ("a/b", ()), ("c", ("*",))]),
        (
            "rust",
            "use std::{io::{self, Read}, fmt as f}; mod net; use crate::a::*;",
            [("std::io", ("self", "Read")), ("std", ("fmt",)), ("self::net", ()), ("crate::a", ("*",))],
        ),
        (
            "java",
            "import java.util.List; import static x.Y.z; import q.*;",
            [("java.util", ("List",)), ("x.Y", ("z",)), ("q", ("*",))],
        ),
    ],
)
def test_imports(language: str, text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(item.module, item.names) for item in imports(language, text)] == expected


@pytest.mark.parametrize("language", [*sorted(LANGUAGES), "cobol"])
@pytest.mark.parametrize("text", ["", "(((", "class", "import", "def f(\n", "func (", "fn f<", "\x00é𝄞\r"])
def test_broken_text_is_no_error(language: str, text: str) -> None:
    outline(language, text)
    imports(language, text)
    calls(language, text, Span(Point(0, 0), Lines.of(text).end))


def test_the_names_of_a_text_that_is_read_once_keep_no_tree() -> None:
    kept = len(parsing._KEPT)
    assert definition_names("python", "def read_once_and_never_again(): ...\n") == {"read_once_and_never_again"}
    assert len(parsing._KEPT) == kept
    outline("python", "def asked_about_again(): ...\n")
    assert len(parsing._KEPT) == kept + 1


def test_a_text_of_data_is_not_looked_through() -> None:
    text = "function run() { walk(); }\nvar data = [" + "1," * (MOST_CHARACTERS // 2) + "];\n"
    whole = Span(Point(0, 0), Point(2, 0))
    assert outline("javascript", text) == ()
    assert calls("javascript", text, whole) == ()
    assert [item.name for item in outline("javascript", text[:27])] == ["run"]
