"""Next edits: what follows from the last ones, without a model and with one, from the editor to the socket and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness import OFFLINE, Harness
from worlds import ENVIRON, KEY, PATIENT

from tierwise.cli.editor import Call, Editor, ServerError
from tierwise.core.uris import to_uri
from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script, Simulator

METHOD = "textDocument/copilotInlineEdit"
TEXT = "def area(w, height):\n    scaled = w * 2\n    return scaled * height\n\n\nprint(area(2, 3))\n"
PRICES = "def total(items):\n    price = items.price\n    return price * 2\n\n\nprint(total(3))\n"
AFTER = "def total(items, tax):\n    price = items.price\n    return price * 2 * tax\n\n\nprint(total(3))\n"
"""What a model makes of ``PRICES`` once the function has a parameter more."""

MODELS: dict[str, tuple[str, str, str]] = {
    "chat": ('kind = "openai-compatible"\nbase_url = "{}/groq/openai/v1"', "llama-3.3-70b-versatile", ""),
    "zeta": ('kind = "fim"\ndialect = "completions"\nbase_url = "{}/vllm"', "zeta", "zeta"),
    "zeta-2": ('kind = "fim"\ndialect = "completions"\nbase_url = "{}/vllm"', "zeta2", "zeta-2"),
    "sweep": ('kind = "fim"\ndialect = "ollama"\nbase_url = "{}"', "sweep-next-edit:1.5b", "sweep"),
    "mercury-edit": (
        'kind = "fim"\ndialect = "mercury-edit"\nbase_url = "{}/inception"', "mercury-edit-2", "mercury-edit",
    ),
}  # fmt: skip
"""The provider's settings, a model, and the format that it was trained on."""


def config(base_url: str, name: str, limits: str = PATIENT, completion: str = "") -> str:
    """The user's settings: a chat model in the fast tier, and the model of this name for next edits."""
    parts = ['profile = "embedded"\n[routing]\nhedge = false\nbreaker_failures = 1000\n']
    for provider, (settings, model, template) in MODELS.items():
        parts.append(f'[providers.{provider}]\n{settings.format(base_url)}\napi_key_env = "FAR_KEY"\n')
        if template:
            parts.append(f'[models."{provider}/{model}"]\nedit_template = "{template}"\n')
    parts.append(f'[tiers.fast]\nchain = ["chat/{MODELS["chat"][1]}"]\n{limits}')
    parts.append(f'[completion]\nnext_edit_chain = ["{name}/{MODELS[name][1]}"]\n{completion}')
    return "".join(parts)


def says(name: str, region: str) -> str:
    """A reply that says the region in the form that the model was taught."""
    forms = {
        "chat": f"<region>\n{region}</region>",
        "zeta-2": f"{region}>>>>>>> UPDATED\n",
        "mercury-edit": f"```python\n{region}```",
    }
    return forms.get(name, region)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


def change(editor: Editor, uri: str, old: str, new: str) -> None:
    """Put ``new`` in the place of ``old``, which the document has once."""
    at = editor.documents.text(uri).index(old)
    editor.tell(editor.documents.replace(uri, at, at + len(old), new))


def ask(editor: Editor, uri: str, line: int, character: int) -> Call:
    place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
    return editor.send(METHOD, place)


async def opened(harness: Harness, settings: str, text: str = PRICES) -> tuple[Editor, str]:
    harness.write("shop.py", text)
    editor = await harness.start(config=settings, environ=ENVIRON)
    uri = to_uri(harness.workspace / "shop.py")
    editor.tell(editor.documents.open(uri))
    return editor, uri


async def edited(harness: Harness, simulator: Simulator, name: str = "chat", **options: str) -> tuple[Editor, str]:
    """A document in which something was edited that a model must know the consequence of."""
    editor, uri = await opened(harness, config(simulator.base_url, name, **options))
    change(editor, uri, "items)", "items, tax)")
    return editor, uri


def applied(editor: Editor, edit: dict[str, Any]) -> str:
    """The document's text after an edit of an answer was applied as an editor applies it."""
    uri = edit["textDocument"]["uri"]
    (notification,) = editor.documents.apply({"changes": {uri: [{"range": edit["range"], "newText": edit["text"]}]}})
    editor.tell(notification)
    return editor.documents.text(uri)


async def test_without_a_model_uses_follow_their_definition(harness: Harness) -> None:
    editor, uri = await opened(harness, OFFLINE, TEXT)
    change(editor, uri, "area(w", "area(width")
    (edit,) = (await ask(editor, uri, 0, 14).answer())["edits"]
    assert edit["textDocument"] == {"uri": uri, "version": 2}
    assert "scaled = width * 2" in applied(editor, edit)
    taken = await editor.request("workspace/executeCommand", edit["command"])
    assert taken == {"known": True}
    usage = await editor.notification("tierwise/usage")
    assert (usage["task"], usage["model"], usage["outcome"]) == ("next-edit", "embedded", "answered")
    assert (await ask(editor, uri, 1, 0).answer())["edits"] == []


async def test_nothing_was_edited_nothing_follows(harness: Harness) -> None:
    editor, uri = await opened(harness, OFFLINE, TEXT)
    assert (await ask(editor, uri, 0, 0).answer())["edits"] == []
    usage = await editor.notification("tierwise/usage")
    assert (usage["task"], usage["outcome"], usage["reason"]) == ("next-edit", "empty", "nothing-edited")


async def test_what_was_passed_over_is_not_proposed_again(harness: Harness) -> None:
    editor, uri = await opened(harness, OFFLINE, TEXT)
    change(editor, uri, "area(w", "area(width")
    (edit,) = (await ask(editor, uri, 0, 14).answer())["edits"]
    editor.notify("textDocument/didShowInlineEdit", {"item": edit})
    editor.notify("tierwise/rejected", {"id": edit["command"]["arguments"][0]})
    assert (await ask(editor, uri, 0, 14).answer())["edits"] == []


async def test_as_a_code_action_it_is_whole_and_all_of_them_can_be_taken(harness: Harness) -> None:
    editor, uri = await opened(harness, OFFLINE, TEXT.replace("return scaled", "return w + scaled"))
    change(editor, uri, "area(w", "area(width")
    place = {"line": 0, "character": 14}
    params = {"textDocument": {"uri": uri}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
    actions = await editor.request("textDocument/codeAction", params)
    one, every = [action for action in actions if action["kind"] == "refactor.rewrite.tierwise.next"]
    assert (one["title"], every["title"]) == ("Next edit: line 2", "All 2 edits that follow")
    for notification in editor.documents.apply(every["edit"]):
        editor.tell(notification)
    assert editor.documents.text(uri).splitlines()[1:3] == [
        "    scaled = width * 2",
        "    return width + scaled * height",
    ]
    assert await editor.request("workspace/executeCommand", every["command"]) == {"known": True}
    usage = await editor.notification("tierwise/usage")
    assert (usage["task"], usage["outcome"]) == ("next-edit", "answered")


@pytest.mark.parametrize("name", MODELS)
async def test_a_model_on_every_form_says_what_follows(harness: Harness, simulator: Simulator, name: str) -> None:
    simulator.script = Script.saying(says(name, AFTER))
    editor, uri = await edited(harness, simulator, name)
    (edit,) = (await ask(editor, uri, 0, 20).answer())["edits"]
    assert applied(editor, edit) == AFTER
    (seen,) = simulator.requests
    assert seen.model == MODELS[name][1]
    assert "-def total(items):" in seen.text or "original:\ndef total(items):" in seen.text
    usage = await editor.notification("tierwise/usage")
    assert (usage["task"], usage["tier"], usage["model"]) == ("next-edit", "fast", f"{name}/{MODELS[name][1]}")
    assert usage["input_tokens"] > 0
    assert KEY not in editor.transcript


REPLIES: dict[str, tuple[str, str]] = {
    "nothing follows": ("<region>\n</region>", "nothing-follows"),
    "it says the region as it is": (
        f"<region>\n{AFTER.replace(' * 2 * tax', ' * 2')}</region>",
        "nothing-follows",
    ),
    "prose": ("I think that you want to use the tax.", "malformed-block"),
    "it takes back what was typed": (f"<region>\n{PRICES}</region>", "takes-back"),
    "it breaks the file": (f"<region>\n{AFTER.replace('* tax', '* (tax')}</region>", "syntax-error"),
    "it leaves code out": (
        f"<region>\n{AFTER.replace('    price = items.price', '    # ... existing code ...')}</region>",
        "placeholder",
    ),
    "it is cut off": ("<region>\ndef total(items, tax):\n    price = items.price\n", "cut-off"),
}


@pytest.mark.parametrize("reply", REPLIES)
async def test_a_useless_reply_is_no_edit_and_says_why(harness: Harness, simulator: Simulator, reply: str) -> None:
    text, reason = REPLIES[reply]
    simulator.script = Script.saying(text)
    editor, uri = await edited(harness, simulator)
    assert (await ask(editor, uri, 0, 20).answer())["edits"] == []
    usage = await editor.notification("tierwise/usage")
    assert (usage["outcome"], usage["reason"]) == ("empty", reason)
    assert usage["cost_usd"] >= 0


async def test_every_fault_of_a_provider_ends_in_one_answer(harness: Harness, simulator: Simulator) -> None:
    editor, uri = await edited(harness, simulator, limits="first_token_ms = 300\ndeadline_ms = 600\n")
    for kind in sorted(FaultKind):
        fault = Fault(kind=kind)
        reply = Reply(text=says("chat", AFTER), fault=fault, token_ms=0.1 if kind is FaultKind.DRIP else 0)
        simulator.script = Script(rules=(Rule(reply=reply),))
        assert len((await ask(editor, uri, 0, 20).answer())["edits"]) <= 1, kind
    assert KEY not in editor.transcript


async def test_cancelling_closes_the_socket_and_so_does_a_newer_request(harness: Harness, simulator: Simulator) -> None:
    simulator.script = Script.failing(FaultKind.HANG_AFTER_HEADERS)
    editor, uri = await edited(harness, simulator)
    first = ask(editor, uri, 0, 20)
    (hanging,) = await simulator.wait_for_requests(1)
    second = ask(editor, uri, 0, 20)
    assert (await first.answer())["edits"] == []
    assert await simulator.wait_closed(hanging)
    hanging = (await simulator.wait_for_requests(2))[-1]
    second.cancel()
    with pytest.raises(ServerError) as caught:
        await second.answer()
    assert caught.value.code == -32800
    assert await simulator.wait_closed(hanging)


@pytest.mark.parametrize("setting", ["next_edit = false", "next_edit_model = false"])
async def test_a_folder_that_nobody_trusts_may_switch_it_off(
    harness: Harness, simulator: Simulator, setting: str
) -> None:
    harness.write(".tierwise.toml", f"[completion]\n{setting}\n")
    simulator.script = Script.saying(says("chat", AFTER))
    editor, uri = await edited(harness, simulator)
    assert (await ask(editor, uri, 0, 20).answer())["edits"] == []
    assert simulator.requests == []


async def test_a_folder_that_nobody_trusts_chooses_no_model(harness: Harness, simulator: Simulator) -> None:
    harness.write(".tierwise.toml", f'[completion]\nnext_edit_chain = ["zeta/{MODELS["zeta"][1]}"]\n')
    simulator.script = Script.saying(says("chat", AFTER))
    editor, uri = await edited(harness, simulator)
    assert (await ask(editor, uri, 0, 20).answer())["edits"]
    assert [seen.model for seen in simulator.requests] == [MODELS["chat"][1]]


async def test_forbidden_files_are_neither_edited_nor_shown(harness: Harness, simulator: Simulator) -> None:
    harness.write(".gitignore", "private.py\n")
    harness.write("private.py", "SECRET_PLAN = 1\n")
    simulator.script = Script.saying(says("chat", AFTER))
    editor, uri = await opened(harness, config(simulator.base_url, "chat"))
    private = to_uri(harness.workspace / "private.py")
    editor.tell(editor.documents.open(private))
    change(editor, private, "= 1", "= 2")
    assert (await ask(editor, private, 0, 3).answer())["edits"] == []
    assert simulator.requests == []
    change(editor, uri, "items)", "items, tax)")
    await ask(editor, uri, 0, 20).answer()
    (seen,) = simulator.requests
    assert "SECRET_PLAN" not in seen.text


async def test_in_another_open_file_of_the_folder_with_its_version(harness: Harness) -> None:
    harness.write("use.py", "from shop import area\n\nprint(area(1, 2))\n")
    editor, uri = await opened(harness, OFFLINE, "def area(w, h):\n    return w * h\n")
    other = to_uri(harness.workspace / "use.py")
    editor.tell(editor.documents.open(other))
    change(editor, other, "1, 2", "1, 3")
    change(editor, uri, "def area", "def surface")
    (edit,) = (await ask(editor, uri, 0, 11).answer())["edits"]
    assert edit["textDocument"] == {"uri": other, "version": 2}
    assert "surface" in applied(editor, edit)
