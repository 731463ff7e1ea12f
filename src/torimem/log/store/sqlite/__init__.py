"""One SQLite file: its connections and transactions, the history of its tables, and the store upon them."""

from .database import Durability
from .store import SQLiteStore

__all__ = ["Durability", "SQLiteStore"]
