"""What the tests of the real server share: a harness of one's own, and servers that are started once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from bench import Bench, Benches, Watched
from harness import Harness

from tierwise.cli.editor import Editor

_EDITORS = pytest.StashKey[Sequence[Editor | Watched]]()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
async def harness(request: pytest.FixtureRequest, tmp_path: Path, workspace: Path) -> AsyncIterator[Harness]:
    editors: list[Editor] = []
    request.node.stash[_EDITORS] = editors
    harness = Harness(tmp_path / "home", workspace, editors, AsyncExitStack())
    yield harness
    wrong = await harness.finish()
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def benches(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Benches]:
    """The servers that tests share, each started when it is first wanted."""
    root = tmp_path_factory.mktemp("shared")
    async with Benches(root, lambda home, workspace, stack: Harness(home, workspace, [], stack)) as benches:
        yield benches


@pytest_asyncio.fixture(loop_scope="session")
async def bench(request: pytest.FixtureRequest, benches: Benches) -> AsyncIterator[Bench]:
    """A shared server for one test, of the client ``vscode`` unless the test asks for another."""
    bench = await benches.of(getattr(request, "param", "vscode"))
    watched = Watched.begin(bench)
    request.node.stash[_EDITORS] = [watched]
    yield bench
    await bench.tidy()
    if wrong := watched.wrong():
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[misc]
    if report.failed:
        for editor in item.stash.get(_EDITORS, []):
            report.sections.append((f"messages of {editor.name}", editor.transcript))
    return report  # type: ignore[return-value]
