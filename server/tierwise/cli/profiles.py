"""``tierwise profiles``: the profiles there are, and what each comes to. Shows names of keys, never their values."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tierwise.cli.figures import console, count, table
from tierwise.core.errors import ConfigError, UsageError
from tierwise.core.tasks import Tier
from tierwise.providers.probe import find_local_servers
from tierwise.settings.load import Layer, Surroundings, load
from tierwise.settings.locations import shipped_profiles, user_profiles
from tierwise.settings.models import ResolvedModel, Settings
from tierwise.settings.profiles import ProfileCatalogue
from tierwise.settings.store import open_store

Facts = dict[str, Any]

PROBE_S = 0.3
"""Seconds in which a model server on this machine must answer to count."""


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "show"), default="list", help="default: list")
    parser.add_argument("name", nargs="?", metavar="NAME", help="which to show (default: the one that holds here)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    if args.action == "list" and args.name is not None:
        raise UsageError(f"list takes no name; did you mean: tierwise profiles show {args.name}")
    catalogue = ProfileCatalogue(shipped_profiles(), user_profiles(os.environ))
    around = Surroundings(catalogue, os.environ, asyncio.run(find_local_servers(PROBE_S)))
    here = _here(around)
    if args.action == "show":
        profile = _profile(args.name or here["active"], around)
        if profile["problem"]:
            raise ConfigError(profile["problem"])
        _print_json(profile) if args.json else _print_profile(console(), profile)
        return 0
    profiles = [_profile(name, around) for name in catalogue.names()]
    _print_json({**here, "profiles": profiles}) if args.json else _print_list(console(), profiles, here)
    return 0


def _here(around: Surroundings) -> dict[str, str]:
    """The profile that was chosen for the current folder, and the one that it comes to."""
    store = open_store(around.environ)
    store.set_folders([Path.cwd()])
    store.set_local_servers(around.servers or ())
    return {"chosen": store.for_folder(Path.cwd()).profile, "active": store.active_profile(Path.cwd())}


def _profile(name: str, around: Surroundings) -> Facts:
    """One profile as plain data, the form that ``--json`` prints. ``problem`` is "" or what is wrong with its file."""
    profile = around.catalogue.get(name)
    where = "command line"
    loaded = load([Layer(where, {"profile": name})], around)
    wrong = [problem for problem in loaded.problems if problem.key]
    return {
        "name": name,
        "description": profile.description,
        "source": str(profile.source),
        "means": loaded.profile.name,
        "problem": wrong[0].sentence.removeprefix(f"{where}: ") if wrong else "",
        "tiers": {tier.value: _tier(loaded.settings, tier, around.environ) for tier in loaded.settings.tiers},
    }


def _tier(settings: Settings, tier: Tier, environ: Mapping[str, str]) -> Facts:
    limits = settings.tiers[tier]
    return {
        "chain": [_model(model, environ) for model in settings.chain(tier)],
        **limits.model_dump(include={"context_tokens", "max_output_tokens", "first_token_ms", "deadline_ms"}),
    }


def _model(model: ResolvedModel, environ: Mapping[str, str]) -> Facts:
    prices, variable = model.facts.prices, model.provider.api_key_env
    return {
        "model": str(model.ref),
        "address": model.provider.base_url,
        "key": variable,
        "key_set": None if variable is None else bool(environ.get(variable, "").strip()),
        "usd_per_million": {"input": prices.input, "output": prices.output, "cache_read": prices.cache_read},
        "context_tokens": model.facts.context_tokens,
        "retires": model.facts.retires,
    }


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2))


def _print_list(out: Console, profiles: list[Facts], here: Mapping[str, str]) -> None:
    rows = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    rows.add_column("profile", no_wrap=True)
    rows.add_column("keys", no_wrap=True)
    rows.add_column("for")
    for item in profiles:
        chosen = item["name"] in here.values()
        name = Text(item["name"], style="bold" if chosen else "")
        rows.add_row(name, _keys(item), Text(item["problem"] or item["description"], "red" if item["problem"] else ""))
    out.print(rows)
    means = "" if here["chosen"] == here["active"] else f", which means [bold]{escape(here['active'])}[/] now"
    out.print(f"\nIn this folder: [bold]{escape(here['chosen'])}[/]{means}.\nMore: tierwise profiles show NAME")


def _keys(profile: Facts) -> Text:
    """How many of the keys that its models need are there."""
    if profile["name"] != profile["means"]:
        return Text("any")
    keys = _needed_keys(profile)
    if not keys:
        return Text("none needed")
    there = sum(keys.values())
    words = f"{there} of {len(keys)} set" if len(keys) > 1 else "set" if there else "not set"
    return Text(words, style="green" if there == len(keys) else "yellow" if there else "dim")


def _needed_keys(profile: Facts) -> dict[str, bool]:
    """The variables that hold keys of its models, and whether each is set."""
    models = [model for tier in profile["tiers"].values() for model in tier["chain"]]
    return {model["key"]: model["key_set"] for model in models if model["key"]}


def _print_profile(out: Console, profile: Facts) -> None:
    means = "" if profile["means"] == profile["name"] else f" (now: {profile['means']})"
    out.print(f"[bold]{escape(profile['name'])}[/]{means}: {escape(profile['description'])}", soft_wrap=True)
    out.print(profile["source"], style="dim", soft_wrap=True, markup=False)
    for name, tier in profile["tiers"].items():
        out.print(f"\n[bold]{name}[/]: {_limits(tier)}")
        rows = [_model_row(model) for model in tier["chain"]]
        out.print(table(("model", "in", "cached", "out"), rows, out.width, ("cached",)) if rows else "no model")
    keys = [f"{key} is {'set' if there else '[yellow]not set[/]'}" for key, there in _needed_keys(profile).items()]
    out.print(f"\nKeys: {', '.join(keys) or 'none needed'}.")
    out.print("Prices are US dollars per million tokens. The first model of a tier is its primary.", style="dim")


def _limits(tier: Facts) -> str:
    first, deadline = tier["first_token_ms"] / 1000, tier["deadline_ms"] / 1000
    sizes = f"{count(tier['context_tokens'])} tokens in, {count(tier['max_output_tokens'])} out"
    return f"{sizes}; first token within {first:g} s, all within {deadline:g} s"


def _model_row(model: Facts) -> tuple[str, ...]:
    usd = model["usd_per_million"]
    cached = usd["input"] if usd["cache_read"] is None else usd["cache_read"]
    return (model["model"], *(_price(price) for price in (usd["input"], cached, usd["output"])))


def _price(usd: float) -> str:
    return f"{usd:.3f}".rstrip("0").rstrip(".") if usd else "0"
