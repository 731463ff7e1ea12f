"""A chatbot: the field on a device, every turn in a file on disk, the model on a device.

    pip install -e '.[torch,transformers]'
    python examples/hybrid.py --db memory.db --device auto --model gpt2

Run it again with the same file: it goes on where it stopped, and finds what was said weeks ago word for word.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from torimem import Chat, Memory, TorimemError

MESSAGES = [
    "I bought the Harlow OM-20. I love my new guitar!",
    "The work deadline moved to Friday and I am so worried.",
    "Which guitar did I buy?",
]


def main() -> None:
    """Talk, then close everything and ask the file on disk what it knows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("messages", nargs="*", default=MESSAGES, help="what the user says, turn by turn")
    parser.add_argument("--db", type=Path, default=Path("hybrid.db"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--model", default="gpt2")
    given = parser.parse_args()

    backend = "torch" if given.device == "auto" else f"torch:{given.device}"
    with Memory(given.db, "ada", embedder="none", backend=backend) as memory:
        chat = Chat(memory, f"transformers:{given.model}#{given.device}", budget=400)
        print(f"{memory.stats()['turns']} turns remembered; the field on {memory.backend}")
        for message in given.messages:
            print(f"\nuser: {message}")
            reply = chat.turn(message)
            print(f"assistant: {reply.text}")
            for line in reply.prompt.lines:
                if line.kept and line.sources:
                    print(f"  told: {line.text}  [{line.why}]")

    with Memory(given.db, "ada", embedder="none") as memory:  # any backend reads what another wrote
        print(f"\non disk: {memory.stats()['turns']} turns, {given.db.stat().st_size:,} bytes")
        for hit in memory.search(given.messages[0], limit=1):
            print(f"  found: {hit.text}  [{hit.why}]")


if __name__ == "__main__":
    try:
        main()
    except TorimemError as error:  # no such device, no such model, no network
        raise SystemExit(f"Error: {error}") from None
