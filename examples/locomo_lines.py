"""Turn one dialogue of a LoCoMo-layout file into lines for `torimem replay`.

    python examples/locomo_lines.py FILE [--dialogue N or sample id] > lines.jsonl

One JSON object per line: id, role, speaker, text, at, session. Both speakers are people, so every role is
"user". A photo becomes its caption in brackets. Turns of a session are one minute apart from its start, which
keeps their order. The layout is that of https://github.com/snap-research/locomo; the data has its own licence
and is not part of torimem.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

Dialogue = dict[str, Any]


def dialogue(path: Path, wanted: str = "0") -> Dialogue:
    """The dialogue with that number (from 0) or sample id; a ValueError says in one line what is wrong."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}): give the path of a LoCoMo JSON file"
        ) from None
    except ValueError:
        raise ValueError(f"{path} is not JSON: give a file in the layout of locomo10.json") from None
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and "conversation" in one for one in found
    ):
        raise ValueError(f"{path} is not a list of dialogues: give a file in the layout of locomo10.json")
    for place, one in enumerate(found):
        if wanted in (str(place), one.get("sample_id")):
            return dict(one)
    names = ", ".join(f"{place} ({one.get('sample_id', 'no id')})" for place, one in enumerate(found))
    raise ValueError(f"{path} has no dialogue {wanted!r}: choose one of {names or 'none, the list is empty'}")


def lines(one: Dialogue) -> Iterator[dict[str, str]]:
    """The replay lines of a dialogue, session by session.

    >>> said = {"speaker": "Ada", "dia_id": "D1:1", "text": "Look!", "blip_caption": "a red kite"}
    >>> talk = {"session_1": [said], "session_1_date_time": "1:56 pm on 8 May, 2023"}
    >>> line = next(lines({"conversation": talk}))
    >>> line["text"], line["at"], line["session"]
    ('Look! [shares a photo of a red kite]', '2023-05-08T13:56:00', '1')
    """
    talk = one["conversation"]
    numbers = sorted(int(name[8:]) for name in talk if name.startswith("session_") and name[8:].isdecimal())
    for number in numbers:
        start = session_start(talk.get(f"session_{number}_date_time", ""), number)
        for place, turn in enumerate(talk[f"session_{number}"]):
            missing = [name for name in ("speaker", "text") if not isinstance(turn.get(name), str)]
            if missing:
                raise ValueError(
                    f"turn {place + 1} of session {number} has no {missing[0]!r}: every turn needs one"
                )
            yield {
                "id": str(turn.get("dia_id") or f"D{number}:{place + 1}"),
                "role": "user",
                "speaker": turn["speaker"],
                "text": _with_photo(turn["text"], turn.get("blip_caption")),
                "at": (start + timedelta(minutes=place)).isoformat(),
                "session": str(number),
            }


def session_start(written: str, number: int) -> datetime:
    """The moment a session begins.

    >>> session_start("12:05 am on 1 January, 2024", 3).isoformat()
    '2024-01-01T00:05:00'
    """
    try:
        return datetime.strptime(written.strip(), "%I:%M %p on %d %B, %Y")
    except ValueError:
        raise ValueError(
            f"session {number} begins at {written!r}: write it like '1:56 pm on 8 May, 2023'"
        ) from None


def _with_photo(text: str, caption: str | None) -> str:
    if not caption:
        return text
    for opening in ("a photo of ", "a photography of ", "a photograph of ", "a picture of "):
        caption = caption.removeprefix(opening)
    return f"{text} [shares a photo of {caption}]".strip()


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
        written = [
            json.dumps(line, ensure_ascii=False) for line in lines(dialogue(wanted.file, wanted.dialogue))
        ]
        print("\n".join(written))
    except ValueError as error:
        print(f"locomo_lines: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has seen enough
        sys.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
