"""The words: cut as the package ``tokenizers`` does; folders of static embeddings; their linear heads."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from tierwise.cli.main import main
from tierwise.core.errors import ConfigError
from tierwise.core.tasks import TaskClass
from tierwise.routing.static_embedding import StaticEmbedding
from tierwise.routing.wordpiece import WordPiece, read_tokenizer
from tierwise.routing.words import HEADS, Words, WordsSource, shares, shipped_words
from tierwise.routing.words_fit import Maker, fit_heads

DATA: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cases/routing/wordpiece.json").read_text("utf-8"))
VOCABULARY = {"[UNK]": 0, "fix": 1, "move": 2, "##s": 3}
ROWS = [[0.0, 0.0], [1.0, -2.0], [0.5, 0.25], [-1.0, 3.0]]


@pytest.mark.parametrize("lower", [True, False])
def test_words_are_cut_as_the_package_does(lower: bool) -> None:
    cut = WordPiece(DATA["vocabulary"], "[UNK]", "##", 12, lower=lower)
    cases = [case for case in DATA["cases"] if case["lower"] is lower]
    assert len(cases) > 40
    assert [(case["text"], cut(case["text"])) for case in cases] == [(case["text"], case["ids"]) for case in cases]
    assert [cut(case["text"]) for case in cases] == [case["ids"] for case in cases], "remembered words too"


def wordpiece(vocabulary: dict[str, int] = VOCABULARY) -> dict[str, Any]:
    return {
        "normalizer": {"type": "BertNormalizer", "lowercase": True, "strip_accents": None},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": vocabulary},
    }


def unigram() -> dict[str, Any]:
    pieces = [["<unk>", 0.0], ["▁fix", -1.0], ["▁move", -1.0], ["s", -2.0]]
    replacement = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    return {
        "version": "1.0",
        "normalizer": None,
        "pre_tokenizer": replacement,
        "model": {"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": False},
        "added_tokens": [],
    }


def folder(
    path: Path,
    kind: str = "F32",
    inside: str = "",
    *,
    tokenizer: dict[str, Any] | None = None,
    rows: list[list[float]] = ROWS,
    **more: Any,
) -> Path:
    """A folder as model2vec writes it; ``more``: further tensors by name, kind and numbers."""
    name = "embedding.weight" if inside else "embeddings"
    tensors = {name: (kind, [len(rows), len(rows[0])], [value for row in rows for value in row]), **more}
    body, header = b"", {}
    for key, (kind, shape, numbers) in tensors.items():
        packed = pack(kind, numbers)
        header[key] = {"dtype": kind, "shape": shape, "data_offsets": [len(body), len(body) + len(packed)]}
        body += packed
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    where = path / inside
    where.mkdir(parents=True, exist_ok=True)
    (where / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
    (where / "tokenizer.json").write_text(json.dumps(tokenizer or wordpiece()), "utf-8")
    return path


def pack(kind: str, numbers: list[float]) -> bytes:
    if kind == "BF16":
        return b"".join(struct.pack("<f", value)[2:] for value in numbers)
    code = {"F64": "d", "F32": "f", "F16": "e", "I8": "b", "I64": "q", "I32": "i"}[kind]
    whole = [int(value) for value in numbers] if code in "bqi" else numbers
    return struct.pack(f"<{len(numbers)}{code}", *whole)


@pytest.mark.parametrize("kind", ["F64", "F32", "F16", "BF16"])
@pytest.mark.parametrize("inside", ["", "0_StaticEmbedding"])
def test_a_text_is_the_mean_of_its_tokens(tmp_path: Path, kind: str, inside: str) -> None:
    embedding = StaticEmbedding(folder(tmp_path, kind, inside))
    assert embedding.mean("Fix moves, fix!") == [(1.0 + 0.5 - 1.0 + 1.0) / 4, (-2.0 + 0.25 + 3.0 - 2.0) / 4]
    assert embedding.mean("other words") is None


def test_whole_numbers_shared_rows_and_weights(tmp_path: Path) -> None:
    more = {"mapping": ("I64", [4], [0, 1, 1, 3]), "weights": ("F32", [4], [1.0, 0.5, 2.0, 1.0])}
    embedding = StaticEmbedding(folder(tmp_path, "I8", **more))
    assert list(embedding.vector(1)) == [0.5, -1.0]
    assert list(embedding.vector(2)) == [2.0, -4.0], "the row of another token, by its own weight"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: (f / "model.safetensors").unlink(), "holds no static embedding"),
        (lambda f: (f / "model.safetensors").write_bytes(b""), "Cannot read"),
        (lambda f: (f / "model.safetensors").write_bytes(struct.pack("<Q", 9_999) + b"{}"), "longer than the file"),
        (lambda f: (f / "tokenizer.json").write_text("[]"), "Cannot read"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "is understood"),
        (lambda f: (f / "tokenizer.json").unlink(), "Cannot read"),
    ],
)
def test_a_folder_that_is_none_says_so(tmp_path: Path, spoil: Any, says: str) -> None:
    spoil(folder(tmp_path))
    with pytest.raises(ConfigError, match=says):
        StaticEmbedding(tmp_path)


def test_a_tensor_must_lie_within_the_file(tmp_path: Path) -> None:
    file = folder(tmp_path) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(ConfigError, match="does not fit"):
        StaticEmbedding(tmp_path)


def test_other_tokenizers_go_through_the_package(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="the extra `embedding` is not installed")
    tokens = read_tokenizer(folder(tmp_path, tokenizer=unigram()) / "tokenizer.json")
    assert tokens("fix moves") == [1, 2, 3]


def test_heads_for_any_embedding_are_learnt_and_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vocabulary = {"[UNK]": 0} | {word: n for n, word in enumerate(sorted(words_of_the_patterns()), start=1)}
    rows = [[((n * 2654435761 >> bit) & 255) / 128 - 1 for bit in range(0, 64, 2)] for n in range(len(vocabulary))]
    folder(tmp_path, tokenizer=wordpiece(vocabulary), rows=rows)
    with pytest.raises(ConfigError, match="tierwise classify --fit"):
        Words(tmp_path)
    assert main(["classify", "--fit", str(tmp_path)]) == 0
    assert "heads.json written" in capsys.readouterr().out
    words = Words(tmp_path)
    said = words.say("rename the imports")
    assert said is not None
    assert sum(said.classes) == pytest.approx(0)
    right = sum(best(words, text) == label for text, label, _ in Maker(3).sentences(400, Maker(3).groups))
    assert right > 180, "far more than by chance"
    first = (tmp_path / "heads.json").read_text("utf-8")
    fit_heads(tmp_path)
    assert (tmp_path / "heads.json").read_text("utf-8") == first


def words_of_the_patterns() -> set[str]:
    maker = Maker(1)
    return {
        word for text, _, _ in maker.sentences(3_000, maker.groups) for word in text.lower().split() if word.isalpha()
    }


def best(words: Words, text: str) -> int:
    said = words.say(text)
    return -1 if said is None else max(range(len(said.classes)), key=said.classes.__getitem__)


@pytest.mark.parametrize("change", [{"labels": ["a"]}, {"biases": [1.0]}, {"weights": [[1.0]] * 4}])
def test_heads_of_another_kind_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    folder(tmp_path)
    heads = {
        name: {"labels": labels, "weights": [[0.0, 0.0] for _ in labels], "biases": [0.0 for _ in labels]}
        for name, labels in HEADS.items()
    }
    (tmp_path / "heads.json").write_text(json.dumps(heads), "utf-8")
    assert Words(tmp_path).say("fix") is not None
    heads["class"].update(change)
    (tmp_path / "heads.json").write_text(json.dumps(heads), "utf-8")
    with pytest.raises(ConfigError, match="anew"):
        Words(tmp_path)


def test_a_folder_that_cannot_be_used_is_told_of_once_and_the_bundled_one_counts(tmp_path: Path) -> None:
    told: list[str] = []
    source = WordsSource(told.append)
    assert source(None) is shipped_words()
    assert source(str(tmp_path)) is source(str(tmp_path)) is shipped_words()
    (sentence,) = told
    assert sentence.startswith("routing.embedding: ")


@pytest.mark.parametrize(
    ("text", "task_class", "role"),
    [
        ("rename the variable", "mechanical", "edit"),
        ("fix typo", "mechanical", "edit"),
        ("what does this function do?", "local", "explain"),
        ("add a null check here", "local", "edit"),
        ("update all callers", "repository", "edit"),
        ("review my changes", "repository", "review"),
        ("scaffold a new django project", "agentic", "edit"),
    ],
)
def test_the_bundled_words(text: str, task_class: str, role: str) -> None:
    said = shipped_words().say(text)
    assert said is not None
    assert tuple(TaskClass)[best(shipped_words(), text)] == task_class
    assert HEADS["role"][said.roles.index(max(said.roles))] == role
    assert sum(shares(said.classes)) == pytest.approx(1)


def test_words_nobody_knows_say_nothing() -> None:
    assert shipped_words().say("数える 文件") is None
    assert shipped_words().say("") is None
