"""Sentences -> clauses -> claims: what is asked, wished, supposed or quoted is left out on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .. import words as w
from ..analysis import Claim
from ..apostrophes import straight
from .cues import may_claim
from .rules import RULES
from .values import SLOTS, any_case, key

_SIGNS = re.compile(r'\A[^\w"“«]+')
_SMALL_I = re.compile(r"(?<!\w)i(?=[' ])")
_END = re.compile(r"(?<!\bSt)(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bMs)[.!?…]{1,20}(?=\W|\Z)|[\n;。！？]")
_QUOTED = re.compile(r'["“«]([^"“”«»]{1,300})["”»]')
_UNREAL = any_case(
    r"\b(?:if|unless|imagin(?:e|ing)|suppos(?:e|ing)|pretend(?:ing)?|wish(?:ed|es)?|hypothetically|let's say"
    r"|in (?:the|this|my|a) (?:game|book|story|movie|film|novel|dreams?)|dream(?:ed|t|ing)|as though)\b"
)
_CLAUSE = any_case(
    r"[,()—–]|(?:(?<=update)|(?<=news)|(?<=no)|(?<=yes)|(?<=fyi)|(?<=fact)):| - "
    r"| (?:and|but|so|because|though|although) (?=(?:i|i'm|im|i've|ive|my|our|we|we're|we've|the|now|just"
    r"|work|live|moved|study|joined|started|got|quit|became|am|turned)\b)"
)
_OPENING = any_case(
    r"\A(?:(?:and|but|so|because|though|although|well|oh|hey|hi|hello|yes|yeah|yep|no|nope|ok|okay|now|fyi"
    r"|actually|by the way|update|(?:good |big |great )?news|guess what|anyway|lately|recently|currently|then"
    r"|finally|today|yesterday|honestly|these days|right now|at the moment|as of (?:now|today)|nowadays|lol"
    r"|turns out|in fact|(?:last|this) [a-z]+|since (?:last [a-z]+|then|yesterday|[a-z]+(?:day|ber|uary)|may"
    r"|march|april|june|july|august)|i mean|haha|btw)[ !*-]{1,3}){1,5}"
)
_BARE_VERB = any_case(r"(?:now |just )?(?:work|live|study|moved|joined|started|got|quit|became|am|turned) ")
_NO_SUBJECT = any_case(
    r"just (?:moved|joined|started|got|quit|became|turned) |(?:moved|relocated) to |(?:lost|quit) my job\b"
)
_REPORTS = any_case(
    r"\b(?:(?:sa(?:ys?|id)|ask(?:s|ed)?|t(?:old|ells?)|thinks?|thought|claim(?:s|ed)?|believes?|wr(?:o|i)tes?"
    r"|texted|replied|answered)(?: \w{1,12})?|goes|like|lyrics?|title|example)\W{0,3}\Z"
)
_OVER = tuple(  # what says that something is over, and what is over
    (any_case(pattern), plain)
    for pattern, plain in (
        (r"\b(?:do|does)(?:n'?t| not) (.{1,80}?) (?:any ?more|any longer)\b", r"\1"),
        (r"\b(is|are|am|i'?m)(?:n'?t| not) (.{1,80}?) (?:any ?more|any longer)\b", r"\1 \2"),
        (r"\bno longer ", ""),
        (r"\bused to be\b", "be"),
        (r"\bused to (?=live|work|study|eat)", ""),
        (r"\b(?:stopped|quit) being\b", "am"),
        (r"\b(?:stopped|quit) (?=working|living|studying)", "am "),
        (r"\b(?:was|were) (?=(?:living|working|studying|based) )", "am "),
        (r"\b((?:i|we)(?: (?!have |had )[a-z]+)? (?:live|work))e?d (?=in |at |for |as )", r"\1 "),
        (r"\b(i|we)( (?!have |had )[a-z]+)? studied\b", r"\1\2 study"),
    )
)
# What makes a claim one of long ago, or one of several that hold at a time.
_LONG_AGO = any_case(
    r"\b(?:when (?:i|we) (?:was|were)|as (?:a )?(?:kids?|child(?:ren)?|teen\w*|baby)|years ago|decades? ago"
    r"|in (?:19|20)\d\d|back in|originally|growing up)\b"
)
_BESIDE = any_case(r"\b(?:part[- ]time|on the side|weekends|in (?:summer|winter)|as well|also|volunteer)\b")
_RELATIVE = w.FUNCTION | w.words("part thing bit one moment memory scene quote line time piece type kind way")


def read(text: str) -> tuple[Claim, ...]:
    """What a text claims of its author, in order."""
    plain = straight(text)
    small = plain == plain.lower() or bool(_SMALL_I.search(plain))
    found: list[Claim] = []
    for sentence in _sentences(plain):
        before, mine = "", False
        for clause in _CLAUSE.split(sentence):
            new, said = list[Claim](), ""
            if may_claim(clause) and not _REPORTS.search(before):
                said = _OPENING.sub("", _SIGNS.sub("", clause))
                # "Just moved to Rome!" is of oneself, "... and work at Fiat" where what stands before it is
                alone = not before.strip() or before.split()[0].lower() in w.CHAT
                if (mine and _BARE_VERB.match(said)) or (alone and _NO_SUBJECT.match(said)):
                    said = "I " + said
                new = [replace(one, said=clause.strip(" ,;:")) for one in _of_clause(said, sentence, small)]
            found += new
            before, mine = clause, bool(new) and said[0] in "iIwW"
    return tuple(found)


def _sentences(text: str) -> Iterator[str]:
    """The sentences that may state something, their blanks single, without the quotations in them."""
    start = 0
    for end in [*_END.finditer(text), None]:
        sentence = text[start : end.start() if end else len(text)]
        start = end.end() if end else len(text)
        asks = end and ("?" in end[0] or "？" in end[0])
        if not asks and may_claim(sentence) and not _UNREAL.search(sentence):
            unquoted = _QUOTED.sub(lambda quoted: "" if " " in quoted[1] else quoted[1], sentence)
            yield " ".join(unquoted.split())


def _of_clause(clause: str, sentence: str, small: bool) -> Iterator[Claim]:
    """What the first rule that fits a clause reads in it; the named groups of a rule are slots."""
    over = False
    for pattern, plain in _OVER:
        clause, count = pattern.subn(plain, clause, count=1)
        over = over or bool(count)
    clause = " ".join(clause.split())
    match, ended = next(((fit, ended) for rule, ended in RULES if (fit := rule.match(clause))), (None, False))
    if match is None:
        return
    said = {slot: value for slot, value in match.groupdict().items() if value is not None}
    of, then = said.pop("of", ""), said.pop("then", "")
    unsaid = _BESIDE.search(clause) or (then and _LONG_AGO.search(sentence))
    if unsaid or not _RELATIVE.isdisjoint(of.lower().split()) or (of and not key(of)):
        return
    for group, value in said.items():
        slot, read = SLOTS[group]
        value = read(value, small)
        if value or group == "job":
            yield Claim(slot.replace("OF", key(of)) if of else slot.replace("OF ", ""), value, ended or over)
