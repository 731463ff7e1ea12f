"""The words that a claim needs: a quick look that spares most texts a reading by rules."""

from __future__ import annotations

import re

from .. import words as w

DATED = "deadline|due date|appointment|flight|meeting|exam|interview|birthday|anniversary|wedding|surgery"
NUMBERED = "phone number|number|e-?mail|e-?mail address|address|postcode|zip code"
NAMED = "boss|manager|supervisor|doctor|therapist|dentist|landlord|teacher|car|phone|laptop|bike|roommate"
FIRMS = "company|firm|startup|agency|bank|hospital|university|bakery|factory|studio|publisher|charity"
# A trade that leaves no room for a second; writers, musicians and students are more than that.
JOBS = (
    "nurse|doctor|teacher|engineer|developer|programmer|designer|lawyer|accountant|architect|journalist|chef"
    "|barista|waiter|waitress|bartender|cashier|manager|consultant|analyst|scientist|researcher|professor|vet"
    "|lecturer|pharmacist|dentist|therapist|psychologist|psychiatrist|surgeon|paramedic|firefighter|soldier"
    "|pilot|police officer|mechanic|electrician|plumber|carpenter|farmer|librarian|secretary|receptionist"
    "|assistant|economist|biologist|chemist|physicist|physician|technician|hairdresser|nanny|cleaner|janitor"
    "|recruiter|attorney|judge|midwife|physiotherapist|banker|social worker"
)

_CUES = w.words("""
live lives living lived based located reside residing moved relocated left employed joined quit resigned job
fired laid redundant unemployed jobless retired position profession became study studying studied major
majoring degree name named called call calls turned single married engaged divorced widowed broke split vegan
vegetarian pescatarian meat favourite favorite fave fav mail email address postcode officer social
""").union(*(one.split("|") for one in (JOBS, DATED, NAMED, FIRMS)))
_PHRASES = [f"{verb} {how} " for verb in ("work", "working", "worked") for how in ("at", "for", "as", "by")]
_PHRASES += ["home is ", "i go by ", "started at ", "started working ", "number is ", "code is ", "due date "]
_AGE = re.compile(r"i(?:['’]?m| am) [0-9]")
_WORD = re.compile(r"[a-z]+")


def may_claim(text: str) -> bool:
    """A quick look: most turns have none of the words that a claim needs."""
    low = text.lower()
    cued = not _CUES.isdisjoint(_WORD.findall(low)) or _AGE.search(low)
    return bool(cued) or any(phrase in low for phrase in _PHRASES)
