"""The exceptions of torimem, one tree; imports nothing of ours.

    TorimemError                     everything this library raises on purpose
    ├── InvalidInput (ValueError)    a value breaks a rule; nothing was changed
    │   ├── StabilityError           rates under which a field could grow
    │   ├── BudgetError              a token budget too small for what must be in the prompt
    │   ├── DynamicsMismatch         a scope was opened with other Dynamics than it was written with
    │   └── EmbedderMismatch         a scope's vectors were made by another model
    ├── NotFound (KeyError)          no such turn, topic, layer, backend or device
    ├── MissingExtra (ImportError)   an optional package is not installed
    ├── OutOfMemory (MemoryError)    a field does not fit, here or on its device; it is as it was
    ├── StoreError                   the database is damaged, locked, foreign or not writable
    └── ModelError                   a language model failed, timed out or is not reachable

Every message is one line that names the value, the rule and the next step. `exit_code` is what the command
line returns: 2 for bad input, 1 for a failure.
"""

from typing import ClassVar


class TorimemError(Exception):
    """Base of all errors raised on purpose.

    >>> TorimemError.exit_code
    1
    """

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:  # KeyError would print the repr of its message
        return str(self.args[0]) if self.args else ""


class InvalidInput(TorimemError, ValueError):
    """A value breaks a rule; nothing was changed."""

    exit_code = 2


class StabilityError(InvalidInput):
    """Rates under which a field could grow instead of fade."""


class BudgetError(InvalidInput):
    """A token budget too small for what must be in the prompt."""


class DynamicsMismatch(InvalidInput):
    """A scope was opened with other Dynamics than it was written with."""


class EmbedderMismatch(InvalidInput):
    """A scope's vectors were made by another model; those of two models cannot be compared."""


class NotFound(TorimemError, KeyError):
    """No such turn, topic, layer, backend or device."""

    exit_code = 2


class MissingExtra(TorimemError, ImportError):
    """An optional package is not installed; the message names the pip extra."""


class OutOfMemory(TorimemError, MemoryError):
    """A field does not fit into memory, here or on its device; it is as it was before."""


class StoreError(TorimemError):
    """The database is damaged, locked, foreign or not writable."""


class ModelError(TorimemError):
    """A language model failed, timed out or is not reachable."""
