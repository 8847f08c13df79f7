"""The full server with all its handlers. Importing this module loads pygls; ``server.py`` does so in a thread."""

from __future__ import annotations

from lsprotocol import types

from tierwise.lsp.answers import AnswerBoard
from tierwise.lsp.convert import Columns
from tierwise.lsp.edit_answers import EditAnswers
from tierwise.lsp.editor import Editor
from tierwise.lsp.front import Handover
from tierwise.lsp.full import TierwiseProtocol, TierwiseServer
from tierwise.lsp.handlers import commands, queue, report, text_content, workspace
from tierwise.lsp.handlers.code_action import CodeActions
from tierwise.lsp.handlers.next_edit_actions import NextEditActions
from tierwise.lsp.handlers.rename import Renames
from tierwise.lsp.handlers.rename_actions import RenameActions
from tierwise.lsp.parts import Parts, Rest


def assemble(handover: Handover, parts: Parts, rest: Rest, columns: Columns) -> TierwiseProtocol:
    """Connect every handler to its feature. Runs on the event loop."""
    client, session, clock = handover.client, parts.session, parts.clock
    server = TierwiseServer()
    server.wire.connect(handover.writer)
    editor = Editor(server, client)
    board = AnswerBoard(editor, client, clock)
    renames = Renames(session, rest.rename, client, columns, editor, clock)
    renames.register(server)
    actions = RenameActions(session, rest.rename, rest.names, renames, client, columns, editor)
    actions.register(server)
    edits = EditAnswers(session, rest.edit, client, columns, editor)
    follow_ups = NextEditActions(parts.next_edits, client, columns)
    CodeActions(session, edits, rest.status, actions, follow_ups, client, columns, clock).register(server)
    commands.register_explain(server, session, rest.explain, board, columns, editor, clock)
    commands.register_edit(server, session, edits, columns, clock)
    queue.register(server, rest.queue, edits, clock)
    commands.register_status(server, rest.status, (parts.completion.accepted, parts.next_edits.accepted))
    report.register(server, rest.reporting)
    text_content.register(server, board)
    workspace.register(server, parts.control, client)
    parts.control.listen(lambda sentence: editor.say_once(f"Tierwise: {sentence}", types.MessageType.Warning))
    server.wire.on_drain(board.close)
    if client.hides_errors:
        server.wire.on_failure(lambda sentence: editor.say(f"Tierwise: {sentence}", types.MessageType.Error))
    return server.wire
