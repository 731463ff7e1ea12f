"""Topic names as sign vectors: one bit per dimension, from a local embedder that is asked once a name.

They are part of the log, so that a fold needs no model and gives the same places on every machine. Comparing
them is left to the rooms that use them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..analysis import Analysis, Sense
from .embed import Embedder, Encoded

_KEPT = 4096  # names whose vectors are not asked for again


class NameVectors:
    """Gives each mention the sign vector of its label, from a local embedder; without one, the vector it had.

    A model that is reached over a network is never asked: writing must not depend on one.
    """

    def __init__(self, embedder: Embedder | None) -> None:
        local = embedder is not None and getattr(embedder, "local", False)
        self._embedder = embedder if local else None
        self._known: dict[str, Sense] = {}

    def model(self) -> str | None:
        """The name of the embedder, None without one."""
        return self._embedder.name if self._embedder else None

    def missing(self, analysis: Analysis) -> bool:
        """Whether a mention has no vector of the present embedder."""
        model = self.model()
        return model is not None and any(
            mention.sense is None or mention.sense.model != model for mention in analysis.mentions
        )

    def given(
        self, analyses: Sequence[Analysis], before: Analysis | None = None, *,
        texts: Sequence[str] = (), encoded: dict[str, Encoded] | None = None,
    ) -> list[Analysis]:  # fmt: skip
        """The analyses with name vectors; without an embedder, with those of the same labels in `before`.

        All new names are embedded in one call. Where there are some, `texts` are embedded in the same call,
        which costs less than one of their own, and go to `encoded`. Raises `ModelError` where the embedder
        fails.
        """
        if self._embedder is None:
            had = {mention.label: mention.sense for mention in before.mentions} if before else {}
            return [_with(analysis, had.get) for analysis in analyses] if had else list(analyses)
        labels = {mention.label: None for analysis in analyses for mention in analysis.mentions}
        senses = {label: self._known[label] for label in labels if label in self._known}
        new = [label for label in labels if label not in senses]
        if new:
            found = self._embedder.encode([*new, *texts])
            for label, vectors in zip(new, found, strict=False):
                signs = np.packbits(vectors.whole > 0).tobytes().hex()
                senses[label] = Sense(self._embedder.name, signs)
            if encoded is not None:
                encoded.update(zip(texts, found[len(new) :], strict=True))
            if len(self._known) + len(new) > _KEPT:
                self._known = {}
            self._known |= senses
        return [_with(analysis, senses.get) for analysis in analyses]


def _with(analysis: Analysis, sense: Callable[[str], Sense | None]) -> Analysis:
    mentions = (replace(mention, sense=sense(mention.label)) for mention in analysis.mentions)
    return replace(analysis, mentions=tuple(mentions))
