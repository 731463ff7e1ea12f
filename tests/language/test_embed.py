"""Where a text falls apart, which embedder a name means, and models that give one vector for one text."""

from __future__ import annotations

import gc
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from fake_llm import FakeLLM, closed_port, data, vector
from torimem.errors import InvalidInput, MissingExtra, ModelError
from torimem.language.meaning import embed, minilm
from torimem.language.meaning.embed import LONGEST, Encoded, OneVector, load_embedder, sentences, words
from torimem.language.meaning.remote import Server
from torimem.models import endpoint

KEY = "no-usual-prefix-1234567890"
TEXT = "I bought a guitar. My boss moved the deadline!"


@pytest.fixture(autouse=True)
def nothing_is_named_and_nothing_stays_open(
    bare_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.delenv("TORIMEM_EMBEDDER", raising=False)
    yield
    gc.collect()  # an unclosed socket would warn here, and warnings are errors


def cut(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentences(text)]


# Sentences and words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\n\x00 ", []),
        ("guitar", ["guitar"]),
        ("I like my guitar. It is red and old.", ["I like my guitar.", "It is red and old."]),
        ("Is it really old?! Yes it is, very.", ["Is it really old?!", "Yes it is, very."]),
        ("one two three four\nfive six seven eight", ["one two three four", "five six seven eight"]),
        ('She said "I like it." Then she left us.', ['She said "I like it."', "Then she left us."]),
        ("It was 389.50 at example.org for all.", ["It was 389.50 at example.org for all."]),
        ("Wow! Oh my. I like my guitar. Bye!", ["Wow! Oh my. I like my guitar. Bye!"]),
        ("Yes. No.", ["Yes. No."]),
        ("我住在柏林。我喜欢吉他！「你呢？」", ["我住在柏林。", "我喜欢吉他！「你呢？」"]),
        ("Look! [shares a photo of a dog] Nice.", ["Look!", "[shares a photo of a dog]", "Nice."]),
        ("[shares a photo of a dog]Do you like it?", ["[shares a photo of a dog]", "Do you like it?"]),
        ("I read it [1] last week.", ["I read it [1] last week."]),
        ("[shares a photo of a dog]", ["[shares a photo of a dog]"]),
        ("[unclosed brackets are plain text", ["[unclosed brackets are plain text"]),
        ("... ?! ...", ["... ?! ..."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize(
    "text", ["." * 8000 + "x", ".a" * 4000, "[" * 8000, ".\n" * 4000, ".'" * 4000, "[a" * 4000]
)
def test_sentences_of_hostile_text_take_no_time(text: str) -> None:
    began = time.monotonic()
    sentences(text)
    assert time.monotonic() - began < 1.0


def test_words_have_their_place_in_the_text_as_written() -> None:
    text = "Don’t STOP learning C++, 我住在柏林 ok"
    assert [(text[start:end], name) for start, end, name in words(text)] == [
        ("Don’t", "don't"),
        ("STOP", "stop"),
        ("learning", "learning"),
        ("C++", "c++"),
        ("我住", "我住"),
        ("住在", "住在"),
        ("在柏", "在柏"),
        ("柏林", "柏林"),
        ("ok", "ok"),
    ]


# Which embedder a name means


class Own:
    name = "own"
    dimensions = 2

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        return []


def test_an_object_with_name_and_encode_is_returned_as_it_is() -> None:
    own = Own()
    assert load_embedder(own) is own


@pytest.mark.parametrize(
    "spec", ["", " ", "gpt", "openai", "openai:", "sentence-transformers:", "/no/such/folder", "ftp://h/v1#m"]
)
def test_unknown_names_are_refused_with_the_forms(spec: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_embedder(spec)
    assert str(caught.value) == f"embedder {spec!r} is not known; use one of: {embed.FORMS}"


@pytest.mark.parametrize("thing", [None, 7, Path("/tmp"), ModuleType("m")])
def test_other_objects_are_refused(thing: Any) -> None:
    with pytest.raises(
        InvalidInput, match=f"of type {type(thing).__name__} lacks name or encode; use one of"
    ):
        load_embedder(thing)


@pytest.mark.parametrize("spec", ["http://", "http://h:99999/v1#m", "http://a b/v1#m", "https://#m"])
def test_bad_addresses_are_refused(spec: str) -> None:
    with pytest.raises(InvalidInput, match="is not like http://HOST:PORT/v1#MODEL"):
        load_embedder(spec)


def test_a_server_needs_a_model() -> None:
    with pytest.raises(InvalidInput, match=r"asked for no model; name one: http://127.0.0.1:1/v1#MODEL"):
        load_embedder("http://127.0.0.1:1/v1")


def test_none_is_words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_embedder("none") is None
    monkeypatch.setenv("TORIMEM_EMBEDDER", "none")
    assert load_embedder() is None


def test_auto_is_what_the_environment_names(fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORIMEM_EMBEDDER", f" {fake_llm.url}#fake ")
    found = load_embedder("auto")
    assert found is not None
    assert found.name == f"{fake_llm.url}#fake"
    monkeypatch.setenv("TORIMEM_EMBEDDER", "nonsense")
    with pytest.raises(InvalidInput, match="'nonsense' is not known"):
        load_embedder("auto")


def test_auto_never_asks_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("TORIMEM_EMBEDDER", "auto")
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    monkeypatch.setattr(minilm, "find_spec", lambda name: None)
    assert load_embedder("auto") is None


# One vector for one text


def spelt(texts: list[str]) -> list[list[float]]:
    return [vector(text) for text in texts]


def unit(text: str) -> Any:
    row = np.array(vector(text))
    return row / np.linalg.norm(row)


def test_text_and_sentences_are_asked_for_and_words_are_left_out() -> None:
    embedder = OneVector("spelt", spelt)
    assert (embedder.name, embedder.dimensions, repr(embedder)) == ("spelt", 3, "OneVector('spelt')")
    two, one = embedder.encode([TEXT, " I bought a guitar.\n"])
    assert np.allclose(two.whole, unit(TEXT))
    assert np.allclose(two.sentences, [unit("I bought a guitar."), unit("My boss moved the deadline!")])
    assert np.allclose(one.whole, unit("I bought a guitar."))
    assert np.allclose(one.sentences, [unit("I bought a guitar.")])
    assert (two.words.shape, two.names) == ((0, 3), ())
    assert {array.dtype for array in (two.whole, two.sentences, two.words)} == {np.dtype(np.float32)}


def test_nothing_is_asked_twice_and_requests_are_of_256_at_most() -> None:
    asked: list[list[str]] = []

    def vectors(texts: list[str]) -> list[list[float]]:
        asked.append(list(texts))
        return spelt(texts)

    texts = [f"text {n % 300}" for n in range(600)]
    seen: list[int] = []
    found = OneVector("counts", vectors).encode(texts, seen.append)
    assert [len(batch) for batch in asked] == [256, 44]
    assert len({text for batch in asked for text in batch}) == 300
    assert seen == [256, 600]
    assert all(np.allclose(one.whole, unit(text)) for one, text in zip(found, texts, strict=True))


def test_long_texts_are_cut_and_go_in_small_requests() -> None:
    asked: list[list[str]] = []

    def vectors(texts: list[str]) -> list[list[float]]:
        asked.append(list(texts))
        return spelt(texts)

    OneVector("counts", vectors).encode([f"{n} " + "x" * 20_000 for n in range(40)])
    assert [len(batch) for batch in asked] == [31, 9]
    assert {len(text) for batch in asked for text in batch} == {LONGEST}


def test_blank_texts_are_not_sent_and_are_zero() -> None:
    asked: list[str] = []

    def vectors(texts: list[str]) -> list[list[float]]:
        asked.extend(texts)
        return spelt(texts)

    found = OneVector("counts", vectors).encode(["", "guitar", " \x00\n"])
    assert asked == ["guitar"]
    for blank in (found[0], found[2]):
        assert blank.whole.tolist() == [0, 0, 0]
        assert (blank.sentences.shape, blank.words.shape, blank.names) == ((0, 3), (0, 3), ())
    assert OneVector("counts", vectors).encode([]) == []
    assert OneVector("counts", vectors).encode([""])[0].whole.shape == (3,)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([[1.0, 2.0]], "gives shape (1, 2) for 2 texts; check that the model is one for embeddings"),
        ([1.0, 2.0], "gives shape (2,) for 2 texts"),
        ([[], []], "gives shape (2, 0) for 2 texts"),
        ([[1.0], [1.0, 2.0]], "gives no numbers, or rows of unequal length"),
        ([["a"], ["b"]], "gives no numbers"),
        (None, "gives shape () for 2 texts"),
        ([[1.0, float("nan")], [1.0, 2.0]], "gives numbers that are not finite"),
        ([[1.0, float("inf")], [1.0, 2.0]], "gives numbers that are not finite"),
    ],
)
def test_wrong_answers_are_one_line(answer: object, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        OneVector("odd", lambda texts: answer).encode(["a", "b"])
    assert str(caught.value).startswith(f"embedder 'odd' {said}")
    assert "\n" not in str(caught.value)


def test_other_dimensions_than_before_are_refused() -> None:
    embedder = OneVector("grows", lambda texts: [[1.0] * len(texts[0])])
    embedder.encode(["abc"])
    with pytest.raises(ModelError, match="gives 4 dimensions after 3"):
        embedder.encode(["abcd"])


def test_a_vector_of_zeros_stays_zero() -> None:
    assert OneVector("zeros", lambda texts: [[0.0, 0.0]]).encode(["a"])[0].whole.tolist() == [0, 0]


# A server


def test_vectors_of_a_server_are_in_the_order_of_the_texts(fake_llm: FakeLLM) -> None:
    embedder = load_embedder(f"{fake_llm.url}#fake-embed")
    assert embedder is not None
    [found] = embedder.encode([TEXT])
    assert np.allclose(found.whole, unit(TEXT))
    assert np.allclose(found.sentences[1], unit("My boss moved the deadline!"))
    assert fake_llm.embedded == [[TEXT, "I bought a guitar.", "My boss moved the deadline!"]]
    assert fake_llm.requests[0].body["model"] == "fake-embed"


def test_dimensions_of_a_server_are_asked_for_once(fake_llm: FakeLLM) -> None:
    embedder = load_embedder(f"{fake_llm.url}#fake-embed")
    assert embedder is not None
    assert (embedder.dimensions, embedder.dimensions) == (3, 3)
    assert len(fake_llm.embedded) == 1


@pytest.mark.parametrize("failure", ["429", "500"])
def test_a_busy_server_is_asked_once_more(fake_llm: FakeLLM, failure: str) -> None:
    fake_llm.then(fail=failure)
    assert len(Server("m", fake_llm.url).vectors(["a"])) == 1
    assert len(fake_llm.embedded) == 2


def test_a_long_pause_asked_for_is_not_waited_for(fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))
    fake_llm.retry_after = "60"
    fake_llm.then(fail="429")
    with pytest.raises(ModelError, match="over its limit"):
        Server("m", fake_llm.url).vectors(["a"])


@pytest.mark.parametrize(
    ("failures", "said"),
    [
        (["400"], "refused the request (400): context length exceeded; check"),
        (["401"], "refused the API key (401); set OPENAI_API_KEY"),
        (["403"], "refused the API key (403); set OPENAI_API_KEY"),
        (["404"], "was not found (404): model not found for [key], try pulling it; check the model's name"),
        (["429", "429"], "is over its limit (429): slow down please, [key]; wait a moment"),
        (["500", "500"], "failed (500): <html> <h1>oh [31mno</h1> </html>; ask again"),
        (["redirect"], "refused the request (307)"),
        (["no answer"], "cannot be reached (Server disconnected"),
        (["html"], "sent no embeddings; check that the address ends in /v1"),
        (["invalid json"], "sent no embeddings"),
        (["stalls"], "sent nothing for 0.2 s; ask again, or raise timeout"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_failures_of_a_server_are_one_line(fake_llm: FakeLLM, failures: list[str], said: str) -> None:
    for failure in failures:
        fake_llm.then(fail=failure)
    server = Server("m", fake_llm.url, api_key=KEY, timeout=0.2 if "stalls" in failures else 5.0)
    began = time.monotonic()
    with pytest.raises(ModelError) as caught:
        OneVector(server.name, server.vectors).encode(["hello"])
    message = str(caught.value)
    assert message.startswith(f"embedder 'm' at {fake_llm.url} {said}")
    assert KEY not in message
    assert message.isprintable()
    assert time.monotonic() - began < 5.0
    assert len(fake_llm.embedded) == len(failures)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        [7, 7],
        [{"embedding": [1.0]}] * 2,
        [{"index": 0, "embedding": [1.0]}] * 2,
        [{"index": 0}, {"index": 1}],
        [{"index": n, "embedding": "AAAA"} for n in (0, 1)],
        [{"index": n, "embedding": [1.0, None]} for n in (0, 1)],
        [{"index": n, "embedding": [1.0] * (n + 1)} for n in (0, 1)],
        [{"index": n, "embedding": [float("nan")]} for n in (0, 1)],
    ],
)
def test_wrong_json_is_one_line(fake_llm: FakeLLM, wrong: object) -> None:
    fake_llm.data = lambda texts: wrong
    embedder = load_embedder(f"{fake_llm.url}#m")
    assert embedder is not None
    with pytest.raises(ModelError) as caught:
        embedder.encode(["a", "b"])
    assert "\n" not in str(caught.value)
    assert fake_llm.url in str(caught.value)


def test_a_server_that_leaves_one_out_is_refused(fake_llm: FakeLLM) -> None:
    fake_llm.data = lambda texts: data(texts[:-1])
    with pytest.raises(ModelError, match="sent no embeddings"):
        Server("m", fake_llm.url).vectors(["a", "b"])


def test_a_refused_connection_is_one_line() -> None:
    address = f"http://{closed_port()}/v1"
    with pytest.raises(ModelError) as caught:
        Server("m", address).vectors(["a"])
    assert str(caught.value) == (
        f"embedder 'm' at {address} cannot be reached (Connection refused); start it, or check its address"
    )


def test_the_password_in_an_address_stays_out_of_name_and_messages() -> None:
    server = Server("m", f"http://ada:secret@{closed_port()}/v1?token=secret")
    with pytest.raises(ModelError) as caught:
        server.vectors(["a"])
    assert "secret" not in str(caught.value) + server.name


def test_a_named_server_gets_nothing_meant_for_openai(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"Authorization: Bearer {KEY}")
    Server("m", fake_llm.url).vectors(["a"])
    assert KEY not in str(fake_llm.requests)
    assert "org-secret" not in str(fake_llm.requests)


def test_openai_means_the_server_and_key_of_the_environment(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", fake_llm.url + "/")
    embedder = load_embedder("openai:fake-embed")
    assert embedder is not None
    embedder.encode(["hello"])
    assert f"Bearer {KEY}" in str(fake_llm.requests)
    assert embedder.name == f"{fake_llm.url}#fake-embed"


def test_openai_itself_is_named_by_its_model_and_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="OpenAI needs a key: set OPENAI_API_KEY"):
        load_embedder("openai:text-embedding-3-small")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    embedder = load_embedder("openai:text-embedding-3-small")
    assert embedder is not None
    assert embedder.name == "openai:text-embedding-3-small"


@pytest.mark.parametrize("key", ["my secret", "secret\n", "sécret"])
def test_a_damaged_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(InvalidInput, match="copy it again") as caught:
        Server("m", "http://127.0.0.1:1/v1", api_key=key)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
def test_a_bad_timeout_is_refused(timeout: float) -> None:
    with pytest.raises(InvalidInput, match="not a number of seconds above 0"):
        Server("m", "http://127.0.0.1:1/v1", timeout=timeout)


def test_no_proxy_on_the_way_to_this_machine(fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{closed_port()}")
    assert Server("m", fake_llm.url).vectors(["a"]) == [vector("a")]


def test_without_the_openai_package_it_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"needs the openai package: pip install 'torimem\[openai\]'"):
        load_embedder("openai:m")


# sentence-transformers


def test_without_sentence_transformers_it_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as caught:
        load_embedder("sentence-transformers:all-MiniLM-L6-v2")
    assert str(caught.value) == (
        "embedder 'all-MiniLM-L6-v2' needs a package: pip install sentence-transformers"
    )


class SentenceTransformer:
    """As much of the real one as is used."""

    def __init__(self, model: str) -> None:
        if model == "missing":
            raise OSError("missing is not a local folder\nand is not a valid model identifier")
        self.model = model

    def encode(self, texts: list[str], *, convert_to_numpy: bool, show_progress_bar: bool) -> object:
        if self.model == "breaks":
            raise RuntimeError("CUDA out of memory")
        assert isinstance(texts, list)
        assert (convert_to_numpy, show_progress_bar) == (True, False)
        return np.array(spelt(texts), np.float32)


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("sentence_transformers")
    module.SentenceTransformer = SentenceTransformer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    monkeypatch.setattr(embed, "find_spec", lambda name: module)


@pytest.mark.usefixtures("package")
def test_sentence_transformers_gives_whole_and_sentences() -> None:
    embedder = load_embedder("sentence-transformers:some/model")
    assert embedder is not None
    assert (embedder.name, embedder.dimensions) == ("sentence-transformers:some/model", 3)
    [found] = embedder.encode([TEXT])
    assert np.allclose(found.whole, unit(TEXT))
    assert found.sentences.shape == (2, 3)


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("model", "said"),
    [("missing", "missing is not a local folder and is not a valid"), ("breaks", "CUDA out of memory")],
)
def test_failures_of_sentence_transformers_are_one_line(model: str, said: str) -> None:
    def attempt() -> None:
        embedder = load_embedder(f"sentence-transformers:{model}")
        assert embedder is not None
        embedder.encode(["hello"])

    with pytest.raises(ModelError) as caught:
        attempt()
    assert f"cannot use {model!r} ({said}" in str(caught.value)
    assert "\n" not in str(caught.value)
