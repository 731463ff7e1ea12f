"""A stand-in for a language model: it answers with the remembered line most like the question.

It can say no more than what stands in the prompt, and understands nothing: what it answers shows that the
prompt reaches a model and holds the answer, not how well a model would put it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...language.block import BLOCK_CLOSE, BLOCK_OPEN
from ...language.stems import stems
from ...models.message import ChatMessage

UNKNOWN = "I do not know."


class Reader:
    """Answers with the line of the memory's block that shares most words with the question.

    Of equals it takes the longest, for it says most; without any such line it does not know.

    >>> said = f"You are a friend.\\n\\n{BLOCK_OPEN}\\n- tea\\n- Ada: My kite is red.\\n{BLOCK_CLOSE}"
    >>> asked = [ChatMessage(role="user", content="What colour is the kite?")]
    >>> print(*Reader().stream(said, asked))
    - Ada: My kite is red.
    """

    name = "reader"

    def __repr__(self) -> str:
        return "Reader()"

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        """Yield the line, whole."""
        yield most_like(system, messages[-1]["content"])


def most_like(prompt: str, question: str) -> str:
    """The line of a prompt that is most like a question, `UNKNOWN` where none has a word of it.

    >>> most_like("You are a friend of kites.", "What colour is the kite?")
    'I do not know.'
    """
    asked = set(stems(question))
    block = prompt.partition(BLOCK_OPEN)[2].partition(BLOCK_CLOSE)[0]
    found = [(len(asked & set(stems(line))), len(line), line) for line in block.splitlines()]
    shared, _, line = max(found, key=lambda one: one[:2], default=(0, 0, ""))
    return line if shared else UNKNOWN
