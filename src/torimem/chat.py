"""Chat: a memory and a model, turn by turn; the guide's turn loop and nothing else.

What the model is told comes from `memory`, how it is asked is `llm`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from .context.known import Fact, MemoryContext
from .errors import BudgetError, InvalidInput, ModelError
from .log.turn import Turn
from .memory import Memory
from .models import LLM, ChatMessage, Offline, Windowed, load
from .prompt.generator import PromptGenerator
from .prompt.ledger import Prompt
from .prompt.tokens import estimate_tokens


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer, the prompt that led to it and the turn that remembers it."""

    text: str
    prompt: Prompt
    turn: Turn

    def __str__(self) -> str:
        return self.text


class Chat:
    """Answers messages with a model that is told what the memory knows, and remembers both sides.

    `llm` is a model or how to find one (see `torimem.models.load`); the last `history` messages go to it
    word for word, and the prompt does not quote them again. A model that knows its window
    (`torimem.models.Windowed`) gets fewer of them, and a smaller prompt, where they do not fit.

    >>> chat = Chat(Memory(":memory:"), llm="offline")
    >>> chat.turn("I love learning about AI!").turn.role
    'assistant'
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
        if isinstance(history, bool) or not isinstance(history, int) or history < 0:
            raise InvalidInput(f"history is {history!r}, it must be a whole number of at least 0")
        self.memory = memory
        self.llm = load(llm)
        self.history = history
        self.budget = budget
        counter = self.llm.count_tokens if isinstance(self.llm, Windowed) else estimate_tokens
        self.generator = PromptGenerator(persona, template, counter)
        self.reply: Reply | None = None

    def turn(self, text: str, *, id: str | None = None, at: datetime | str | None = None) -> Reply:
        """The model's reply to a message; both are remembered.

        The message is in the log before the model is asked: a model that fails (`ModelError`) loses no turn,
        and the same `id` again is a retry: no second turn, and the same reply where there is one.
        """
        for _ in self.stream(text, id=id, at=at):
            pass
        assert self.reply is not None
        return self.reply

    def stream(self, text: str, *, id: str | None = None, at: datetime | str | None = None) -> Iterator[str]:
        """The reply piece by piece; when it is whole it is remembered and stands in `reply`."""
        self.reply = None
        turn = self.memory.observe(text, id=id, at=at)
        before = self.memory.turns(self.history + 2)
        earlier = (
            [other for other in before if other.index < turn.index][-self.history :] if self.history else []
        )
        context = self.memory.context(query=text, omit=[turn.id])
        prompt, messages = self.told(context, earlier, turn.text)
        recalled = sorted(context.recent_facts, key=lambda fact: (-fact.score, -fact.index))
        answer = next((o for o in before if o.index == turn.index + 1 and o.role == "assistant"), None)
        if answer is not None:  # a retry of what was answered
            self.reply = Reply(answer.text, prompt, answer)
            yield answer.text
            return
        pieces: list[str] = []
        if isinstance(self.llm, Offline):
            said_piece = quoting(self.llm.reason, recalled, turn.text)
        else:
            said_piece = self.llm.stream(prompt.text, messages)
        for piece in said_piece:
            pieces.append(piece)
            yield piece
        # a server may cut an emoji in two; half of one could not be kept
        whole = "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        # what stands in for a model speaks of itself and quotes: it brings up nothing
        topics = () if isinstance(self.llm, Offline) else None
        said = self.memory.observe(whole, role="assistant", at=at, topics=topics)
        self.reply = Reply(said.text, prompt, said)

    def told(
        self, context: MemoryContext, earlier: Sequence[Turn], text: str
    ) -> tuple[Prompt, list[ChatMessage]]:
        """What the model is told of a message: the prompt, and the messages word for word.

        The oldest of `earlier` are left out where they do not fit; what is left out may be quoted as a fact.
        Raises `ModelError` where not even the persona fits beside the message.
        """
        messages = [ChatMessage(role=turn.role, content=turn.text) for turn in earlier]
        messages.append(ChatMessage(role="user", content=text))
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
