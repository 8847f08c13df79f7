"""``tierwise doctor``: what is configured, what can be reached, how fast. Spends nothing, changes nothing.

Shows no key: keys are named by their environment variable only, addresses without what may stand before their host.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape

from tierwise import __version__
from tierwise.cli.figures import DASH, console, count, duration, table
from tierwise.core.clock import SystemClock
from tierwise.core.errors import ConfigError, UsageError
from tierwise.providers.connections.addresses import base_url
from tierwise.providers.probe import ProbeResult, find_local_servers, probe
from tierwise.session.listing import MAX_FILES
from tierwise.session.privacy import FolderRules, FolderTerms, Forbidden
from tierwise.settings.local import LocalServer
from tierwise.settings.locations import WORKSPACE_FILE, state_folder, user_config
from tierwise.settings.models import ResolvedModel
from tierwise.settings.store import open_store
from tierwise.telemetry.database import FILE_NAME, StateUnavailable
from tierwise.telemetry.events import EventStore
from tierwise.telemetry.queue import QueueStore

LOCAL_S = 0.3
"""Seconds in which a model server on this machine must answer to count."""


@dataclass(frozen=True, slots=True)
class ModelReport:
    """One model of a chain. ``key_set`` is None where it needs no key, ``latency_ms`` None where nothing was asked."""

    model: str
    address: str
    key_variable: str | None
    key_set: bool | None
    reachable: bool
    latency_ms: float | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the doctor found. ``problems`` are sentences; none: all that is configured can work."""

    version: str
    python: str
    system: str
    folder: str
    trusted: bool
    workspace_settings: bool
    user_settings: str
    user_settings_there: bool
    profile: str
    active_profile: str
    local_servers: tuple[str, ...]
    tiers: Mapping[str, tuple[ModelReport, ...]]
    files: Mapping[str, int]
    state_folder: str
    requests_recorded: int
    queued: int
    problems: tuple[str, ...]


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="the workspace folder (default: the current one)")
    parser.add_argument("--context", metavar="FILE:LINE", help="what models would be given to read there, and why")
    parser.add_argument("--json", action="store_true", help="print what was found as one JSON object")
    parser.add_argument("--timeout", type=float, default=5.0, metavar="S", help="seconds allowed per provider")


def run(args: argparse.Namespace) -> int:
    if args.context is not None:
        return _run_context(args)
    folder = Path(args.folder or ".").expanduser().resolve()
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    report = asyncio.run(examine(folder, os.environ, args.timeout))
    if args.json:
        print(json.dumps(asdict(report), indent=2))
    else:
        _print(console(), report)
    return 1 if report.problems else 0


def _run_context(args: argparse.Namespace) -> int:
    from tierwise.cli import doctor_context  # reads the workspace and loads the parsers

    report = doctor_context.examine_context(*doctor_context.parse_place(args.context), os.environ)
    if args.json:
        print(json.dumps(asdict(report), indent=2, ensure_ascii=False))
    else:
        doctor_context.print_context(console(), report)
    return 0


async def examine(folder: Path, environ: Mapping[str, str], timeout_s: float) -> Report:
    """Look at everything, ask every configured provider once."""
    store = open_store(environ)
    store.set_folders([folder])
    servers = await find_local_servers(LOCAL_S)
    store.set_local_servers(servers)
    settings = store.for_folder(folder)
    models = {str(m.ref): m for tier in settings.tiers for m in settings.chain(tier)}
    asked = await asyncio.gather(*(_ask(model, environ, timeout_s) for model in models.values()))
    reports = dict(zip(models, asked, strict=True))
    tiers = {tier.value: tuple(reports[str(m.ref)] for m in settings.chain(tier)) for tier in settings.tiers}
    requests, queued, trouble = _state(environ)
    told = [problem.sentence for problem in store.problems()]
    return Report(
        version=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        folder=str(folder),
        trusted=store.is_trusted(folder),
        workspace_settings=(folder / WORKSPACE_FILE).exists(),
        user_settings=str(user_config(environ)),
        user_settings_there=user_config(environ).exists(),
        profile=settings.profile,
        active_profile=store.active_profile(folder),
        local_servers=tuple(map(_server, servers)),
        tiers=tiers,
        files=_files(folder, settings.privacy.exclude),
        state_folder=str(state_folder(environ)),
        requests_recorded=requests,
        queued=queued,
        problems=(*told, *trouble, *_model_problems(reports, told)),
    )


async def _ask(model: ResolvedModel, environ: Mapping[str, str], timeout_s: float) -> ModelReport:
    if model.embedded:
        return ModelReport(str(model.ref), "", None, None, True, None, None)
    variable = model.provider.api_key_env
    try:
        address = _host(base_url(model.ref.provider, model.provider))
        found = await probe(model, environ, timeout_s)
    except ConfigError as exc:
        address, found = "", ProbeResult(False, None, (), str(exc))
    return ModelReport(
        model=str(model.ref),
        address=address,
        key_variable=variable,
        key_set=bool(environ.get(variable, "").strip()) if variable else None,
        reachable=found.reachable,
        latency_ms=found.latency_ms,
        problem=found.problem or _retired(model),
    )


def _retired(model: ResolvedModel) -> str | None:
    retires = model.facts.retires
    if retires is None or date.fromisoformat(retires) > SystemClock().now().date():
        return None
    return f"Model {model.ref} is no longer served since {retires}: choose another"


def _model_problems(reports: Mapping[str, ModelReport], told: Sequence[str]) -> list[str]:
    """What is wrong with models; where a provider cannot be reached at all, once for all of its models. A missing key
    that the settings' own problems name is not told again.
    """
    problems: list[str] = []
    silent: Counter[str] = Counter()
    for name, report in reports.items():
        provider = name.partition("/")[0]
        if report.key_set is False and any(str(report.key_variable) in sentence for sentence in told):
            continue
        if report.problem and not report.reachable:
            silent[provider] += 1
        if report.problem and (report.reachable or silent[provider] == 1):
            problems.append(report.problem)
    return problems


def _state(environ: Mapping[str, str]) -> tuple[int, int, list[str]]:
    """Requests recorded, items in the queue, and what is wrong with the file that holds them."""
    clock, path = SystemClock(), state_folder(environ) / FILE_NAME
    events, queue = EventStore(path, clock), QueueStore(path, clock)
    try:
        requests, queued = events.count(), len(queue.list())
    except StateUnavailable as exc:
        return 0, 0, [str(exc)]
    return requests, queued, [warning for warning in (events.take_warning(), queue.take_warning()) if warning]


def _files(folder: Path, exclude: tuple[str, ...]) -> dict[str, int]:
    """How many files may be read, and how many may not, by reason; folders that are left out count as one each."""
    rules = FolderRules(folder, FolderTerms(tuple(exclude)))
    counts: Counter[str] = Counter(readable=0)
    for at, folders, names in os.walk(folder):
        here = Path(at)
        skipped = {name for name in folders if rules.skips_folder(here / name)}
        counts["ignored-folder"] += len(skipped)
        folders[:] = sorted(set(folders) - skipped)
        counts.update(str(rules.reason(here / name) or "readable") for name in names)
        if counts.total() > MAX_FILES:
            break
    return dict(counts)


def _print(out: Console, report: Report) -> None:
    out.print(f"[bold]Tierwise {report.version}[/], Python {report.python}, {report.system}")
    for name, text in _facts(report):
        out.print(f"[dim]{name:9}[/] {text}", soft_wrap=True)
    out.print()
    rows = [
        (tier if index == 0 else "", *_row(model))
        for tier, models in report.tiers.items()
        for index, model in enumerate(models)
    ]
    if rows:
        out.print(table(("tier", "model", "at", "key", "answers in"), rows, out.width, optional=("at",)))
        out.print()
    if not any(model.address for models in report.tiers.values() for model in models):
        out.print(
            "No model is configured: completion and rename work without one. For more, set ANTHROPIC_API_KEY or "
            "OPENAI_API_KEY, start a model server on this machine, or see `tierwise profiles`."
        )
    for problem in report.problems:
        out.print(f"[red]✗[/] {escape(problem)}")
    if not report.problems:
        out.print("[green]✓[/] Everything that is configured can work.")


def _facts(report: Report) -> list[tuple[str, str]]:
    settings = escape(report.user_settings) + ("" if report.user_settings_there else " (not there: defaults)")
    profile = report.profile
    if report.active_profile != report.profile:
        profile += f" → [bold]{escape(report.active_profile)}[/]"
    trust = "trusted" if report.trusted else "not trusted"
    if report.workspace_settings and not report.trusted:
        trust += f": its {WORKSPACE_FILE} may only narrow (`tierwise trust` changes that)"
    left_out = (report.files.get(reason, 0) for reason in ("ignored-folder", Forbidden.IGNORED, Forbidden.SECRET))
    folders, ignored, secret = map(count, left_out)
    hidden = f"{ignored} ignored, {secret} secret, {folders} whole folders"
    recorded = f"{count(report.requests_recorded)} requests recorded, {count(report.queued)} waiting in the queue"
    return [
        ("folder", f"{escape(report.folder)} ({trust})"),
        ("settings", settings),
        ("profile", profile),
        ("files", f"{count(report.files['readable'])} to work with; never read or sent: {hidden}"),
        ("servers", escape(", ".join(report.local_servers)) or "no model server found on this machine"),
        ("state", f"{escape(report.state_folder)} ({recorded})"),
    ]


def _row(model: ModelReport) -> tuple[str, str, str, str]:
    if model.key_variable is None:
        key = DASH
    else:
        key = f"{model.key_variable} {'is set' if model.key_set else 'is NOT set'}"
    if not model.address and model.problem is None:
        speed = "built in"
    else:
        speed = "✗" if model.problem and not model.reachable else duration(model.latency_ms)
    return model.model, model.address or DASH, key, speed


def _server(server: LocalServer) -> str:
    return f"{server.kind} at {server.base_url} ({len(server.models)} models)"


def _host(address: str) -> str:
    """Scheme, host and path: a user name, a password or a query may be a secret."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
