"""What chat models put around code: sentences, fences, tags, and the special tokens of fill-in-the-middle models.

``Unwrapper`` owns what it has not yet passed on. It never touches what can be content: in prose languages, and where
the point is inside a string or comment, only special tokens end the text.
"""

from __future__ import annotations

import re

from tierwise.edits.hole import Hole

_SPECIAL = re.compile(
    r"<\|(?:fim_\w+|end_?of_?text|file_sep(?:arator)?|repo_name|im_start|im_end|code_\w+|cursor|end)\|>"
    r"|<fim_(?:prefix|suffix|middle|pad)>|<file_sep>|<reponame>|<filename>|<end_of_turn>|<eos>|</?s>(?=\s*$)"
    r"|<｜[^｜\n]{2,30}｜>|<\[(?:fim-\w+|end▁of▁sentence)\]>|<(?:PRE|SUF|MID|EOT)>|\[(?:PREFIX|SUFFIX|MIDDLE)\]"
)
_AFTER_LITERAL = frozenset("'\"`|)\\")
"""What follows a special token that code quotes, in a string or a pattern; a model's own token is followed by none."""

_PARTIAL_SPECIAL = re.compile(r"(?:<[^<>\n]{0,30}|\[[A-Z]{0,6})$")
_FENCE = re.compile(r"\s*(`{3,})\s*[\w+#.:/-]*\s*$")
_STARTERS = re.compile(
    r"(?:Here(?:'s| is| are)|Sure|Certainly|Of course|Okay|The (?:missing|completed?|following|code|text|hole|rest)"
    r"|This (?:code|completes|is|will|function|line|block|snippet|fills|implementation)|To (?:complete|fill|implement)"
    r"|I(?:'ll|'ve| have| will| would|'m)|Below is|You can|Let me|Output|Answer|Completion|Explanation|Note|In this)\b"
)
_OFFER = re.compile(
    r"\s*(?:Sure|Certainly|Of course|Okay|Here(?:'s| is| are)|The)\b"
    r".*\b(?:code|completion|missing|rest|continuation)\b.*:\s*$"
)
_TICKED = re.compile(r"\s*`([^`\n]+)`\s*")
_TICKLESS = frozenset({"python", "java", "c", "cpp", "csharp", "rust", "lua"})
"""Languages in which no backtick stands outside of strings and comments."""

_CODE_SIGNS = re.compile(r"[=;{}<>\[\]|\\]|\w\(|\)$|::|^\s*[#@/*'\"]|\w\.\w+\(")


class Unwrapper:
    """Passes on the code of a reply for ``hole``, piece by piece. ``done``: the code has ended."""

    def __init__(self, hole: Hole) -> None:
        inside = hole.scan.inside
        in_text = bool(inside) and inside not in hole.language.quotes and not hole.scan.in_comment
        self._hole = hole
        in_line = hole.scan.in_code or inside in hole.language.quotes
        says_none = in_line and not (hole.says_sentences or hole.is_prose)
        self._is_sentence = is_sentence if says_none else is_offer
        self._drops_fences = hole.starred or not (in_text and hole.blank_before)  # a fence may be content there
        self._started = hole.keeps_fences
        self._held = ""
        self._passed = ""
        self._fence = "```" if hole.in_fence else ""
        self._feed = ""
        self._dropped = False
        self.done = False

    def feed(self, delta: str) -> str:
        """Take the next piece; returns the code that is certain now."""
        if self.done:
            return ""
        self._held += delta
        self._end_at_special()
        code = ""
        if not self._started:
            code = self._start()
        if self._started:
            code += self._pass_on()
        return code

    def finish(self) -> str:
        """The end of the reply; returns the code that was still held."""
        if self._started:
            return self._last()
        first, self._held = self._held, ""
        if (self._hole.scan.in_code and _FENCE.match(first)) or self._is_sentence(first):
            return ""
        return self._passed + first

    def _end_at_special(self) -> None:
        place = 0
        while token := _SPECIAL.search(self._held, place):
            after = self._held[token.end() : token.end() + 1]
            if not self._hole.mentions(token[0]) and after not in _AFTER_LITERAL:
                self._held = self._held[: token.start()]
                self.done = True
                return
            place = token.end()

    def _start(self) -> str:
        """Pass over sentences and the opening fence, until the first line of code is there."""
        while "\n" in self._held:
            line, _, rest = self._held.partition("\n")
            fence = _FENCE.match(line)
            if fence and self._drops_fences:
                self._fence, self._started, self._held = fence[1], True, rest
                return ""
            sentence = self._is_sentence(line)
            if line.strip() and not sentence:
                self._started = True
                return self._passed
            self._held = rest
            self._passed = "" if sentence or self._dropped else self._passed + line + "\n"
            self._dropped = self._dropped or sentence
        return ""

    def _pass_on(self) -> str:
        """Everything that can no longer turn out to be a closing fence or a special token."""
        if self._fence:
            return self._inside_fence()
        keep = len(self._held)
        if not self.done and (partial := _PARTIAL_SPECIAL.search(self._held)):
            keep = partial.start()
        code, self._held = self._held[:keep], self._held[keep:]
        return code

    def _inside_fence(self) -> str:
        """Whole lines; the line feed before the closing fence belongs to the fence."""
        code = ""
        while "\n" in self._held:
            line, _, self._held = self._held.partition("\n")
            if self._closes(line):
                self.done, self._held = True, ""
                return code
            code += self._feed + line
            self._feed = "\n"
        return code

    def _last(self) -> str:
        last, self._held = self._held, ""
        if not self._fence:
            return last
        return "" if self._closes(last) or not last else self._feed + last

    def _closes(self, line: str) -> bool:
        return line.strip().startswith(self._fence) and not line.strip("` \t\r")


def is_sentence(line: str) -> bool:
    """Whether a line is a sentence of a person's language rather than code or a part of it."""
    text = re.sub(r"`[^`]*`|\*\*", "x", line.strip())
    words = text.split()
    if not words or _CODE_SIGNS.search(text):
        return False
    if _STARTERS.match(text) and len(words) >= 2 and (text[-1] in ".:!?" or len(words) >= 6):
        return True
    plain = sum(word.strip(",.!?()'\"").isalpha() for word in words)
    return text[-1] in ".!?" and text[0].isupper() and len(words) >= 5 and plain >= 0.8 * len(words)


def is_offer(line: str) -> bool:
    """Whether a line announces an answer, in words that no text but a chat model's has."""
    return bool(_OFFER.match(line))


def without_ticks(hole: Hole, lines: list[str]) -> list[str]:
    """An answer of one line without the backticks that a chat model quotes code with."""
    quoted = _TICKED.fullmatch("\n".join(lines)) if hole.language.id in _TICKLESS and hole.scan.in_code else None
    return [quoted[1]] if quoted else lines


def is_fence(line: str) -> bool:
    """Whether a line only opens or closes a fence."""
    return bool(_FENCE.match(line))
