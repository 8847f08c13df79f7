"""Workspaces that somebody made to do harm, or that simply are so: each question has a right answer or one sentence."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Harness
from worlds import ENVIRON, config

from tierwise.cli.editor import Editor, ServerError
from tierwise.core.uris import to_uri
from tierwise.simulator import Script, Simulator

SECRET = "SECRET-OF-THE-HOUSE"
CODE = "from sub.helper import thing\n\n\ndef run(a):\n    return thing(a)\n"
PLACE = {"start": {"line": 3, "character": 0}, "end": {"line": 4, "character": 8}}
posix = pytest.mark.skipif(sys.platform == "win32", reason="no such files there")

NAMES = ("a b.py", "a#b.py", "a%20b.py", "a%b.py", "ünï.py", "[x].py", "-rf.py", "~.py", "$(x).py", "a'b.py", "A.PY")
ODD_NAMES = ("a\nb.py", "tab\t.py", '"q".py', "a?b.py", "*.py", "back\\slash.py", "x\u202ey.py", "esc\x1b[31m.py")
BYTES = {
    "long line.py": b"thing = '" + b"x" * 3_000_000 + b"'\n",
    "data.js": b"var thing = [" + b"1," * 1_500_000 + b"1];\n",
    "marked.py": b"\xef\xbb\xbf" + CODE.encode(),
    "lone returns.py": CODE.replace("\n", "\r").encode(),
    "empty.py": b"",
    "lines.py": b"\n" * 9,
    "deep/" + "d/" * 90 + "x.py": CODE.encode(),
}
NO_TEXT = {
    "too large.py": b"thing = '" + b"x" * 10_000_000 + b"'\n",
    "binary.py": b"thing\x00\x01" * 1_000,
    "latin.py": "thing = 'größe'\n".encode("latin-1"),
    "utf-16.py": CODE.encode("utf-16"),
    "nothing there.py": None,
    "sub": None,
}


def uri(harness: Harness, name: str) -> str:
    return to_uri(harness.workspace / name)


async def started(harness: Harness, simulator: Simulator, **options: Any) -> Editor:
    harness.write("main.py", CODE)
    harness.write("sub/helper.py", "def thing(a):\n    return a\n")
    return await harness.start("vscode", config=config(simulator.base_url, "messages"), environ=ENVIRON, **options)


async def command(editor: Editor, name: str, uri: str, **more: Any) -> Any:
    argument = {"uri": uri, "range": PLACE, **more}
    return await editor.request("workspace/executeCommand", {"command": name, "arguments": [argument]}, 120.0)


async def asked(editor: Editor, uri: str) -> dict[str, Any]:
    """What comes of everything that can be asked about a file: the answer, or the sentence it is refused with."""
    document, found = {"uri": uri}, dict[str, Any]()
    questions: dict[str, Callable[[], Any]] = {
        "explain": lambda: command(editor, "tierwise.explain", uri),
        "review": lambda: command(editor, "tierwise.explain", uri, task="review"),
        "edit": lambda: command(editor, "tierwise.edit", uri, instruction="simplify"),
        "complete": lambda: editor.request(
            "textDocument/inlineCompletion",
            {"textDocument": document, "position": PLACE["end"], "context": {"triggerKind": 1}},
        ),
        "rename": lambda: editor.request(
            "textDocument/rename", {"textDocument": document, "position": {"line": 3, "character": 5}, "newName": "go"}
        ),
        "actions": lambda: editor.request(
            "textDocument/codeAction", {"textDocument": document, "range": PLACE, "context": {"diagnostics": []}}
        ),
    }
    for name, ask in questions.items():
        try:
            found[name] = await ask()
        except ServerError as error:
            sentence = str(error)
            assert "\n" not in sentence
            assert "Error:" not in sentence.replace("ServerError:", "")
            found[name] = sentence
    return found


async def test_odd_names_and_texts_are_answered_like_others(harness: Harness) -> None:
    odd = ODD_NAMES if sys.platform != "win32" else ()
    files = {**dict.fromkeys((*NAMES, *odd), CODE.encode()), **BYTES}
    if sys.platform == "linux":
        files[os.fsdecode(b"bad\xff\xfe.py")] = CODE.encode()
    for name, data in files.items():
        (harness.workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (harness.workspace / name).write_bytes(data)
    async with Simulator(Script.saying("It runs.\n")) as simulator:
        editor = await started(harness, simulator)
        for name, data in files.items():
            assert (await command(editor, "tierwise.explain", uri(harness, name)))["text"] == "It runs.\n", name
            text = data.decode("utf-8-sig")
            editor.tell(editor.documents.open(uri(harness, name), text, "python"))
            found = await asked(editor, uri(harness, name))
            assert found["explain"]["text"] == "It runs.\n", name
            assert "It runs." in found["review"]["text"], name
            assert "No answer passed the checks" in found["edit"], name
            if data.replace(b"\r", b"\n").endswith(CODE.encode()):
                assert found["rename"]["documentChanges"], name
                assert found["actions"], name
            editor.tell(editor.documents.close(uri(harness, name)))


async def test_what_is_no_text_is_refused_and_what_must_not_be_read_is_not_sent(harness: Harness) -> None:
    for name, data in NO_TEXT.items():
        if data is not None:
            (harness.workspace / name).write_bytes(data)
    names = [*NO_TEXT, *specials(harness.workspace)]
    async with Simulator(Script.saying("It runs.\n")) as simulator:
        editor = await started(harness, simulator)
        for name in names:
            found = await asked(editor, uri(harness, name))
            for task in ("explain", "review", "edit"):
                assert "neither open nor a readable file" in found[task], name
            assert found["complete"] == {"items": []}
        assert not simulator.requests
        await command(editor, "tierwise.explain", uri(harness, "main.py"))
        assert SECRET not in simulator.requests[-1].text


def specials(folder: Path) -> list[str]:
    """Files that are none, links that lead nowhere good, and a secret."""
    (folder / ".env").write_text(f"TOKEN={SECRET}\n")
    if sys.platform == "win32":
        return [".env"]
    os.mkfifo(folder / "pipe.py")
    for name in (".gitignore", "package.json", "pyproject.toml"):
        os.mkfifo(folder / name)
    listening = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder)  # the name of a socket may not be long
    try:
        listening.bind("socket.py")
    finally:
        os.chdir(here)
        listening.close()
    (folder / "outside.txt").symlink_to(folder.parent / "outside.txt")
    (folder.parent / "outside.txt").write_text(SECRET)
    links = {"circle.py": "other.py", "other.py": "circle.py", "zero.py": "/dev/zero", "env.py": ".env", "around": "."}
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return [".env", "pipe.py", "socket.py", "outside.txt", "circle.py", "zero.py", "env.py"]


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        ("untitled:Untitled-1", False),
        ("notebook:x", False),
        ("vscode-remote://ssh-remote%2Bhost/home/x/a.py", True),
        ("git:/x/a.py?%7B%7D", True),
        ("file:///nowhere/a.py", True),
        ("file://host/share/a.py", True),
        ("file:///", True),
        ("file:", True),
        ("file:///%00.py", False),
        ("http://[::1/a.py", False),
    ],
)
async def test_documents_that_are_no_files_of_the_workspace(harness: Harness, document: str, refused: bool) -> None:
    async with Simulator(Script.saying("It runs.\n")) as simulator:
        editor = await started(harness, simulator)
        editor.tell(editor.documents.open(document, CODE, "python"))
        found = await asked(editor, document)
        if refused:
            assert "is left alone by Tierwise (outside-workspace)" in found["explain"]
            assert "workspace/executeCommand:  is" not in found["explain"]
            assert not simulator.requests
        else:
            assert found["explain"]["text"] == "It runs.\n"
            assert found["rename"]["documentChanges"]


@posix
async def test_a_workspace_folder_that_goes_away_takes_no_open_document_with_it(harness: Harness) -> None:
    async with Simulator(Script.saying("It runs.\n")) as simulator:
        editor = await started(harness, simulator)
        main, other = uri(harness, "main.py"), harness.workspace.with_name("other")
        editor.tell(editor.documents.open(main))
        harness.workspace.rename(other)
        assert (await asked(editor, main))["explain"]["text"] == "It runs.\n"
        folders = [{"uri": to_uri(path), "name": path.name} for path in (other, harness.workspace)]
        event = {"added": folders[:1], "removed": folders[1:]}
        editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        assert "outside-workspace" in (await asked(editor, main))["explain"]
        editor.tell(editor.documents.open(to_uri(other / "main.py")))
        found = await asked(editor, to_uri(other / "main.py"))
        assert found["explain"]["text"] == "It runs.\n"
        assert found["rename"]["documentChanges"]
        shutil.rmtree(other)
        other.write_text("a file now\n")
        assert (await asked(editor, to_uri(other / "main.py")))["explain"]["text"] == "It runs.\n"


@posix
async def test_files_and_folders_that_take_each_others_place(harness: Harness) -> None:
    async with Simulator(Script.saying("It runs.\n")) as simulator:
        editor = await started(harness, simulator)
        main, helper = uri(harness, "main.py"), uri(harness, "sub/helper.py")
        for document in (main, helper):
            editor.tell(editor.documents.open(document))
            await asked(editor, document)
        (harness.workspace / "main.py").unlink()
        (harness.workspace / "main.py").mkdir()
        shutil.rmtree(harness.workspace / "sub")
        os.mkfifo(harness.workspace / "sub")
        for document in (main, helper):
            assert (await asked(editor, document))["explain"]["text"] == "It runs.\n"
        editor.tell(editor.documents.close(helper))
        assert "neither open nor a readable file" in (await asked(editor, helper))["explain"]
        shutil.rmtree(harness.workspace / "main.py")
        os.mkfifo(harness.workspace / "main.py")
        editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": main, "type": 2}]})
        editor.tell(editor.documents.close(main))
        assert "neither open nor a readable file" in (await asked(editor, main))["explain"]


@posix
@pytest.mark.parametrize("early", [True, False])
async def test_a_workspace_folder_that_may_not_be_searched(harness: Harness, early: bool) -> None:
    for name in ("closed/a.py", "denied.py"):
        harness.write(name, CODE)
    (harness.workspace / "closed").chmod(0)
    (harness.workspace / "denied.py").chmod(0)
    if os.access(harness.workspace / "denied.py", os.R_OK):
        pytest.skip("this user may read everything")
    async with Simulator(Script.saying("It runs.\n")) as simulator:
        editor = await started(harness, simulator)
        if early:
            harness.workspace.chmod(0)
        try:
            editor.tell(editor.documents.open(uri(harness, "main.py"), CODE, "python"))
            await asked(editor, uri(harness, "main.py"))
            harness.workspace.chmod(0)
            changes = [
                {"uri": uri(harness, name), "type": 2} for name in ("main.py", "sub", ".gitignore", "closed/a.py")
            ]
            editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
            found = await asked(editor, uri(harness, "main.py"))
            assert found["explain"]["text"] == "It runs.\n"
            assert found["rename"]["documentChanges"]
            for name in ("closed/a.py", "denied.py"):
                assert "neither open nor a readable file" in (await asked(editor, uri(harness, name)))["explain"]
        finally:
            for folder in (harness.workspace, harness.workspace / "closed"):
                folder.chmod(0o700)
        assert not any("failed" in line for line in editor.stderr)


async def test_a_workspace_folder_within_another_keeps_what_the_outer_one_hides(harness: Harness) -> None:
    harness.write(".tierwiseignore", "/sub/hidden.py\n")
    harness.write("sub/hidden.py", f"def thing(a):\n    return '{SECRET}'\n")
    harness.write("sub/user.py", "from hidden import thing\n" + CODE)
    async with Simulator(Script.saying("It runs.\n")) as simulator:
        editor = await started(harness, simulator, folders=[harness.workspace, harness.workspace / "sub"])
        for name in ("sub/user.py", "sub/hidden.py"):
            editor.tell(editor.documents.open(uri(harness, name)))
        assert (await asked(editor, uri(harness, "sub/user.py")))["explain"]["text"] == "It runs.\n"
        assert "ignored-file" in (await asked(editor, uri(harness, "sub/hidden.py")))["explain"]
        assert not any(SECRET in request.text for request in simulator.requests)


@pytest.mark.skipif(shutil.which("git") is None, reason="git makes the repositories")
async def test_submodules_and_working_trees_hide_what_is_theirs(harness: Harness) -> None:
    inner = harness.workspace.with_name("inner")
    git(harness.workspace, "init", "-q", str(inner))
    git(inner, "commit", "-q", "--allow-empty", "-m", "one")
    git(harness.workspace, "init", "-q")
    git(harness.workspace, "submodule", "--quiet", "add", inner.as_uri(), "module")
    git(inner, "worktree", "add", "-q", str(harness.workspace / "tree"))
    harness.write("module/.gitignore", "hidden.py\n")
    (inner / ".git" / "info").mkdir(exist_ok=True)
    (inner / ".git" / "info" / "exclude").write_text("hidden.py\n")
    for folder in ("module", "tree"):
        harness.write(f"{folder}/hidden.py", f"def thing(a):\n    return '{SECRET}'\n")
        harness.write(f"{folder}/user.py", "from hidden import thing\n" + CODE)
    async with Simulator(Script.saying("It runs.\n")) as simulator:
        editor = await started(harness, simulator)
        for folder in ("module", "tree"):
            for name in ("user.py", "hidden.py"):
                editor.tell(editor.documents.open(uri(harness, f"{folder}/{name}")))
            assert (await asked(editor, uri(harness, f"{folder}/user.py")))["explain"]["text"] == "It runs.\n"
            assert "ignored-file" in (await asked(editor, uri(harness, f"{folder}/hidden.py")))["explain"]
        assert not any(SECRET in request.text for request in simulator.requests)


def git(folder: Path, *arguments: str) -> None:
    me = ("-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "protocol.file.allow=always")
    subprocess.run(["git", "-C", folder, *me, *arguments], check=True, capture_output=True)
