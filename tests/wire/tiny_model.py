"""A language model of 100 KB for llama.cpp: random weights, one layer, a token for each byte, Qwen's FIM tokens.

It says nothing of sense, always the same at temperature 0, and is enough to speak with a real server over its real
wires. Written straight in the GGUF format (ggml's docs/gguf.md), so that no package and no download is needed.
"""

from __future__ import annotations

import random
import struct
from array import array
from pathlib import Path

_U32, _F32, _BOOL, _STRING, _ARRAY, _I32 = 4, 6, 7, 8, 9, 5
_ALIGNMENT = 32

_WIDTH, _HEADS, _INNER, _CONTEXT = 32, 2, 64, 4096

_NORMAL, _CONTROL = 1, 3
_SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)
_ROLES = {"fim_pre": 3, "fim_suf": 4, "fim_mid": 5, "fim_pad": 6, "fim_rep": 7, "fim_sep": 8}

_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_tiny_model(path: Path) -> None:
    """Write the model to ``path``."""
    tensors = _tensors()
    fields = _fields()
    infos, offset = b"", 0
    for name, (shape, values) in tensors.items():
        infos += _string(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        infos += struct.pack("<IQ", 0, offset)  # 0: 32-bit floats
        offset += _padded(len(values) * 4)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields)) + b"".join(fields) + infos
    data = b"".join(_pad(values.tobytes()) for _, values in tensors.values())
    path.write_bytes(_pad(head) + data)


def _fields() -> list[bytes]:
    tokens = [*map(_byte_token, range(256)), *_SPECIAL]
    types = [_NORMAL] * 256 + [_CONTROL] * len(_SPECIAL)
    numbers = {
        "llama.context_length": _CONTEXT,
        "llama.embedding_length": _WIDTH,
        "llama.block_count": 1,
        "llama.feed_forward_length": _INNER,
        "llama.attention.head_count": _HEADS,
        "llama.attention.head_count_kv": _HEADS,
        "llama.rope.dimension_count": _WIDTH // _HEADS,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.bos_token_id": 256,
        "tokenizer.ggml.eos_token_id": 258,
        "tokenizer.ggml.padding_token_id": 256,
    } | {f"tokenizer.ggml.{role}_token_id": 256 + place for role, place in _ROLES.items()}
    texts = {
        "general.architecture": "llama",
        "general.name": "tiny",
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.chat_template": _TEMPLATE,
    }
    return [
        *(_field(name, _STRING, _string(text)) for name, text in texts.items()),
        *(_field(name, _U32, struct.pack("<I", number)) for name, number in numbers.items()),
        _field("llama.attention.layer_norm_rms_epsilon", _F32, struct.pack("<f", 1e-5)),
        _field("tokenizer.ggml.add_bos_token", _BOOL, b"\0"),
        _list("tokenizer.ggml.tokens", _STRING, [_string(token) for token in tokens]),
        _list("tokenizer.ggml.token_type", _I32, [struct.pack("<i", kind) for kind in types]),
        _list("tokenizer.ggml.merges", _STRING, [_string(f"{_byte_token(32)} {_byte_token(32)}")]),
    ]


def _tensors() -> dict[str, tuple[tuple[int, ...], array[float]]]:
    """By name: shape, fastest dimension first, and values. Only printable bytes can be said."""
    dice = random.Random(7)
    vocabulary = 256 + len(_SPECIAL)

    def weights(*shape: int, spread: float = 0.2) -> tuple[tuple[int, ...], array[float]]:
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        return shape, array("f", (dice.gauss(0, spread) for _ in range(count)))

    ones = (_WIDTH,), array("f", [1.0] * _WIDTH)
    output = weights(_WIDTH, vocabulary, spread=0.6)
    for token in range(vocabulary):
        if not 32 <= token < 127:
            output[1][token * _WIDTH : (token + 1) * _WIDTH] = array("f", [0.0] * _WIDTH)
    return {
        "token_embd.weight": weights(_WIDTH, vocabulary, spread=0.5),
        "output_norm.weight": ones,
        "output.weight": output,
        "blk.0.attn_norm.weight": ones,
        "blk.0.ffn_norm.weight": ones,
        **{f"blk.0.attn_{part}.weight": weights(_WIDTH, _WIDTH) for part in ("q", "k", "v", "output")},
        "blk.0.ffn_gate.weight": weights(_WIDTH, _INNER),
        "blk.0.ffn_up.weight": weights(_WIDTH, _INNER),
        "blk.0.ffn_down.weight": weights(_INNER, _WIDTH),
    }


def _byte_token(byte: int) -> str:
    """How GPT-2's vocabulary writes a byte: printable Latin-1 as itself, the others from U+0100 on, in order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    if byte in printable:
        return chr(byte)
    return chr(256 + [other for other in range(256) if other not in printable].index(byte))


def _field(name: str, kind: int, value: bytes) -> bytes:
    return _string(name) + struct.pack("<I", kind) + value


def _list(name: str, kind: int, items: list[bytes]) -> bytes:
    return _field(name, _ARRAY, struct.pack("<IQ", kind, len(items)) + b"".join(items))


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _pad(data: bytes) -> bytes:
    return data.ljust(_padded(len(data)), b"\0")
