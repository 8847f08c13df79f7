"""Which packages a workspace declares that it depends on, read from its manifests. Pure.

Lenient on purpose: whatever a manifest names in a place for dependencies counts, whichever group or extra it is for.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, cast

from tierwise.validation.known import table
from tierwise.validation.project import Project

_REQUIREMENT = re.compile(r"\s*(?:-e\s+)?([A-Za-z0-9][A-Za-z0-9._-]*)")
_QUOTED = re.compile(r"['\"]([A-Za-z0-9][A-Za-z0-9._-]*)(?:\s*[\[<>=!~;@ ][^'\"]*)?['\"]")
_PLACES = re.compile(r"dependenc|requires|extras|packages", re.IGNORECASE)
_REQUIREMENTS_FILE = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|constraints[\w.-]*|requirements/[\w.-]+)\.(?:txt|in)$"
)


def python_modules(project: Project) -> frozenset[str] | None:
    """Top-level modules of the distributions that the workspace declares, as far as names tell; None without any
    manifest.
    """
    found: set[str] = set()
    seen = False
    for name in sorted(project.names):
        names = _python_names(name, project)
        if names is not None:
            seen = True
            found |= {module for distribution in names for module in _modules_of(distribution)}
    return frozenset(found) if seen else None


def node_packages(project: Project, file: str) -> frozenset[str] | None:
    """The packages that the manifests above ``file`` declare, and those of the workspace itself; None without any
    manifest.
    """
    found: set[str] = set()
    seen = False
    above = {parent.as_posix().removeprefix(".") for parent in PurePosixPath(file).parents}
    for name in sorted(name for name in project.names if name.rpartition("/")[2] in {"package.json", "deno.json"}):
        found_table = _json(project.text(name))
        if isinstance(own := found_table.get("name"), str):
            found.add(own)
        if name.rpartition("/")[0] not in above:
            continue
        seen = True
        for key, value in found_table.items():
            if isinstance(value, dict) and ("ependencies" in key or key == "imports"):
                found |= {str(package) for package in cast("dict[str, object]", value)}
    return frozenset(found) if seen else None


def rust_crates(project: Project) -> frozenset[str] | None:
    """Crates that any manifest of the workspace declares, and its own, as code names them; None without one."""
    found: set[str] = set()
    seen = False
    for name in sorted(name for name in project.names if name.rpartition("/")[2] == "Cargo.toml"):
        seen = True
        for path, value in _tables(_toml(project.text(name))):
            if path and path[-1].endswith("dependencies"):
                found |= set(value)
            if path and path[-1] in {"package", "lib"} and isinstance(own := value.get("name"), str):
                found.add(own)
    return frozenset(crate.replace("-", "_") for crate in found) if seen else None


def go_modules(project: Project) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Each Go module of the workspace: its folder, its path, and the paths of the modules it requires."""
    for name in sorted(name for name in project.names if name.rpartition("/")[2] == "go.mod"):
        text = re.sub(r"//.*", "", project.text(name) or "")
        own = re.search(r"^\s*module\s+\"?([^\s\"]+)", text, re.MULTILINE)
        required = re.findall(r"^\s*(?:require\s+)?\"?([\w.-]+\.[\w./~-]+)\"?\s+v\d", text, re.MULTILINE)
        replaced = re.findall(r"^\s*(?:replace\s+)?\"?([\w./~-]+)\"?(?:\s+v\S+)?\s+=>", text, re.MULTILINE)
        if own is not None:
            yield name.rpartition("/")[0], own[1], frozenset([*required, *replaced])


def java_groups(project: Project) -> frozenset[str] | None:
    """The groups of the dependencies that Maven or Gradle files declare; None without any such file."""
    found: set[str] = set()
    seen = False
    for name in sorted(project.names):
        text = (
            project.text(name)
            if re.search(r"(?:^|/)(?:pom\.xml|build\.gradle(?:\.kts)?|libs\.versions\.toml)$", name)
            else None
        )
        if text is not None:
            seen = True
            found |= set(re.findall(r"<groupId>\s*([\w.-]+)\s*</groupId>", text))
            found |= set(re.findall(r"['\"]([\w.-]+\.[\w.-]+):[\w.-]+(?::|['\"])", text))
            found |= set(re.findall(r"group\s*[:=]\s*['\"]([\w.-]+)['\"]", text))
    return frozenset(found) if seen else None


def _python_names(name: str, project: Project) -> list[str] | None:
    """The distributions that one file declares; None for a file that is no manifest."""
    last = name.rpartition("/")[2]
    if last in {"pyproject.toml", "Pipfile"}:
        return list(_declared(_toml(project.text(name)), everything=last == "Pipfile"))
    if last in {"setup.py", "setup.cfg", "tox.ini", "noxfile.py"}:
        text = project.text(name) or ""
        lines = [m[1] for line in text.splitlines() if (m := _REQUIREMENT.match(line))]
        return [*_QUOTED.findall(text), *(lines if not last.endswith(".py") else [])]
    if last in {"environment.yml", "environment.yaml"}:
        return re.findall(r"^\s*-\s*([A-Za-z0-9][\w.-]*)", project.text(name) or "", re.MULTILINE)
    if _REQUIREMENTS_FILE.search(name):
        return [m[1] for line in (project.text(name) or "").splitlines() if (m := _REQUIREMENT.match(line))]
    return None


def _declared(manifest: Mapping[str, Any], *, everything: bool) -> Iterator[str]:
    own = manifest.get("project", {})
    if isinstance(own, dict) and isinstance(name := cast("dict[str, Any]", own).get("name"), str):
        yield name
    for path, value in _tables(manifest):
        groups = "dependency-groups" in path or "optional-dependencies" in path
        if everything or (path and _PLACES.search(path[-1])) or groups:
            yield from (str(key) for key in value)
        for key, inner in value.items():
            if isinstance(inner, list) and (_PLACES.search(key) or groups):
                texts = (item for item in cast("list[object]", inner) if isinstance(item, str))
                yield from (match[1] for text in texts if (match := _REQUIREMENT.match(text)))


def _modules_of(distribution: str) -> Iterator[str]:
    name = re.sub(r"[-.]+", "_", distribution).lower()
    yield name
    yield name.partition("_")[0] if name.startswith(("google_", "azure_", "zope_", "ruamel_")) else name
    for affix in ("python_", "py", "django_"):
        yield name.removeprefix(affix)
    for affix in ("_python", "_py", "_sdk", "_client", "2", "3"):
        yield name.removesuffix(affix)
    yield from table("python_distributions").get(name, ())
    if name.startswith("types_"):
        yield name.removeprefix("types_")


def _tables(outer: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every table within a table, with its path."""
    yield path, dict(outer)
    for key, value in outer.items():
        if isinstance(value, dict):
            yield from _tables(cast("dict[str, Any]", value), (*path, key))


def _toml(text: str | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text or "")
    except tomllib.TOMLDecodeError:
        return {}


def _json(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
