"""``tierwise.queue``: what waits for a person; look at it, try it again, drop it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from lsprotocol.types import ProgressToken

from tierwise.core.clock import Clock
from tierwise.core.errors import UsageError
from tierwise.features.queue_desk import QueueDesk
from tierwise.lsp import arguments
from tierwise.lsp.edit_answers import EditAnswers
from tierwise.lsp.full import TierwiseServer

NAME = "tierwise.queue"
ACTIONS = ("list", "show", "retry", "drop")
_SHAPE = "{action, number?, tier?}"


def register(server: TierwiseServer, desk: QueueDesk, edits: EditAnswers, clock: Clock) -> None:
    async def queue(raw: list[Any], token: ProgressToken | None) -> object:
        table = arguments.single(NAME, raw, _SHAPE)
        action = arguments.text(NAME, table, "action")
        if action not in ACTIONS:
            raise UsageError(f"{NAME}: 'action' must be one of {', '.join(ACTIONS)}.")
        if action == "list":
            return {"items": await asyncio.to_thread(desk.items)}
        number = arguments.number(NAME, table, "number")
        if action == "show":
            return await asyncio.to_thread(desk.show, number)
        if action == "drop":
            await asyncio.to_thread(desk.drop, number)
            return {"dropped": number}
        request = await asyncio.to_thread(desk.again, number, arguments.tier(NAME, table), clock.monotonic())
        done = await edits.apply(request, f"Item {number} of the queue", token, f"Tierwise: {request.task}")
        if done["applied"]:
            with suppress(UsageError):  # somebody took it out meanwhile; what was done is done
                await asyncio.to_thread(desk.drop, number)
        return done

    server.wire.commands[NAME] = queue
