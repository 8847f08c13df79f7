"""Generated documents are what they would be if they were made now."""

import json
import tomllib

import generated
import pytest


def test_generated_files_are_up_to_date() -> None:
    assert generated.stale() == [], "run: make docs"


def test_the_check_names_a_stale_file(monkeypatch: pytest.MonkeyPatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(generated, "ROOT", tmp_path)
    monkeypatch.setattr(generated, "GENERATED", {tmp_path / "a.md": lambda: "text\n"})
    assert generated.main(["--check"]) == 1
    assert capsys.readouterr().err == "out of date: a.md; run: make docs\n"
    assert generated.main([]) == 0
    assert (tmp_path / "a.md").read_text() == "text\n"
    assert generated.main(["--check"]) == 0
    assert generated.main(["--help"]) == 2


def test_the_schema_knows_every_key_of_every_shipped_file() -> None:
    schema = json.loads(generated.settings_schema())
    folder = generated.ROOT / "tier_profiles"
    for file in [*folder.glob("*.toml"), *folder.glob("known/*.toml")]:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        for key in ("description", "choose", "found"):
            tables.pop(key, None)
        unknown = list(unknown_keys(tables, schema, schema["$defs"]))
        assert unknown == [], file.name
    assert list(unknown_keys({"tiers": {"fast": {"chan": []}}}, schema, schema["$defs"])) == ["tiers.fast.chan"]


def unknown_keys(value, schema, definitions, path=""):
    """Keys that the schema has no place for."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        for item in value:
            yield from unknown_keys(item, schema.get("items", {}), definitions, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            below = schema.get("properties", {}).get(key, schema.get("additionalProperties", False))
            place = f"{path}.{key}".lstrip(".")
            if below is False:
                yield place
            elif isinstance(below, dict):
                yield from unknown_keys(inner, below, definitions, place)
