"""Which texts are names in a language. Pure; sources are the languages' specifications, named at each table."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Mapping

from tierwise.rename.values import Reason, RenameDeclined


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ECMASCRIPT_NAME = re.compile(r"[^\W\d]\w*|[$_][\w$]*|[^\W\d][\w$]*")
_RUST_RAW = re.compile(r"r#(?!(?:crate|self|super|Self)$)[^\W\d]\w*")

# ECMAScript 2025, 12.7.2, with the words that modules (strict code) reserve.
_ECMASCRIPT = _words(
    """await break case catch class const continue debugger default delete do else enum export extends false finally for
    function if import in instanceof new null return super switch this throw true try typeof var void while with yield
    let static implements interface package private protected public arguments eval"""
)
# The Go Programming Language Specification, "Keywords".
_GO = _words(
    """break case chan const continue default defer else fallthrough for func go goto if import interface map package
    range return select struct switch type var"""
)
# The Rust Reference, "Keywords": strict and reserved ones of the 2024 edition.
_RUST = _words(
    """as break const continue crate else enum extern false fn for if impl in let loop match mod move mut pub ref return
    self Self static struct super trait true type unsafe use where while async await dyn abstract become box do final
    macro override priv typeof unsized virtual yield try gen"""
)
# The Java Language Specification, SE 24, 3.9.
_JAVA = _words(
    """abstract assert boolean break byte case catch char class const continue default do double else enum extends final
    finally float for goto if implements import instanceof int interface long native new package private protected
    public return short static strictfp super switch synchronized this throw throws transient try void volatile while
    true false null _"""
)

_KEYWORDS: Mapping[str, frozenset[str]] = {
    "python": frozenset({*keyword.kwlist, "__debug__"}),
    "javascript": _ECMASCRIPT,
    "javascriptreact": _ECMASCRIPT,
    "typescript": _ECMASCRIPT,
    "typescriptreact": _ECMASCRIPT,
    "go": _GO,
    "rust": _RUST,
    "java": _JAVA,
}

_NAMES: Mapping[str, str] = {
    "python": "Python",
    "javascript": "JavaScript",
    "javascriptreact": "JavaScript",
    "typescript": "TypeScript",
    "typescriptreact": "TypeScript",
    "go": "Go",
    "rust": "Rust",
    "java": "Java",
}


def check_new_name(language: str, old: str, new: str, *, is_property: bool) -> None:
    """Raise RenameDeclined unless ``new`` is a name of the language, other than ``old``. ``is_property``: a member of
    JavaScript, where keywords are allowed.
    """
    if new == old:
        raise RenameDeclined(Reason.SAME_NAME, f"The symbol is called '{old}' already.")
    spoken = _NAMES.get(language, language)
    if not _is_identifier(language, new, private=old.startswith("#")):
        raise RenameDeclined(Reason.INVALID_NAME, f"'{new}' is not a valid name in {spoken}.")
    if new in _KEYWORDS.get(language, ()) and not (is_property and _KEYWORDS[language] is _ECMASCRIPT):
        raise RenameDeclined(Reason.KEYWORD, f"'{new}' is a keyword of {spoken}.")
    if new == "_" and language in {"go", "rust"}:
        raise RenameDeclined(Reason.INVALID_NAME, f"'_' names nothing in {spoken}, so uses could not refer to it.")


def _is_identifier(language: str, name: str, *, private: bool) -> bool:
    if language == "python":
        return name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    if language in {"javascript", "javascriptreact", "typescript", "typescriptreact"}:
        return _ECMASCRIPT_NAME.fullmatch(name.removeprefix("#") if private else name) is not None
    if language == "java":
        return _ECMASCRIPT_NAME.fullmatch(name) is not None
    if language == "rust" and name.startswith("r#"):
        return _RUST_RAW.fullmatch(name) is not None
    return name.isidentifier()
