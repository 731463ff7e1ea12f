"""Turn one dialogue of a LoCoMo-layout file into lines for `torimem replay`.

    python examples/locomo_lines.py FILE [--dialogue N or sample id] > lines.jsonl

One JSON object per line: id, role, speaker, text, at, session. Both speakers are people, so every role is
"user", unless one is called "Assistant" or the like. A photo becomes its caption in brackets. Turns of a
session are one minute apart from its start, which keeps their order. The layout is that of
https://github.com/snap-research/locomo; the data has its own licence and is not part of torimem.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from torimem import InvalidInput
from torimem.lab.evals import locomo
from torimem.lab.evals.locomo import Dialogue


def choose(path: Path, wanted: str = "0") -> Dialogue:
    """The dialogue with that number (from 0) or sample id; an InvalidInput says in one line what is wrong."""
    found = locomo.read(path)
    for place, one in enumerate(found):
        if wanted in (str(place), one.id):
            return one
    names = ", ".join(f"{place} ({one.id})" for place, one in enumerate(found))
    raise InvalidInput(f"{path} has no dialogue {wanted!r}: choose one of {names}")


def lines(one: Dialogue) -> Iterator[dict[str, str]]:
    """The replay lines of a dialogue, session by session.

    >>> said = {"speaker": "Ada", "dia_id": "D1:1", "text": "Look!", "blip_caption": "a red kite"}
    >>> talk = {"session_1": [said], "session_1_date_time": "1:56 pm on 8 May, 2023"}
    >>> line = next(lines(locomo.dialogue({"conversation": talk})))
    >>> line["text"], line["at"], line["session"]
    ('Look! [shares a photo of a red kite]', '2023-05-08T13:56:00', '1')
    """
    for message in one.messages:
        line = {
            "id": message.id,
            "role": message.role,
            "speaker": message.speaker,
            "text": message.text,
            "at": message.at.replace(tzinfo=None).isoformat() if message.at else None,
            "session": message.session,
        }
        yield {name: value for name, value in line.items() if value is not None}


def main() -> int:
    """Print the lines; 2 and one line on stderr where the input is wrong."""
    about, usage, *_ = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(description=about, epilog="example:" + usage.replace("   ", " "))
    parser.add_argument("file", type=Path, help="a JSON file in the layout of locomo10.json")
    parser.add_argument(
        "--dialogue", default="0", metavar="N", help="number from 0, or sample id (default: 0)"
    )
    wanted = parser.parse_args()
    try:
        one = choose(wanted.file, wanted.dialogue)
        for note in one.notes:
            print(f"locomo_lines: note: {note}", file=sys.stderr)
        print("\n".join(json.dumps(line, ensure_ascii=False) for line in lines(one)))
    except InvalidInput as error:
        print(f"locomo_lines: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has seen enough
        sys.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
