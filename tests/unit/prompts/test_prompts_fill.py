"""Fill-in-the-middle: no text can end a prompt early, and the tags come off however the answer arrives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.models import Excerpt, FimPrompt
from tierwise.prompts.fim import TEMPLATES, FimTemplate, render
from tierwise.prompts.infill import CLOSE, OPEN, FillReader

TOKENS = sorted({token for template in TEMPLATES for token in template.stop} | {"<fim_prefix>", "<PRE>", "<filename>"})
hostile = st.lists(st.sampled_from([*TOKENS, "x = 1\n", "{prefix}", "{}", " "]), max_size=6).map("".join)


@pytest.mark.parametrize("template", TEMPLATES, ids=[template.name for template in TEMPLATES])
@settings(max_examples=40, deadline=None)
@given(hostile, hostile, hostile)
def test_code_cannot_speak_the_format(template: FimTemplate, prefix: str, suffix: str, extra: str) -> None:
    name = template.name
    excerpts = (Excerpt("a.py", extra),)
    raw, stop = render(name, FimPrompt(prefix, suffix, "b.py", "repo", excerpts))
    bare, _ = render(name, FimPrompt("", "", "b.py", "repo", (Excerpt("a.py", ""),)))
    for token in stop:
        assert raw.text.count(token) == bare.text.count(token)


def read(reply: str, piece: int) -> str:
    reader = FillReader()
    code = "".join(reader.feed(reply[start : start + piece]) for start in range(0, len(reply), piece))
    return code + reader.finish()


code = st.text(alphabet=st.sampled_from("ab <>/fil\n="), max_size=30).filter(lambda text: CLOSE not in text)


@settings(deadline=None)
@given(code.filter(lambda text: not text.startswith("\n") and not text.endswith("\n")), st.integers(1, 9))
def test_the_tags_come_off(text: str, piece: int) -> None:
    assert read(f"{OPEN}{text}{CLOSE}", piece) == text
    assert read(f"{OPEN}\n{text}\n{CLOSE}\n", piece) == text
    assert read(f"```\n{OPEN}{text}{CLOSE}\n```", piece) == text


@pytest.mark.parametrize("piece", [1, 4, 100])
def test_an_answer_without_tags_passes(piece: int) -> None:
    assert read("return width * height", piece) == "return width * height"


@pytest.mark.parametrize("piece", [1, 4, 100])
def test_a_stop_string_may_have_taken_the_end(piece: int) -> None:
    assert read(f"{OPEN}x = 1\n", piece) == "x = 1"
    assert read(f"{OPEN}", piece) == ""


@pytest.mark.parametrize("piece", [1, 4, 100])
def test_what_a_model_thinks_aloud_is_no_code(piece: int) -> None:
    assert read(f"<think>\nx = 1? {OPEN}no{CLOSE}\n</think>\n\n{OPEN}x = 2{CLOSE}", piece) == "x = 2"
    assert read("<thinking>hm</thinking>x = 2", piece) == "x = 2"
    assert read("<think>\nx = 1? This was cut", piece) == ""
    assert read("<thin>x</thin>", piece) == "<thin>x</thin>"


def test_reading_ends_at_the_closing_tag() -> None:
    reader = FillReader()
    assert reader.feed(f"{OPEN}x{CLOSE} and more") == "x"
    assert reader.done
    assert reader.feed("y") == ""
