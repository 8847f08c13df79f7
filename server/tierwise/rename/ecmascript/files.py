"""Moving a JavaScript or TypeScript file: every module specifier that means it is rewritten. Reads the project only.

Certain or nothing: where some other text of the workspace may mean the file too, the move is not offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tierwise.core.changes import Changeset, FileEdit, RenameFile, TextEdit
from tierwise.core.documents import Document
from tierwise.core.text import Span
from tierwise.core.workspace import WorkspaceView
from tierwise.rename.ecmascript.modules import LANGUAGES, ModuleKey, Modules
from tierwise.rename.syntactic.project import Project, SourceFile
from tierwise.syntax.parse import Node


def moved_module(
    view: WorkspaceView, document: Document, new_stem: str, cancelled: Callable[[], bool]
) -> Changeset | None:
    """The changes that give the module of ``document`` the file name ``new_stem``; None where they are not certain."""
    path = document.path
    if path is None:
        return None
    project = Project(view, document, LANGUAGES, cancelled)
    stem, suffix = _stem(path)
    target = path.with_name(new_stem + suffix)
    if target in project.paths() or project.folder is None:
        return None
    modules = Modules(project)
    edits: list[FileEdit] = []
    for file in project.files_with(stem):
        found: list[TextEdit] = []
        for node in _specifiers(file):
            specifier = file.text(node)
            if modules.resolve(file, specifier) != ModuleKey(path):
                continue
            item = _rewritten(file, node, stem, new_stem)
            if item is None:
                return None  # it is named in a way that does not show its file name: a mapping, a folder
            found.append(item)
        if found:
            edits.append(FileEdit(file.document, tuple(found)))
    if _named_elsewhere(view, project, path):
        return None
    return Changeset((*edits, RenameFile(path, target)))


def _stem(path: Path) -> tuple[str, str]:
    """``Card.test.tsx`` is ``Card`` and ``.test.tsx``."""
    stem, dot, rest = path.name.partition(".")
    return stem, dot + rest


def _specifiers(file: SourceFile) -> Iterator[Node]:
    """The contents of all strings that may name a module."""
    pending = [file.root]
    while pending:
        node = pending.pop()
        if node.type == "string_fragment" and node.parent is not None and node.parent.type == "string":
            yield node
        pending.extend(reversed(node.children))


def _rewritten(file: SourceFile, node: Node, stem: str, new_stem: str) -> TextEdit | None:
    text = file.text(node)
    match = re.search(rf"(?:^|/){re.escape(stem)}(?=$|\.[\w.]+$)", text)
    if match is None:
        return None
    start = node.start_byte + len(text[: match.end() - len(stem)].encode())
    return TextEdit(Span(file.parsed.point(start), file.parsed.point(start + len(stem.encode()))), new_stem)


_MAY_NAME_FILES = frozenset({"json", "jsonc", "html", "vue", "svelte", "yaml", "toml"})


def _named_elsewhere(view: WorkspaceView, project: Project, path: Path) -> bool:
    """Whether a file that nothing here can read names the moved one by its full name."""
    if project.folder is None:
        return False
    languages = view.files(project.folder, _MAY_NAME_FILES)
    texts = (project.text(other) for other in languages)
    return any(path.name in text for text in texts if text is not None)
