from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tierwise.cli.main import main

CART = "from shop.price import Price\n\n\nclass Cart:\n    def total(self):\n        return Price().net()\n"
FILES = {
    ".tierwise.toml": "",
    "shop/cart.py": CART,
    "shop/price.py": "class Price:\n    def net(self):\n        return 1\n" + "# more\n" * 3_000,
    "shop/till.py": "from shop.cart import Cart\n\n\ndef pay():\n    return Cart().total()\n",
    "shop/.env": "KEY=1\n",
}
KEY = "sk-very-secret-value-1234567890"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("TIERWISE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text('profile = "anthropic"\n', encoding="utf-8")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    return folder


def chosen(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, tuple[str, int | None, str]]]:
    assert main(["doctor", "--context", f"{folder / 'shop/cart.py'}:6", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["file"], report["line"], report["within"]) == ("shop/cart.py", 6, "def total(self)")
    return {
        choice["tier"]: {piece["name"]: (piece["form"], piece["tokens"], piece["why"]) for piece in choice["pieces"]}
        for choice in report["choices"]
    }


def test_each_tier_with_sizes_and_reasons(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiers = chosen(folder, capsys)
    assert list(tiers) == ["fast", "balanced", "frontier"]
    assert tiers["fast"] == {
        "lines 1–6": ("lines", 30, "around the cursor"),
        "shop/price.py": ("excerpt", 10, "imported: Price"),
    }
    assert [(name, piece[0], piece[2]) for name, piece in tiers["frontier"].items()] == [
        ("shop/cart.py", "file", "the file itself"),
        ("shop/price.py", "file", "imported: Price"),
        ("shop/till.py", "file", "uses the symbol: total"),
    ]


def test_what_does_not_fit_is_an_outline(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = folder.parent / "config.toml"
    config.write_text('profile = "anthropic"\n[tiers.balanced]\ncontext_tokens = 2000\n', encoding="utf-8")
    form, tokens, why = chosen(folder, capsys)["balanced"]["shop/price.py"]
    assert (form, why) == ("outline", "imported: Price; only its outline fits")
    assert tokens is not None
    assert tokens < 100


def test_a_table_for_a_person(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--context", f"{folder / 'shop/cart.py'}:6"]) == 0
    printed = capsys.readouterr().out
    assert "shop/cart.py:6 in def total(self)" in printed
    assert "uses the symbol: total" in printed
    assert "tokens, 3 pieces" in printed
    assert KEY not in printed


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("shop/cart.py", "is no FILE:LINE"),
        ("shop/cart.py:x", "is no FILE:LINE"),
        ("shop/cart.py:0", "is no FILE:LINE"),
        ("shop/cart.py:99", "has 7 lines, no line 99"),
        ("shop/nothing.py:1", "does not exist or is no text file"),
        ("shop/.env:1", "is never read: secret"),
    ],
)
def test_a_place_that_is_none(folder: Path, capsys: pytest.CaptureFixture[str], place: str, sentence: str) -> None:
    assert main(["doctor", "--context", str(folder / place)]) != 0
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert sentence in line


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize(
    ("link", "target", "sentence"),
    [
        ("a.py", "b.py", "does not exist or is no text file"),
        ("a.py", ".env", "is never read: secret-file"),
        ("a.py", "../../config.toml", "is never read: outside-workspace"),
    ],
)
def test_a_link_is_judged_as_the_server_judges_it(
    folder: Path, capsys: pytest.CaptureFixture[str], link: str, target: str, sentence: str
) -> None:
    (folder / "shop" / ".env").write_text("TOKEN=1\n", encoding="utf-8")
    (folder / "shop" / "b.py").symlink_to("a.py")
    (folder / "shop" / link).symlink_to(target)
    assert main(["doctor", "--context", f"{folder / 'shop' / link}:1"]) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_a_name_moves_no_cursor(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "shop" / "a\x1b[2J\n.py").write_text(CART, encoding="utf-8")
    assert main(["doctor", "--context", f"{folder / 'shop'}/a\x1b[2J\n.py:6"]) == 0
    out = capsys.readouterr().out
    assert "\x1b[2J" not in out
    assert "a\ufffd[2J\ufffd.py" in out
