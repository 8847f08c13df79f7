"""Workspaces to rename in: files of three languages, a symbol that 200 of them use, and each language's own server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

USERS = 200
"""Files that hold the symbol."""
_PER_FOLDER = 100
_BLOCKS = 5
"""Classes and functions of each file, of some 12 lines together."""


@dataclass(frozen=True, slots=True)
class Language:
    """How a workspace is written in one language, and its own server. ``files`` takes how many, and gives each with its
    text; the first defines the symbol ``old``. ``remark`` begins a comment.
    """

    id: str
    old: str
    new: str
    files: Callable[[int], Iterator[tuple[str, str]]]
    command: tuple[str, ...]
    remark: str = "#"


def _python(count: int) -> Iterator[tuple[str, str]]:
    yield "pkg000/mod000.py", "def shared_total(items):\n    return sum(items)\n"
    for number, package, uses in _modules(count):
        head = "from pkg000.mod000 import shared_total\n\n\n" if uses else ""
        call = f"shared_total([{number}])" if uses else f"helper_{number}_0(1)"
        blocks = (
            f"class Store{name}:\n"
            f"    def __init__(self, path):\n        self.path = path\n\n"
            f"    def read(self):\n        return [self.path, {number}]\n\n\n"
            f"def helper_{name}(value):\n    return [value, Store{name}(value).read()]\n\n\n"
            for name in _names(number)
        )
        yield f"{package}/mod{number:03}.py", f"{head}{''.join(blocks)}def main_{number}():\n    return {call}\n"


def _typescript(count: int) -> Iterator[tuple[str, str]]:
    yield "pkg000/mod000.ts", "export function sharedTotal(items: number[]) {\n  return items.length;\n}\n"
    for number, package, uses in _modules(count):
        head = 'import { sharedTotal } from "../pkg000/mod000";\n\n' if uses else ""
        call = f"sharedTotal([{number}])" if uses else f"helper{number}_0(1)"
        blocks = (
            f"export class Store{name} {{\n  constructor(readonly path: number) {{}}\n\n"
            f"  read() {{\n    return [this.path, {number}];\n  }}\n}}\n\n"
            f"export function helper{name}(value: number) {{\n"
            f"  const store = new Store{name}(value);\n  return store.read();\n}}\n\n"
            for name in _names(number)
        )
        yield f"{package}/mod{number:03}.ts", f"{head}{''.join(blocks)}export const main{number} = () => {call};\n"
    yield "tsconfig.json", '{"compilerOptions": {"strict": true, "skipLibCheck": true}}\n'


def _go(count: int) -> Iterator[tuple[str, str]]:
    yield "pkg000/mod000.go", "package pkg000\n\nfunc SharedTotal(items []int) int {\n\treturn len(items)\n}\n"
    for number, package, uses in _modules(count):
        own = package == "pkg000"
        head = 'import "example.com/bench/pkg000"\n\n' if uses and not own else ""
        shared = "SharedTotal" if own else "pkg000.SharedTotal"
        call = f"{shared}([]int{{{number}}})" if uses else f"helper{number}_0(1)[0]"
        blocks = (
            f"type Store{name} struct {{\n\tpath int\n}}\n\n"
            f"func (s Store{name}) Read() []int {{\n\treturn []int{{s.path, {number}}}\n}}\n\n"
            f"func helper{name}(value int) []int {{\n\tstore := Store{name}{{value}}\n\treturn store.Read()\n}}\n\n"
            for name in _names(number)
        )
        text = f"package {package}\n\n{head}{''.join(blocks)}func Main{number}() int {{\n\treturn {call}\n}}\n"
        yield f"{package}/mod{number:03}.go", text
    yield "go.mod", "module example.com/bench\n\ngo 1.20\n"


def _modules(count: int) -> Iterator[tuple[int, str, bool]]:
    """Number and package of all files but the first, and whether one uses the symbol, as ``USERS`` of all files do."""
    for number in range(1, count):
        yield number, f"pkg{number // _PER_FOLDER:03}", number % (count // USERS) == 0


def _names(number: int) -> list[str]:
    return [f"{number}_{block}" for block in range(_BLOCKS)]


LANGUAGES = (
    Language("python", "shared_total", "sum_of_all", _python, ("pyright-langserver", "--stdio")),
    Language("typescript", "sharedTotal", "sumOfAll", _typescript, ("typescript-language-server", "--stdio"), "//"),
    Language("go", "SharedTotal", "SumOfAll", _go, ("gopls",), "//"),
)
