"""Judges what the author of a text feels, clause by clause.

`cut` divides a text into clauses, `factuality` finds those whose feeling is felt now (not asked, wished or
past), and a `Sentiment` judges these: `VADER` by words and rules, a classifier by a model. `load_sentiment`
gives one by its name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .judge import VADER, Clause, Sentiment, load_sentiment

__all__ = ["VADER", "Clause", "Sentiment", "load_sentiment"]

# Where each name lives: type checkers read the imports above, Python this table.
_HOMES = {
    "judge": "VADER Clause Sentiment load_sentiment",
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
