"""Next edits as code actions, for editors that show them in no other way: whole already, without asking any model."""

from __future__ import annotations

from itertools import groupby
from pathlib import PurePosixPath

from lsprotocol import types

from tierwise.core.changes import Changeset, FileEdit, TextEdit
from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.features.actions import wanted
from tierwise.features.next_edit.flow import NextEditFlow
from tierwise.features.next_edit.values import Proposal
from tierwise.lsp.changesets import workspace_edit
from tierwise.lsp.client import Client
from tierwise.lsp.convert import Columns
from tierwise.lsp.handlers.inline_completion import ACCEPTED

_KIND = "refactor.rewrite.tierwise.next"


class NextEditActions:
    """A source of code actions; ``code_action.py`` asks it beside its own."""

    def __init__(self, flow: NextEditFlow, client: Client, columns: Columns) -> None:
        self._flow = flow
        self._client = client
        self._columns = columns

    async def offer(
        self, document: Document, point: Point, context: types.CodeActionContext
    ) -> list[types.CodeAction | types.Command]:
        """The nearest edit that follows from the last ones, and all of them at once where there are several."""
        if not wanted(_KIND, context.only) or not self._client.code_action_literals:
            return []
        found = await self._flow.known(document, point)
        if not found:
            return []
        actions: list[types.CodeAction | types.Command] = [self._action(_title(found[0], document), found[:1])]
        if len(found) > 1:
            actions.append(self._action(f"All {len(found)} edits that follow", found))
        return actions

    def _action(self, title: str, proposals: tuple[Proposal, ...]) -> types.CodeAction:
        edit = workspace_edit(_together(proposals), self._client, self._columns)
        chosen = self._flow.choosable(proposals[0])
        command = types.Command("Next edit accepted", ACCEPTED, arguments=[chosen.id])
        return types.CodeAction(title, kind=_KIND, edit=edit, command=command)


def _title(proposal: Proposal, document: Document) -> str:
    line = proposal.span.start.line + 1
    if proposal.document.uri == document.uri:
        return f"Next edit: line {line}"
    path = proposal.document.path
    name = path.name if path is not None else PurePosixPath(proposal.document.uri).name
    return f"Next edit: {name}:{line}"


def _together(proposals: tuple[Proposal, ...]) -> Changeset:
    ordered = sorted(proposals, key=lambda proposal: (proposal.document.uri, proposal.span))
    edits: list[FileEdit] = []
    for _, group in groupby(ordered, key=lambda proposal: proposal.document.uri):
        own = list(group)
        edits.append(FileEdit(own[0].document, tuple(TextEdit(each.span, each.text) for each in own)))
    return Changeset(tuple(edits))
