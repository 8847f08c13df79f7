"""A workspace folder's files by what one may call them: names, stems, tests, kinds. A value, made once per listing."""

from __future__ import annotations

import os.path
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from tierwise.core.documents import Document
from tierwise.core.languages import is_code, language_of

if TYPE_CHECKING:
    from tierwise.syntax.imports import Import  # loads the parser, which the first keystroke has no use for

MANIFESTS = ("pyproject.toml", "package.json", "Cargo.toml", "go.mod", "pom.xml", "build.gradle", "Makefile")
_TEST_NAME = re.compile(r"^test_|_test$|_spec$|\.(?:test|spec)$|Tests?$|^Test(?=[A-Z])")
"""What the names of test files have before or behind the name of what they test."""
_PACKAGE_STEMS = frozenset({"__init__", "index", "mod"})
"""Files that are called by their folder's name."""


@dataclass(frozen=True, slots=True)
class FolderMap:
    """``paths`` by name (relative to the folder, forward slashes), links under theirs too; names by the stem that an
    import may end with; test files by language and by the stem, in lower case, of what they test.
    """

    folder: Path
    paths: Mapping[str, Path]
    by_stem: Mapping[str, tuple[str, ...]]
    tests: Mapping[str, Mapping[str, tuple[Path, ...]]]
    languages: tuple[str, ...]
    """The four kinds of code that most files have, sorted by name."""
    manifests: tuple[str, ...]

    @staticmethod
    def of(folder: Path, files: Iterable[Path], links: Mapping[Path, Path] = MappingProxyType({})) -> FolderMap:
        """``links`` lead to some of the files. Some 5 ms per 1,000 files."""
        paths: dict[str, Path] = {}
        by_stem: dict[str, list[str]] = {}
        tests: dict[str, dict[str, list[Path]]] = {}
        kinds: Counter[str] = Counter()
        cut = len(str(folder)) + (not str(folder).endswith(os.sep))
        for path in (*files, *links):
            name = str(path)[cut:].replace(os.sep, "/")
            paths[name] = links.get(path, path)
            stem = path.stem
            by_stem.setdefault(name.split("/")[-2] if stem in _PACKAGE_STEMS and "/" in name else stem, []).append(name)
            kind = language_of(path).id
            if not is_code(kind) or path in links:
                continue
            kinds[kind] += 1
            if _TEST_NAME.search(stem):
                tests.setdefault(kind, {}).setdefault(_TEST_NAME.sub("", stem).lower(), []).append(path)
        return FolderMap(
            folder,
            paths,
            {stem: tuple(names) for stem, names in by_stem.items()},
            {kind: {tested: tuple(found) for tested, found in group.items()} for kind, group in tests.items()},
            tuple(sorted(kind for kind, _ in kinds.most_common(4))),
            tuple(name for name in MANIFESTS if name in paths),
        )

    @property
    def test_files(self) -> Iterator[Path]:
        """All files that are tests by their name."""
        return (path for group in self.tests.values() for found in group.values() for path in found)

    @staticmethod
    def is_test(path: Path) -> bool:
        """Whether a file, here or not yet, is a test by its name."""
        return is_code(language_of(path).id) and bool(_TEST_NAME.search(path.stem))

    def tests_of(self, path: Path, language: str) -> tuple[Path, ...]:
        """The tests of a file, by their name."""
        return tuple(test for test in self.tests.get(language, {}).get(path.stem.lower(), ()) if test != path)

    def nearest_test(self, path: Path, language: str) -> Path | None:
        """Another test file, as an example: the one that shares most folders with ``path``."""
        others = (test for group in self.tests.get(language, {}).values() for test in group if test != path)
        return max(others, key=lambda other: _shared(path, other), default=None)

    def resolve(self, item: Import, document: Document) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """The files that an import may mean, with the names taken from each."""
        if document.language == "python":
            yield from self._python(item, document)
        elif item.module.startswith("."):
            yield from self._relative(item, document)
        else:
            yield from self._last_part(item, document)

    def _python(self, item: Import, document: Document) -> Iterator[tuple[Path, tuple[str, ...]]]:
        dots = len(item.module) - len(item.module.lstrip("."))
        parts = [part for part in item.module.split(".") if part]
        base = ""
        if dots:
            here = PurePosixPath(self._name(document)).parent
            base = "/".join(here.parts[: len(here.parts) - dots + 1])
        for names, tail in (((), item.names), (item.names, ())):
            for last in tail or ("",):
                dotted = [*parts, last] if last else parts
                for name in self._modules(base, dotted, exact=bool(dots)):
                    yield self.paths[name], names

    def _modules(self, base: str, parts: list[str], *, exact: bool) -> Iterator[str]:
        if not parts:
            return
        path = "/".join([*filter(None, [base]), *parts])
        for name in self.by_stem.get(parts[-1], ()):
            bare = name.removesuffix(".pyi").removesuffix(".py").removesuffix("/__init__")
            if bare == path or (not exact and bare.endswith("/" + path)):
                yield name

    def _relative(self, item: Import, document: Document) -> Iterator[tuple[Path, tuple[str, ...]]]:
        here = PurePosixPath(self._name(document)).parent
        target = os.path.normpath(here / item.module).replace(os.sep, "/")
        for name in self.by_stem.get(PurePosixPath(target).name.split(".")[0], ()):
            bare = name.rsplit(".", 1)[0]
            if target in {name, bare, bare.removesuffix("/index")}:
                yield self.paths[name], item.names

    def _last_part(self, item: Import, document: Document) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """Java, Rust, Go: a file, or a folder's files, named like the last part or like an imported name."""
        parts = item.module.replace("::", "/").replace(".", "/").split("/")
        suffix = PurePosixPath(self._name(document)).suffix
        for stem in (parts[-1], *item.names):
            for name in self.by_stem.get(stem, ()):
                if PurePosixPath(name).suffix == suffix:
                    yield self.paths[name], item.names

    def _name(self, document: Document) -> str:
        assert document.path is not None
        return document.path.relative_to(self.folder).as_posix()


def _shared(path: Path, other: Path) -> int:
    """How many folders two files have in common, from the top."""
    count = 0
    for one, two in zip(path.parent.parts, other.parent.parts, strict=False):
        if one != two:
            break
        count += 1
    return count
