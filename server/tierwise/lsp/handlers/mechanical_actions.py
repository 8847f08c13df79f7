"""Code actions that need no model: whole already when they are offered, instant and free."""

from __future__ import annotations

import asyncio

from lsprotocol import types

from tierwise.core.changes import Changeset, FileEdit
from tierwise.core.documents import Document
from tierwise.core.text import Span
from tierwise.features.actions import wanted
from tierwise.features.mechanical.offers import KINDS, offers
from tierwise.lsp.changesets import workspace_edit
from tierwise.lsp.client import Client
from tierwise.lsp.convert import Columns
from tierwise.session.session import Session


class MechanicalActions:
    """A source of code actions; ``code_action.py`` asks it beside its own."""

    def __init__(self, session: Session, client: Client, columns: Columns) -> None:
        self._session = session
        self._client = client
        self._columns = columns

    async def offer(
        self, document: Document, span: Span, context: types.CodeActionContext
    ) -> list[types.CodeAction | types.Command]:
        """What can be done at ``span``; nothing for a client that takes commands only, as there is nothing to run."""
        if not self._client.code_action_literals or not any(wanted(kind, context.only) for kind in KINDS):
            return []
        found = await asyncio.to_thread(offers, self._session.view(), document, span)
        return [
            types.CodeAction(
                offer.title,
                kind=offer.kind,
                edit=workspace_edit(Changeset((FileEdit(document, offer.edits),)), self._client, self._columns),
            )
            for offer in found
            if wanted(offer.kind, context.only)
        ]
