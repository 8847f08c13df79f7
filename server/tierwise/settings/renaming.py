"""Settings of rename: its engines and their time limits, and how other people's language servers are started.

Owner of no state. The servers themselves are data (``tier_profiles/known/language_servers.toml``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field, field_validator

from tierwise.settings.facts import Frozen


class RenameEngine(StrEnum):
    """A kind of engine that finds what bears a name."""

    EDITOR = "editor"
    """The language servers that the editor itself runs."""
    SERVER = "server"
    """A language server found in the workspace or on PATH; in trusted folders only."""
    BUNDLED = "bundled"
    """What comes with Tierwise: jedi and scopes for Python, syntax trees for the others."""


class Offer(StrEnum):
    """How mentions and related names are offered."""

    EDIT = "edit"
    """In the rename itself, marked as to be confirmed, where the editor shows such marks; else as code actions."""
    ACTIONS = "actions"
    """As code actions, after the rename."""


class RenameSettings(Frozen):
    """Rename."""

    engines: tuple[RenameEngine, ...] = Field(
        default=(RenameEngine.EDITOR, RenameEngine.SERVER, RenameEngine.BUNDLED),
        description="Which engines may find occurrences, the preferred ones first.",
    )
    editor_ms: int = Field(default=2_000, gt=0, description="Milliseconds for the editor's own language servers.")
    server_ms: int = Field(default=5_000, gt=0, description="Milliseconds for a language server that is running.")
    server_start_ms: int = Field(
        default=30_000,
        gt=0,
        description="Milliseconds for one that has yet to start, where no other engine can rename.",
    )
    mentions: bool = Field(default=True, description="Offer the name's mentions in comments, strings and documents.")
    related: bool = Field(default=True, description="Offer symbols and files that are named after the renamed one.")
    aliases: bool = Field(
        default=True,
        description="Whether a rename at an import or export of JavaScript or TypeScript keeps the other side's name "
        "with `as`; without, the symbol is renamed everywhere.",
    )
    offers: Offer = Field(default=Offer.EDIT, description="How mentions and related names are offered.")


class LanguageServerSettings(Frozen):
    """A language server that may be started to rename, in trusted folders only."""

    languages: tuple[str, ...] = Field(default=(), description="LSP language identifiers that it serves.")
    command: tuple[str, ...] = Field(default=(), description="The program and its arguments.")
    search: tuple[str, ...] = Field(
        default=(), description="Folders of the workspace where the program is looked for before PATH."
    )
    on_path: bool = Field(default=True, description="Whether a program found on PATH will do.")
    requires: tuple[str, ...] = Field(
        default=(), description="Files of the workspace without which this server is of no use."
    )
    rank: int = Field(default=0, description="Servers of one language are tried in this order, the lowest first.")
    opens: bool = Field(
        default=False, description="Whether it must be shown every file that holds the name: it knows open ones only."
    )
    reports_rest: bool = Field(
        default=False, description="Whether it tells when it has read everything (experimental/serverStatus)."
    )
    aliases_option: str = Field(
        default="", description="The one among its options, dotted, that is set to what `rename.aliases` says."
    )
    options: dict[str, Any] = Field(default_factory=dict, description="Its initializationOptions.")
    settings: dict[str, Any] = Field(default_factory=dict, description="Its settings, by section.")
    enabled: bool = Field(default=True, description="Whether it may be started.")

    @field_validator("search", "requires")
    @classmethod
    def _inside(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            if item.startswith(("/", "\\")) or ".." in item.replace("\\", "/").split("/") or ":" in item:
                raise ValueError("must be relative to the workspace folder")
        return value
