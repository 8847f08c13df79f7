"""Settings of the checks that a workspace's own tools make of an answer: which run, how they are called, their limits.

Owner of no state. The tools themselves are data (``tier_profiles/known/checkers.toml``).
"""

from __future__ import annotations

from pydantic import Field

from tierwise.core.checks import Tool, ToolKind, ToolLimits
from tierwise.settings.facts import Frozen


class CheckerSettings(Frozen):
    """A tool of the workspace that may judge answers, in trusted folders only."""

    kind: ToolKind = Field(description="What it says of an answer.")
    command: tuple[str, ...] = Field(
        min_length=1,
        description='The program and its arguments; "{files}" stands for the changed files, "{tests}" for the tests '
        "that touch them.",
    )
    languages: tuple[str, ...] = Field(default=(), description="LSP language identifiers that it is for; empty: all.")
    timeout_s: float = Field(default=60.0, gt=0, description="Seconds for one run.")


class CheckSettings(Frozen):
    """Checks of edits by the workspace's own tools, on a copy of it. Nothing runs that is not named here."""

    use: tuple[str, ...] = Field(
        default=(), description="Names of the checkers that judge each edit, in this order; in trusted folders only."
    )
    total_s: float = Field(default=120.0, gt=0, description="Seconds that all of them may take for one answer.")
    memory_mb: int = Field(default=4_096, ge=64, description="Memory that each may take, in MiB.")
    output_kb: int = Field(default=256, ge=1, description="Output of each that is looked at, in KiB.")
    folder_mb: int = Field(
        default=512, ge=1, description="Size of a workspace up to which it is copied to be checked, in MiB."
    )

    @property
    def limits(self) -> ToolLimits:
        """The limits as the runner takes them."""
        return ToolLimits(self.total_s, self.memory_mb, self.output_kb, self.folder_mb)


def tool(name: str, settings: CheckerSettings) -> Tool:
    """A checker as the runner takes it."""
    return Tool(name, settings.kind, settings.command, frozenset(settings.languages), settings.timeout_s)
