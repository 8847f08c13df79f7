"""What a small model reads besides the lines around the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierwise.core.clock import SystemClock
from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.core.uris import to_uri
from tierwise.features.learning import Listeners
from tierwise.session.nearby import Fragment, fragments, scopes, scopes_above, within
from tierwise.session.privacy import FolderTerms
from tierwise.session.related import Why
from tierwise.session.session import Session

INVOICE = """from shop.price import Price


def send_invoice(customer, basket):
    subject = f"Invoice for {customer.name}"
    body = render_template("invoice", basket=basket, total=Price(basket).net())
    mailer.deliver(customer.address, subject, body)


"""
FILES = {
    "shop/invoice.py": INVOICE,
    "shop/price.py": "class Price:\n    def net(self):\n        return 1\n",
    "shop/reminder.py": "import os\n\n\n"
    + "#\n" * 40
    + INVOICE.replace("invoice", "reminder").split("\n\n\n")[1]
    + "\n",
    "shop/colours.py": "".join(f"RED_{number} = {number}\n" for number in range(60)),
}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    session = Session(SystemClock(), Listeners())
    session.set_folders({tmp_path: FolderTerms()})
    for name, text in FILES.items():
        session.open(to_uri(tmp_path / name), "python", 1, text)
    return session


def invoice(session: Session, folder: Path) -> Document:
    document = session.peek(to_uri(folder / "shop/invoice.py"))
    assert document is not None
    return document


def found(session: Session, folder: Path, line: int = 6) -> list[Fragment]:
    hunks = session.history.recent()
    return list(fragments(session.view(), invoice(session, folder), Point(line, 0), hunks))


def test_what_is_imported_first_then_what_looks_alike(session: Session, tmp_path: Path) -> None:
    imported, similar = found(session, tmp_path)
    assert (imported.why, imported.names, imported.excerpt.text) == (
        Why.IMPORTED,
        ("Price",),
        "class Price\n    def net(self)\n",
    )
    assert (similar.why, similar.excerpt.path) == (Why.SIMILAR, "shop/reminder.py")
    assert "def send_reminder(customer, basket):" in similar.excerpt.text
    assert similar.reason.startswith("similar lines: ")
    assert [item.excerpt.lasting for item in (imported, similar)] == [True, False]


def test_what_was_edited_elsewhere_as_it_is_now(session: Session, tmp_path: Path) -> None:
    uri = to_uri(tmp_path / "shop/colours.py")
    session.change(uri, 2, Span(Point(30, 0), Point(30, 6)), "GREEN_")
    session.change(uri, 3, Span.at(Point(0, 0)), "# Colours.\n")
    edited = [item.excerpt.text for item in found(session, tmp_path) if item.why is Why.EDITED]
    assert edited == ["# Colours.\nRED_0 = 0\n", "RED_29 = 29\nGREEN_ = 30\nRED_31 = 31\n"]


def test_an_edit_in_sight_is_not_told_twice(session: Session, tmp_path: Path) -> None:
    uri = to_uri(tmp_path / "shop/invoice.py")
    session.change(uri, 2, Span.at(Point(8, 0)), "x = 1\n")
    assert [item for item in found(session, tmp_path) if item.why is Why.EDITED] == []


def test_what_became_forbidden_is_not_shown(session: Session, tmp_path: Path) -> None:
    session.change(to_uri(tmp_path / "shop/colours.py"), 2, Span.at(Point(0, 0)), "# Colours.\n")
    session.set_folders({tmp_path: FolderTerms(exclude=("colours.py", "reminder.py"))})
    assert [item.why for item in found(session, tmp_path)] == [Why.IMPORTED]


def test_what_passes_leaves_room_for_what_stays(session: Session, tmp_path: Path) -> None:
    items = found(session, tmp_path)
    for room in range(0, 3000, 50):
        kept = within(items, room)
        assert sum(item.chars for item in kept) <= room
        assert [item for item in items if item in kept] == list(kept)
    assert list(within(items, 10_000)) == items
    assert [item.why for item in within(items, 300)] == [Why.IMPORTED]


def test_scopes_that_begin_out_of_sight(session: Session, tmp_path: Path) -> None:
    document = invoice(session, tmp_path)
    around = scopes(session.view(), document, Point(6, 4))
    above = scopes_above(session.view(), document, around, 5)
    assert above is not None
    assert (above.excerpt.text, above.why) == ("def send_invoice(customer, basket)\n", Why.SCOPE)
    assert scopes_above(session.view(), document, around, 2) is None


def test_of_a_very_long_file_only_the_top_is_parsed(session: Session, tmp_path: Path) -> None:
    uri = to_uri(tmp_path / "shop/long.py")
    long = (
        "from shop.price import Price\n" + "x = 1  # and so on\n" * 30_000 + "from shop.reminder import send_reminder\n"
    )
    document = session.open(uri, "python", 1, long)
    view = session.view()
    assert [item.module for item in view.imports(document)] == ["shop.price"]
    assert scopes(view, document, Point(20_000, 0)) == ()
    importer = session.open(to_uri(tmp_path / "shop/importer.py"), "python", 1, "import shop.long\n")
    assert fragments(session.view(), importer, Point(1, 0)) == ()
