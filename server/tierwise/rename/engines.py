"""The engines that come with Tierwise, best first for each language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tierwise.rename.ecmascript.model import EcmaScript
from tierwise.rename.go.model import Go
from tierwise.rename.java.model import Java
from tierwise.rename.python.engine import PythonEngine
from tierwise.rename.python.packages import installed_packages
from tierwise.rename.rust.model import Rust
from tierwise.rename.syntactic.engine import SyntaxEngine
from tierwise.rename.values import Engine


def bundled_engines(
    *, packages: Callable[[Path], Sequence[Path]] = installed_packages, aliases: bool = True
) -> tuple[Engine, ...]:
    """``packages`` finds a folder's installed Python packages, to tell what is defined outside. ``aliases``: in
    JavaScript and TypeScript, a rename at an import or export keeps the other side's name with ``as``.
    """
    return (
        PythonEngine(packages),
        SyntaxEngine(EcmaScript(aliases=aliases)),
        SyntaxEngine(Go()),
        SyntaxEngine(Java()),
        SyntaxEngine(Rust()),
    )
