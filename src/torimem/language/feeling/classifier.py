"""Judges clauses by a text classifier of the transformers package; knows what its labels mean.

`clauses` cuts the text, `pretrained` finds and reads the model's files. torch and transformers are imported
at the first use.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from ...models.pretrained import Pretrained, window

WEAK = 0.2  # a valence nearer to zero is too little to call it a feeling
AT_ONCE = 32  # clauses in one pass: a message of any length takes no more memory than so many
ENDLESS = 512  # tokens of a clause that are read where the model names no limit

# What the labels of published classifiers say: sentiment, the six emotions, GoEmotions. Others weigh nothing.
_GOOD = """positive pos joy love optimism happiness happy admiration amusement approval caring excitement
gratitude pride relief trust"""
_BAD = """negative neg anger hate sadness fear disgust pessimism annoyance disappointment disapproval
embarrassment grief nervousness remorse angry sad"""
_WEIGHTS = dict.fromkeys(_GOOD.split(), 1.0) | dict.fromkeys(_BAD.split(), -1.0)
_UNNAMED = ["label 0", "label 1", "label 2"]  # what sentiment RoBERTas without names mean by convention

_open: WeakValueDictionary[str, Classifier] = WeakValueDictionary()
_opening = Lock()


def opened(model: str) -> Classifier:
    """The classifier with this name; memories of a process share it as long as one of them uses it."""
    with _opening:
        found = _open.get(model)
        if found is None:
            found = _open[model] = Classifier(model)
        return found


class Classifier:
    """A text classifier as a judge of feelings: valence is P(positive) - P(negative), or the mean of stars.

    `model` is a folder or a name on the hub, optionally with "#DEVICE". It is read at the first use, so that
    a command that only reads does not wait for it, and computes in float32, so that devices differ at most in
    the last of four decimals. Threads may share it. Raises what `Pretrained` raises.
    """

    def __init__(self, model: str) -> None:
        self._files = Pretrained("emotion", model)
        self._read: _Read | None = None
        self._one_at_a_time = Lock()  # its tokenizer may not be borrowed twice

    def __repr__(self) -> str:
        return f"Classifier({self._files.name!r}, {self._files.device!r})"

    @property
    def name(self) -> str:
        """What is stored with a turn: the model, and eight digits that change with its weights."""
        with self._one_at_a_time:
            return self._model().name

    def valences(self, texts: Sequence[str]) -> list[float | None]:
        """A number in [-1, 1] for each text, None where it shows too little feeling; raises `ModelError`."""
        with self._one_at_a_time:
            read = self._model()
            found: list[float] = []
            try:
                for start in range(0, len(texts), read.at_once):
                    found += self._pass(read, texts[start : start + read.at_once])
            except Exception as error:  # of torch and the model's own code
                raise self._files.failure(error) from None
        return [None if abs(valence) < WEAK else valence for valence in found]

    def _pass(self, read: _Read, texts: Sequence[str]) -> list[float]:
        import torch

        batch = read.tokenizer(
            [text.strip() for text in texts], padding=read.at_once > 1, truncation=True,
            max_length=read.window, return_tensors="pt",
        )  # fmt: skip
        with torch.inference_mode():
            logits = read.model(**batch.to(self._files.device)).logits.double()
            if read.independent:  # several labels may hold at once, or none
                shares = logits.sigmoid()
                shares /= shares.sum(dim=1, keepdim=True).clamp(min=1.0)
            else:
                shares = logits.softmax(dim=1)
            valences = shares @ torch.tensor(read.weights, dtype=shares.dtype, device=shares.device)
        return [round(valence, 4) for valence in valences.tolist()]

    def _model(self) -> _Read:
        if self._read is None:
            model, tokenizer = self._files.read("AutoModelForSequenceClassification", "float32")
            if model.config.num_labels == 1 or model.config.problem_type == "regression":
                raise self._files.error("gives numbers, not labels", "name a classifier of sentiment")
            labels = [str(label) for _, label in sorted(model.config.id2label.items())]
            scale = weights(labels)
            if not scale:
                shown = ", ".join(labels[:8]) + (" ..." if labels[8:] else "")
                raise self._files.error(
                    f"has labels that say nothing of a feeling ({shown})",
                    "name a classifier of sentiment, or correct id2label in its config.json",
                )
            here = Path(self._files.name).expanduser()
            # a memory may be handed on: where a folder lies is nobody's business
            name = re.sub(r"[^\w./-]", "-", here.resolve().name if here.is_dir() else self._files.name)
            self._read = _Read(
                f"hf-{name}@{self._files.digest()}",
                model,
                tokenizer,
                scale,
                window(model, tokenizer, ENDLESS),
                # without a token to fill up with, texts of unequal length cannot lie side by side
                1 if None in (tokenizer.pad_token_id, model.config.pad_token_id) else AT_ONCE,
                model.config.problem_type == "multi_label_classification",
            )
        return self._read


@dataclass(frozen=True, slots=True)
class _Read:
    name: str
    model: Any
    tokenizer: Any
    weights: list[float]
    window: int
    at_once: int
    independent: bool


def weights(labels: Sequence[str]) -> list[float]:
    """The valence of each label of a classifier, from -1 (worst) to 1; empty if no label names a feeling.

    >>> weights(["NEG", "NEU", "POS"]), weights(["1 star", "2 stars", "3 stars", "4 stars", "5 stars"])
    ([-1.0, 0.0, 1.0], [-1.0, -0.5, 0.0, 0.5, 1.0])
    >>> weights(["joy", "surprise", "anger"]), weights(["spam", "ham"])
    ([1.0, 0.0, -1.0], [])
    """
    names = [re.sub(r"[\s_-]+", " ", label).strip().casefold() for label in labels]
    if names == _UNNAMED:
        return [-1.0, 0.0, 1.0]
    if all(re.fullmatch(r"[1-5] stars?", name) for name in names):
        return [(int(name[0]) - 3) / 2 for name in names]
    graded = any(name.startswith("very ") for name in names)
    found = []
    for name in names:
        much = name.startswith("very ") or not graded
        found.append(_WEIGHTS.get(name.removeprefix("very "), 0.0) * (1.0 if much else 0.5))
    return found if found and min(found) < 0 < max(found) else []
