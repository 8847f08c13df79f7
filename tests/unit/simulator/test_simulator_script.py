"""Scripts: which rule answers, how files are read, what a reply becomes under a request's limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tierwise.cli.simulate import EXAMPLE
from tierwise.core.errors import UsageError
from tierwise.simulator.answer import example_of, make_answer, split_words
from tierwise.simulator.caching.prompt import CacheBlock, CachePrompt, CacheUse
from tierwise.simulator.call import Call, Wire
from tierwise.simulator.script import (
    FaultKind,
    Reply,
    Rule,
    Script,
    ScriptRunner,
    Stop,
    UsageOverride,
    load_script,
    parse_script,
)
from tierwise.simulator.table import model_prices, model_rules, table


def call(text: str = "def parse(", **fields: Any) -> Call:
    model = fields.pop("model", "claude-haiku-5-5")
    prompt = CachePrompt(model, (CacheBlock("user", text.encode()),))
    rules = model_rules("anthropic", model)
    given: dict[str, Any] = {"wire": Wire.ANTHROPIC, "provider": "anthropic", "path": "/v1/messages", "headers": {}}
    given |= {"model": model, "rules": rules, "body": {}, "prompt": prompt, "text": text}
    return Call(**{**given, **fields})


@pytest.mark.parametrize(
    ("condition", "asked", "fits"),
    [
        ({}, {}, True),
        ({"wire": "anthropic"}, {}, True),
        ({"wire": "chat"}, {}, False),
        ({"provider": "anthropic"}, {}, True),
        ({"provider": "deep*"}, {}, False),
        ({"path": "/v1/*"}, {}, True),
        ({"model": "claude-haiku-*"}, {}, True),
        ({"model": "claude-opus-*"}, {}, False),
        ({"contains": ["parse", "def"]}, {}, True),
        ({"contains": ["parse", "missing"]}, {}, False),
        ({"system": ["terse"]}, {"system": "be terse"}, True),
        ({"system": ["terse"]}, {}, False),
        ({"ends_with": "parse("}, {}, True),
        ({"ends_with": "parse("}, {"prefix": "other"}, False),
        ({"schema_name": "*"}, {}, False),
        ({"schema_name": "accept*"}, {"schema": {}, "schema_name": "accepted"}, True),
        ({"headers": {"X-Hint": "edit*"}}, {"headers": {"x-hint": "editing"}}, True),
        ({"headers": {"x-hint": "edit*"}}, {}, False),
        ({"stream": True}, {"stream": True}, True),
        ({"stream": True}, {}, False),
    ],
)
def test_a_rule_fits_when_all_its_conditions_hold(condition: dict[str, Any], asked: dict[str, Any], fits: bool) -> None:
    assert Rule.model_validate(condition).fits(call(**asked)) is fits


def test_the_first_rule_answers_until_it_is_used_up() -> None:
    script = Script(rules=(Rule(times=1), Rule(skip=1, times=2), Rule(model="claude-*")))
    runner = ScriptRunner(script)
    assert [runner.choose(call()) for _ in range(6)] == [0, 2, 1, 1, 2, 2]
    runner.restart()
    assert runner.choose(call()) == 0


def test_no_rule_no_choice() -> None:
    assert ScriptRunner(Script(rules=(Rule(model="gpt-*"),))).choose(call()) is None


TOML = """
[[rules]]
wire = "anthropic"
contains = ["def parse"]
times = 1
[rules.reply]
text = "return None"
first_token_ms = 120

[[rules]]
[rules.reply.fault]
kind = "rate-limit"
retry_after_s = 2
"""
JSON = '{"rules": [{"reply": {"chunks": ["a", "b"], "stop": "length"}}]}'


def test_scripts_are_read_from_toml_and_json(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(TOML, "utf-8")
    (tmp_path / "s.json").write_text(JSON, "utf-8")
    script = load_script(tmp_path / "s.toml")
    assert isinstance(script.rules[0].reply, Reply)
    assert script.rules[0].reply.first_token_ms == 120
    assert isinstance(script.rules[1].reply, Reply)
    assert script.rules[1].reply.fault is not None
    assert script.rules[1].reply.fault.kind is FaultKind.RATE_LIMIT
    assert load_script(tmp_path / "s.json").rules[0].reply == Reply(chunks=("a", "b"), stop=Stop.LENGTH)


def test_the_script_in_the_help_is_one(tmp_path: Path) -> None:
    (tmp_path / "help.toml").write_text(EXAMPLE.partition("\n\n")[2].partition("\n\nfaults:")[0], "utf-8")
    assert len(load_script(tmp_path / "help.toml").rules) == 2


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("none.toml", None, "cannot read the script"),
        ("broken.toml", "rules = [", "is not valid toml"),
        ("broken.json", "{", "is not valid json"),
        ("key.toml", "[[rules]]\nmodle = 'x'", "rules.0.modle"),
        ("fault.toml", "[[rules]]\n[rules.reply.fault]\nkind = 'nope'", "rules.0.reply.fault.kind"),
        ("reply.json", '{"rules": [{"reply": {"txt": "x"}}]}', "rules.0.reply.txt"),
        ("list.json", "[]", "the whole file"),
    ],
)
def test_a_wrong_script_is_one_sentence_with_its_place(tmp_path: Path, name: str, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=says) as caught:
        load_script(tmp_path / name)
    assert "\n" not in str(caught.value).split(": Input")[0].split("(at")[0]
    assert name in str(caught.value)


def test_a_script_in_a_request_names_itself() -> None:
    with pytest.raises(UsageError, match="in the request"):
        parse_script(None, "in the request")


def make(reply: Reply, **fields: Any) -> Any:
    return make_answer(call(**fields), reply, CacheUse(100, 40, 10), number=7, created=1)


def test_text_is_split_into_words_that_add_up_to_it() -> None:
    for text in ("", "one", " a  b\n\tc ", "\n\n", "def f():\n    return 1\n"):
        assert "".join(split_words(text)) == text
    assert split_words("a b\n  c") == ("a", " b", "\n  c")


def test_the_token_limit_holds_and_never_tears_a_character() -> None:
    answer = make(Reply(text="ääää ääää"), max_tokens=2)
    assert (answer.text, answer.stop, answer.output_tokens) == ("ääää", Stop.LENGTH, 2)
    assert make(Reply(text="äxä"), max_tokens=1).text == "äx"
    assert make(Reply(text="ääää ääää", ignore_limits=True), max_tokens=2).stop is Stop.END


def test_the_earliest_stop_string_ends_the_answer() -> None:
    answer = make(Reply(chunks=("one t", "wo three")), stop=("three", "two"))
    assert (answer.chunks, answer.stop, answer.stop_sequence) == (("one ",), Stop.STOP_SEQUENCE, "two")


def test_a_limit_of_nothing_says_nothing() -> None:
    answer = make(Reply(text="x"), max_tokens=0)
    assert (answer.chunks, answer.stop, answer.output_tokens) == ((), Stop.LENGTH, 0)


def test_thinking_costs_and_is_left_out_where_the_request_forbids_it() -> None:
    answer = make(Reply(text="abcd", thinking="abcdefgh"))
    assert (answer.thinking_tokens, answer.output_tokens) == (2, 3)
    assert make(Reply(text="abcd", thinking="abcdefgh"), thinks=False).output_tokens == 1


def test_a_reply_can_be_long_and_report_what_it_likes() -> None:
    answer = make(Reply(text="ab", repeat=1000))
    assert len(answer.text) == 2000
    usage = UsageOverride(input_tokens=9, cache_read_tokens=5, cache_written_tokens=1, output_tokens=3)
    answer = make(Reply(text="ab", usage=usage))
    assert (answer.use, answer.output_tokens) == (CacheUse(9, 5, 1), 3)


def test_the_default_answer_says_that_it_is_simulated() -> None:
    assert "simulated answer" in make(Reply()).text
    assert "simulated" in make(Reply(), prefix="def f():\n    ").text


def test_the_default_answer_fits_the_schema() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "accept": {"type": "array", "items": {"type": "integer"}},
            "pair": {"type": "array", "items": {"type": "number"}, "minItems": 2},
            "kind": {"enum": ["a", "b"]},
            "name": {"type": ["string", "null"]},
            "sure": {"type": "boolean"},
            "nothing": {"type": "null"},
            "either": {"anyOf": [{"const": 4}, {"type": "string"}]},
        },
    }
    assert example_of(schema) == {
        "accept": [],
        "pair": [0, 0],
        "kind": "a",
        "name": "simulated",
        "sure": False,
        "nothing": None,
        "either": 4,
    }
    assert make(Reply(), schema=schema).text.startswith('{"accept": []')


def test_every_model_of_the_table_is_found_by_its_own_name() -> None:
    for rules in table():
        if rules.provider == "*":
            continue
        for pattern in rules.match:
            if pattern != "*":
                found = model_rules(rules.provider, pattern.rstrip("*"))
                assert found == rules, f"{pattern} is hidden by {found.match}"


@pytest.mark.parametrize(
    ("provider", "model", "least", "read"),
    [
        ("anthropic", "claude-haiku-5-5", 512, 0.01),
        ("anthropic", "claude-haiku-4-5-20251001", 4_096, 0.1),
        ("anthropic", "claude-sonnet-5-5", 512, 0.1),
        ("anthropic", "claude-opus-4-8", 1_024, 0.5),
        ("anthropic", "claude-opus-5", 512, 0.5),
        ("anthropic", "claude-fable-5-1", 512, 0.25),
        ("openai", "gpt-6.1-sol", 1_024, 0.1),
        ("openai", "gpt-6-luna", 1_024, 0.01),
        ("gemini", "gemini-3.8-flash", 4_096, 0.075),
        ("dashscope", "qwen3-coder-plus", 1_024, 0.1),
    ],
)
def test_what_is_known_of_single_models(provider: str, model: str, least: int, read: float) -> None:
    assert model_rules(provider, model).cache.min_tokens == least
    assert model_prices(provider, model).cache_read == pytest.approx(read)


def test_a_server_of_ones_own_costs_nothing() -> None:
    assert model_prices("vllm", "anything").cost_usd(CacheUse(1_000), 1_000) == 0
