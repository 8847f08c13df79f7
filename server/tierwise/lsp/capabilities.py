"""What this server can do, told in the answer to ``initialize``. Standard library only.

One function makes it, for the quick first answer and for the full server alike: they cannot disagree.
"""

from __future__ import annotations

from tierwise import __version__
from tierwise.lsp.client import Client

COMMANDS = (
    "tierwise.explain",
    "tierwise.edit",
    "tierwise.queue",
    "tierwise.status",
    "tierwise.report",
    "tierwise.rename",
    "tierwise.renameRest",
    "tierwise.suggestNames",
    "tierwise.pickName",
    "tierwise.action",
    "tierwise.accepted",
    "tierwise.cancel",
)
"""``tierwise.action`` carries out a code action for clients without ``codeAction/resolve``; ``tierwise.rename`` renames
with a new name given as argument, for clients that ask for one themselves; ``tierwise.accepted`` is run by the client
after it took a completion; ``tierwise.cancel`` ends what the user waits for, where a client cannot cancel."""

ACTION_KINDS = (
    "tierwise.explain",
    "refactor.rewrite.tierwise",
    "refactor.rewrite.tierwise.simplify",
    "refactor.rewrite.tierwise.docstring",
    "refactor.rewrite.tierwise.types",
    "refactor.rewrite.tierwise.mentions",
    "refactor.rewrite.tierwise.related",
    "refactor.rewrite.tierwise.name",
    "refactor.rewrite.tierwise.next",
    "refactor.rewrite.tierwise.quotes",
    "refactor.rewrite.tierwise.fstring",
    "refactor.rewrite.tierwise.sort",
    "refactor.rewrite.tierwise.wrap",
    "refactor.rewrite.tierwise.unwrap",
    "refactor.rewrite.tierwise.skeleton",
    "refactor.extract.tierwise",
    "quickfix.tierwise",
    "quickfix.tierwise.import",
    "source.tierwise.imports",
    "source.tierwise.tests",
    "source.tierwise.review",
)

SCHEME = "tierwise"
"""URI scheme of the documents that the server itself writes (answers)."""


def server_capabilities(client: Client) -> dict[str, object]:
    """The capabilities for this client."""
    capabilities: dict[str, object] = {
        "positionEncoding": client.encoding,
        "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": False}},
        "completionProvider": {"triggerCharacters": [".", "("], "resolveProvider": False},
        "renameProvider": {"prepareProvider": True} if client.prepare_rename else True,
        "codeActionProvider": {"codeActionKinds": list(ACTION_KINDS), "resolveProvider": True}
        if client.code_action_literals
        else True,
        "executeCommandProvider": {"commands": list(COMMANDS), "workDoneProgress": True},
        "workspace": {
            "workspaceFolders": {"supported": True, "changeNotifications": True},
            "textDocumentContent": {"schemes": [SCHEME]},
        },
        "experimental": {"tierwise": {"answer": True, "usage": True}},
    }
    if client.inline_completion:
        capabilities["inlineCompletionProvider"] = {}
    return capabilities


def initialize_result(client: Client) -> dict[str, object]:
    """The whole answer to ``initialize``."""
    return {
        "capabilities": server_capabilities(client),
        "serverInfo": {"name": "tierwise", "version": __version__},
    }
