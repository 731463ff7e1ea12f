"""Where logs are kept: what a store must do (`protocol`), what follows from that (`base`), and the stores.

Nothing here knows fields, places of topics or prompts. A store of your own derives from `StoreBase` and is
held to its promises by `torimem.testing.StoreTests`.
"""

from .base import StoreBase
from .protocol import Scope, Store

__all__ = ["Scope", "Store", "StoreBase"]
