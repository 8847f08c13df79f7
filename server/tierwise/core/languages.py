"""What Tierwise knows of languages without parsing: comments, quotes, indentation; by LSP language identifier."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Language:
    """Lexical facts of one language. ``indented``: blocks are made by indentation. ``quotes``: string delimiters that
    may not cross a line; ``long_quotes``: those that may. ``long_brackets``: opening and closing delimiters of more
    strings and comments that may, and that know no escapes.
    """

    id: str
    extensions: tuple[str, ...]
    line_comments: tuple[str, ...] = ("//",)
    block_comment: tuple[str, str] | None = ("/*", "*/")
    quotes: tuple[str, ...] = ('"', "'")
    long_quotes: tuple[str, ...] = ()
    long_brackets: tuple[tuple[str, str], ...] = ()
    indented: bool = False
    names: tuple[str, ...] = ()
    """Whole file names, for files without a telling extension."""

    @property
    def long_starts(self) -> tuple[str, ...]:
        """What opens a string that may cross lines."""
        return (*self.long_quotes, *(start for start, _ in self.long_brackets))

    @property
    def long_ends(self) -> tuple[str, ...]:
        """What closes a string that may cross lines."""
        return (*self.long_quotes, *(end for _, end in self.long_brackets))


_HASH = ("#",)
_LUA_LEVELS = (("[[", "]]"), ("[=[", "]=]"), ("[==[", "]==]"), ("--[=[", "]=]"), ("--[==[", "]==]"))

LANGUAGES: tuple[Language, ...] = (
    Language("python", (".py", ".pyi", ".pyw"), _HASH, None, long_quotes=('"""', "'''"), indented=True),
    Language("javascript", (".js", ".mjs", ".cjs"), long_quotes=("`",)),
    Language("javascriptreact", (".jsx",), long_quotes=("`",)),
    Language("typescript", (".ts", ".mts", ".cts"), long_quotes=("`",)),
    Language("typescriptreact", (".tsx",), long_quotes=("`",)),
    Language("go", (".go",), long_quotes=("`",)),
    Language("rust", (".rs",), quotes=('"',), long_brackets=(('r#"', '"#'), ('r##"', '"##'))),
    Language("java", (".java",), long_quotes=('"""',)),
    Language("c", (".c", ".h")),
    Language("cpp", (".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx"), long_brackets=(('R"(', ')"'),)),
    Language("csharp", (".cs",), long_quotes=('"""',)),
    Language("kotlin", (".kt", ".kts"), long_quotes=('"""',)),
    Language("swift", (".swift",), quotes=('"',), long_quotes=('"""',)),
    Language("scala", (".scala", ".sc"), long_quotes=('"""',)),
    Language("php", (".php",), ("//", "#")),
    Language("ruby", (".rb", ".rake"), _HASH, None, names=("Rakefile", "Gemfile")),
    Language("shellscript", (".sh", ".bash", ".zsh"), _HASH, None),
    Language("lua", (".lua",), ("--",), ("--[[", "]]"), long_brackets=_LUA_LEVELS),
    Language("sql", (".sql",), ("--",)),
    Language("haskell", (".hs",), ("--",), ("{-", "-}"), quotes=('"',), indented=True),
    Language("elixir", (".ex", ".exs"), _HASH, None, long_quotes=('"""',)),
    Language("dart", (".dart",), long_quotes=('"""', "'''")),
    Language("zig", (".zig",), block_comment=None),
    Language("css", (".css",), ()),
    Language("scss", (".scss",)),
    Language("html", (".html", ".htm"), (), ("<!--", "-->")),
    Language("vue", (".vue",)),
    Language("svelte", (".svelte",)),
    Language("yaml", (".yaml", ".yml"), _HASH, None, indented=True),
    Language("toml", (".toml",), _HASH, None, long_quotes=('"""', "'''")),
    Language("json", (".json",), (), None, ('"',)),
    Language("jsonc", (".jsonc",), quotes=('"',)),
    Language("dockerfile", (".dockerfile",), _HASH, None, names=("Dockerfile",)),
    Language("makefile", (".mk",), _HASH, None, names=("Makefile", "makefile", "GNUmakefile")),
    Language("markdown", (".md", ".markdown"), (), ("<!--", "-->"), ()),
    Language("restructuredtext", (".rst",), (), None, ()),
    Language("plaintext", (".txt",), (), None, ()),
)

PLAIN = next(language for language in LANGUAGES if language.id == "plaintext")
_BY_ID = {language.id: language for language in LANGUAGES}
_BY_EXTENSION = {extension: language for language in LANGUAGES for extension in language.extensions}
_BY_NAME = {name: language for language in LANGUAGES for name in language.names}

# Clients' own spellings of identifiers that LSP 3.18 lists otherwise (Helix, Emacs and Neovim send the filetype).
_ALIASES = {
    "tsx": "typescriptreact",
    "jsx": "javascriptreact",
    "sh": "shellscript",
    "bash": "shellscript",
    "c++": "cpp",
    "make": "makefile",
}


def language(identifier: str) -> Language:
    """The facts of a language identifier; unknown ones are treated as plain text."""
    return _BY_ID.get(canonical(identifier), PLAIN)


def canonical(identifier: str) -> str:
    """The identifier that LSP lists for what a client calls a language."""
    return _ALIASES.get(identifier, identifier)


def language_of(path: PurePath) -> Language:
    """The language of a file, by its name; plain text where the name tells nothing."""
    return _BY_NAME.get(path.name) or _BY_EXTENSION.get(path.suffix.lower(), PLAIN)


def is_code(identifier: str) -> bool:
    """Whether the language is one that Tierwise knows and that is not prose."""
    return language(identifier).id not in {"plaintext", "markdown", "restructuredtext"}
