"""Reads one text: topics, feelings, time spans, stems and vectors. Knows no memory and no other text.

`analyse` says what a message names and how its author feels about it; `topic_key` says when two names are one
topic. `load_sentiment` and `load_embedder` give what judges feelings and what makes vectors, by name;
`Sentiment` and `Embedder` are what an object of yours must offer in their place. Each name is loaded when
first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .analyser import analyse
    from .analysis import Analysis, Mention
    from .feeling.judge import Sentiment, load_sentiment
    from .meaning.embed import Embedder, Encoded, load_embedder
    from .topics.key import topic_key

__all__ = [
    "Analysis",
    "Embedder",
    "Encoded",
    "Mention",
    "Sentiment",
    "analyse",
    "load_embedder",
    "load_sentiment",
    "topic_key",
]

# Where each name lives: type checkers read the imports above, Python this table.
_HOMES = {
    "analyser": "analyse",
    "analysis": "Analysis Mention",
    "feeling.judge": "Sentiment load_sentiment",
    "topics.key": "topic_key",
    "meaning.embed": "Embedder Encoded load_embedder",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}

if not TYPE_CHECKING:  # hidden from a type checker, so that it knows the names above and no others

    def __getattr__(name: str) -> object:
        if name not in _WHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f".{_WHERE[name]}", __name__), name)
        return found


def __dir__() -> list[str]:
    return __all__
