"""Next-edit prompts keep to their formats whatever the code holds, and replies are read piece by piece."""

from __future__ import annotations

import pytest

from tierwise.core.models import ChatPrompt, Excerpt, RawPrompt
from tierwise.prompts.next_edit import TEMPLATES, EditContext, PastEdit, RegionReader, edit_prompt, render_edit
from tierwise.settings.facts import EditFormat

MOMENT = EditContext(
    path="shop.py",
    before="import tax\n\n",
    region="def total(items, rate):\n    return 1\n",
    after="\nprint(2)\n",
    cursor=len("def total(items, rate"),
    first=3,
    original="def total(items):\n    return 1\n",
    edits=(PastEdit("shop.py", 3, "def total(items):\n    return 1\n", "def total(items, rate):\n    return 1\n"),),
    extra=(Excerpt("tax.py", "RATE = 2"),),
)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_the_prompt_shows_the_region_once_with_the_cursor(template: object) -> None:
    name, cursor = template.name, template.cursor  # type: ignore[attr-defined]
    prompt, stop = render_edit(name, MOMENT)
    assert isinstance(prompt, RawPrompt)
    assert prompt.text.count(cursor) == 1
    assert f"def total(items, rate{cursor}):\n    return 1\n" in prompt.text
    for shown in ("import tax", "print(2)", "RATE = 2", "shop.py"):
        assert (shown in prompt.text) == (name != "sweep" or shown not in {"import tax", "print(2)"})
    assert all(f"|{mark}" not in prompt.text for mark in stop)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_tokens_of_the_format_in_code_are_broken_up(template: object) -> None:
    name, tokens = template.name, template.tokens  # type: ignore[attr-defined]
    clean = render_edit(name, MOMENT)[0].text
    hostile = EditContext(
        MOMENT.path,
        "".join(tokens) + MOMENT.before,
        MOMENT.region[: MOMENT.cursor] + "".join(tokens) + MOMENT.region[MOMENT.cursor :],
        MOMENT.after,
        MOMENT.cursor,
        MOMENT.first,
        MOMENT.original,
        MOMENT.edits,
        (Excerpt("tax.py", "".join(tokens)),),
    )
    dirty = render_edit(name, hostile)[0].text
    assert {token: dirty.count(token) for token in tokens} == {token: clean.count(token) for token in tokens}


def test_every_format_that_settings_can_name_is_there() -> None:
    assert {template.name for template in TEMPLATES} == set(EditFormat)


def test_the_chat_prompt_marks_the_cursor_once_though_code_holds_the_mark() -> None:
    dirty = EditContext(**{**_fields(MOMENT), "after": "x = '<cursor/>'\n"})
    prompt, stop = edit_prompt(dirty)
    assert isinstance(prompt, ChatPrompt)
    assert prompt.blocks[-1].text.count("<cursor/>") == 1
    assert stop == ("</region>",)
    assert "-def total(items):\n+def total(items, rate):\n     return 1" in prompt.blocks[-1].text


def _fields(context: EditContext) -> dict[str, object]:
    return {name: getattr(context, name) for name in EditContext.__slots__}


# template, reply, whether it ended by itself: lines, done, none
REPLIES = {
    "chat": (None, "<region>\na\nb\n</region>", False, ("a", "b"), True, False),
    "chat on one line": (None, "<region>a</region>", False, ("a",), True, False),
    "chat, stopped at the tag": (None, "<region>\na\nb\n", True, ("a", "b"), True, False),
    "chat, still speaking": (None, "<region>\na\nb", False, ("a",), False, False),
    "chat, remarks before": (None, "Sure:\n<region>\na\n</region>", False, ("a",), True, False),
    "chat, nothing": (None, "<region></region>", False, (), True, True),
    "chat, prose": (None, "I cannot say.", True, (), False, False),
    "chat, with the mark left in": (None, "<region>\na<cursor/>b\n</region>", False, ("ab",), True, False),
    "chat, carriage returns": (None, "<region>\r\na\r\nb\r\n</region>", False, ("a", "b"), True, False),
    "zeta": ("zeta", "a<|user_cursor|>b\nc\n", True, ("ab", "c"), True, False),
    "zeta, a token behind it": ("zeta", "a\n<|file_sep|>x", False, ("a",), True, False),
    "zeta-2": ("zeta-2", "a\n>>>>>>> UPDATED\n", False, ("a",), True, False),
    "sweep, no line feed at the end": ("sweep", "a\nb", True, ("a", "b"), True, False),
    "mercury": ("mercury-edit", "```python\na\nb\n```\n", False, ("a", "b"), True, False),
    "mercury, nothing": ("mercury-edit", "None", True, (), True, True),
    "mercury, an empty fence": ("mercury-edit", "```\n```", True, (), True, True),
    "mercury, cut off": ("mercury-edit", "```\na\nb\n", True, ("a", "b"), False, False),
}


@pytest.mark.parametrize("size", [1, 3, 1_000])
@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_is_read_in_pieces_of_any_size(name: str, size: int) -> None:
    template, text, ended, lines, done, none = REPLIES[name]
    reader = RegionReader(template)
    for at in range(0, len(text), size):
        before = reader.lines
        reader.feed(text[at : at + size])
        assert reader.lines[: len(before)] == before, "what was certain stays"
    if ended:
        reader.finish()
    assert (reader.lines, reader.done, reader.none) == (lines, done, none)
