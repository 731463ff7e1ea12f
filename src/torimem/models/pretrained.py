"""A model of the transformers package by name: its files, its device, and its failures as one line each.

What it is used for is left to `local` (replies) and `language.feeling.classifier` (feelings). A folder is
only read. A model of the hub is downloaded once; after that the network is not used.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from ..errors import InvalidInput, MissingExtra, ModelError, TorimemError

DEVICES = "auto, cpu, cuda, cuda:1, mps"
HUB_WAIT = 10.0  # seconds that the hub may be silent; the package itself asks again and again for a minute

_ON_HUB = re.compile(r"[\w-][\w.-]{0,95}(?:/[\w-][\w.-]{0,95})?", re.ASCII)
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")  # the first that is there is the one that is read
_SMALL = (".json", ".txt", ".model", ".jinja", ".tiktoken", ".codes")
_VOCABULARY = re.compile(r"tokenizer\.json|vocab\..+|.+\.(?:model|tiktoken|codes)")
_WINDOWS = (
    "max_position_embeddings",
    "n_positions",
    "max_sequence_length",
    "max_seq_len",
    "seq_length",
    "n_ctx",
)
_NO_LIMIT = 10**9  # a tokenizer that knows of none says 10^30
_NO_MEMORY = re.compile(r"out of memory|not enough memory|can't allocate|cannot allocate", re.IGNORECASE)
_one_at_a_time = Lock()  # what is hushed while a model is read is the process's


class Pretrained:
    """A folder, or a name on the hub, and a device; `what` names the model in errors ("model", "emotion").

    `spec` is MODEL or MODEL#DEVICE; "auto" is cuda where torch sees it, else mps, else cpu. Raises
    `MissingExtra` without the packages and `InvalidInput` for an unknown device.
    """

    def __init__(self, what: str, spec: str) -> None:
        for package in ("torch", "transformers"):
            if find_spec(package) is None:
                raise MissingExtra(
                    f"{what} {spec!r} needs the package {package}: pip install 'torimem[transformers]'"
                )
        name, mark, device = spec.rpartition("#")
        if not mark or Path(spec).expanduser().is_dir():
            name, device = spec, "auto"
        if not name.strip():
            raise InvalidInput(f"{what} {spec!r} has no name; give a folder or a name on the hub")
        if not re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", device):
            raise InvalidInput(f"device {device!r} of {what} {name!r} is not known; use one of: {DEVICES}")
        self.what: str = what
        self.name: str = name
        self.device: str = device

    def __repr__(self) -> str:
        return f"Pretrained({self.what!r}, '{self.name}#{self.device}')"

    def read(self, kind: str, dtype: str = "auto") -> tuple[Any, Any]:
        """Load the model by the Auto class `kind` of transformers, and its tokenizer; sets `device`.

        Raises `ModelError` for files that are missing or damaged and for a hub that cannot be reached.
        """
        try:
            folder = self.folder()
            with _one_at_a_time, _hushed("transformers"), ExitStack() as after:
                import transformers
                from transformers.utils import logging as bars

                if bars.is_progress_bar_enabled():
                    bars.disable_progress_bar()
                    after.callback(bars.enable_progress_bar)
                self.device = self._placed()
                # only what the folder holds: no code of it is run, and nobody is asked
                own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
                tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **own)
                model, found = getattr(transformers, kind).from_pretrained(
                    folder, dtype=dtype, output_loading_info=True, ignore_mismatched_sizes=True, **own
                )
                model = model.to(self.device).eval()
        except TorimemError:
            raise
        except Exception as error:  # of transformers, torch, safetensors, jinja: there is no common class
            raise self.failure(error) from None
        # transformers would go on with random numbers
        lacking = sorted({*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])})
        if lacking:
            shown = ", ".join(lacking[:3]) + (" ..." if lacking[3:] else "")
            raise self.error(
                f"has no fitting weights for {shown}", "its files are damaged, or it is made for another use"
            )
        return model, tokenizer

    def folder(self) -> Path:
        """The folder of the files, downloaded first where they are not here yet. Raises `ModelError`."""
        here = Path(self.name).expanduser()
        if here.is_dir():
            if lacking := _lacking(here):
                raise self.error(f"has no {lacking} in its folder", "copy or save the model afresh")
            return here
        if not _ON_HUB.fullmatch(self.name):
            raise self.error("is no folder here, and cannot be a name on the hub", "check the path")
        return self._of_hub()

    def digest(self) -> str:
        """Eight hex digits that change with the config and the weights.

        All of the weights are read, at about a second for a gigabyte: names and sizes stay the same when a
        model is trained further. The tokenizer's files are left out: different tools fetch different ones of
        the same model.
        """
        folder = self.folder()
        sums = []
        for path in (folder / "config.json", *_weights(folder)):
            with path.open("rb") as file:
                sums.append(hashlib.file_digest(file, "sha256").hexdigest())
        return hashlib.sha256("".join(sums).encode()).hexdigest()[:8]

    def error(self, what: str, next_step: str) -> ModelError:
        """A `ModelError` of one line: which model, what happened, what to do."""
        return ModelError(f"{self.what} {self.name!r} {what}; {next_step}")

    def failure(self, error: Exception) -> ModelError:
        """One line for an exception of the packages underneath."""
        if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
            return self.error(f"ran out of memory on {self.device}", "name a smaller one, or another device")
        return self.error(f"cannot be used ({_said(error)})", "check its files, and that it is of this kind")

    def _placed(self) -> str:
        """The device to use, "auto" resolved; raises `InvalidInput` where torch does not see it."""
        import torch

        cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
        mps = torch.backends.mps.is_available()
        if self.device == "auto":
            return "cuda" if cuda else "mps" if mps else "cpu"
        kind, _, number = self.device.partition(":")
        if {"cpu": True, "cuda": int(number or 0) < cuda, "mps": mps}[kind]:
            return self.device
        raise InvalidInput(
            f"device {self.device!r} of {self.what} {self.name!r} is none that torch sees; use auto or cpu"
        )

    def _of_hub(self) -> Path:
        """The folder of a model of the hub; missing files are downloaded, with the hub's own progress bar."""
        import huggingface_hub as hub
        from huggingface_hub import errors

        try:
            known = hub.try_to_load_from_cache(self.name, "config.json")
            if isinstance(known, str) and not _lacking(Path(known).parent):
                return Path(known).parent
            with _one_at_a_time, _hushed("huggingface_hub"), ExitStack() as after:
                terminal = sys.stderr is not None and sys.stderr.isatty()
                if not terminal and not hub.utils.are_progress_bars_disabled():
                    hub.utils.disable_progress_bars()
                    after.callback(hub.utils.enable_progress_bars)
                # One question with a limit comes first: without a network the package would try for a minute.
                files = hub.HfApi().model_info(self.name, timeout=HUB_WAIT).siblings or []
                wanted = _wanted([file.rfilename for file in files])
                folder = Path(hub.snapshot_download(self.name, allow_patterns=wanted, etag_timeout=HUB_WAIT))
        except errors.GatedRepoError:
            raise self.error("is gated", "accept its terms on the hub and run: hf auth login") from None
        except errors.RepositoryNotFoundError:
            raise self.error(
                "is no folder here, and the hub shows no such model",
                "check the name; if private: hf auth login",
            ) from None
        except Exception as error:  # of the network, the hub, the disk
            raise self.error(
                f"is no folder here, and cannot be fetched ({_said(error)})",
                "check the network, or name a folder",
            ) from None
        if lacking := _lacking(folder):
            raise self.error(f"has no {lacking} on the hub", "name a model in the format of transformers")
        return folder


def window(model: Any, tokenizer: Any, otherwise: int) -> int:
    """The context window in tokens: the smallest limit that config and tokenizer name.

    `otherwise` is returned for models that name none; memory limits those all the same.
    """
    config = model.config.get_text_config()
    # RoBERTa and its kin count places from padding_idx + 1 on
    shift = 0
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            shift = max(shift, module.padding_idx + 1)
    said = [getattr(config, name, None) for name in _WINDOWS]
    found = [number - shift for number in said if isinstance(number, int) and shift < number < _NO_LIMIT]
    if 0 < tokenizer.model_max_length < _NO_LIMIT:
        found.append(int(tokenizer.model_max_length))
    return min(found, default=otherwise)


def _said(error: Exception) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in str(error)).split())
    return (line if len(line) <= 160 else line[:159] + "…") or type(error).__name__


def _weights(folder: Path) -> list[Path]:
    """The files of the weights, in a fixed order; none where there are none."""
    for name in _WEIGHTS:
        index = folder / f"{name}.index.json"
        if (folder / name).is_file():
            return [folder / name]
        if index.is_file():
            try:
                shards = json.loads(index.read_text("utf-8"))["weight_map"].values()
                return [folder / str(shard) for shard in sorted(set(shards))]
            except (ValueError, KeyError, TypeError, AttributeError):
                return [index.with_name(f"readable {index.name}")]
    return []


def _lacking(folder: Path) -> str:
    """The first thing that a folder of a model needs and lacks."""
    if not (folder / "config.json").is_file():
        return "config.json"
    weights = _weights(folder)
    for path in weights:
        if not path.is_file():
            return path.name
    if not weights:
        return " or ".join(_WEIGHTS)
    return "" if any(_VOCABULARY.fullmatch(path.name) for path in folder.iterdir()) else "tokenizer.json"


def _wanted(files: Sequence[str]) -> list[str]:
    """What to fetch of a model: the small files and one kind of weights, nothing of other frameworks."""
    small = [name for name in files if "/" not in name and name.endswith(_SMALL)]
    for name in _WEIGHTS:
        stem, _, suffix = name.rpartition(".")
        kind = re.compile(rf"{stem}(-\d+-of-\d+)?\.{suffix}")
        if weights := [name for name in files if kind.fullmatch(name)]:
            return [*small, *weights]
    return small


@contextmanager
def _hushed(package: str) -> Iterator[None]:
    """Silence the advice and the warnings of a package; errors are raised anyway."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module(package)  # sets the level of its logger
        logger = logging.getLogger(package)
        level = logger.level
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)
