"""What the VS Code extension holds of the settings: ``python -m tests.conventions.extension_settings [--check]``.

Reads ``docs/tierwise.schema.json``, which is made from the settings' models, and the shipped profiles; writes the
sections of settings in the extension's manifest and a module of constants. What people wrote in the manifest stays.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "client-vscode"

Schema = dict[str, Any]

# The extension's own settings, which no server hears of. The first one decides which program runs, so it belongs to
# the machine; all are kept back while a workspace is not trusted.
OWN: dict[str, Schema] = {
    "tierwise.interpreter": {
        "type": "string",
        "default": "",
        "scope": "machine-overridable",
        "markdownDescription": "Absolute path of a Python interpreter that has Tierwise installed. Empty: a `tierwise` "
        "on the search path, else a private installation that the extension makes itself.",
    },
    "tierwise.preview": {
        "type": "string",
        "enum": ["always", "severalFiles", "never"],
        "enumDescriptions": [
            "Every edit is shown first, to be accepted or discarded file by file.",
            "Edits of more than one file, and those that make or move files, are shown first.",
            "Edits are applied at once, in one undo step.",
        ],
        "default": "always",
        "scope": "resource",
        "description": "When the edits of a model are shown before they are applied.",
    },
    "tierwise.rename.provider": {
        "type": "string",
        "enum": ["whereNoneExists", "never"],
        "enumDescriptions": [
            "Rename Symbol asks Tierwise in languages that no other extension renames in.",
            "Rename Symbol never asks Tierwise; the command Rename Everywhere does.",
        ],
        "default": "whereNoneExists",
        "scope": "resource",
        "description": "Whether Rename Symbol (F2) may use Tierwise. Another extension's rename always goes first.",
    },
    "tierwise.nextEdit.enabled": {
        "type": "boolean",
        "default": True,
        "scope": "resource",
        "description": "After a change, show the edit that follows from it elsewhere: Tab goes there, then takes it.",
    },
    "tierwise.suggestions.words": {
        "type": "boolean",
        "default": False,
        "scope": "window",
        "description": "Add names of the workspace to the list of suggestions, beside ghost text. Takes effect when "
        "the server starts next.",
    },
    "tierwise.trace.server": {
        "type": "string",
        "enum": ["messages", "verbose"],
        "default": "messages",
        "scope": "window",
        "description": "What the log holds of the messages between VS Code and the server while its level is Trace; "
        "verbose messages hold your code.",
    },
}

# Tables whose keys become settings of their own; all others are one setting that holds a table.
FLAT = ("completion", "routing", "budget", "privacy", "shared", "telemetry", "rename", "checks")

SECTIONS = {
    "Tierwise": ("profile", "harness"),
    "Ghost text": ("completion",),
    "Rename": ("rename", "language_servers"),
    "Checks": ("checks", "checkers"),
    "Budget and privacy": ("budget", "privacy"),
    "Routing": ("routing", "classes", "tasks"),
    "Context and caches": ("context", "cache"),
    "Team and telemetry": ("shared", "telemetry"),
    "Models": ("providers", "tiers", "models", "harness_overrides"),
}


def manifest() -> str:
    """``package.json`` with its generated parts as they should be."""
    found = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    schema = _schema()
    assert {name for names in SECTIONS.values() for name in names} == set(schema["properties"]), (
        "a setting has no section"
    )
    sections = [
        {"title": title, "properties": dict(_section(schema, names, own=title == "Tierwise"))}
        for title, names in SECTIONS.items()
    ]
    found["contributes"]["configuration"] = sections
    keys = [key for section in sections for key in section["properties"]]
    found["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = keys
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def constants() -> str:
    """``src/generated.ts``."""
    schema = _schema()
    keys = [name for names in SECTIONS.values() for key in names for name, _ in _settings(schema, key)]
    lines = [
        '// Made from the settings\' models and the shipped profiles by "make docs"; edits here are lost.',
        "",
        "/** Settings that the server takes, as they are called below `tierwise.`. */",
        *_literal("SERVER_SETTINGS", "readonly string[]", keys),
        "",
        "/** The profiles that come with Tierwise. */",
        *_literal("PROFILES", "readonly { readonly name: string; readonly description: string }[]", _profiles()),
        "",
        "/** Environment variables that hold a provider's key, and the providers that use each. */",
        *_literal("KEYS", "readonly { readonly variable: string; readonly providers: readonly string[] }[]", _keys()),
        "",
    ]
    return "\n".join(lines)


def schema_copy() -> str:
    """The schema of ``.tierwise.toml`` as the extension bundles it: without the words only editors of JSON need."""
    return json.dumps(_schema(), ensure_ascii=False, separators=(",", ":")) + "\n"


GENERATED: dict[Path, Callable[[], str]] = {
    EXTENSION / "package.json": manifest,
    EXTENSION / "src" / "generated.ts": constants,
    EXTENSION / "schemas" / "tierwise.schema.json": schema_copy,
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
    names = ", ".join(str(path.relative_to(ROOT)) for path in files)
    if arguments == ["--check"]:
        if names:
            print(f"out of date: {names}; run: make docs", file=sys.stderr)
        return 1 if names else 0
    if arguments:
        print("usage: python -m tests.conventions.extension_settings [--check]", file=sys.stderr)
        return 2
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GENERATED[path](), encoding="utf-8", newline="\n")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


def _schema() -> Schema:
    return json.loads((ROOT / "docs" / "tierwise.schema.json").read_text(encoding="utf-8"))


def _section(schema: Schema, names: tuple[str, ...], *, own: bool) -> Iterator[tuple[str, Schema]]:
    if own:
        yield from OWN.items()
    for key in names:
        for name, setting in _settings(schema, key):
            yield f"tierwise.{name}", setting


def _settings(schema: Schema, key: str) -> Iterator[tuple[str, Schema]]:
    """The settings that one key of a file becomes."""
    definitions, field = schema["$defs"], schema["properties"][key]
    if key in FLAT:
        table = definitions[field["$ref"].rpartition("/")[2]]
        for name, inner in table["properties"].items():
            yield f"{key}.{name}", _setting(inner, definitions)
    elif key == "profile":
        yield key, {**_setting(field, definitions), "examples": [profile["name"] for profile in _profiles()]}
    else:
        yield key, _setting(field, definitions)


def _setting(field: Schema, definitions: Schema) -> Schema:
    """A field as VS Code takes it: nothing referred to, a default, and null for "not set" where the default is that."""
    made = _inline(field, definitions)
    made["scope"] = "resource"
    if "default" not in made:
        if made["type"] == "object":
            made["default"] = {}
        else:
            made["type"] = [made["type"], "null"]
            made["default"] = None
    return made


def _inline(field: Schema, definitions: Schema) -> Schema:
    made = {key: value for key, value in field.items() if key not in {"$ref", "title"}}
    if "$ref" in field:
        target = _inline(definitions[field["$ref"].rpartition("/")[2]], definitions)
        made = {**target, **made}
    if "properties" in made:
        made["properties"] = {name: _inline(inner, definitions) for name, inner in made["properties"].items()}
    for key in ("additionalProperties", "items", "propertyNames"):
        if isinstance(made.get(key), dict):
            made[key] = _inline(made[key], definitions)
    return {key: _number(value) for key, value in made.items()}


def _number(value: Any) -> Any:
    """Whole numbers without a point, as JavaScript writes them."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _profiles() -> list[dict[str, str]]:
    files = sorted((ROOT / "tier_profiles").glob("*.toml"))
    return [{"name": file.stem, "description": _toml(file)["description"]} for file in files]


def _keys() -> list[dict[str, Any]]:
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "tier_profiles" / "known").glob("*.toml")):
        for name, provider in _toml(file).get("providers", {}).items():
            if variable := provider.get("api_key_env"):
                found.setdefault(variable, []).append(name)
    return [{"variable": variable, "providers": names} for variable, names in found.items()]


def _toml(file: Path) -> Schema:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _literal(name: str, kind: str, value: list[Any]) -> list[str]:
    """A constant, one item a line."""
    return [f"export const {name}: {kind} = [", *(f"  {_source(item)}," for item in value), "];"]


def _source(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key}: {_source(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_source(item) for item in value) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return text if "'" in text else f"'{text[1:-1]}'"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
