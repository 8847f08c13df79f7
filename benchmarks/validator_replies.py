"""Replies of real models, recorded in a chat's history: whole ones must be read and apply, broken ones must not.

The files themselves are not recorded. Each is made of the SEARCH texts that the reply quotes of it, so that this says
whether a reply is read and applied, and nothing of names or tests; a few do not apply because one quote stands in
another or in what an earlier block wrote. Read from the folder that TIERWISE_EVALUATION names.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.validator_worlds import FOLDER, document, evaluation
from tierwise.core.rejection import Rejection
from tierwise.edits.apply import apply_blocks
from tierwise.edits.search_replace import parse

KINDS = ("right, read", "right, applied", "broken", "cut-off block", "wrong file")


@dataclass(frozen=True)
class Recorded:
    """One reply. ``blocks``: path, SEARCH and REPLACE text of each, as the peer read them; None where it could not."""

    name: str
    text: str
    blocks: list[tuple[str, str, str]] | None


def replies() -> Iterator[Recorded]:
    """All recorded replies with at least one block, or with a broken one."""
    file = evaluation() / "apply/chat_history_blocks.json"
    cases: list[dict[str, Any]] = json.loads(file.read_text("utf-8")) if file.is_file() else []
    for number, case in enumerate(cases):
        expected = case["expected"]
        blocks = None if expected is None else [(b[0], b[1], b[2]) for b in expected if len(b) == 3]
        if blocks is None or blocks:
            yield Recorded(f"reply {number}", case["model_output"], blocks)


def judged() -> dict[str, Counter[str]]:
    """Verdicts by what was looked at: whole replies read, whole ones applied, and wrong ones of three kinds."""
    found: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for reply in replies():
        if reply.blocks is None:
            found["broken"][_verdict(reply.text, [])] += 1
            continue
        read, verdict = parse(reply.text), _verdict(reply.text, reply.blocks)
        found["right, read"][read.reason if isinstance(read, Rejection) else "accepted"] += 1
        found["right, applied"][verdict] += 1
        if verdict == "accepted":
            chance = random.Random(reply.name)
            found["cut-off block"][_verdict(_cut(reply.text, chance), reply.blocks, chance.random() < 0.5)] += 1
            path = reply.blocks[0][0]
            found["wrong file"][_verdict(reply.text.replace(path, f"../{path}"), reply.blocks)] += 1
    return found


def _verdict(text: str, blocks: list[tuple[str, str, str]], complete: bool = True) -> str:
    """What becomes of a reply in a workspace that holds what ``blocks`` quote."""
    names = dict.fromkeys(path for path, search, _ in blocks if search.strip())
    documents = {FOLDER / name: document(name, _quoted(name, blocks)) for name in names}
    read = parse(text, tuple(names), complete=complete)
    if isinstance(read, Rejection):
        return read.reason
    default = FOLDER / (blocks[0][0] if blocks else "app.py")
    applied = apply_blocks(read, documents, default, FOLDER)
    return applied.reason if isinstance(applied, Rejection) else "accepted"


def _quoted(name: str, blocks: list[tuple[str, str, str]]) -> str:
    """Each SEARCH text of a file once, but for those that stand in another or that an earlier block puts there."""
    texts: list[str] = []
    put = ""
    for path, search, replace in blocks:
        if path == name and search not in put and not any(search in text for text in texts):
            texts = [text for text in texts if text not in search] + [search]
        put += replace if path == name else ""
    return "\n".join(texts)


def _cut(text: str, chance: random.Random) -> str:
    """A reply that ends within its last block."""
    start, end = text.rindex("<<<<<<< SEARCH"), text.rindex(">>>>>>> REPLACE")
    return text[: chance.randrange(start + 16, end)]
