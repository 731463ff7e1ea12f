"""A file in the layout of LoCoMo -> dialogues with questions; knows its dates, captions and turn ids.

The layout is that of https://github.com/snap-research/locomo: a list of dialogues (or one), each with
`conversation` (`session_1`, `session_1_date_time`, ...) and `qa` (question, evidence, category). What is
messy is read as it is meant and noted; what would falsify a figure is an error. How a ranking is scored is
left to others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ...errors import InvalidInput
from ...log.arrival import checked, moment
from ...log.turn import Message
from ...models.message import Role

CATEGORIES = {"1": "multi-hop", "2": "temporal", "3": "open", "4": "single-hop", "5": "adversarial"}
FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""When the first session began, where the file does not say."""

_LAYOUT = "give a file in the layout of locomo10.json"
_MACHINES = [
    "assistant",
    "ai",
    "ai assistant",
    "bot",
    "chatbot",
    "model",
    "system",
    "gpt",
    "chatgpt",
    "claude",
]
_TURN_ID = re.compile(r"D\s*:?\s*([0-9]{1,9})\s*:\s*([0-9]{1,9})")
_PHOTO = ("a photo of ", "a photography of ", "a photograph of ", "a picture of ")

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAY = re.compile(r"\b([0-9]{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]{3,9})\.? ([0-9]{4})\b")
_MONTH = re.compile(r"\b([a-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)? ([0-9]{4})\b")
_YEAR = re.compile(r"\b([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})\b")
_TIME = re.compile(r"\b([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?(?: ?([ap])\.?m\b\.?)?")
_HOUR = re.compile(r"\b([0-9]{1,2})() ?([ap])\.?m\b")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the ids of the turns that answer it, of what kind it is, and the answer, if given."""

    text: str
    evidence: tuple[str, ...]
    category: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A dialogue in the order in which it was held, and the questions about it that can be scored.

    Evidence may name a turn that is not in `messages`: one without a word, which nothing can find.
    `left_out` counts questions without evidence, `unknown` evidence that names no turn at all; `notes` say
    what had to be guessed.
    """

    id: str
    messages: tuple[Message, ...]
    questions: tuple[Question, ...]
    left_out: int = 0
    unknown: int = 0
    notes: tuple[str, ...] = ()


def read(path: str | Path) -> list[Dialogue]:
    """All dialogues of a file; raises `InvalidInput` for one that cannot be read or is of another layout."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error.strerror}): check the path") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text: save it as UTF-8") from None
    except (ValueError, RecursionError):
        raise InvalidInput(f"{path} is not JSON: {_LAYOUT}") from None
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and "conversation" in one for one in found
    ):
        raise InvalidInput(f"{path} is not a list of dialogues with a 'conversation' each: {_LAYOUT}")
    if not found:
        raise InvalidInput(f"{path} is an empty list, it must have at least one dialogue: {_LAYOUT}")
    return [dialogue(one, place) for place, one in enumerate(found)]


def dialogue(raw: Mapping[str, Any], place: int = 0) -> Dialogue:
    """One dialogue of the file's list, at that place; raises `InvalidInput` that says where it is wrong.

    >>> said = {"speaker": "Ada", "dia_id": "D1:1", "text": "Look!", "blip_caption": "a red kite"}
    >>> talk = {"session_1": [said], "session_1_date_time": "1:56 pm on 8 May, 2023"}
    >>> asked = {"question": "Whose kite?", "evidence": ["D:1:01; D9:9"], "category": 4, "answer": "Ada's"}
    >>> read = dialogue({"conversation": talk, "qa": [asked]})
    >>> read.messages[0].text, read.messages[0].at.isoformat()
    ('Look! [shares a photo of a red kite]', '2023-05-08T13:56:00+00:00')
    >>> read.questions, read.unknown
    ((Question(text='Whose kite?', evidence=('D1:1',), category='single-hop', answer="Ada's"),), 1)
    """
    name = raw.get("sample_id")
    name = str(place) if name is None or not str(name).strip() else str(name)
    where = f"dialogue {name}"
    talk, asked = raw["conversation"], raw.get("qa")
    if not isinstance(talk, Mapping):
        raise InvalidInput(f"{where}: its conversation is {talk!r:.40}, it must be an object: {_LAYOUT}")
    if not isinstance(asked, list | None) or not all(isinstance(one, Mapping) for one in asked or ()):
        raise InvalidInput(f"{where}: its qa is {asked!r:.40}, it must be a list of objects: {_LAYOUT}")
    messages: list[Message] = []
    known: dict[str, str] = {}
    notes: list[str] = []
    began = FIRST_DAY - timedelta(days=1)
    for number in _sessions(talk):
        turns = talk[f"session_{number}"]
        if turns is None:
            continue
        if not isinstance(turns, list) or not all(isinstance(turn, Mapping) for turn in turns):
            raise InvalidInput(
                f"{where} session {number} is {turns!r:.40}, it must be a list of turns: {_LAYOUT}"
            )
        began = _begin(talk.get(f"session_{number}_date_time"), began, f"{where} session {number}", notes)
        for n, turn in enumerate(turns):
            here = f"{where} session {number} turn {n + 1}"
            id = turn.get("dia_id")
            id = f"D{number}:{n + 1}" if id is None or not str(id).strip() else str(id)
            if _plain(id) in known:
                raise InvalidInput(f"{here}: the dia_id {id!r} is there twice: give every turn its own")
            known[_plain(id)] = id
            message = _message(turn, id, number, _later(began, n, here), here)
            messages += [message] if message else []
    questions, unknown = _questions(asked or [], known)
    return Dialogue(
        name, tuple(messages), questions, len(asked or []) - len(questions), unknown, tuple(notes)
    )


def _sessions(talk: Mapping[str, Any]) -> list[str]:
    """The numbers of the sessions as they are written, in the order of what they count."""
    written = [match[1] for name in talk if (match := re.fullmatch(r"session_([0-9]{1,9})", name))]
    return sorted(written, key=int)


# Turns


def _message(turn: Mapping[str, Any], id: str, session: str, at: datetime, where: str) -> Message | None:
    """A turn as a message, None where nothing was said or shown."""
    for name in ("text", "blip_caption", "speaker", "role"):
        if not isinstance(turn.get(name), str | None):
            raise InvalidInput(f"{where}: its {name} is {turn[name]!r:.40}, it must be text")
    text = with_photo(turn.get("text") or "", turn.get("blip_caption"))
    if not text.strip():
        return None
    speaker = (turn.get("speaker") or "").strip() or None
    role: Role = "assistant" if _machine(turn.get("role") or speaker or "") else "user"
    if speaker and speaker.casefold() in ("user", "human"):  # a part in the talk, not a name to be asked for
        speaker = None
    try:
        return checked(Message(text, role, speaker, at, session, id))
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from None


def _machine(who: str) -> bool:
    return " ".join(who.casefold().split()) in _MACHINES


def with_photo(text: str, caption: str | None) -> str:
    """A text with what its photo shows.

    >>> with_photo("Look!", "a photo of a red kite")
    'Look! [shares a photo of a red kite]'
    """
    if not caption or not caption.strip():
        return text
    for opening in _PHOTO:
        caption = caption.removeprefix(opening)
    return f"{text} [shares a photo of {caption}]".strip()


# Dates


def _begin(written: object, before: datetime, where: str, notes: list[str]) -> datetime:
    """When a session begins: as it is written, else a day after the one before, with a note."""
    found = when(written) if isinstance(written, str) else None
    if found is not None:
        return found
    begin = _later(before, 24 * 60, where)
    said = (
        "has no date" if written is None or written == "" else f"begins at {written!r:.40}, which is no date"
    )
    notes.append(f"{where} {said}: taken as {begin.date()}, a day after the session before it")
    return begin


def _later(moment: datetime, minutes: int, where: str) -> datetime:
    try:
        return moment + timedelta(minutes=minutes)
    except OverflowError:
        raise InvalidInput(f"{where} is after the year 9999: give the session an earlier date") from None


def when(written: str) -> datetime | None:
    """The moment in UTC that a text names, None where it names none; a date alone is its midnight.

    >>> for text in ("1:56 pm on 8 May, 2023", "May 8th, 2023", "2023/05/08 (Mon) 13:56", "8.5.23"):
    ...     print(when(text))
    2023-05-08 13:56:00+00:00
    2023-05-08 00:00:00+00:00
    2023-05-08 13:56:00+00:00
    None
    """
    try:
        return moment(written.strip())
    except InvalidInput:
        pass
    text = " ".join(written.casefold().replace(",", " ").split())
    if day := _DAY.search(text):
        number, name, year = day.groups()
    elif day := _MONTH.search(text):
        name, number, year = day.groups()
    elif day := _YEAR.search(text):
        year, name, number = day.groups()
    else:
        return None
    month = _MONTHS.index(name[:3]) + 1 if name[:3] in _MONTHS else int(name) if name.isdecimal() else 0
    rest = text[: day.start()] + " " + text[day.end() :]
    time = _TIME.search(rest) or _HOUR.search(rest)
    hour, minute, half = (int(time[1]), int(time[2] or 0), time[3]) if time else (0, 0, None)
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + 12 * (half == "p") if half else hour
    try:
        return datetime(int(year), month, int(number), hour, minute, tzinfo=UTC)
    except ValueError:
        return None


# Questions


def _questions(asked: list[Mapping[str, Any]], known: Mapping[str, str]) -> tuple[tuple[Question, ...], int]:
    """The questions with evidence, and how often evidence names no turn."""
    questions, unknown = [], 0
    for one in asked:
        evidence: dict[str, None] = {}
        for id in _named(one.get("evidence"), known):
            if id in known:
                evidence[known[id]] = None
            else:
                unknown += 1
        text = one.get("question")
        if evidence and isinstance(text, str) and text.strip():
            kind = one.get("category")
            kind = "none" if kind is None else str(kind).strip()
            answer = _answer(one.get("answer"))
            questions.append(Question(text, tuple(evidence), CATEGORIES.get(kind, kind), answer))
    return tuple(questions), unknown


def _answer(written: object) -> str | None:
    """An answer as text, also where it is a number; None where there is none."""
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        return None
    return str(written).strip() or None


def _named(evidence: object, known: Collection[str]) -> Iterator[str]:
    """The turn ids in evidence, however it is written: a list or one text, several in it, zeros too many."""
    if isinstance(evidence, list):
        for one in evidence:
            yield from _named(one, known)
        return
    text = "" if evidence is None else str(evidence).strip()
    if not text:
        return
    ids = [text] if _plain(text) in known else [match[0] for match in _TURN_ID.finditer(text)]
    yield from map(_plain, ids or re.split(r"[;,\s]+", text))


def _plain(id: str) -> str:
    """An id as it is compared: D30:05 and D:30:5 are D30:5."""
    match = _TURN_ID.fullmatch(id.strip())
    return f"D{int(match[1])}:{int(match[2])}" if match else id.strip()
