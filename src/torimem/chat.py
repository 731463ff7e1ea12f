"""Chat: a memory and a model. A message is remembered, answered, and the reply is remembered too.

What the model is told is left to `memory` and `prompt`, how it is asked to `models`, the reply while it is
made to `reply`: nothing of it is kept in the `Chat`, so that one Chat serves many threads at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NoReturn, SupportsIndex

from .checks import show
from .context.known import Fact, MemoryContext
from .errors import BudgetError, InvalidInput, ModelError, NotFound
from .log.arrival import moment
from .log.turn import JSON, Turn
from .memory import Memory
from .models import LLM, ChatMessage, Offline, Windowed, load
from .prompt.generator import PromptGenerator
from .prompt.ledger import Prompt
from .prompt.tokens import estimate_tokens
from .reply import Reply, ReplyStream

# What the id of a reply adds to the id of the message that it answers.
WHOLE = "/reply"
INCOMPLETE = "/incomplete"


class Chat:
    """Answers messages with a model that is told what the memory knows, and remembers both sides.

    `llm` is a model or how to find one (see `torimem.models.load`). The last `history` messages go to it word
    for word, and the prompt, of at most `budget` tokens, does not quote them again. A model that knows its
    context window (`torimem.models.Windowed`) gets fewer messages, and a smaller prompt, where they do not
    fit. Threads may share a Chat.

    The reply to the message with the id "m1" has the id "m1/reply", or "m1/incomplete" (and the `meta`
    {"incomplete": True}) where it was given up midway. So the same message again finds its own reply, in any
    process, whatever others say in between.

    >>> chat = Chat(Memory(":memory:"), llm="offline")
    >>> chat.turn("I love learning about AI!", id="m1").turn.id
    'm1/reply'
    """

    def __init__(
        self,
        memory: Memory,
        llm: str | LLM = "auto",
        *,
        history: int = 6,
        budget: int = 800,
        persona: str = "a helpful assistant",
        template: str | Path = "default",
    ) -> None:
        if not isinstance(memory, Memory):
            raise InvalidInput(
                f"memory is {show(memory)}, it must be a torimem.Memory: open one with Memory(path)"
            )
        if isinstance(history, bool) or not isinstance(history, int) or history < 0:
            raise InvalidInput(f"history is {history!r}, it must be a whole number of at least 0")
        self.memory: Memory = memory
        self.llm: LLM = load(llm)
        self.history: int = history
        self.budget: int = budget
        counter = self.llm.count_tokens if isinstance(self.llm, Windowed) else estimate_tokens
        self.generator: PromptGenerator = PromptGenerator(persona, template, counter)
        # Raises where not even the persona fits, before a message is kept that could not be answered.
        self.generator.generate(MemoryContext(), budget=budget)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise InvalidInput(
            f"a Chat holds an open {self.memory!r} and can be neither pickled nor copied; "
            "open another Memory on the same file and make a Chat of it"
        )

    def turn(
        self,
        text: str,
        *,
        speaker: str | None = None,
        at: datetime | str | None = None,
        session: str | None = None,
        id: str | None = None,
        topics: Collection[str] | None = None,
        valence: float | None = None,
        meta: Mapping[str, JSON] | None = None,
    ) -> Reply:
        """The model's reply to a message; both are remembered.

        The message is in the log before the model is asked: a model that fails (`ModelError`) loses no turn.
        The same `id` again is a retry: no second turn, and the same reply where there is one. `speaker` is
        who says it, for chats of several people; the model is told who says what. The other arguments are as
        in `Memory.observe`; `at` and `session` hold for the reply too.
        """
        return self.stream(
            text, speaker=speaker, at=at, session=session, id=id, topics=topics, valence=valence, meta=meta
        ).read()

    def stream(
        self,
        text: str,
        *,
        speaker: str | None = None,
        at: datetime | str | None = None,
        session: str | None = None,
        id: str | None = None,
        topics: Collection[str] | None = None,
        valence: float | None = None,
        meta: Mapping[str, JSON] | None = None,
    ) -> ReplyStream:
        """The reply piece by piece, as an iterator; the arguments are those of `turn`.

        The message is remembered by this call, the reply when its last piece was read. See `ReplyStream` for
        what becomes of a reply that is not read to its end.

        >>> stream = Chat(Memory(":memory:"), llm="offline").stream("I love tea.")
        >>> stream.reply, [piece for piece in stream], stream.reply.turn.index
        (None, ['No model is set up, and I recall nothing about this yet.'], 1)
        """
        again = False
        if id is not None:
            self._replies(id)  # an id that cannot be answered is refused before anything is written
            with suppress(NotFound):
                again = self.memory.turn(id).role == "user"
        message = self.memory.observe(
            text, speaker=speaker, at=at, session=session, id=id, topics=topics, valence=valence, meta=meta
        )
        return self._answer(message, at, again=again)

    def regenerate(self, id: str | None = None, *, at: datetime | str | None = None) -> Reply:
        """Another reply in place of the last one; the old one is forgotten once the new one is whole.

        `id` is that of a message or of its reply, for another than the last turn of the log. The model is
        told what was known when the message came. Where it fails, the old reply stays. `at` is when the new
        reply is said, now by default. Raises `NotFound` where there is no reply to replace.

        >>> chat = Chat(Memory(":memory:"), llm="offline")
        >>> reply = chat.turn("I love tea.", id="m1")
        >>> chat.regenerate().turn.id, len(chat.memory.turns())
        ('m1/reply', 2)
        """
        return self.regenerate_stream(id, at=at).read()

    def regenerate_stream(self, id: str | None = None, *, at: datetime | str | None = None) -> ReplyStream:
        """As `regenerate`, piece by piece. A stream that is given up leaves the old reply beside its own."""
        when = None if at is None else moment(at)
        return self._answer(self._answered(id), when, again=True, anew=True)

    def messages_for(
        self, context: MemoryContext, earlier: Sequence[Turn], text: str, *, speaker: str | None = None
    ) -> tuple[Prompt, list[ChatMessage]]:
        """What the model is sent for a message: the system prompt, and the messages word for word.

        `earlier` has the turns before it, oldest first. The list has one message for each of them and `text`
        as the last; the oldest are left out where they do not fit, and may then be quoted as facts. Where
        several people speak, a message of the user's side begins with the name of its speaker. Raises
        `ModelError` where not even the persona fits beside the message.
        """
        voices = {turn.speaker for turn in earlier if turn.role == "user"} | {speaker}
        messages = [
            ChatMessage(role=turn.role, content=_spoken(turn.text, turn.speaker, turn.role, voices))
            for turn in earlier
        ]
        messages.append(ChatMessage(role="user", content=_spoken(text, speaker, "user", voices)))
        budget = self.budget
        if isinstance(self.llm, Windowed):
            messages, room = self.llm.fitted(messages)
            budget = min(budget, room)
        in_history = {turn.id for turn in earlier[len(earlier) + 1 - len(messages) :]}
        unsaid = tuple(fact for fact in context.recent_facts if fact.turn_id not in in_history)
        try:
            return self.generator.generate(replace(context, recent_facts=unsaid), budget=budget), messages
        except BudgetError:
            if budget == self.budget:
                raise
            raise ModelError(
                f"model {self.llm.name!r} has room for {budget} tokens beside the message, too few for the "
                "persona; write less, or name a model with a larger window"
            ) from None

    def _answer(
        self, message: Turn, at: datetime | str | None, *, again: bool = False, anew: bool = False
    ) -> ReplyStream:
        """The stream of the reply to a turn of the log, which was there before where it is asked `again`.

        A reply that is there is given again, unless `anew`.
        """
        turns = self.memory.turns(self.history + 1)
        later = turns[-1].index - message.index if turns else 0
        if later > 0:
            turns = self.memory.turns(self.history + 1 + later)
        before = [turn for turn in turns if turn.index < message.index]
        earlier = before[-self.history :] if self.history else []
        then = message.id if again and later > 0 else None  # what was known when it came
        context = self.memory.context(query=message.text, as_of=then, omit=[message.id])
        prompt, messages = self.messages_for(context, earlier, message.text, speaker=message.speaker)
        answer = self._replies(message.id)[0] if again else None
        if answer is not None and answer.index > message.index and not anew:
            return ReplyStream.of(message, prompt, answer)
        if isinstance(self.llm, Offline):
            recalled = sorted(context.recent_facts, key=lambda fact: (-fact.score, -fact.index))
            pieces = quoting(self.llm.reason, recalled, message.text)
        else:
            said: object = self.llm.stream(prompt.text, messages)
            if isinstance(said, str) or not isinstance(said, Iterable):
                raise ModelError(
                    f"model {self.llm.name!r} gave {show(said)}, its stream must give text: yield pieces"
                )
            pieces = iter(said)
        return ReplyStream(message, prompt, pieces, partial(self._remember, message.id, at, anew))

    def _remember(self, id: str, at: datetime | str | None, anew: bool, text: str, whole: bool) -> Turn:
        """The turn of what was said in reply to a message, in place of what it replaces.

        Raises `NotFound` where the message was forgotten meanwhile: what answers it must not bring it back.
        """
        if whole and not text.strip():
            raise ModelError(f"model {self.llm.name!r} gave an empty reply; ask again, or name another model")
        message = self.memory.turn(id)
        answer, part = self._replies(id)
        if answer is not None and answer.index > message.index and not anew:
            return answer  # the same message, sent twice at once, was answered there
        for old in (answer if whole else None, part):
            if old is not None:
                with suppress(NotFound):
                    self.memory.forget(id=old.id)
        # what stands in for a model speaks of itself and quotes: it brings up nothing
        topics = () if isinstance(self.llm, Offline) else None
        own = id + (WHOLE if whole else INCOMPLETE)
        meta = None if whole else {"incomplete": True}
        try:
            return self.memory.observe(
                text, role="assistant", at=at, session=message.session, id=own, topics=topics, meta=meta
            )
        except InvalidInput:
            other = self._found(own)
            if other is None:
                raise
            return other

    def _replies(self, id: str) -> tuple[Turn | None, Turn | None]:
        """The whole and the incomplete reply to a message; raises `InvalidInput` for an id that has none."""
        for end in (WHOLE, INCOMPLETE):
            if isinstance(id, str) and id.endswith(end):
                raise InvalidInput(f"id {id!r} ends in {end}, as those of replies do: give another id")
        return self._found(f"{id}{WHOLE}"), self._found(f"{id}{INCOMPLETE}")

    def _found(self, id: str) -> Turn | None:
        try:
            turn = self.memory.turn(id)
        except NotFound:
            return None
        if turn.role != "assistant":
            raise InvalidInput(f"turn {id!r} is a message, but has the id of a reply: give other ids")
        return turn

    def _answered(self, id: str | None) -> Turn:
        """The message that a reply answers, by the id of either; without one, that of the last turn."""
        if id is not None:
            turn = self.memory.turn(id)
        elif last := self.memory.turns(1):
            turn = last[0]
        else:
            raise NotFound("nothing was said yet, there is no reply to regenerate: send a message first")
        message = turn
        if turn.role == "assistant" and turn.id.endswith((WHOLE, INCOMPLETE)):
            message = self.memory.turn(turn.id.removesuffix(WHOLE).removesuffix(INCOMPLETE))
        elif turn.role == "assistant" or id is None or not any(self._replies(turn.id)):
            which = "the last turn" if id is None else f"turn {id!r}"
            raise NotFound(
                f"{which} is not a reply of a Chat, nor has it one to regenerate: give the id of a message "
                "that has a reply, or answer one with turn(..., id=...)"
            )
        return message


def quoting(reason: str, recalled: Sequence[Fact], asked: str) -> Iterator[str]:
    """The reply without a model, piece by piece: the reason, then up to three facts word for word.

    `recalled` has the best first; a fact that only repeats what was `asked` is left out.

    >>> fact = Fact("I bought the Harlow OM-20.", datetime(2026, 3, 7), "d2:7", 16, speaker="Ada")
    >>> print("".join(quoting("No model is set up", [fact], "Which guitar did I buy?")))
    No model is set up, so I can only quote what I remember:
    "I bought the Harlow OM-20." (Ada, 2026-03-07, turn d2:7)
    """
    facts = [fact for fact in recalled if fact.text.strip() not in ("", asked.strip())][:3]
    if not facts:
        yield f"{reason}, and I recall nothing about this yet."
        return
    yield f"{reason}, so I can only quote what I remember:"
    for fact in facts:
        who = fact.speaker or ("you" if fact.role == "user" else "the assistant")
        who += ", no longer so" if fact.earlier else ""
        yield f'\n"{fact.text}" ({who}, {fact.at:%Y-%m-%d}, turn {fact.turn_id})'


def _spoken(text: str, speaker: str | None, role: str, voices: Collection[str | None]) -> str:
    if role != "user" or speaker is None or len(voices) < 2:
        return text
    return f"{' '.join(speaker.split())}: {text}"
