"""Where the log and what is indexed from it are kept; knows nothing of fields, topics' places or prompts."""

from .rows import Scope
from .sqlite import SQLiteStore

__all__ = ["SQLiteStore", "Scope"]
