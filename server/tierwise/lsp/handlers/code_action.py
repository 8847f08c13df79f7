"""``textDocument/codeAction`` (offline, instant) and ``codeAction/resolve`` (where the work is done and paid for)."""

from __future__ import annotations

from typing import Any, cast

from lsprotocol import types

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import Stale, UsageError
from tierwise.core.tasks import EDIT_TASKS, Task
from tierwise.features.actions import Action, Diagnostic, actions, wanted
from tierwise.features.edit import EditRequest
from tierwise.features.status import StatusReport
from tierwise.lsp import arguments
from tierwise.lsp.client import Client
from tierwise.lsp.convert import Columns
from tierwise.lsp.edit_answers import EditAnswers
from tierwise.lsp.full import TierwiseServer
from tierwise.lsp.handlers.mechanical_actions import MechanicalActions
from tierwise.lsp.handlers.next_edit_actions import NextEditActions
from tierwise.lsp.handlers.rename_actions import RenameActions
from tierwise.session.session import Session


class CodeActions:
    """The two handlers, and the command that stands in for ``resolve`` where a client has none."""

    def __init__(
        self,
        session: Session,
        edits: EditAnswers,
        status: StatusReport,
        renames: RenameActions,
        next_edits: NextEditActions,
        client: Client,
        columns: Columns,
        clock: Clock,
    ) -> None:
        self._session = session
        self._edits = edits
        self._status = status
        self._renames = renames
        self._next_edits = next_edits
        self._mechanical = MechanicalActions(session, client, columns)
        self._client = client
        self._columns = columns
        self._clock = clock

    def register(self, server: TierwiseServer) -> None:
        @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
        async def offer(params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
            return await self._offer(params)

        @server.feature(types.CODE_ACTION_RESOLVE)
        async def resolve(action: types.CodeAction) -> types.CodeAction:
            if action.command is not None:
                return action  # it is whole; some clients ask all the same
            if action.edit is not None or await self._renames.resolve(action):
                return action
            request = self._request("codeAction/resolve", cast("Any", action.data))
            _, action.edit = await self._edits.make(request, action.title, None)
            return action

        async def by_command(raw: list[Any], token: types.ProgressToken | None) -> object:
            table = arguments.single("tierwise.action", raw, "the data of a code action")
            request = self._request("tierwise.action", table)
            title = f"Tierwise: {request.task}"
            return await self._edits.apply(request, title, token, title)

        server.wire.commands["tierwise.action"] = by_command

    async def _offer(self, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
        document = self._session.document(params.text_document.uri)
        if document is None or self._session.forbidden(document) is not None:
            return []
        lines = document.lines
        span = self._columns.span(lines, *_pairs(params.range))
        diagnostics = {
            Diagnostic(self._columns.span(lines, *_pairs(d.range)), d.message): d for d in params.context.diagnostics
        }
        modelled = self._status.modelled(document)
        found = actions(document, span, tuple(diagnostics), modelled=modelled)
        own = [
            self._converted(document, action, diagnostics.get(action.diagnostic) if action.diagnostic else None)
            for action in found
            if wanted(action.kind, params.context.only)
        ]
        following = await self._next_edits.offer(document, span.end, params.context)
        mechanical = await self._mechanical.offer(document, span, params.context)
        return [*following, *own, *mechanical, *await self._renames.offer(document, span, params.context)]

    def _converted(
        self, document: Document, action: Action, diagnostic: types.Diagnostic | None
    ) -> types.CodeAction | types.Command:
        place: dict[str, object] = {"uri": document.uri, "range": self._columns.range(document.lines, action.span)}
        if not action.edits:
            argument = place if action.task is Task.EXPLAIN else {**place, "task": str(action.task)}
            command = types.Command(action.title, "tierwise.explain", arguments=[argument])
        else:
            message = action.diagnostic.message if action.diagnostic else ""
            data = {**place, "version": document.version, "task": str(action.task), "diagnostic": message}
            if self._client.resolves_edits and self._client.code_action_literals:
                return types.CodeAction(
                    action.title, kind=action.kind, data=data, diagnostics=[diagnostic] if diagnostic else None
                )
            command = types.Command(action.title, "tierwise.action", arguments=[data])
        if not self._client.code_action_literals:
            return command
        return types.CodeAction(action.title, kind=action.kind, command=command)

    def _request(self, command: str, data: object) -> EditRequest:
        """What an action's data asks for; refuses one that was offered for another version of the document."""
        if not isinstance(data, dict):
            raise UsageError(f"{command}: this action was not made by Tierwise.")
        table = cast("dict[str, Any]", data)
        document, span = arguments.place(command, table, self._session, self._columns)
        if document.version != table.get("version"):
            raise Stale("The document changed since this action was offered; nothing was done. Ask for it again.")
        task = next((task for task in EDIT_TASKS if task == table.get("task")), None)
        if task is None:
            raise UsageError(f"{command}: 'task' must be one of {', '.join(sorted(EDIT_TASKS))}.")
        message = arguments.text(command, table, "diagnostic", optional=True)
        diagnostic = Diagnostic(span, message) if message else None
        return EditRequest(task, document, span, "", diagnostic, self._clock.monotonic())


def _pairs(range_: types.Range) -> tuple[tuple[int, int], tuple[int, int]]:
    return (range_.start.line, range_.start.character), (range_.end.line, range_.end.character)
