"""The words of a template: phrases, words for figures, and sentences of advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Bands = tuple[tuple[float, str], ...]
"""Words for ranges of a figure, from the highest down: each holds from its figure on."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a template calls things: `phrases` by name, `bands` by what they grade, `guidance` by advice.

    Phrases and sentences name what is filled in in braces, as `str.format` reads them.
    """

    phrases: Mapping[str, str]
    bands: Mapping[str, Bands]
    guidance: Mapping[str, str]

    def phrase(self, name: str, **values: object) -> str:
        """Fills in the placeholders of a phrase.

        >>> Words({"ago": "{n} turns ago"}, {}, {}).phrase("ago", n=5)
        '5 turns ago'
        """
        return self.phrases[name].format(**values)

    def band(self, name: str, value: float) -> str:
        """Finds the word for a figure, rounded to two decimals as shown: that of the first band it reaches.

        >>> words = Words({}, {"negative": ((0.75, "high stress"), (0.5, "moderate stress"))}, {})
        >>> words.band("negative", 0.75), words.band("negative", 0.7), words.band("negative", 0.1)
        ('high stress', 'moderate stress', 'moderate stress')
        """
        bands = self.bands[name]
        return next((word for least, word in bands if round(value, 2) >= least), bands[-1][1])

    def joined(self, names: Sequence[str]) -> str:
        """Writes names as a list in a sentence.

        >>> Words({"and": "and"}, {}, {}).joined(["tea", "milk", "jam"])
        'tea, milk and jam'
        """
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} {self.phrases['and']} {names[-1]}"
