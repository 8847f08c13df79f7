"""``tierwise.report``: the figures of the last days as a value, or as a page to be opened in a browser."""

from __future__ import annotations

from typing import Any

from lsprotocol.types import ProgressToken

from tierwise.core.errors import UsageError
from tierwise.features.reporting import Reporting
from tierwise.lsp import arguments
from tierwise.lsp.full import TierwiseServer

COMMAND = "tierwise.report"


def register(server: TierwiseServer, reporting: Reporting) -> None:
    async def report(raw: list[Any], _: ProgressToken | None) -> object:
        wanted = "json" if not raw else arguments.text(COMMAND, arguments.single(COMMAND, raw, "{format}"), "format")
        if wanted == "html":
            return {"html": await reporting.page()}
        if wanted == "json":
            return await reporting.figures()
        raise UsageError(f"{COMMAND}: 'format' must be html or json.")

    server.wire.commands[COMMAND] = report
