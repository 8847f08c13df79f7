"""What is known at the cursor, frozen for one completion.

Owner of no state.
"""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.embedded.balance import Balance
from tierwise.embedded.corpus import Corpus
from tierwise.embedded.names import Names
from tierwise.embedded.vocabulary import Vocabulary, blank_before, is_break


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first token must fit to. ``typed`` is what stands of it already, "" for nothing; ``blank`` whether a
    blank stands before it, None where that is open. ``is_break``: not even the line's indentation is there, and the
    token is the break in front of it, after blank lines or not as ``blank`` says.
    """

    typed: str = ""
    blank: bool | None = None
    is_break: bool = False

    def fits(self, vocabulary: Vocabulary, token: str) -> bool:
        """Whether ``token`` can be the one that was begun."""
        if self.is_break:
            return is_break(token) and blank_before(token) == self.blank
        if is_break(token):
            return not self.typed and not self.blank
        if self.blank is None:
            return True
        return (ord(token) & 1) == self.blank and vocabulary.word(ord(token) >> 1).startswith(self.typed)

    def fits_text(self, text: str) -> bool:
        """The same for a token given as text, with the blank before it."""
        if self.is_break:
            return False
        if self.blank is None:
            return True
        return text.startswith(" " + self.typed) if self.blank else text.startswith(self.typed) and text[0] != " "


@dataclass(frozen=True, slots=True)
class Scene:
    """``above`` are the tokens of the document before the cursor, the current line's included, whose break stands at
    ``line_start``; ``below`` those after the current line. ``others`` are the token texts of other open documents of
    this language. ``hidden`` are the paths whose copies in the corpus are out of date. ``seed`` is the corpus' key of
    the language. ``text_above`` and ``text_below`` are the lines around the current one as they are written, as far as
    names are looked for in them.
    """

    vocabulary: Vocabulary
    corpus: Corpus
    names: Names
    seed: int
    above: str
    line_start: int
    below: str
    others: tuple[str, ...]
    hidden: frozenset[str]
    opening: Opening
    text_above: str
    text_below: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What the text has to fit into. ``typed_line`` is the current line up to the cursor; ``rest`` the first lexeme
    after the cursor on its line, "" for none; ``rest_closes`` whether only brackets and punctuation stand there;
    ``quote`` the one that closes the string that the cursor is in, if it stands after the cursor already; ``in_text``
    whether it is in a string or comment; ``state`` the lexer's in front of the line; ``next_line`` the next line of
    text below, stripped; ``width`` the columns of the current indentation (of the line of text above, when not even the
    indentation is there); ``indent`` the text of one level of ``unit`` columns.
    """

    typed_line: str
    rest: str
    rest_closes: bool
    quote: str
    in_text: bool
    state: int
    balance: Balance
    next_line: str
    width: int
    unit: int
    indent: str
    max_lines: int
