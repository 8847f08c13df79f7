"""Prompts that ask for the next edit: the formats of models that were trained for it, and one for chat models.

All of them show what was edited last and a stretch of lines, the region, with the cursor in it; the model says the
region as it should become. As with fill-in-the-middle, a wrong order of tokens makes answers worthless without any
error: every format names its source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

from tierwise.core.fences import fenced
from tierwise.core.models import ChatPrompt, Excerpt, PromptBlock, RawPrompt, Speaker
from tierwise.core.text import split_lines
from tierwise.prompts.instructions import instruction

CURSOR = "<cursor/>"
OPEN, CLOSE = "<region>", "</region>"


@dataclass(frozen=True, slots=True)
class PastEdit:
    """Lines of ``path`` from ``line`` (1-based) on were ``old`` and are ``new``. All texts end with line feeds."""

    path: str
    line: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class EditContext:
    """What is shown of the moment. ``before``, ``region`` and ``after`` follow each other in the file and are whole
    lines; ``cursor`` is an offset into ``region``, ``first`` the number of its first line (1-based), ``original`` what
    it was before the last edit in it. ``edits`` are the oldest first.
    """

    path: str
    before: str
    region: str
    after: str
    cursor: int
    first: int
    original: str
    edits: tuple[PastEdit, ...]
    extra: tuple[Excerpt, ...] = ()

    def marked(self, mark: str) -> str:
        """The region with ``mark`` where the cursor is."""
        return self.region[: self.cursor] + mark + self.region[self.cursor :]

    def mapped(self, change: Callable[[str], str]) -> EditContext:
        """The same with every text changed; the cursor stays where it is in the code."""
        return EditContext(
            change(self.path),
            change(self.before),
            change(self.region[: self.cursor]) + change(self.region[self.cursor :]),
            change(self.after),
            len(change(self.region[: self.cursor])),
            self.first,
            change(self.original),
            tuple(PastEdit(change(e.path), e.line, change(e.old), change(e.new)) for e in self.edits),
            tuple(Excerpt(change(e.path), change(e.text)) for e in self.extra),
        )


@dataclass(frozen=True, slots=True)
class EditTemplate:
    """``tokens`` are the format's own, which code must not contain; ``stop`` of them end an answer; ``cursor`` marks
    the cursor. ``fence``: the answer stands in a Markdown fence. ``source``: where the format is published.
    """

    name: str
    render: Callable[[EditContext], str]
    cursor: str
    stop: tuple[str, ...]
    tokens: tuple[str, ...]
    source: str
    fence: bool = False


def _diff(edit: PastEdit) -> str:
    """One edit as ``diff -u`` writes it."""
    old, new = _lines(edit.old), _lines(edit.new)
    body = ""
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        body += "".join(f" {line}" for line in old[i:j]) if tag == "equal" else ""
        body += "" if tag == "equal" else "".join([*(f"-{line}" for line in old[i:j]), *(f"+{x}" for x in new[k:m])])
    sizes = f"-{edit.line},{len(old)} +{edit.line},{len(new)}"
    return f"--- a/{edit.path}\n+++ b/{edit.path}\n@@ {sizes} @@\n{body}"


def _lines(text: str) -> list[str]:
    return [line for line in split_lines(text) if line]


def _zeta(context: EditContext) -> str:
    files = "".join(f"<|file_sep|>{e.path}\n{e.text}\n" for e in context.extra)
    diffs = "".join(map(_diff, context.edits))
    return (
        f"{files}<|file_sep|>edit history\n{diffs}<|file_sep|>{context.path}\n<|fim_prefix|>\n{context.before}"
        f"<|fim_middle|>current\n{context.marked('<|user_cursor|>')}<|fim_suffix|>\n{context.after}"
        "<|fim_middle|>updated\n"
    )


def _zeta_2(context: EditContext) -> str:
    files = "".join(f"<filename>{e.path}\n{e.text}\n\n" for e in context.extra)
    diffs = "".join(f"{_diff(edit)}\n" for edit in context.edits)
    return (
        f"<[fim-suffix]>\n{context.after}<[fim-prefix]>{files}<filename>edit_history\n{diffs}<filename>{context.path}\n"
        f"{context.before}<<<<<<< CURRENT\n{context.marked('<|user_cursor|>')}=======\n<[fim-middle]>"
    )


def _sweep(context: EditContext) -> str:
    files = "".join(f"<|file_sep|>{e.path}\n{e.text}\n" for e in context.extra)
    diffs = "".join(
        f"<|file_sep|>{edit.path}.diff\noriginal:\n{edit.old}updated:\n{edit.new}" for edit in context.edits
    )
    place = f"{context.path}:{context.first}:{context.first + len(_lines(context.region)) - 1}"
    return (
        f"{files}{diffs}<|file_sep|>original/{place}\n{context.original}"
        f"<|file_sep|>current/{place}\n{context.marked('<|cursor|>')}<|file_sep|>updated/{place}\n"
    )


def _mercury(context: EditContext) -> str:
    snippets = "".join(
        f"<|recently_viewed_code_snippet|>\ncode_snippet_file_path: {e.path}\n{e.text}\n"
        "<|/recently_viewed_code_snippet|>\n"
        for e in context.extra
    )
    diffs = "".join(map(_diff, context.edits))
    return (
        f"<|recently_viewed_code_snippets|>\n{snippets}<|/recently_viewed_code_snippets|>\n\n"
        f"<|current_file_content|>\ncurrent_file_path: {context.path}\n{context.before}<|code_to_edit|>\n"
        f"{context.marked('<|cursor|>')}<|/code_to_edit|>\n{context.after}<|/current_file_content|>\n\n"
        f"<|edit_diff_history|>\n{diffs}<|/edit_diff_history|>\n"
    )


_QWEN = ("<|file_sep|>", "<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")

TEMPLATES: tuple[EditTemplate, ...] = (
    EditTemplate(
        "zeta", _zeta, "<|user_cursor|>", _QWEN[:4], (*_QWEN, "<|user_cursor|>"), "Zed's zeta_prompt, version 0113"
    ),
    EditTemplate(
        "zeta-2",
        _zeta_2,
        "<|user_cursor|>",
        (">>>>>>> UPDATED", "<[end▁of▁sentence]>", "<[fim-suffix]>", "<filename>"),
        ("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>", "<[end▁of▁sentence]>", "<filename>", "<|user_cursor|>",
         "<<<<<<< CURRENT", ">>>>>>> UPDATED"),
        "Zed's zeta_prompt, module seed_coder",
    ),
    EditTemplate(
        "sweep", _sweep, "<|cursor|>", ("<|file_sep|>", "</s>", "<|endoftext|>"), (*_QWEN, "<|cursor|>", "</s>"),
        "Sweep's model card of sweep-next-edit",
    ),
    EditTemplate(
        "mercury-edit",
        _mercury,
        "<|cursor|>",
        (),
        ("<|recently_viewed_code_snippets|>", "<|/recently_viewed_code_snippets|>", "<|recently_viewed_code_snippet|>",
         "<|/recently_viewed_code_snippet|>", "<|current_file_content|>", "<|/current_file_content|>",
         "<|code_to_edit|>", "<|/code_to_edit|>", "<|edit_diff_history|>", "<|/edit_diff_history|>", "<|cursor|>"),
        "Inception's documentation of /v1/edit/completions",
        fence=True,
    ),
)  # fmt: skip

_BY_NAME = {template.name: template for template in TEMPLATES}


def render_edit(name: str, context: EditContext) -> tuple[RawPrompt, tuple[str, ...]]:
    """The prompt in a model's own format, and the strings that end its answer. Raises KeyError for an unknown name.

    Tokens of the format that stand in the code itself are broken up: they would end the prompt early.
    """
    template = _BY_NAME[name]

    def plain(text: str) -> str:
        for token in template.tokens:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    return RawPrompt(template.render(context.mapped(plain))), template.stop


def edit_prompt(context: EditContext) -> tuple[ChatPrompt, tuple[str, ...]]:
    """The prompt for a chat model, stable part first, and the string that ends the answer."""
    context = context.mapped(lambda text: text.replace(CURSOR, "< cursor/>") if CURSOR in text else text)
    parts = [fenced("excerpt", {"path": excerpt.path}, excerpt.text) for excerpt in context.extra]
    parts.append(fenced("edits", {}, "".join(map(_diff, context.edits))))
    parts.append(fenced("above", {"path": context.path}, context.before))
    parts.append(fenced("region", {}, context.marked(CURSOR)))
    parts.append(fenced("below", {}, context.after))
    blocks = (
        PromptBlock(Speaker.SYSTEM, instruction("next_edit"), stable=True, mark=True),
        PromptBlock(Speaker.USER, "".join(parts)),
    )
    return ChatPrompt(blocks), (CLOSE,)


class RegionReader:
    """Takes the region out of a streamed answer. ``template`` None: a chat model's answer.

    ``lines`` are the whole lines that are certain so far, without terminators; ``done`` once the region has ended,
    ``none`` where the model says that nothing follows.
    """

    def __init__(self, template: str | None) -> None:
        self._template = None if template is None else _BY_NAME[template]
        self._text = ""
        self.lines: tuple[str, ...] = ()
        self.done = False
        self.none = False

    def feed(self, delta: str) -> None:
        """The next piece of the reply."""
        self._text += delta
        self._read(ended=False)

    def finish(self) -> None:
        """The reply has ended by itself."""
        self._read(ended=True)

    def _read(self, *, ended: bool) -> None:
        body, closed = self._body(ended=ended)
        self.done = closed
        if body is None:
            return
        mark = CURSOR if self._template is None else self._template.cursor
        found = [line.rstrip("\r\n") for line in split_lines(body.replace(mark, ""))]
        whole = found[:-1] if not closed or not found[-1].strip() else found
        self.lines = tuple(whole)
        self.none = closed and not any(line.strip() for line in whole)

    def _body(self, *, ended: bool) -> tuple[str | None, bool]:
        """The region as far as it is there, and whether it has ended; None before it has begun."""
        if self._template is None:
            _, tag, body = self._text.partition(OPEN)
            return _until(body.removeprefix("\r").removeprefix("\n"), CLOSE, ended=ended) if tag else (None, False)
        if self._template.fence:
            _, _, rest = self._text.partition("```")
            _, begun, body = rest.partition("\n")
            if not begun:
                return ("", True) if ended and self._text.strip() == "None" else (None, False)
            return ("", True) if body.startswith("```") else _until(body, "\n```", ended=False)
        ends = [at for stop in self._template.stop if (at := self._text.find(stop)) >= 0]
        return (self._text[: min(ends)], True) if ends else (self._text, ended)


def _until(body: str, closing: str, *, ended: bool) -> tuple[str, bool]:
    """What stands before ``closing``. An endpoint that stops there leaves it out: the answer's end stands for it."""
    inside, found, _ = body.partition(closing)
    return inside, bool(found) or ended
