"""Mentions and related names through the real server, with models that answer well, badly, late, and not at all.

Whatever a model does, what needs no confirmation is exactly the certain occurrences.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from bench import Bench, Project, chain, eventually

from tierwise.core.uris import to_path, to_uri
from tierwise.simulator import FaultKind, Reply, Rule, Script
from tierwise.simulator.call import Call as Asked

sys.path.append(str(Path(__file__).parents[1] / "unit" / "rename"))
from beyond_cases import BeyondCase, beyond_cases

pytestmark = pytest.mark.asyncio(loop_scope="session")

BUNDLED = '[rename]\nengines = ["bundled"]\n'
MODEL = BUNDLED + chain("fast", "messages/claude-haiku-5-5")
HURRIED = BUNDLED + chain("fast", "messages/claude-haiku-5-5", first_token_ms=150, deadline_ms=300)
ALL = beyond_cases()
CASES = pytest.mark.parametrize("case", [case for _, case in ALL], ids=[f"{stem}: {case.title}" for stem, case in ALL])

Choose = Callable[[list[int], int], object]
_LINE = re.compile(r"^(\d+)\. (\S+):(\d+) \(\w+\) ", re.MULTILINE)


def meant(asked: Asked, case: BeyondCase) -> list[int]:
    """The numbers of the lines in a question that are about meant places."""
    found: list[int] = []
    before = {new: old for old, new in (entry.split(" -> ") for entry in case.named("moves"))}
    lines = [(before.get(path, path), int(line) - 1, int(number)) for number, path, line in _LINE.findall(asked.text)]
    for (path, line), group in itertools.groupby(sorted(lines), key=lambda item: item[:2]):
        places = sorted((p for p in case.mentions if (p.path, p.line) == (path, line)), key=lambda p: p.column)
        found += [number for (_, _, number), place in zip(group, places, strict=True) if place.meant]
    return found


def saying(case: BeyondCase, choose: Choose, **reply: Any) -> Script:
    """A model whose answer is made of the right numbers and of how many there are."""

    def answer(asked: Asked) -> Reply:
        chosen = choose(meant(asked, case), len(_LINE.findall(asked.text)))
        return Reply(text=chosen if isinstance(chosen, str) else json.dumps({"accept": chosen}), **reply)

    return Script(rules=(Rule(reply=answer),))


async def rename(bench: Bench, case: BeyondCase, settings: str) -> tuple[Project, dict[str, Any]]:
    project = bench.project(settings, case.plain.files)
    name, point = case.plain.cursor
    project.open(name)
    params = {
        "textDocument": {"uri": to_uri(project.path / name)},
        "position": {"line": point.line, "character": point.column},
        "newName": case.plain.new,
    }
    return project, await bench.editor.send("textDocument/rename", params).answer()


def parts(edit: Mapping[str, Any], keep: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
    """The parts of an edit whose annotation is of some kind; what has none needs no confirmation."""
    annotations = edit.get("changeAnnotations") or {}

    def kept(part: Mapping[str, Any]) -> bool:
        return keep(annotations.get(part.get("annotationId"), {"label": "", "needsConfirmation": False}))

    changes: list[dict[str, Any]] = []
    for change in edit.get("documentChanges") or ():
        if "kind" in change:
            changes += [change] if kept(change) else []
        elif edits := [part for part in change["edits"] if kept(part)]:
            changes.append({**change, "edits": edits})
    return {"documentChanges": changes, "changeAnnotations": annotations}


def certain(edit: Mapping[str, Any]) -> dict[str, Any]:
    return parts(edit, lambda annotation: not annotation.get("needsConfirmation"))


def mentions(edit: Mapping[str, Any]) -> dict[str, Any]:
    return parts(edit, lambda annotation: annotation["label"].startswith("Mentions"))


def after(project: Project, case: BeyondCase, edit: dict[str, Any]) -> dict[str, str]:
    """The files of the case after an edit."""
    texts = dict(case.plain.files)
    for uri, (_, text) in project.bench.editor.documents.preview(edit).items():
        texts[uri.removeprefix(to_uri(project.path) + "/")] = text
    return texts


def apply(bench: Bench, edit: dict[str, Any]) -> None:
    """Apply an edit as an editor does: buffers change, files move."""
    for notification in bench.editor.documents.apply(edit):
        bench.editor.tell(notification)
    for change in edit.get("documentChanges") or ():
        if change.get("kind") == "rename":
            old, new = to_path(change["oldUri"]), to_path(change["newUri"])
            assert old is not None
            assert new is not None
            old.rename(new)
            bench.changed(old, new)


async def offers(bench: Bench, project: Project, case: BeyondCase) -> list[dict[str, Any]]:
    """The code actions where the renamed name stands now."""
    name, point = case.plain.cursor
    moves = dict(entry.split(" -> ") for entry in case.named("moves"))
    where = {"line": point.line, "character": point.column}
    params = {
        "textDocument": {"uri": to_uri(project.path / moves.get(name, name))},
        "range": {"start": where, "end": where},
        "context": {"diagnostics": [], "only": ["refactor.rewrite"]},
    }
    return await bench.editor.request("textDocument/codeAction", params)


CHOICES: dict[str, tuple[Choose, Callable[[bool], bool]]] = {
    "the right ones": (lambda right, total: right, lambda is_meant: is_meant),
    "every one": (lambda right, total: list(range(1, total + 1)), lambda is_meant: True),
    "none": (lambda right, total: [], lambda is_meant: False),
}

NONSENSE: dict[str, Choose] = {
    "numbers that do not exist": lambda right, total: [*right, total + 1],
    "zero": lambda right, total: [0],
    "a sentence": lambda right, total: "I would accept all of them.",
    "another shape": lambda right, total: json.dumps({"accept": right, "why": "because"}),
    "text instead of numbers": lambda right, total: json.dumps({"accept": [str(number) for number in right]}),
    "half a reply": lambda right, total: '{"accept": [1, 2',
    "nothing": lambda right, total: "",
}


@CASES
@pytest.mark.parametrize(("choose", "chosen"), CHOICES.values(), ids=CHOICES)
async def test_a_model_judges_the_mentions(
    bench: Bench, case: BeyondCase, choose: Choose, chosen: Callable[[bool], bool]
) -> None:
    bench.simulator.script = saying(case, choose)
    project, edit = await rename(bench, case, MODEL)
    assert after(project, case, certain(edit)) == case.texts(lambda _: False)
    assert after(project, case, mentions(edit)) == case.texts(chosen, certain=False)
    (request,) = bench.simulator.requests
    assert len(_LINE.findall(request.text)) == len(case.mentions)


@CASES
@pytest.mark.parametrize("choose", NONSENSE.values(), ids=NONSENSE)
async def test_nonsense_costs_nothing(bench: Bench, case: BeyondCase, choose: Choose) -> None:
    bench.simulator.script = saying(case, choose)
    project, edit = await rename(bench, case, MODEL)
    assert after(project, case, certain(edit)) == case.texts(lambda _: False)
    assert mentions(edit)["documentChanges"] == []
    event = await project.event()
    assert (event["outcome"], event["reason"][:9]) == ("answered", "mentions-")


@CASES
@pytest.mark.parametrize(
    "kind", [FaultKind.HANG_BEFORE_HEADERS, FaultKind.HANG_MID_STREAM, FaultKind.OVERLOADED, FaultKind.CUT_MID_STREAM]
)
async def test_no_answer_costs_nothing(bench: Bench, case: BeyondCase, kind: FaultKind) -> None:
    bench.simulator.script = Script.failing(kind)
    project, edit = await rename(bench, case, HURRIED)
    assert after(project, case, certain(edit)) == case.texts(lambda _: False)
    assert mentions(edit)["documentChanges"] == []
    apply(bench, certain(edit))
    bench.simulator.script = saying(case, lambda right, total: right)
    (action,) = [a for a in await offers(bench, project, case) if a["title"].startswith("Update")]
    resolved = await bench.editor.request("codeAction/resolve", action)
    apply(bench, resolved["edit"])
    wanted = case.texts(lambda is_meant: is_meant)
    assert {name: project.text(name) for name in wanted if wanted[name]} == {n: t for n, t in wanted.items() if t}


@CASES
async def test_a_late_answer_is_offered_afterwards(bench: Bench, case: BeyondCase) -> None:
    bench.simulator.script = saying(case, lambda right, total: right, first_token_ms=700)
    project, edit = await rename(bench, case, HURRIED)
    assert after(project, case, certain(edit)) == case.texts(lambda _: False)
    assert mentions(edit)["documentChanges"] == []
    apply(bench, certain(edit))
    await project.event()  # it is written when the late answer has come
    (action,) = [a for a in await offers(bench, project, case) if a["title"].startswith("Update")]
    assert action["title"].startswith(f"Update {sum(place.meant for place in case.mentions)} mention")
    resolved = await bench.editor.request("codeAction/resolve", action)
    apply(bench, resolved["edit"])
    wanted = case.texts(lambda is_meant: is_meant)
    assert {name: project.text(name) for name in wanted if wanted[name]} == {n: t for n, t in wanted.items() if t}
    assert len(bench.simulator.requests) == 1, "what was judged is not asked again"
    titles = [action["title"] for action in await offers(bench, project, case)]
    assert not [title for title in titles if title.startswith("Update")], "nothing is left"


@CASES
async def test_without_a_model_only_the_unmistakable_is_proposed(bench: Bench, case: BeyondCase) -> None:
    project, edit = await rename(bench, case, BUNDLED)
    assert after(project, case, certain(edit)) == case.texts(lambda _: False)
    proposed = sum(len(change["edits"]) for change in mentions(edit)["documentChanges"])
    assert proposed <= sum(place.meant for place in case.mentions)
    assert bench.simulator.requests == []


@CASES
async def test_related_names_are_a_group_of_their_own(bench: Bench, case: BeyondCase) -> None:
    project, edit = await rename(bench, case, f"{BUNDLED}mentions = false\n")
    annotations = [a for a in (edit.get("changeAnnotations") or {}).values() if a["label"] == "Related names"]
    wanted = {entry.replace(" -> ", " to ") for entry in case.named("related") | case.named("files")}
    shown = {annotation["description"] for annotation in annotations}
    assert shown <= wanted, "all of them, or those that were found in time"
    assert shown or not wanted
    assert all(annotation["needsConfirmation"] for annotation in annotations)
    assert after(project, case, certain(edit)) == case.texts(lambda _: False)
    bench.editor.documents.preview(edit)  # all parts together can be applied


@CASES
@pytest.mark.parametrize("bench", ["helix-25.07", "neovim-0.7", "eglot-1.9"], indirect=True)
async def test_a_client_without_annotations_gets_the_rest_as_actions(bench: Bench, case: BeyondCase) -> None:
    bench.simulator.script = saying(case, lambda right, total: right)
    if case.named("moves") and bench.editor.name == "eglot-1.9":
        pytest.skip("this client takes no moves of files")
    project, edit = await rename(bench, case, MODEL)
    assert "changeAnnotations" not in edit
    assert after(project, case, edit) == case.texts(lambda _: False)
    apply(bench, edit)
    await project.event()
    titles = [action["title"] for action in await offers(bench, project, case)]
    meant_ones = sum(place.meant for place in case.mentions)
    assert any(title.startswith(f"Update {meant_ones} mention") for title in titles)
    assert any(title.startswith("Rename ") for title in titles) is bool(case.named("related") | case.named("files"))
    await eventually(lambda: len(bench.simulator.requests) == 1, "the question about the mentions")
