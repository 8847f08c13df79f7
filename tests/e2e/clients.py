"""What real editors announce in ``initialize``, as data: recorded from the programs themselves.

- ``vscode``: vscode-languageclient 11.0.0 with all its features, and what our extension adds to it
- ``neovim-0.12``, ``neovim-0.7``: ``vim.lsp.protocol.make_client_capabilities()`` of 0.12.4 and 0.7.2
- ``helix-25.07``: the ``initialize`` that hx 25.07.1 sent to a recording server
- ``eglot-1.9``: ``eglot-client-capabilities`` in Emacs 28.2
- ``bare``: announces nothing at all

and two that are made up: ``utf-32`` (counts in characters) and ``virtual`` (vscode without our extension: a document of
ours that grows is shown through ``workspace/textDocumentContent``).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

CLIENTS = ("vscode", "neovim-0.12", "neovim-0.7", "helix-25.07", "eglot-1.9", "bare")


@cache
def _recorded(name: str) -> str:
    return (Path(__file__).parent / "clients" / f"{name}.json").read_text(encoding="utf-8")


def capabilities(name: str) -> dict[str, Any]:
    """The capabilities of a client, a fresh copy."""
    if name == "bare":
        return {}
    if name == "utf-32":
        return {"general": {"positionEncodings": ["utf-32"]}, "textDocument": {"inlineCompletion": {}}}
    found: dict[str, Any] = json.loads(_recorded("vscode" if name == "virtual" else name))
    if name == "vscode":
        found["experimental"] = {"tierwise": True}
    return found
