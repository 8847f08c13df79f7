"""The instructions that open prompts, as Markdown files beside this one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def instruction(name: str) -> str:
    """The text of ``NAME.md``. Raises FileNotFoundError for one that is not packaged."""
    return (files(__name__) / f"{name}.md").read_text(encoding="utf-8")
