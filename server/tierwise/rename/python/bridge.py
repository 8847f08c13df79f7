"""jedi, asked one thing at a time: where does the name at this place lead.

Owner of one jedi state per rename, and of a cache of parsed modules. Workspace files are read through the view only,
so unsaved buffers count and forbidden files do not exist; installed packages and jedi's own stubs are read from disk.
Never starts an interpreter, never imports a module of the workspace or an installed one, never changes ``sys.path``,
never writes jedi's or parso's caches to disk. jedi's own way of finding modules does the third and fourth, so that
part of it is replaced here; the rest of jedi is used as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from tierwise.core.text import Point
from tierwise.rename.python.modules import SourceTree

_T = TypeVar("_T")

LOCK = RLock()
"""jedi keeps process-wide caches and is not thread-safe (its documentation of ``Script``): one question at a time."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a name leads. ``point`` is None for a module or package, ``path`` is None for what has no source."""

    path: Path | None
    point: Point | None

    @property
    def is_module(self) -> bool:
        return self.point is None and self.path is not None


@dataclass(frozen=True, slots=True)
class BaseClass:
    """One entry of a class's method resolution order: the place of its name, and whether it defines the word.

    ``path`` is None for a class without source (built in C).
    """

    path: Path | None
    point: Point | None
    name: str
    defines: bool


class Jedi:
    """jedi over one state of the workspace; modules are looked for in ``home`` first. Use it under ``LOCK``."""

    def __init__(self, sources: SourceTree, packages: Sequence[Path], home: Path | None = None) -> None:
        project = _jedi().Project(str(sources.folder), sys_path=(), smart_sys_path=False)
        self._sources = sources
        self._packages = tuple(packages)
        roots = sources.roots if home is None else dict.fromkeys((home, *sources.roots))
        self._sys_path = [str(path) for path in (*roots, *packages, *_standard_library())]
        self._modules: dict[Path, Any] = {}
        state = _module("inference").InferenceState(project, environment=_Environment(self))
        state.parse_and_get_code = self._parse
        state.get_sys_path = self._get_sys_path
        state.flow_analysis_enabled = False  # both sides of an "if" bear the name
        state.do_dynamic_params_search = False
        self._state = state

    def goto(self, path: Path, point: Point) -> tuple[Target, ...]:
        """Where the name at a place of a workspace file leads, imports not followed beyond one step; empty where jedi
        cannot tell. A definition leads to itself.
        """
        return self._ask(lambda: self._goto(path, point)) or ()

    def exported(self, path: Path, word: str) -> tuple[Target, ...]:
        """Where the name ``word`` of a module leads, also one that the module takes over by a star import."""
        return self._ask(lambda: self._exported(path, word)) or ()

    def bases(self, path: Path, point: Point, word: str) -> tuple[BaseClass, ...]:
        """The classes that the class named at a place inherits from, nearest first, without ``object``."""
        return self._ask(lambda: self._bases(path, point, word)) or ()

    def _ask(self, question: Callable[[], _T]) -> _T | None:
        self._state.reset_recursion_limitations()
        self._state.inferred_element_counts = {}  # jedi gives up after so many; one question must not starve the next
        with _module("api.helpers").higher_recursion_limit():
            try:
                return question()
            except Exception:  # noqa: BLE001 - inference of arbitrary code fails in arbitrary ways: then it is unknown
                return None

    def _leaf(self, path: Path, point: Point) -> tuple[Any, Any]:
        context = self._context(path)
        leaf = context.tree_node.get_name_of_position((point.line + 1, point.column))
        if leaf is None:
            raise LookupError
        return context, leaf

    def _goto(self, path: Path, point: Point) -> tuple[Target, ...]:
        context, leaf = self._leaf(path, point)
        return tuple(dict.fromkeys(_target(name) for name in context.create_name(leaf).goto()))

    def _exported(self, path: Path, word: str) -> tuple[Target, ...]:
        filters = self._context(path).get_value().get_filters()
        return tuple(dict.fromkeys(_target(name) for item in filters for name in item.get(word)))

    def _bases(self, path: Path, point: Point, word: str) -> tuple[BaseClass, ...]:
        context, leaf = self._leaf(path, point)
        found: list[BaseClass] = []
        for value in context.create_name(leaf).infer():
            bases = list(value.py__mro__())[1:]
            found += [_base_class(base, word) for base in bases if base.py__name__() != "object"]
        return tuple(dict.fromkeys(found))

    def _context(self, path: Path) -> Any:
        if path not in self._modules:
            source = _module("file_io").KnownContentFileIO(path, self._sources.text(path) or "")
            names, is_package = self._names(path)
            loaded = _module("inference.imports").load_module_from_path(self._state, source, names, is_package)
            self._modules[path] = loaded.as_context()
        return self._modules[path]

    def _names(self, path: Path) -> tuple[tuple[str, ...] | None, bool | None]:
        """A module by its place in the folder. jedi's own choice is the shortest name, which several files may share:
        then it takes one of them for the other.
        """
        *folders, _ = path.relative_to(self._sources.folder).parts if self._sources.holds(path) else ("",)
        is_package = path.stem == "__init__"
        names = (*folders,) if is_package else (*folders, path.stem)
        return (names, is_package) if folders else (None, None)

    def _get_sys_path(self, **_: object) -> list[str]:
        return self._sys_path

    def _parse(
        self, code: object = None, path: object = None, use_latest_grammar: bool = False, file_io: Any = None, **_: Any
    ) -> tuple[Any, str]:
        """Stands in for jedi's own reading and parsing."""
        place = Path(file_io.path if file_io is not None else str(path))
        grammar = self._state.latest_grammar if use_latest_grammar else self._state.grammar
        text = self._read(place)
        node = _parse(grammar, place, text)
        lines = import_module("parso").split_lines(text, keepends=True)
        # jedi looks the lines of a module up in parso's cache, where parsing without the disk cache does not put them.
        import_module("parso.cache").try_to_save_module(
            vars(grammar)["_hashed"], _Unsaved(place), node, lines, pickling=False
        )
        return node, text

    def _read(self, path: Path) -> str:
        if self._sources.holds(path) and not any(path.is_relative_to(package) for package in self._packages):
            text = self._sources.text(path)
            if text is None:
                raise FileNotFoundError(path)
            return text
        return path.read_bytes().decode("utf-8", "replace")

    def find_module(
        self,
        string: str,
        full_name: str,
        sys_path: Iterable[str] | None = None,
        path: Iterable[str] | None = None,
        **_: Any,
    ) -> tuple[Any, bool | None]:
        """Stands in for jedi's search for a module, which swaps ``sys.path`` under the feet of other threads."""
        if path is None and string in sys.builtin_module_names:
            return None, False
        spaces: list[str] = []
        for base in path if path is not None else sys_path or ():
            found = self._find_in(Path(base), string)
            if isinstance(found, Path):
                return _module("file_io").KnownContentFileIO(found, ""), found.stem == "__init__"
            if found == "compiled":
                return None, False
            if found == "namespace":
                spaces.append(str(Path(base) / string))
        if spaces:
            info = _module("inference.compiled.subprocess.functions").ImplicitNSInfo
            return info(full_name if path is not None else string, spaces), True
        return None, None

    def _find_in(self, base: Path, name: str) -> Path | str | None:
        in_workspace = self._sources.holds(base) and not any(base.is_relative_to(item) for item in self._packages)
        is_file: Callable[[Path], bool] = self._sources.has_file if in_workspace else Path.is_file
        is_folder: Callable[[Path], bool] = self._sources.has_folder if in_workspace else Path.is_dir
        for candidate in (base / name / "__init__.py", base / f"{name}.py"):
            if is_file(candidate):
                return candidate
        if not in_workspace and any(is_file(base / f"{name}{suffix}") for suffix in EXTENSION_SUFFIXES):
            return "compiled"
        return "namespace" if is_folder(base / name) else None

    def load_compiled(self, dotted_name: str, **_: object) -> Any:
        """Stands in for jedi's import of modules without source: only what the interpreter has built in."""
        if dotted_name not in sys.builtin_module_names:
            return None
        return _module("inference.compiled.access").create_access_path(self._state, import_module(dotted_name))

    def module_names(self, paths: Iterable[str]) -> list[str]:
        """Stands in for jedi's listing of packages."""
        return sorted(
            {name for path in paths if self._sources.holds(Path(path)) for name in self._sources.names(Path(path))}
        )


_GRAMMAR = "3.14"
"""The newest grammar of parso: it reads the code of every version that people still write, whatever runs Tierwise."""


class _Environment:
    """jedi's view of an interpreter: a version, and nothing that could be executed."""

    def __init__(self, jedi: Jedi) -> None:
        self._jedi = jedi
        self.executable = sys.executable
        self.path = sys.prefix
        self.version_info = sys.version_info

    def get_grammar(self) -> Any:
        return import_module("parso").load_grammar(version=_GRAMMAR)

    def get_sys_path(self) -> list[str]:
        return []

    def get_inference_state_subprocess(self, state: Any) -> Any:
        process = _module("inference.compiled.subprocess").InferenceStateSameProcess(state)
        process.get_module_info = self._jedi.find_module
        process.load_module = self._jedi.load_compiled
        process.iter_module_names = self._jedi.module_names
        return process


class _Unsaved:
    """A file as parso's cache wants to see it, without a time: nothing is compared with the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get_last_modified(self) -> float | None:
        return None


@cache
def _jedi() -> Any:
    return import_module("jedi")


def _module(name: str) -> Any:
    _jedi()
    return import_module(f"jedi.{name}")


@lru_cache(maxsize=512)
def _parse(grammar: Any, path: Path, text: str) -> Any:
    """The parso tree of one text. It is shared by later renames, which only read it."""
    return grammar.parse(text, path=path, cache=False, diff_cache=False)


@cache
def _standard_library() -> tuple[Path, ...]:
    import sysconfig

    return (Path(sysconfig.get_path("stdlib")),)


def _target(name: Any) -> Target:
    if name.tree_name is None:
        if name.api_type in {"module", "namespace"}:
            return Target(_module_path(name), None)
        return Target(None, None)
    line, column = name.tree_name.start_pos
    return Target(name.get_root_context().py__file__(), Point(line - 1, column))


def _module_path(name: Any) -> Path | None:
    """The file of a module, the folder of a package."""
    for value in name.infer():
        file = value.py__file__()
        if file is not None:
            return file.parent if file.stem == "__init__" else file
        for folder in value.py__path__() or ():
            return Path(folder)
    return None


def _base_class(base: Any, word: str) -> BaseClass:
    if base.is_compiled() or base.tree_node is None:
        return BaseClass(None, None, base.py__name__(), any(f.get(word) for f in base.get_filters()))
    node = base.tree_node
    line, column = node.name.start_pos
    leaves: Mapping[str, list[Any]] = node.get_root_node().get_used_names()
    defines = any(
        node.start_pos <= leaf.start_pos < node.end_pos and leaf.is_definition(include_setitem=False)
        for leaf in leaves.get(word, ())
    )
    return BaseClass(base.get_root_context().py__file__(), Point(line - 1, column), base.py__name__(), defines)
