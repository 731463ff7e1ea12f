"""The model side against a server on loopback, through the real openai package."""

from __future__ import annotations

import gc
import socket
import time
from collections.abc import Iterator, Sequence

import pytest

from fake_llm import FakeLLM, closed_port
from torimem.errors import ModelError
from torimem.models import LLM, ChatMessage, Offline, OpenAICompatible, load

pytestmark = pytest.mark.usefixtures("bare_environment")
KEY = "no-usual-prefix-1234567890"
SYSTEM = "Ada plays the guitar."
ASKED = [ChatMessage(role="user", content="Which guitar did I buy?")]


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    gc.collect()  # an unclosed socket would warn here, and warnings are errors


def model_at(server: FakeLLM, *, timeout: float = 5.0, streaming: bool = True) -> OpenAICompatible:
    return OpenAICompatible("fake-1", server.url, api_key=KEY, timeout=timeout, streaming=streaming)


def say(model: LLM, messages: Sequence[ChatMessage] = ASKED) -> str:
    return "".join(model.stream(SYSTEM, messages))


# Offline


def test_offline_says_that_there_is_no_model_and_why() -> None:
    assert say(Offline()) == "No model is set up."
    assert say(Offline("The model sleeps")) == "The model sleeps."


def test_offline_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert say(load("offline")) == "No model is set up."


# A server that works


def test_reply_streams_in_pieces_and_the_prompt_is_the_system_message(fake_llm: FakeLLM) -> None:
    fake_llm.then("The ", "Harlow ", "OM-20 🎸.")
    assert list(model_at(fake_llm).stream(SYSTEM, ASKED)) == ["The ", "Harlow ", "OM-20 🎸."]
    (chat,) = fake_llm.chats
    assert (chat["model"], chat["stream"]) == ("fake-1", True)
    assert chat["messages"] == [{"role": "system", "content": SYSTEM}, *ASKED]


def test_first_piece_arrives_before_the_reply_is_done(fake_llm: FakeLLM) -> None:
    fake_llm.then("Early", fail="stalls midway")
    stream = model_at(fake_llm, timeout=30).stream(SYSTEM, ASKED)
    assert next(stream) == "Early"
    stream.close()  # type: ignore[attr-defined]  # giving up early leaves nothing open


def test_without_streaming_the_reply_comes_whole(fake_llm: FakeLLM) -> None:
    fake_llm.then("All ", "at once")
    assert list(model_at(fake_llm, streaming=False).stream(SYSTEM, ASKED)) == ["All at once"]
    assert fake_llm.chats[0]["stream"] is False


def test_an_empty_prompt_sends_no_system_message(fake_llm: FakeLLM) -> None:
    list(model_at(fake_llm).stream("", ASKED))
    assert fake_llm.chats[0]["messages"] == ASKED


@pytest.mark.parametrize("failure", ["429", "500"])
def test_a_busy_server_is_asked_once_more(fake_llm: FakeLLM, failure: str) -> None:
    fake_llm.then(fail=failure).then("Here now")
    assert say(model_at(fake_llm)) == "Here now"
    assert len(fake_llm.chats) == 2


# A server that fails


@pytest.mark.parametrize("streaming", [True, False], ids=["stream", "whole"])
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
        (["html"], "sent an "),
        (["invalid json"], "sent an answer that is not chat JSON; check that the address ends in /v1"),
        (["wrong json"], "sent an "),
        (["empty stream"], "sent an "),
        (["no content"], "sent an "),
        (["stalls"], "sent nothing for 0.2 s; ask again, or raise timeout"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_failures_are_one_line_within_the_timeout(
    fake_llm: FakeLLM, failures: list[str], said: str, streaming: bool
) -> None:
    for failure in failures:
        fake_llm.then(fail=failure)
    model = model_at(fake_llm, timeout=0.2 if "stalls" in failures else 5.0, streaming=streaming)
    began = time.monotonic()
    with pytest.raises(ModelError) as caught:
        say(model)
    message = str(caught.value)
    assert message.startswith(f"model 'fake-1' at {fake_llm.url} {said}")
    assert KEY not in message
    assert "\n" not in message
    assert message.isprintable()
    assert time.monotonic() - began < 5.0
    assert len(fake_llm.chats) == len(failures)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ("stalls midway", "sent nothing for 0.2 s midway; ask again"),
        ("closes midway", "broke off midway; ask again; what came before"),
        ("ends midway", "broke off midway; ask again; what came before"),
        ("drips", "took longer than 2 s; raise timeout"),
    ],
)
def test_what_came_before_a_break_is_kept(fake_llm: FakeLLM, failure: str, said: str) -> None:
    fake_llm.then("The Har", "low", fail=failure)
    stream = model_at(fake_llm, timeout=0.2).stream(SYSTEM, ASKED)
    assert next(stream) == "The Har"
    with pytest.raises(ModelError) as caught:
        next(stream)
    assert str(caught.value).startswith(f"model 'fake-1' at {fake_llm.url} {said}")


def test_an_error_inside_the_stream_is_told(fake_llm: FakeLLM) -> None:
    fake_llm.then(fail="error event")
    with pytest.raises(ModelError, match=r"failed: out of memory; ask again"):
        say(model_at(fake_llm))


def test_a_long_pause_asked_for_is_not_waited_for(fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))
    fake_llm.retry_after = "60"
    fake_llm.then(fail="429")
    with pytest.raises(ModelError, match="over its limit"):
        say(model_at(fake_llm))


def test_refused_connection_is_one_line() -> None:
    address = f"http://{closed_port()}/v1"
    with pytest.raises(ModelError) as caught:
        say(OpenAICompatible("m", address))
    assert str(caught.value) == (
        f"model 'm' at {address} cannot be reached (Connection refused); start it, or check its address"
    )


def test_password_in_the_address_stays_out_of_messages() -> None:
    model = OpenAICompatible("m", f"http://ada:secret@{closed_port()}/v1?token=secret")
    with pytest.raises(ModelError) as caught:
        say(model)
    assert "secret" not in str(caught.value) + repr(model)


# Which server gets which key


def test_a_named_server_gets_nothing_meant_for_openai(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"Authorization: Bearer {KEY}")
    say(load(f"{fake_llm.url}#fake-1"))
    assert KEY not in str(fake_llm.requests)
    assert "org-secret" not in str(fake_llm.requests)


def test_the_server_of_the_environment_gets_the_key_of_the_environment(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", fake_llm.url + "/")
    say(load("openai:fake-1"))
    assert f"Bearer {KEY}" in str(fake_llm.requests)


def test_no_proxy_on_the_way_to_this_machine(fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{closed_port()}")
    assert say(model_at(fake_llm)) == "You said: Which guitar did I buy?"
