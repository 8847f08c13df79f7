"""The cases of the gold set: data files that come with the package, read and checked as values.

Owner of no state. A case never says which model or tier must answer it: only what a right answer looks like.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.resources import files as resources
from pathlib import PurePosixPath
from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator

from tierwise.core.languages import language_of
from tierwise.core.tasks import EDIT_TASKS, Task, TaskClass
from tierwise.gold import marks
from tierwise.gold.desk import Wish
from tierwise.gold.marks import Place
from tierwise.settings.facts import Frozen


class Job(StrEnum):
    """What Tierwise does, as the scores name it."""

    COMPLETE = "complete"
    RENAME = "rename"
    EDIT = "edit"
    EXPLAIN = "explain"
    ROUTE = "route"


class _Case(Frozen):
    job: ClassVar[Job]

    name: str = Field(pattern=r"^[a-z0-9]+(?:[/-][a-z0-9]+)*$", description="Unique within the job.")
    about: str = Field(description="What it shows, in a few words.")

    @property
    def id(self) -> str:
        """Unique in the whole set, such as ``complete/python/guard``."""
        return f"{self.job}/{self.name}"

    @property
    def language(self) -> str:
        """LSP identifier; "" where the case is about no file."""
        return ""


class _Placed(_Case):
    files: dict[str, str] = Field(description="Text by path relative to the folder, with marks.")

    @cached_property
    def place(self) -> Place:
        """The files without marks, and what the case is about."""
        return marks.selected(self.files)

    @property
    def language(self) -> str:
        return language_of(PurePosixPath(self.place.path)).id

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        _ = self.place
        return self


class CompletionCase(_Placed):
    """A file with its middle taken out. ``also``: other middles that are just as right."""

    job = Job.COMPLETE

    also: tuple[str, ...] = ()

    @cached_property
    def place(self) -> Place:
        return marks.left_out(self.files)[0]

    @property
    def middles(self) -> tuple[str, ...]:
        """What may stand at the place; the first is what really stood there."""
        return (marks.left_out(self.files)[1], *self.also)


class RenameCase(_Placed):
    """A name and its new one. ``declined``: it must be refused, because of this."""

    job = Job.RENAME

    new: str
    declined: str = ""

    @cached_property
    def place(self) -> Place:
        return marks.renamed(self.files, self.new)[0]

    @property
    def after(self) -> Mapping[str, str]:
        """All files as they must be in the end."""
        return self.place.files if self.declined else marks.renamed(self.files, self.new)[1]


Pattern = str


class EditCheck(Frozen):
    """One thing that must hold after an edit; all that is given in it must. Patterns are regular expressions in which
    ``.`` matches line ends and ``^`` begins of lines.
    """

    says: str = Field(description="What it checks, in a few words.")
    file: str = Field(default="", description='Shell pattern of the files it is about, one must do; "": the target.')
    within: str = Field(default="", description="Name of a definition (Class.method) that must exist; only its text.")
    has: tuple[Pattern, ...] = ()
    lacks: tuple[Pattern, ...] = ()
    signature: Pattern = Field(default="", description="What its signature must match.")
    doc: Pattern = Field(default="", description="What its documentation must match.")
    at_most_lines: int | None = Field(default=None, description="How many lines it may have.")

    @field_validator("has", "lacks", mode="after")
    @classmethod
    def _compile(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            _compiled(pattern)
        return value

    @field_validator("signature", "doc")
    @classmethod
    def _compile_one(cls, value: str) -> str:
        return _compiled(value)

    @model_validator(mode="after")
    def _needs_a_definition(self) -> Self:
        if (self.signature or self.doc or self.at_most_lines) and not self.within:
            raise ValueError("signature, doc and at_most_lines need `within`")
        return self


class EditCase(_Placed):
    """A change to be made, and what must hold of it.

    ``reply`` is an answer of a model that does all that is asked, ``wrong`` a believable one that does not. That every
    file parses and that all definitions but the selected ones and ``touches`` stay as they are is always checked.
    """

    job = Job.EDIT

    task: Task
    instruction: str = ""
    diagnostic: str = Field(default="", description="For a fix: what the language's own server says.")
    touches: tuple[str, ...] = ()
    adds_only: bool = Field(default=False, description="Every line of the target must stay.")
    goes: Pattern = Field(default="", description="Only lines of the target that match this may go.")
    checks: tuple[EditCheck, ...] = Field(min_length=1)
    run: str = Field(default="", description="Python code that must end without an exception, in the edited folder.")
    reply: str
    wrong: str

    @field_validator("goes")
    @classmethod
    def _compile(cls, value: str) -> str:
        return _compiled(value)

    @field_validator("task")
    @classmethod
    def _is_an_edit(cls, value: Task) -> Task:
        if value not in EDIT_TASKS:
            raise ValueError(f"{value} changes nothing")
        return value


class Statement(Frozen):
    """Something that an explanation says; ``any`` matches it whatever the case of letters."""

    says: str
    any: Pattern

    @field_validator("any")
    @classmethod
    def _compile(cls, value: str) -> str:
        return _compiled(value)


class ExplainCase(_Placed):
    """Code to be explained: what must be said, what is false, and ``facts`` that need no model."""

    job = Job.EXPLAIN

    question: str = ""
    mentions: tuple[Statement, ...] = Field(min_length=1)
    avoids: tuple[Statement, ...] = ()
    facts: tuple[Statement, ...] = Field(min_length=1)
    most_words: int = 350
    reply: str
    wrong: str


class RouteCase(_Case):
    """A request as the classifier is told it, and its class."""

    job = Job.ROUTE

    wish: Wish
    task_class: TaskClass = Field(alias="class")


Case = CompletionCase | RenameCase | EditCase | ExplainCase | RouteCase
KINDS: tuple[type[Case], ...] = (CompletionCase, RenameCase, EditCase, ExplainCase, RouteCase)


def load_cases(patterns: Sequence[str] = ()) -> tuple[Case, ...]:
    """The cases whose id matches one of the shell patterns (none: all), by job, in the order of the files."""
    folder = resources("tierwise.gold").joinpath("case_files")
    found: list[Case] = []
    for kind in KINDS:
        tables = tomllib.loads(folder.joinpath(f"{kind.job}.toml").read_text("utf-8"))
        found += (kind.model_validate(table) for table in tables["case"])
    return tuple(case for case in found if not patterns or any(fnmatchcase(case.id, p) for p in patterns))


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern, re.DOTALL | re.MULTILINE)
    except re.error as exc:
        raise ValueError(f"{pattern!r} is no regular expression: {exc}") from exc
    return pattern
