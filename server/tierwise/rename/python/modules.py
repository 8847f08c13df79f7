"""The Python modules of a workspace folder, as importing code sees them. Reads through the view only."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.workspace import WorkspaceView
from tierwise.rename.layout import Layout, layout_of

PYTHON = frozenset({"python"})
_OF_PACKAGES = ("__init__.py", "__init__.pyi")


class SourceTree:
    """The Python files of one folder at one moment; open documents win. Texts are read once."""

    def __init__(self, view: WorkspaceView, folder: Path) -> None:
        self.folder = folder
        self.view = view
        self._documents: dict[Path, Document | None] = {}
        self._shared: dict[str, bool] = {}

    def document(self, path: Path) -> Document | None:
        if path not in self._documents:
            self._documents[path] = self.view.read(path)
        return self._documents[path]

    def put(self, path: Path, document: Document) -> None:
        """Let ``document`` be the file's text, whatever the view says."""
        self._documents[path] = document

    def text(self, path: Path) -> str | None:
        document = self.document(path)
        return None if document is None else document.text

    def holds(self, path: Path) -> bool:
        """Whether a path lies in the folder, so that only the view may say what it holds."""
        return path.is_relative_to(self.folder)

    def has_file(self, path: Path) -> bool:
        return path in self._layout.files

    def has_folder(self, path: Path) -> bool:
        return path in self._folders

    def has_module(self, folder: Path, name: str) -> bool:
        """Whether a module or package of this name lies right below a folder."""
        stubs = (folder / f"{name}.py", folder / f"{name}.pyi")
        return any(map(self.has_file, stubs)) or self.has_folder(folder / name)

    def is_shared(self, name: str) -> bool:
        """Whether modules or packages of this name lie in several folders."""
        if name not in self._shared:
            files = [path for ending in (".py", ".pyi") for path in self._layout.names.get(name + ending, ())]
            folders = {path.parent for path in files} | {path.parent for path in self._folders if path.name == name}
            self._shared[name] = len(folders) > 1
        return self._shared[name]

    def names(self, folder: Path) -> set[str]:
        """Modules and packages right below a folder."""
        files = {path.stem for path in self._layout.folders.get(folder, ()) if path.stem != "__init__"}
        return files | {path.name for path in self._folders if path.parent == folder}

    @cached_property
    def roots(self) -> tuple[Path, ...]:
        """Folders from which absolute imports may start: the workspace folder, ``src``, and every folder that holds
        modules or packages without being a package itself (what the interpreter or a test runner puts on its path).
        """
        found = {self.root_of(folder) for folder in self._layout.folders}
        first = [self.folder, self.folder / "src"]
        return tuple(dict.fromkeys([*first, *sorted(found)]))

    def root_of(self, folder: Path) -> Path:
        """The folder itself, or the one that holds the outermost package around it."""
        while folder != self.folder and (
            self.has_file(folder / "__init__.py") or self.has_file(folder / "__init__.pyi")
        ):
            folder = folder.parent
        return folder

    @cached_property
    def _layout(self) -> Layout:
        return layout_of(self.view.files(self.folder, PYTHON))

    @cached_property
    def _folders(self) -> frozenset[Path]:
        found: set[Path] = set()
        for folder in self._layout.folders:
            for parent in (folder, *folder.parents):
                if parent in found or parent == self.folder or not parent.is_relative_to(self.folder):
                    break
                found.add(parent)
        return frozenset(found)
