"""How each wire reads requests and writes answers. Owner of no state."""

from __future__ import annotations

from collections.abc import Callable

from tierwise.simulator.answer import Answer, WireAnswer
from tierwise.simulator.bodies import RawRequest
from tierwise.simulator.call import Call, Wire
from tierwise.simulator.wires.anthropic import AnthropicAnswer, parse_count
from tierwise.simulator.wires.anthropic import parse as parse_messages
from tierwise.simulator.wires.chat import ChatAnswer
from tierwise.simulator.wires.chat import parse as parse_chat
from tierwise.simulator.wires.completions import (
    CompletionsAnswer,
    parse_completions,
    parse_deepseek,
    parse_mistral,
)
from tierwise.simulator.wires.llama_cpp import InfillAnswer, parse_infill
from tierwise.simulator.wires.ollama import GenerateAnswer, parse_generate
from tierwise.simulator.wires.responses import ResponsesAnswer
from tierwise.simulator.wires.responses import parse as parse_responses

PARSERS: dict[Wire, Callable[[RawRequest], Call]] = {
    Wire.ANTHROPIC: parse_messages,
    Wire.COUNT_TOKENS: parse_count,
    Wire.CHAT: parse_chat,
    Wire.RESPONSES: parse_responses,
    Wire.COMPLETIONS: parse_completions,
    Wire.INFILL: parse_infill,
    Wire.OLLAMA: parse_generate,
    Wire.MISTRAL_FIM: parse_mistral,
    Wire.DEEPSEEK_FIM: parse_deepseek,
}

ANSWERS: dict[Wire, Callable[[Call, Answer], WireAnswer]] = {
    Wire.ANTHROPIC: AnthropicAnswer,
    Wire.CHAT: ChatAnswer,
    Wire.RESPONSES: ResponsesAnswer,
    Wire.COMPLETIONS: CompletionsAnswer,
    Wire.INFILL: InfillAnswer,
    Wire.OLLAMA: GenerateAnswer,
    Wire.MISTRAL_FIM: ChatAnswer,
    Wire.DEEPSEEK_FIM: CompletionsAnswer,
}
