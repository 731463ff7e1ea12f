"""A model in this process: turns system text and messages into tokens that fit its window, tokens into text.

Where the model's files lie and how they are read is left to `pretrained`. torch and transformers are imported
when a model is made, not before.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from copy import deepcopy
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

from ..errors import InvalidInput, ModelError
from .message import ChatMessage
from .pretrained import Pretrained, window

REPLY = 256  # tokens of a reply at most; what is kept of the window for it
MARGIN = 8  # tokens by which a text may count higher in a conversation than by itself
ENDLESS = 2048  # tokens taken by a model that names no limit: what it reads costs memory and time

_STOP = "\nUser:"  # without a chat template the model would go on and speak for the user
_NAMES = {"user": "User", "assistant": "Assistant"}
_LINE = re.compile(r"\n(?=(?:User|Assistant):)")


class LocalModel:
    """A language model of the transformers package, by a folder or a name on the hub, and "#DEVICE".

    The files are read by the constructor: a wrong name shows at once, and no reply waits for them. `reply` is
    the most tokens of a reply, at most a quarter of the window. `temperature` defaults to the model's own; 0
    always takes the likeliest token. Threads may share a model; it makes one reply at a time.

    With a chat template the system text goes into its system role, or opens the first user message where the
    template has no such role. Without one the model continues "{system}\\n\\nUser: ...\\nAssistant:" until it
    would speak for the user. Raises as `Pretrained`.
    """

    def __init__(self, model: str, *, reply: int = REPLY, temperature: float | None = None) -> None:
        if isinstance(reply, bool) or not isinstance(reply, int) or reply < 1:
            raise InvalidInput(f"reply is {reply!r}, it must be a whole number of tokens of at least 1")
        if temperature is not None and not (
            isinstance(temperature, int | float) and 0 <= temperature < float("inf")
        ):
            raise InvalidInput(f"temperature is {temperature!r}, it must be a number of at least 0, or None")
        self._files = Pretrained("model", model)
        self._model, self._tokenizer = self._files.read("AutoModelForCausalLM")
        self.name: str = self._files.name
        self.device: str = self._files.device
        self.window: int = window(self._model, self._tokenizer, ENDLESS)
        self.reply: int = min(reply, max(1, self.window // 4))
        # also the model's own: what is at its default here would be taken from there
        self._settings = self._model.generation_config = self._generation(temperature)
        self._one_at_a_time = Lock()
        marks = (token.content for token in self._tokenizer.added_tokens_decoder.values() if _is_mark(token))
        self._marks = re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))) or r"(?!)")
        self.count_tokens("")  # the first call may change the tokenizer, which threads must not do at once
        self._templated = bool(self._tokenizer.chat_template)
        if self._templated and not self._shows("user"):
            raise self._files.error("has a chat template that cannot be used", "remove it, or name another")
        self._has_system = self._templated and self._shows("system", "user")
        self._alternates = self._templated and not self._shows(
            "assistant", "user", "user", "assistant", "user"
        )

    def __repr__(self) -> str:
        return f"LocalModel({self.name!r}, {self.device!r})"

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has, by the model's own tokenizer."""
        return len(self._encoded(self._harmless(text), special=False))

    def fitted(self, messages: Sequence[ChatMessage]) -> tuple[list[ChatMessage], int]:
        """The newest messages that fit, and how many tokens they leave for the system prompt.

        Room for the reply is set aside first. The messages before the last may take half of the rest, so that
        the other half is left for the prompt. Raises `ModelError` where the last message alone does not fit.
        """
        room = self.window - self.reply - MARGIN
        least = self._cost(messages[-1:])
        if least >= room:
            raise self._too_long("the message takes", least)
        kept = list(messages)
        while len(kept) > 1 and self._cost(kept) > least + (room - least) // 2:
            kept = kept[1:]
        while self._alternates and len(kept) > 1 and kept[0]["role"] == "assistant":
            kept = kept[1:]
        return kept, room - self._cost(kept)

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        """Yield the reply piece by piece; closing it stops the model. Raises `ModelError`.

        The oldest messages are left out where they do not fit. A reply of `reply` tokens ends there.
        """
        kept = list(messages)
        while len(ids := self._ids(system, kept)) > self.window - self.reply:
            if len(kept) < 2:
                raise self._too_long("prompt and message take", len(ids))
            kept = kept[1:]
        begun = False
        with closing(self._text(ids)) as text:
            for piece in trimmed(text, "" if self._templated else _STOP):
                begun = True
                yield piece
        if not begun:
            raise self._files.error("gave an empty reply", "ask again, or name a model made for conversation")

    def _too_long(self, what: str, tokens: int) -> ModelError:
        return self._files.error(
            f"takes {self.window} tokens at once, {self.reply} of them for the reply, and {what} {tokens}",
            "write less, or name a model with a larger window",
        )

    # Text to tokens

    def _cost(self, messages: Sequence[ChatMessage]) -> int:
        """How many tokens the messages take, with the marks around them and without a system text."""
        return len(self._ids("-", messages)) - 1

    def _ids(self, system: str, messages: Sequence[ChatMessage]) -> list[int]:
        safe = [ChatMessage(role=m["role"], content=self._harmless(m["content"])) for m in messages]
        system = self._harmless(system)
        try:
            if not self._templated:
                ids = self._encoded(_dialogue(system, safe), special=True)
            else:
                ids = self._encoded(self._rendered(self._arranged(system, safe)), special=False)
        except Exception as error:  # a template may raise anything
            raise self._files.failure(error) from None
        if max(ids, default=0) >= self._model.get_input_embeddings().weight.shape[0]:
            raise self._files.error("has a tokenizer of another model", "copy or save the model afresh")
        return ids

    def _encoded(self, text: str, *, special: bool) -> list[int]:
        # a text longer than the window is measured here, not a mistake to warn of: hence verbose
        found = self._tokenizer(text, add_special_tokens=special, return_attention_mask=False, verbose=False)
        return list(found["input_ids"])

    def _harmless(self, text: str) -> str:
        """The text without the model's own marks: what somebody wrote must not open a system message."""
        return self._marks.sub(lambda mark: f"{mark[0][0]} {mark[0][1:]}", text)

    def _rendered(self, messages: Sequence[dict[str, str]]) -> str:
        # a reply that is thought over first would be cut before it begins: hence enable_thinking
        return str(
            self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
        )

    def _shows(self, *roles: str) -> bool:
        """Whether the template shows messages of these roles in this order; many refuse some."""
        probe = [{"role": role, "content": f"probe {number}"} for number, role in enumerate(roles)]
        try:
            text = self._rendered(probe)
        except Exception:
            return False
        return all(message["content"] in text for message in probe)

    def _arranged(self, system: str, messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
        """The messages as the template takes them: roles by turns, the system text where it has a place."""
        turns: list[dict[str, str]] = []
        for message in messages:
            if self._alternates and turns and turns[-1]["role"] == message["role"]:
                turns[-1]["content"] += "\n\n" + message["content"]
            elif turns or not self._alternates or message["role"] == "user":
                turns.append({"role": message["role"], "content": message["content"]})
        if system and self._has_system:
            return [{"role": "system", "content": system}, *turns]
        if system:
            first = next((turn for turn in turns if turn["role"] == "user"), None)
            if first is None:
                return [{"role": "user", "content": system}, *turns]
            first["content"] = f"{system}\n\n{first['content']}"
        return turns

    # Tokens to text

    def _generation(self, temperature: float | None) -> Any:
        """The model's own settings, less what cannot be streamed, and with an end."""
        own = deepcopy(self._model.generation_config)
        if temperature is not None:
            own.do_sample = temperature > 0
            own.temperature = float(temperature) or None
        if not own.do_sample:  # settings of a choice that is not made would be warned of
            own.temperature = own.top_p = own.top_k = own.min_p = own.typical_p = None
        own.num_beams, own.num_return_sequences = 1, 1
        own.early_stopping, own.length_penalty = False, 1.0
        own.max_length, own.min_length, own.min_new_tokens = None, 0, None
        ends = own.eos_token_id if isinstance(own.eos_token_id, list) else [own.eos_token_id]
        # a model tuned for chat may name one end, its tokenizer another
        own.eos_token_id = sorted({end for end in (*ends, self._tokenizer.eos_token_id) if end is not None})
        if own.pad_token_id is None:
            own.pad_token_id = own.eos_token_id[0] if own.eos_token_id else 0
        return own

    def _text(self, ids: list[int]) -> Generator[str]:
        """What the model says after these tokens; letters are whole, also those of several tokens."""
        given: list[int] = []
        start = shown = 0
        with closing(self._tokens(ids)) as tokens:
            for number in tokens:
                given.append(number)
                before, now = self._decoded(given[start:shown]), self._decoded(given[start:])
                if len(now) > len(before) and not now.endswith("\ufffd"):
                    yield now[len(before) :]
                    start, shown = shown, len(given)
        rest = self._decoded(given[start:])[len(self._decoded(given[start:shown])) :]
        yield rest.rstrip("\ufffd")

    def _decoded(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _tokens(self, ids: list[int]) -> Generator[int]:
        """The tokens as they are made, in a thread of its own that has ended when this ends."""
        made = _Made()
        # Taken here, given back by the thread: who waits for another reply can be interrupted, and a reply
        # that nobody reads on is made to its end and holds up no other.
        self._one_at_a_time.acquire()
        worker = Thread(target=self._generate, args=(ids, made), name="torimem-reply")
        try:
            worker.start()
        except BaseException:
            self._one_at_a_time.release()
            raise
        try:
            while (given := made.queue.get()) is not None:
                if isinstance(given, ModelError):
                    raise given
                yield from given
        finally:
            made.stopped = True
            worker.join()

    def _generate(self, ids: list[int], made: _Made) -> None:
        import torch

        failed: ModelError | None = None
        settings = deepcopy(self._settings)
        settings.max_new_tokens = min(self.reply, self.window - len(ids))
        try:
            with torch.inference_mode():
                asked = torch.tensor([ids], device=self.device)
                self._model.generate(
                    input_ids=asked, attention_mask=torch.ones_like(asked), generation_config=settings,
                    streamer=made,
                )  # fmt: skip
        except _Stopped:
            pass
        except Exception as error:  # of torch and the model's own code
            failed = self._files.failure(error)
        finally:
            self._one_at_a_time.release()
            made.queue.put(failed)


class _Stopped(Exception):
    pass


class _Made:
    """What `generate` hands its tokens to, the prompt first; raising here is what stops it."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[list[int] | ModelError | None] = SimpleQueue()
        self.stopped = False
        self._prompted = False

    def put(self, tokens: Any) -> None:
        if self.stopped:
            raise _Stopped
        if self._prompted:
            self.queue.put(tokens.reshape(-1).tolist())
        self._prompted = True

    def end(self) -> None:
        pass


def trimmed(pieces: Iterable[str], stop: str = "") -> Iterator[str]:
    r"""The reply without blanks at its ends, up to `stop`, of which nothing is shown, not even a part.

    >>> list(trimmed([" It", " is", " tea.\n", "Us", "er: and"], "\nUser:"))
    ['It', ' is', ' tea.']
    """
    held = ""
    begun = False
    for piece in pieces:
        held += piece
        found = held.find(stop) if stop else -1
        # what may yet turn out to be the stop, or the last blank, waits
        parts = (size for size in range(len(stop) - 1, 0, -1) if held.endswith(stop[:size]))
        end = found if found >= 0 else len(held) - next(parts, 0)
        shown = held[:end].rstrip()
        held = held[len(shown) :]
        shown = shown if begun else shown.lstrip()
        if shown:
            begun = True
            yield shown
        if found >= 0:
            return
    rest = held.rstrip() if begun else held.strip()
    if rest:
        yield rest


def _dialogue(system: str, messages: Sequence[ChatMessage]) -> str:
    """The prompt for a model without a chat template; no message can fake a line of another speaker."""
    lines = [f"{_NAMES[m['role']]}: " + _LINE.sub("\n ", m["content"]) for m in messages]
    return "\n".join([*([f"{system}\n"] if system else []), *lines, "Assistant:"])


def _is_mark(token: Any) -> bool:
    return len(token.content) > 1 and (token.special or re.fullmatch(r"<.+>", token.content) is not None)
