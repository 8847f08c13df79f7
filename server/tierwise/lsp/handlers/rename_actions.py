"""Code actions around renames: what an earlier one left to be done, and better names; and the commands behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from lsprotocol import types

from tierwise.core.documents import Document
from tierwise.core.errors import UsageError
from tierwise.core.text import Point, Span
from tierwise.features.actions import wanted
from tierwise.features.rename.flow import RenameFlow
from tierwise.features.rename.offers import Offered, Rest
from tierwise.features.rename.suggest import NameSuggester
from tierwise.lsp import arguments
from tierwise.lsp.changesets import freshened, grouped_edit
from tierwise.lsp.client import Client
from tierwise.lsp.convert import Columns
from tierwise.lsp.editor import Editor
from tierwise.lsp.full import TierwiseServer
from tierwise.lsp.handlers.rename import Renames
from tierwise.lsp.rename_groups import proposals
from tierwise.session.session import Session

REST = "tierwise.renameRest"
"""Takes an offer, ``{rename, rest}``; for clients without ``codeAction/resolve``."""
SUGGEST = "tierwise.suggestNames"
PICK = "tierwise.pickName"
"""Suggests names, lets the user pick one in the editor, and renames to it."""

_KINDS = {Rest.MENTIONS: "refactor.rewrite.tierwise.mentions", Rest.RELATED: "refactor.rewrite.tierwise.related"}
_NAME_KIND = "refactor.rewrite.tierwise.name"
_SHAPE = "{uri, position}"


class RenameActions:
    """A source of code actions; ``code_action.py`` asks it beside its own."""

    def __init__(
        self,
        session: Session,
        flow: RenameFlow,
        suggester: NameSuggester,
        renames: Renames,
        client: Client,
        columns: Columns,
        editor: Editor,
    ) -> None:
        self._session = session
        self._flow = flow
        self._suggester = suggester
        self._renames = renames
        self._client = client
        self._columns = columns
        self._editor = editor

    def register(self, server: TierwiseServer) -> None:
        server.wire.commands[REST] = self._take_by_command
        server.wire.commands[SUGGEST] = self._suggest
        server.wire.commands[PICK] = self._pick

    async def offer(
        self, document: Document, span: Span, context: types.CodeActionContext
    ) -> list[types.CodeAction | types.Command]:
        """The actions for a stretch of a document: titles only, no model is asked."""
        found = [
            self._rest_action(offered)
            for offered in await self._flow.offered(document, span)
            if wanted(_KINDS[offered.rest], context.only)
        ]
        word = document.word_at(span.start)
        if word is not None and wanted(_NAME_KIND, context.only) and self._suggester.available(document):
            name = document.lines.slice(word)
            place = {"uri": document.uri, "position": self._columns.position(document.lines, span.start)}
            command = types.Command(f"Suggest a name for '{name}'", PICK, arguments=[place])
            found.append(self._as_action(command, _NAME_KIND))
        return found

    async def resolve(self, action: types.CodeAction) -> bool:
        """Fill in the edit of an action of ours; False for any other."""
        data: object = action.data
        table = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
        if "rename" not in table:
            return False
        identifier, rest = _rest_of("codeAction/resolve", table)
        async with self._editor.progress(action.title, None):
            action.edit = await self._take(identifier, rest)
        return True

    def _rest_action(self, offered: Offered) -> types.CodeAction | types.Command:
        data = {"rename": offered.id, "rest": str(offered.rest)}
        if self._client.resolves_edits and self._client.code_action_literals:
            return types.CodeAction(offered.title, kind=_KINDS[offered.rest], data=data)
        return self._as_action(types.Command(offered.title, REST, arguments=[data]), _KINDS[offered.rest])

    def _as_action(self, command: types.Command, kind: str) -> types.CodeAction | types.Command:
        if not self._client.code_action_literals:
            return command
        return types.CodeAction(command.title, kind=kind, command=command)

    async def _take(self, identifier: str, rest: Rest) -> types.WorkspaceEdit:
        done = await self._flow.take(identifier, rest, confirms=self._client.change_annotations)
        proposed = proposals(done, confirm=not done.judged)
        groups = [replace(group, changes=freshened(group.changes, self._session.current)) for group in proposed]
        return grouped_edit(groups, self._client, self._columns)

    async def _take_by_command(self, raw: list[Any], token: types.ProgressToken | None) -> object:
        table = arguments.single(REST, raw, "the data of a code action")
        identifier, rest = _rest_of(REST, table)
        self._editor.must_apply()
        async with self._editor.progress("Renaming", token):
            edit = await self._take(identifier, rest)
        return {"applied": await self._editor.apply(edit, "Tierwise rename")}

    async def _suggest(self, raw: list[Any], token: types.ProgressToken | None) -> object:
        document, point = self._place(SUGGEST, raw)
        async with self._editor.progress("Looking for a name", token):
            names = await self._suggester.suggest(document, point)
        return {"names": list(names)}

    async def _pick(self, raw: list[Any], token: types.ProgressToken | None) -> object:
        document, point = self._place(PICK, raw)
        self._editor.must_apply()
        async with self._editor.progress("Looking for a name", token):
            names = await self._suggester.suggest(document, point)
        chosen = await self._editor.choose("Which name shall it get?", names) if names else None
        if chosen is None:
            if not names:
                self._editor.say("Tierwise found no better name that is free here.")
            return {"applied": False, "name": None}
        edit, answer = await self._renames.edit(document, point, chosen, None)
        applied = await self._editor.apply(edit, f"Rename to {chosen}")
        return {"applied": applied, "name": chosen, "files": answer.certain.files, "engine": answer.engine}

    def _place(self, command: str, raw: list[Any]) -> tuple[Document, Point]:
        table = arguments.single(command, raw, _SHAPE)
        uri = arguments.text(command, table, "uri")
        document = self._session.document(uri)
        if document is None:
            raise UsageError(f"{command}: {uri} is not open; open it first.")
        return document, self._columns.point(document.lines, *arguments.position(command, table))


def _rest_of(command: str, table: dict[str, Any]) -> tuple[str, Rest]:
    rest = next((rest for rest in Rest if rest == table.get("rest")), None)
    if rest is None:
        raise UsageError(f"{command}: 'rest' must be one of {', '.join(Rest)}.")
    return arguments.text(command, table, "rename"), rest
