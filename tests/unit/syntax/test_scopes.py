"""Lexical scoping: which occurrences of a word are one variable.

In a marked text every occurrence of ``x`` is followed by a digit that names its variable, ``-`` for none of this file,
or ``m`` for a member, key or the like: ``x0 = x0 + y.xm``.
"""

from __future__ import annotations

import re

import pytest

from tierwise.syntax.parse import parse
from tierwise.syntax.scopes import REFERENCE, all_occurrences, occurrences

_MARK = re.compile(r"\bx([0-9m-])")

TEXTS = [
    (
        "python",
        (
            "def f(x0, y=x-):\n    def g():\n        nonlocal x0\n        x0 = 1\n        return [x1 "
            "for x1 in x0]\n    y.xm\n"
        ),
    ),
    ("python", "x0 = 1\nclass A:\n    x1 = x0\n    z = x1\n    def f(self): return x0\n"),
    ("python", "def f():\n    global x0\n    x0 = 1\n    lambda x1=x0: x1\ndef g(): return x0\n"),
    ("python", "import x0\nfrom a import b as x0\nwith x0 as (y, x0): f(xm=x0)\n"),
    (
        "python",
        (
            "def f[x0](a: x0, *b: x0) -> x0: pass\ndef g(a):\n    match a:\n        case [x1, *_]: "
            "x1\n        case x1.y: pass\n"
        ),
    ),
    ("javascript", "let x0 = 1; { let x1 = 1; y = { x1, xm: x1 }; } function f(x2) { var x2; return x2 }"),
    ("javascript", "const { xm: y, z: { x0 } } = a; for (const x1 of b) { x1 } x0; try {} catch (x2) { x2.xm }"),
    (
        "javascript",
        "function f() { if (a) { var x0 = 1 } return x0 } x-; g = function x1() { x1 }; { class x2 { xm() { x2 } } }",
    ),
    (
        "typescript",
        "interface x0 { xm: x0 } const x0 = 1; function f<x1>(a: x1, b: typeof x0): x1 { { let x2 = 1; return x2 } }",
    ),
    ("javascript", "a = function x0() { var x1 = 1; x1 }; b = function x2() { x2 }; c = class x3 { m() { x3 } }"),
    (
        "go",
        (
            "package p\nvar x0 = 1\nfunc f(x1 int, y x0) (z x0) {\n\t{ x2 := x1; _ = x2 }\n\tif x3 := "
            "x1; x3 > 0 { }\n\treturn x1\n}\n"
        ),
    ),
    (
        "go",
        (
            "package p\nfunc f() {\n\tswitch x0 := x-.(type) {\n\tcase int: _ = x0\n\t}\n\tfor x1 := "
            "range x- { _ = x1 }\n\t_ = T{xm: 1}\n}\n"
        ),
    ),
    ("rust", "fn f(x0: i32) { let x1 = x0; let x2 = x1; if let Some(x3) = x2 { x3; } else { x2; } S { x2, xm: x2 }; }"),
    (
        "rust",
        (
            "fn f(x0: i32) { match x0 { Some(x1) => x1, _ => x0 }; |x2| x2; { fn g(x3: i32) { x3; } } "
            "for x4 in x0 { x4; } }"
        ),
    ),
    (
        "java",
        (
            "class A { int x0; int f(int x1) { return x1 + this.xm; } int g() { for (int x2 = 0; x2 < "
            "1; x2++) {} g(x3 -> x3); return x0; } }"
        ),
    ),
]


@pytest.mark.parametrize(("language", "marked"), TEXTS)
def test_scopes(language: str, marked: str) -> None:
    expected = [mark.group(1) for mark in _MARK.finditer(marked)]
    parsed = parse(language, _MARK.sub("x", marked))
    assert parsed is not None
    assert parsed.error_count == 0, parsed.errors
    found = occurrences(parsed, "x")
    order = {
        id(binding): str(index) for index, binding in enumerate(sorted(found.bindings, key=lambda b: b.names[0].start))
    }
    actual = [
        order[id(name.binding)] if name.binding is not None else "-" if name.role == REFERENCE else "m"
        for name in found.names
    ]
    assert actual == expected


def test_words_are_whole_words() -> None:
    parsed = parse("javascript", "x; xx; $x; x$; #x; o.x; 'x'; // x\n éx")
    assert parsed is not None
    assert [name.start for name in occurrences(parsed, "x").names] == [0, 21, 25, 32]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "    for name, pause in tuple(items()):\nclass Team(Spending):\n    def spoke(self, p"),
        (
            "python",
            "    def states() -> tuple[int@, ...]:\n    def ask(at: float):\n        if at < x[0:\nclass Slot:",
        ),
        ("javascript", "const f = function x( {{{ => class x {"),
        ("go", "func x( := range x {{{"),
        ("rust", "fn x( match x { let x ="),
        ("java", "class x { void x( if (o instanceof x x"),
    ],
)
def test_what_does_not_parse_at_all_is_no_fault(language: str, text: str) -> None:
    parsed = parse(language, text)
    assert parsed is not None
    words = set(re.findall(r"[^\W\d]\w*", text))
    found = all_occurrences(parsed, words)
    assert all(len(occurrences(parsed, word).names) == len(found[word].names) > 0 for word in words)
