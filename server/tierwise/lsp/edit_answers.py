"""Edits on their way to the editor: made with progress, checked for freshness, and shown with what was checked."""

from __future__ import annotations

from dataclasses import replace

from lsprotocol import types

from tierwise.core.checks import CheckResult, CheckStatus, Verdict
from tierwise.features.edit import EditAnswer, EditFlow, EditRequest
from tierwise.lsp.changesets import freshened, workspace_edit
from tierwise.lsp.client import Client
from tierwise.lsp.convert import Columns
from tierwise.lsp.editor import Editor
from tierwise.session.session import Session


class EditAnswers:
    """Carries out what asks for an edit: a command, a code action, an item of the queue."""

    def __init__(self, session: Session, flow: EditFlow, client: Client, columns: Columns, editor: Editor) -> None:
        self._session = session
        self._flow = flow
        self._client = client
        self._columns = columns
        self._editor = editor

    async def make(
        self, request: EditRequest, title: str, token: types.ProgressToken | None
    ) -> tuple[EditAnswer, types.WorkspaceEdit]:
        """The answer and its edit, not applied. Raises ``Stale`` where a file changed meanwhile."""
        async with self._editor.progress(title, token) as progress:
            answer = await self._flow.edit(request, progress.report)
            progress.conclude(_brief(answer.verdict))
        answer = replace(answer, changeset=freshened(answer.changeset, self._session.current))
        self._editor.log(f"{title}: {answer.model}. {answer.verdict.sentence}")
        edit = workspace_edit(answer.changeset, self._client, self._columns)
        told = {"task": request.task, "model": answer.model, "uris": _uris(edit), **_told(answer.verdict)}
        self._editor.notify("tierwise/verdict", told)
        return answer, edit

    async def apply(
        self, request: EditRequest, title: str, token: types.ProgressToken | None, label: str
    ) -> dict[str, object]:
        """Make it and have it applied; what a command returns. Nothing is asked for an editor that cannot."""
        self._editor.must_apply()
        answer, edit = await self.make(request, title, token)
        applied = await self._editor.apply(edit, label)
        return {
            "applied": applied,
            "files": len(answer.changeset.changes),
            "tier": answer.tier,
            "model": answer.model,
            "escalations": answer.escalations,
            "checks": _told(answer.verdict),
        }


def _uris(edit: types.WorkspaceEdit) -> list[str]:
    """The files of which an edit changes the text."""
    changes = [change for change in edit.document_changes or () if isinstance(change, types.TextDocumentEdit)]
    return sorted({*(edit.changes or {}), *(change.text_document.uri for change in changes)})


def _told(verdict: Verdict) -> dict[str, object]:
    return {
        "passed": list(verdict.named(CheckStatus.PASSED)),
        "skipped": [{"name": result.name, "why": result.detail} for result in _skipped(verdict)],
    }


def _brief(verdict: Verdict) -> str:
    passed = len(verdict.named(CheckStatus.PASSED))
    skipped = [result.name for result in _skipped(verdict)]
    return f"{passed} checks passed" + (f"; not checked: {', '.join(skipped)}" if skipped else "")


def _skipped(verdict: Verdict) -> list[CheckResult]:
    return [result for result in verdict.results if result.status is CheckStatus.SKIPPED]
