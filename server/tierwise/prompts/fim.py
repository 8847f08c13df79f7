"""Fill-in-the-middle formats as data, for endpoints that take plain text.

A wrong token order makes a model's answers worthless without any error, so every format names its source, and only
those that could be verified are here. A repository-level form exists only where the model was trained on one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tierwise.core.models import FimPrompt, RawPrompt


@dataclass(frozen=True, slots=True)
class FimTemplate:
    """``single``: one file, from {prefix} and {suffix}. ``repository``: with {files} (each ``file`` of {path} and
    {text}), {repository} and {path}; None where there is none. ``stop``: strings that end an answer. ``source``: where
    the format is published.
    """

    name: str
    single: str
    stop: tuple[str, ...]
    source: str
    repository: str | None = None
    file: str = ""


_QWEN = "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>"
_STARCODER = "<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>"

TEMPLATES: tuple[FimTemplate, ...] = (
    FimTemplate(
        "qwen2.5-coder",
        _QWEN,
        ("<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|repo_name|>",
         "<|file_sep|>", "<|im_start|>", "<|im_end|>"),
        "Qwen2.5-Coder's README; Qwen3-Coder has the same tokens in its vocabulary",
        "<|repo_name|>{repository}\n{files}<|file_sep|>{path}\n" + _QWEN,
        "<|file_sep|>{path}\n{text}\n",
    ),
    FimTemplate(
        "starcoder2",
        _STARCODER,
        ("<|endoftext|>", "<file_sep>"),
        "StarCoder2 and The Stack v2, section on repository context",
        "<repo_name>{repository}{files}<file_sep><fim_prefix>{path}\n{prefix}<fim_suffix>{suffix}<fim_middle>",
        "<file_sep>{path}\n{text}",
    ),
    FimTemplate(
        "deepseek-coder",
        "<｜fim▁begin｜>{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>",
        ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "<｜end▁of▁sentence｜>"),
        "DeepSeek-Coder's README",
    ),
    FimTemplate("codellama", "<PRE> {prefix} <SUF>{suffix} <MID>", ("<EOT>",), "Code Llama's infilling example"),
    FimTemplate(
        "codestral",
        "[SUFFIX]{suffix}[PREFIX]{prefix}",
        ("[PREFIX]", "[SUFFIX]"),
        "Mistral's tokenizer for FIM",
        "[SUFFIX]{suffix}[PREFIX]{files}+++++ {path}\n{prefix}",
        "+++++ {path}\n{text}\n\n",
    ),
    FimTemplate(
        "codegemma",
        _QWEN,
        ("<|file_separator|>", "<end_of_turn>", "<eos>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        "CodeGemma's model card",
    ),
    FimTemplate("granite", _STARCODER, ("<|endoftext|>",), "Granite Code's model card"),
    FimTemplate(
        "seed-coder",
        "<[fim-suffix]>{suffix}<[fim-prefix]>{prefix}<[fim-middle]>",
        ("<[end▁of▁sentence]>", "<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"),
        "the Seed-Coder report",
    ),
    FimTemplate(
        "mellum",
        "<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>",
        ("<|endoftext|>", "<filename>"),
        "Mellum's model card",
        "<reponame>{repository}{files}<filename>{path}\n<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>",
        "<filename>{path}\n{text}",
    ),
    FimTemplate(
        "glm-4.5",
        "<|code_prefix|>{prefix}<|code_suffix|>{suffix}<|code_middle|>",
        ("<|endoftext|>", "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
        "GLM-4.5's tokenizer",
    ),
)  # fmt: skip

_BY_NAME = {template.name: template for template in TEMPLATES}
_TOKEN = re.compile(r"<\|?\[?[^<>\s{}]{1,40}\]?\|?>|<｜[^<>{}]{1,40}｜>|\[(?:PREFIX|SUFFIX)\]")


def render(name: str, prompt: FimPrompt) -> tuple[RawPrompt, tuple[str, ...]]:
    """The prompt in a model's own tokens, and the strings that end its answer. Raises KeyError for an unknown name.

    Tokens of the format that stand in the code itself are broken up: they would end the prompt early.
    """
    template = _BY_NAME[name]
    tokens = sorted({*_TOKEN.findall(template.single + (template.repository or "")), *template.stop})

    def plain(text: str) -> str:
        for token in tokens:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    prefix, suffix = plain(prompt.prefix), plain(prompt.suffix)
    if template.repository is None or not (prompt.extra or prompt.repository):
        text = template.single.format(prefix=prefix, suffix=suffix)
    else:
        files = "".join(template.file.format(path=plain(e.path), text=plain(e.text)) for e in prompt.extra)
        text = template.repository.format(
            repository=plain(prompt.repository), files=files, path=plain(prompt.path), prefix=prefix, suffix=suffix
        )
    return RawPrompt(text), template.stop
