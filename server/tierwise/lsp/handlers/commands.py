"""``workspace/executeCommand``: explain, edit, status, the acceptance of a completion, and the end of all this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lsprotocol.types import ProgressToken

from tierwise.core.clock import Clock
from tierwise.core.errors import UsageError
from tierwise.core.tasks import Task
from tierwise.features.edit import EditRequest
from tierwise.features.explain import ExplainFlow, ExplainRequest
from tierwise.features.status import StatusReport
from tierwise.lsp import arguments
from tierwise.lsp.answers import AnswerBoard
from tierwise.lsp.convert import Columns
from tierwise.lsp.edit_answers import EditAnswers
from tierwise.lsp.editor import Editor
from tierwise.lsp.full import TierwiseServer
from tierwise.lsp.handlers.inline_completion import ACCEPTED
from tierwise.session.session import Session


def register_explain(
    server: TierwiseServer,
    session: Session,
    flow: ExplainFlow,
    board: AnswerBoard,
    columns: Columns,
    editor: Editor,
    clock: Clock,
) -> None:
    async def explain(raw: list[Any], token: ProgressToken | None) -> object:
        name = "tierwise.explain"
        table = arguments.single(name, raw, "{uri, range, question?, task?, tier?}")
        document, span = arguments.place(name, table, session, columns)
        question = arguments.text(name, table, "question", optional=True)
        task = arguments.one_of(name, table, "task", (Task.EXPLAIN, Task.REVIEW)) or Task.EXPLAIN
        request = ExplainRequest(task, document, span, question, clock.monotonic(), arguments.tier(name, table))
        async with editor.progress("Reviewing" if task is Task.REVIEW else "Explaining", token) as progress:
            answer = board.begin(task)
            try:
                result = await flow.explain(request, answer.add, progress.report)
            except BaseException:
                answer.abandon()
                raise
            await answer.finish()
        return {"text": result.text, "tier": result.tier, "model": result.model}

    server.wire.commands["tierwise.explain"] = explain


def register_edit(server: TierwiseServer, session: Session, edits: EditAnswers, columns: Columns, clock: Clock) -> None:
    async def edit(raw: list[Any], token: ProgressToken | None) -> object:
        name = "tierwise.edit"
        table = arguments.single(name, raw, "{uri, range, instruction, tier?}")
        document, span = arguments.place(name, table, session, columns)
        instruction = arguments.text(name, table, "instruction")
        request = EditRequest(
            Task.EDIT, document, span, instruction, None, clock.monotonic(), arguments.tier(name, table)
        )
        return await edits.apply(request, "Editing", token, "Tierwise edit")

    server.wire.commands["tierwise.edit"] = edit


def register_status(server: TierwiseServer, status: StatusReport, accepted: Sequence[Callable[[str], bool]]) -> None:
    async def report(raw: list[Any], _: ProgressToken | None) -> object:
        if raw:
            raise UsageError("tierwise.status takes no arguments.")
        return status.report()

    async def accept(raw: list[Any], _: ProgressToken | None) -> object:
        if len(raw) != 1 or not isinstance(raw[0], str):
            raise UsageError(f"{ACCEPTED} takes one argument: the id of the offer.")
        return {"known": any(of_kind(raw[0]) for of_kind in accepted)}

    async def cancel(raw: list[Any], _: ProgressToken | None) -> object:
        return {"cancelled": server.wire.cancel_waited_for()}

    server.wire.commands["tierwise.status"] = report
    server.wire.commands["tierwise.cancel"] = cancel
    server.wire.commands[ACCEPTED] = accept
