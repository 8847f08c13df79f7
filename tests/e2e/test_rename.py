"""Rename without any model: across files, unsaved ones included, for every client."""

from __future__ import annotations

from typing import Any

import pytest
from clients import CLIENTS
from harness import Harness

from tierwise.cli.editor import Editor, ServerError
from tierwise.core.uris import to_uri

FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": 'def price_of(item):\n    """The price_of an item."""\n    return item["price"]\n',
    "shop/cart.py": (
        "from shop.prices import price_of\n\n\ndef total(items):\n    return sum(price_of(i) for i in items)\n"
    ),
    "shop/other.py": "price_of = 3  # somebody else's\nprint(price_of)\n",
    "notes.md": "`price_of` tells prices\n",
}


async def opened(harness: Harness, client: str = "vscode", **options: Any) -> Editor:
    for name, text in FILES.items():
        harness.write(name, text)
    editor = await harness.start(client, **options)
    editor.tell(editor.documents.open(to_uri(harness.workspace / "shop" / "prices.py")))
    return editor


def params(harness: Harness, new: str = "cost_of", character: int = 6) -> dict[str, Any]:
    uri = to_uri(harness.workspace / "shop" / "prices.py")
    return {"textDocument": {"uri": uri}, "position": {"line": 0, "character": character}, "newName": new}


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_rename_across_files(harness: Harness, client: str) -> None:
    editor = await opened(harness, client)
    edit = await editor.request("textDocument/rename", params(harness))
    after = {name: FILES[name] for name in FILES}
    for uri, (_, text) in editor.documents.preview(edit).items():
        after[uri.removeprefix(to_uri(harness.workspace) + "/")] = text
    assert after["shop/prices.py"].startswith("def cost_of(item)")
    assert after["shop/cart.py"] == FILES["shop/cart.py"].replace("price_of", "cost_of")
    assert after["shop/other.py"] == FILES["shop/other.py"]


async def test_unsaved_text_counts(harness: Harness) -> None:
    editor = await opened(harness)
    cart = to_uri(harness.workspace / "shop" / "cart.py")
    editor.tell(editor.documents.open(cart, "from shop.prices import price_of as p\n\nprint(p)\n"))
    edit = await editor.request("textDocument/rename", params(harness))
    told = editor.documents.apply(edit)
    assert editor.documents.text(cart) == "from shop.prices import cost_of as p\n\nprint(p)\n"
    for notification in told:
        editor.tell(notification)
    again = await editor.request("textDocument/rename", params(harness, "price_of"))
    assert editor.documents.preview(again)[cart][1].startswith("from shop.prices import price_of")


async def test_prepare_says_what_would_be_renamed(harness: Harness) -> None:
    editor = await opened(harness)
    found = await editor.request("textDocument/prepareRename", params(harness))
    assert found["placeholder"] == "price_of"
    assert found["range"] == {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 12}}


async def test_what_cannot_be_renamed_is_refused_with_a_sentence(harness: Harness) -> None:
    editor = await opened(harness)
    for new, character in (("", 6), ("class", 6), ("two words", 6), ("2nd", 6), ("cost_of", 1), ("cost_of", 3)):
        with pytest.raises(ServerError) as caught:
            await editor.request("textDocument/rename", params(harness, new, character))
        assert len(caught.value.text) > 10, (new, character)
        assert "failed inside" not in caught.value.text


async def test_a_client_can_rename_by_command(harness: Harness) -> None:
    editor = await opened(harness)
    argument = {**params(harness), "uri": to_uri(harness.workspace / "shop" / "prices.py")}
    argument = {"uri": argument["uri"], "position": argument["position"], "newName": "cost_of"}
    answer = await editor.request("workspace/executeCommand", {"command": "tierwise.rename", "arguments": [argument]})
    assert answer["applied"] is True
    assert "cost_of" in editor.documents.text(to_uri(harness.workspace / "shop" / "cart.py"))


async def test_every_rename_leaves_its_figures(harness: Harness) -> None:
    editor = await opened(harness)
    await editor.request("textDocument/rename", params(harness))
    usage = await editor.notification("tierwise/usage")
    assert (usage["task"], usage["outcome"], usage["cost_usd"]) == ("rename", "answered", 0)
