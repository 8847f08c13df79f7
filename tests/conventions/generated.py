"""Documents that are made from the settings' models: ``python -m tests.conventions.generated [--check]``.

A setting is described once, at its field. Without ``--check`` the files are written; with it, nothing is, and the exit
status is 1 where a file is not what it would be.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tierwise.settings.models import Settings
from tierwise.settings.narrowing import may_narrow

ROOT = Path(__file__).resolve().parents[2]

Schema = dict[str, Any]


def settings_schema() -> str:
    """JSON schema of ``.tierwise.toml`` and ``config.toml``, for editors that complete and check TOML by one."""
    schema = Settings.model_json_schema()
    for table in (schema, *schema["$defs"].values()):
        table.pop("required", None)  # a file holds a part of the settings; weaker layers hold the rest
        for field in table.get("properties", {}).values():
            field.pop("title", None)
            if field.get("default", 0) is None:
                del field["default"]
            if "anyOf" in field:  # TOML has no null
                (kind,) = [option for option in field.pop("anyOf") if option.get("type") != "null"]
                field.update(kind)
            if "description" not in field:  # pydantic leaves one out that is also the table's own
                field["description"] = schema["$defs"][field["$ref"].rpartition("/")[2]]["description"]
            field["description"] = _sentence(field["description"])
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tierwise settings",
        **{key: value for key, value in schema.items() if key != "title"},
    }
    return json.dumps(schema, indent=2) + "\n"


def settings_reference() -> str:
    """The settings reference for people."""
    sections = [_section(table) for table in _tables(json.loads(settings_schema()))]
    return INTRODUCTION + "".join(sections)


GENERATED: dict[Path, Callable[[], str]] = {
    ROOT / "docs" / "settings.md": settings_reference,
    ROOT / "docs" / "tierwise.schema.json": settings_schema,
}


def stale() -> list[Path]:
    """Files that are not what they would be if they were made now."""
    return [
        path
        for path, make in GENERATED.items()
        if not path.is_file() or path.read_text(encoding="utf-8").replace("\r\n", "\n") != make()
    ]


def main(arguments: list[str]) -> int:
    files = stale()
    names = [str(path.relative_to(ROOT)) for path in files]
    if arguments == ["--check"]:
        if names:
            print(f"out of date: {', '.join(names)}; run: make docs", file=sys.stderr)
        return 1 if names else 0
    if arguments:
        print("usage: python -m tests.conventions.generated [--check]", file=sys.stderr)
        return 2
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GENERATED[path](), encoding="utf-8", newline="\n")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


INTRODUCTION = """\
# Settings

<!-- Made from the settings' models by "make docs"; edits here are lost. -->

Settings come in layers, and a stronger one wins key by key (tables merge, lists replace):

1. the profile: one of those that come with Tierwise (`tierwise profiles`), or your own in `profiles/NAME.toml` of the
   configuration folder;
2. your own `config.toml` in the configuration folder: `$XDG_CONFIG_HOME/tierwise` or your platform's usual place, or
   the file that the environment variable `TIERWISE_CONFIG` names;
3. the workspace folder's `.tierwise.toml`; in a workspace of several folders each has its own;
4. the section `tierwise` of your editor's settings.

Changes take effect at once. A broken file keeps its last good settings, and one message names the file, the key and
the reason. Keys of providers never stand in a file: a file names the environment variable that holds one.

**Trust.** A `.tierwise.toml` may come from a stranger. Until you trust its folder (in your editor, or with
`tierwise trust`), it may only narrow: the keys marked ◆ below, and only towards less: a profile that stays with the
providers you have, lower limits and budgets, fewer models, further exclusions, things switched off. Everything else in
it is ignored, with one message. Your editor's settings are yours and are not narrowed; an editor that merges a
workspace's settings into them must keep the unmarked ones back while the workspace is not trusted.

**Profiles of your own** are files of settings with a `description`. One with the name of a shipped profile takes its
place; `tierwise profiles show NAME` prints what a profile comes to. All providers and models that Tierwise knows can
be named in any chain, whatever the profile: `tier_profiles/known/` holds them.

`docs/tierwise.schema.json` is the JSON schema of these files, for editors that complete and check TOML by one.
"""


@dataclass(frozen=True)
class _Table:
    """One kind of table: its key (with NAME for names that the user chooses), what it is for, and its fields."""

    key: str
    description: str
    fields: dict[str, Schema]
    definitions: dict[str, Schema]


# Names that people choose, as the headings show them.
_NAMES = {
    "providers": "NAME",
    "tiers": "TIER",
    "models": '"NAME"',
    "tasks": "TASK",
    "classes": "CLASS",
    "harness_overrides": "HARNESS",
    "language_servers": "NAME",
    "checkers": "NAME",
}


def _tables(schema: Schema) -> Iterator[_Table]:
    """All tables, each under the shortest key by which it is reached."""
    definitions: dict[str, Schema] = schema["$defs"]
    queue: list[tuple[str, str, Schema]] = [("", "", schema)]
    seen: set[str] = set()
    while queue:
        key, description, table = queue.pop(0)
        yield _Table(key, description, table["properties"], definitions)
        for name, field in table["properties"].items():
            path = f"{key}.{name}".lstrip(".")
            for inner, where in _inner(field, path):
                target = definitions[inner]
                if "properties" in target and inner not in seen:
                    seen.add(inner)
                    queue.append((where, _sentence(" ".join(target["description"].split())), target))


def _inner(field: Schema, path: str) -> Iterator[tuple[str, str]]:
    """The tables in a field: itself, or what stands under names of its own, or the items of a list."""
    if "$ref" in field:
        yield field["$ref"].rpartition("/")[2], path
    named = field.get("additionalProperties")
    if isinstance(named, dict) and "$ref" in named:
        yield named["$ref"].rpartition("/")[2], f"{path}.{_NAMES[path.rpartition('.')[2]]}"


def _section(table: _Table) -> str:
    heading = f"## `[{table.key}]`" if table.key else "## At the top of a file"
    rows = [_row(table, name, field) for name, field in table.fields.items()]
    text = f"\n{heading}\n\n" + (f"{table.description}\n\n" if table.description else "")
    return text + "\n".join(["| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows]) + "\n"


def _row(table: _Table, name: str, field: Schema) -> str:
    generic = f"{table.key}.{name}".lstrip(".").replace(".TIER", ".fast").replace(".TASK", ".edit")
    mark = " ◆" if may_narrow(generic) else ""
    inner = list(_inner(field, f"{table.key}.{name}".lstrip(".")))
    tables = [where for inside, where in inner if "properties" in table.definitions[inside]]
    default = "" if tables or "default" not in field else f"`{json.dumps(field['default'], ensure_ascii=False)}`"
    kind = f"table `[{tables[0]}]`" if tables else _type(field, table.definitions)
    cells = (f"`{name}`{mark}", kind, default, field["description"])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "table",
}


def _type(field: Schema, definitions: dict[str, Schema]) -> str:
    if "$ref" in field:
        target = definitions[field["$ref"].rpartition("/")[2]]
        return ", ".join(f"`{value}`" for value in target["enum"]) if "enum" in target else "table"
    if field["type"] == "array":
        item = _type(field["items"], definitions)
        return f"list of {item}s" if item in {"text", "table"} else f"list of {item}"
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {field[name]}" for name, sign in limits.items() if name in field]
    return _TYPES[field["type"]] + (f" {', '.join(bounds)}" if bounds else "")


def _sentence(text: str) -> str:
    return text.replace("None:", "not set:").replace("None or ", "not set or ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
