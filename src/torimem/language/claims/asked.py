"""A question -> the slots of the claims that answer it: "Where do I live?" is answered by what fills "home".

A question is matched as a whole: "Where do I live?" asks for a home, "Where do I live-stream?" does not. A
question about the past ("Where did I live as a child?") asks for no slot; it is left to its words.
"""

from __future__ import annotations

import re
from functools import cache

from ..apostrophes import straight
from ..questions import sentences
from ..topics.key import topic_key
from .cues import DATED, JOBS, NAMED, NUMBERED

_MINE = re.compile(r"\b(?:i|we|i'?m|my|our|me|us)\b", re.IGNORECASE)
_LONGEST = 120

# What may stand before and after a question.
_OPENING = (
    r"(?:(?:hey|hi|hello|so|and|but|well|ok|okay|now|oh|um|please|sorry|btw|by the way|just|then|again"
    r"|quick question|one (?:more|last) (?:thing|question)|out of curiosity"
    r"|i (?:forgot|forget|wonder|wondered)"
    r"|(?:(?:can|could|would|will) you )?(?:please )?(?:tell|remind) me(?: again)?(?: of)?"
    r"|(?:(?:can|could) you|do you|did you) (?:still |even |happen to )?(?:know|remember|recall|forget)"
    r"|you (?:still )?(?:know|remember)|any idea|what do you (?:know|remember) (?:about|of)"
    r"|(?:what|where|who) (?:did i|have i) (?:say|tell you|told you|said)(?: that)?|if|whether)[ ,:;!-]+)+"
)
_CLOSING = (
    r"(?:[ ,]+(?:now|right now|nowadays|these days|currently|at the moment|at present|today|again|actually"
    r"|anyway|exactly|already|please|by the way|though|still|then|anymore|any more|if you know|remember))+\Z"
)

_PARTS = {
    "{WHAT}": "(?:what|which)",
    "{I}": "(?:i|we)",
    "{MY}": "(?:my|our)",
    "{DO}": "(?:do|does)",
    "{AM}": "(?:am|are|is)",
    "{IS}": "(?:'?s| is| are|'?re)",
    "{IM}": "(?:i'?m|i am|i is|we'?re|we are)",
    "{NOW}": "(?:(?:still|currently|now|actually|presently|really|even|also) )?",
    "{KIND}": "(?:kind|sort|type|line|form) of ",
    "{PLACE}": "(?:city|town|village|country|state|place|area|region|neighbou?rhood|district|street|suburb"
    "|part of (?:the )?[a-z]+)",
    "{HOME}": "(?:home|home ?town|home city|(?:home )?address|place of residence|residence|location)",
    "{FIRM}": "(?:company|firm|employer|organi[sz]ation|place|business|agency|bank|hospital|shop)",
    "{SCHOOL}": "(?:school|college|university|uni|academy|institute)",
    "{JOB}": "(?:job|occupation|profession|trade|career|line of work|job title|position|day job|work|living)",
    "{STATUS}": "(?:single|married|engaged|divorced|widowed|taken|dating(?: (?:some|any)(?:one|body))?"
    "|seeing (?:some|any)(?:one|body)|in a relationship)",
    "{PARTNER}": "(?:partner|boyfriend|girlfriend|husband|wife|spouse|fianc[ée]e?|significant other)",
    "{EATER}": "(?:vegan|vegetarian|pescatarian|meat[ -]eater|omnivore|carnivore|flexitarian)",
    "{SOME}": ".{1,40}",
    "{OF}": "(?P<of>(?:[\\w'-]{1,30} ){0,2}[\\w-]{1,30})",
    "{DATED}": f"(?P<of>(?:[\\w'-]{{1,30}} ){{0,2}}(?:{DATED}))",
    "{NUMBERED}": f"(?P<of>(?:[\\w'-]{{1,30}} ){{0,2}}(?:{NUMBERED}))",
    "{NAMED}": f"(?P<of>(?:[\\w'-]{{1,30}} ){{0,2}}(?:{NAMED}))",
    "{JOBS}": f"(?:{JOBS})",
}

# By slots (OF is what the group `of` catches): the questions, and their words in the order of a statement.
_QUESTIONS = {
    "home": r"""
(?:in )?where {DO} {I} {NOW}(?:live|reside|stay)(?: (?:at|in))?
(?:in )?where {AM} {I} {NOW}(?:living|residing|based|located|staying|at home)
(?:(?:in|to) )?{WHAT} {PLACE} {DO} {I} {NOW}(?:live|reside|stay)(?: in)?
(?:in )?{WHAT} {PLACE} {AM} {I} {NOW}(?:living|residing|based|located|staying)(?: in)?
where (?:did|have|has) {I} (?:just |recently |last )?(?:move|moved|relocated?)(?: to)?
(?:to )?{WHAT} {PLACE} (?:did|have|has) {I} (?:just |recently |last )?(?:moved?|relocated?)(?: to)?
(?:did|have|has) {I} (?:moved?|relocated?)(?: to {SOME})?
where{IS} {MY} (?:home|house|flat|apartment|place)
where{IS} home for (?:me|us)
{WHAT} {PLACE}{IS} (?:{MY} home|home for (?:me|us)|home to (?:me|us))
{DO} {I} {NOW}(?:live|reside) in {SOME}
{AM} {I} {NOW}(?:living|residing|based|located) in {SOME}
what{IS} {MY} (?:current )?{HOME}
{MY} (?:current )?{HOME}(?: is)?
where {I} {NOW}(?:live|lives|reside)
where {IM} {NOW}(?:living|residing|based|located)
where {I}(?:'?ve| have| has)? (?:just |recently )?moved(?: to)?
(?:(?:in )?{WHAT}|the) {PLACE} (?:(?:where|that|which) )?{I} {NOW}lives?(?: in)?
""",
    "work": r"""
where {DO} {I} {NOW}work(?: (?:at|for))?
where {AM} {I} {NOW}(?:working|employed)
(?:(?:at|for) )?{WHAT} {FIRM} {DO} {I} {NOW}work(?: (?:for|at))?
(?:(?:at|for|by) )?{WHAT} {FIRM} {AM} {I} {NOW}(?:working|employed)(?: (?:for|at|by|with))?
who(?:m|ever)? {DO} {I} {NOW}work for
who(?:m|ever)? {AM} {I} {NOW}(?:working for|employed by)
for whom {DO} {I} {NOW}work
(?:who|{WHAT} {FIRM}) employs (?:me|us|i)
(?:who|what){IS} {MY} (?:current |new )?(?:employer|company|workplace|place of work)
where{IS} {MY} (?:work|job|workplace|office)
{DO} {I} {NOW}have (?:a|any|my) (?:new )?job
{AM} {I} {NOW}(?:employed|unemployed|jobless|between jobs|out of work|retired)
(?:did|have|has) {I} (?:got|get|started?|found|find|changed?) (?:my|a|any|the) (?:new )?jobs?
(?:did|have|has) {I} (?:quit|lost|lose|left|leave) (?:my|a|any|the) (?:old )?job
{DO} {I} {NOW}work (?:at|for) {SOME}
{AM} {I} {NOW}(?:working|employed) (?:at|for|by) {SOME}
where (?:did|have|has) {I} (?:just |recently )?(?:start|started) (?:working|to work|a job|my job|my new job)
{MY} (?:current |new )?(?:employer|workplace|place of work)(?: is)?
where {I} {NOW}works?
who(?:m)? {I} {NOW}works? for
(?:{WHAT}|the) {FIRM} (?:(?:where|that|which) )?{I} {NOW}works? (?:for|at)
""",
    "occupation, work": r"""
what {DO} {I} {NOW}do (?:for (?:a |my )?(?:living|job|work)|professionally|as a job|(?:job|work)[- ]?wise)
how {DO} {I} {NOW}(?:earn|make) (?:a|my|our) (?:living|money)
what{IS} {MY} (?:current |new )?{JOB}
{WHAT} {KIND}?(?:work|job) {DO} {I} {NOW}(?:do|have)
what job {DO} {I} {NOW}(?:do|have)
(?:in )?{WHAT} {KIND}?(?:work|business|profession|field|trade) {AM} {I} {NOW}in
what {DO} {I} {NOW}work as
what {AM} {I} {NOW}(?:working as|by (?:profession|trade))
{AM} {I} {NOW}an? (?:[\w-]{1,20} )?{JOBS}
{DO} {I} {NOW}work as an? {SOME}
{MY} (?:current |new )?(?:job|occupation|profession|job title|line of work|career)(?: is)?
what {I} {NOW}(?:do|does) for (?:a |my )?(?:living|work|job)
what {MY} {JOB} is
""",
    "school": r"""
where {DO} {I} {NOW}(?:study|go to {SCHOOL})
where {AM} {I} {NOW}(?:studying|enrolled|at {SCHOOL}|going to {SCHOOL})
where did {I} (?:study|go to {SCHOOL})
(?:(?:at|to) )?{WHAT} {SCHOOL} {DO} {I} {NOW}(?:go|attend|study)(?: (?:to|at))?
(?:(?:at|to) )?{WHAT} {SCHOOL} {AM} {I} {NOW}(?:at|in|going|attending|studying|enrolled)(?: (?:to|at|in))?
(?:what|where){IS} {MY} (?:current )?{SCHOOL}
{MY} (?:current )?{SCHOOL}
where {I} {NOW}(?:study|studies|goes? to {SCHOOL})
{DO} {I} {NOW}(?:study|go to {SCHOOL}) (?:at|in) {SOME}
{AM} {I} {NOW}(?:studying|enrolled) at {SOME}
(?:{WHAT}|the) {SCHOOL} (?:(?:where|that|which) )?{I} {NOW}(?:go to|attend|study at)
""",
    "study": r"""
what {DO} {I} {NOW}(?:study|major in)
what did {I} (?:study|major in)
what {AM} {I} {NOW}(?:studying|majoring in)
what{IS} {MY} (?:major|degree|subject|field of study|course of study|field|studies)
{WHAT} (?:subject|major|degree|course|field) {DO} {I} {NOW}(?:study|have|take|do)
{WHAT} (?:subject|major|degree|course|field) {AM} {I} {NOW}(?:studying|majoring in|taking|doing|in)
{DO} {I} {NOW}(?:study|major in) (?!at\b){SOME}
{AM} {I} {NOW}(?:studying|majoring in) (?!at\b){SOME}
{MY} (?:major|field of study|course of study)(?: is)?
what {I} {NOW}(?:study|studies)
what {IM} {NOW}(?:studying|majoring in)
""",
    "name": r"""
(?:what|how){IS} {MY} (?:full |first |real |own |actual |given |preferred )?(?:name|nickname)
(?:what|how|who) {AM} {I} {NOW}called
who {AM} {I}
what {DO} (?:you|they|people|others|everyone|everybody|my friends|friends|most people) {NOW}call (?:me|us|i)
(?:what|how) (?:should|shall|do|can|may|will|would) (?:you|one|people|they) (?:call|address) (?:me|us|i)
(?:what|how) (?:do|does) {I} (?:like to be called|go by|want to be called|prefer to be called)
what name do {I} go by
is {MY} name {SOME}
{MY} (?:full |first |real )?name(?: is)?
what {MY} name is
who {IM}
what {IM} called
""",
    "relationship": r"""
{AM} {I} {NOW}{STATUS}
who(?:m)? {AM} {I} {NOW}(?:married|engaged) to
who(?:m)? {AM} {I} {NOW}(?:dating|seeing|together with|in a relationship with)
who{IS} {MY} {PARTNER}
what{IS} {MY} (?:current )?(?:relationship|marital|civil|family) (?:status|situation)
{DO} {I} {NOW}have an? (?:new )?{PARTNER}
{AM} {I} {NOW}with (?:some|any)one
(?:did|have|has) {I} (?:just |ever |already )?(?:get|got|gotten|been) (?:married|engaged|divorced|widowed)
(?:did|have|has) {I} (?:just |already )?(?:break|broken?|split|splitted) up(?: with {SOME})?
{MY} (?:relationship|marital|civil) (?:status|situation)(?: is)?
{IM} {NOW}{STATUS}
""",
    "diet": r"""
{AM} {I} {NOW}(?:an? )?{EATER}
{DO} {I} {NOW}(?:eat|like to eat) (?:meat|fish|animals|animal products|dairy|eggs|cheese|pork|beef|chicken)
(?:can|may|should) {I} {NOW}eat (?:meat|fish|animal products|dairy|eggs|cheese|pork|beef|chicken)
what{IS} {MY} (?:current |usual )?diet
{WHAT} (?:{KIND})?diet {DO} {I} {NOW}(?:have|follow|keep|eat|stick to)
{WHAT} (?:{KIND})?diet {AM} {I} {NOW}(?:on|following|keeping)
{AM} {I} {NOW}on (?:a|any) (?:special |particular )?diet
{DO} {I} {NOW}(?:follow|keep|have) (?:a|any) (?:special |particular )?diet
{DO} {I} {NOW}have (?:any )?(?:dietary|food) (?:restrictions|needs|requirements|preferences|rules)
what are {MY} (?:dietary|food) (?:restrictions|needs|requirements|preferences|rules)
what (?:don'?t|do not|can'?t|cannot|won'?t|doesn'?t|must) {I} (?:not )?eat
what (?:food )?(?:can|may|do|does) {I} (?:not )?eat
{MY} (?:diet|dietary (?:restrictions|needs|requirements|preferences))(?: is| are)?
{IM} {NOW}(?:an? )?{EATER}
""",
    "age": r"""
(?:how old|what age) {AM} {I}
what{IS} {MY} age
{MY} age
how old {IM}
""",
    "OF home": r"""
where {DO} {MY} {OF} {NOW}(?:live|reside)
where (?:is|are|'?s) {MY} {OF} {NOW}(?:living|based|staying)
where (?:did|has|have) {MY} {OF} moved?(?: to)?
where {MY} {OF} {NOW}lives?
""",
    "OF name, OF": r"""
what{IS} {MY} {OF}'s name
what(?:'?s| is| are) the name of {MY} {OF}
what(?:'?s| is| are) {MY} {OF} called
who{IS} {MY} {NAMED}
who{IS} {MY} (?P<of>{PARTNER})
(?:what|which){IS} {MY} {NAMED}
{MY} {OF}'s name
""",
    "favourite OF": r"""
(?:what|which|who){IS} {MY} (?:current |all[- ]time )?(?:favou?rite|fave?) {OF}
{MY} (?:favou?rite|fave?) {OF}
""",
    "OF": r"""
when{IS} {MY} {DATED}
(?:what day|what date|what time){IS} {MY} {DATED}
what{IS} {MY} {NUMBERED}
""",
}


def slots_asked(text: str) -> tuple[str, ...]:
    """The slots that the questions in a text ask for, sorted; nothing where it asks for none.

    >>> slots_asked("Hey, where do I live now?"), slots_asked("What do I do for a living?")
    (('home',), ('occupation', 'work'))
    >>> slots_asked("Where does my sister live?"), slots_asked("Where do the swallows live?")
    (('sister home',), ())
    """
    found: set[str] = set()
    for sentence in sentences(text):
        if len(sentence) > _LONGEST or not _MINE.search(sentence):
            continue
        opening, closing, rules = _patterns()
        plain = " ".join(straight(sentence).strip(" .!?؟。！？…,;:\"'").split())
        plain = closing.sub("", opening.sub("", plain, count=1))
        for slots, rule in rules:
            if match := rule.fullmatch(plain):
                of = match.groupdict().get("of")
                found.update(slot.replace("OF", topic_key(of)) if of else slot for slot in slots)
    return tuple(sorted(found))


_Rule = tuple[tuple[str, ...], re.Pattern[str]]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], tuple[_Rule, ...]]:
    """Openings, closings, and each question with its slots; compiled with the first text that may ask."""
    rules = tuple(
        (tuple(slots.split(", ")), _pattern(rule))
        for slots, written in _QUESTIONS.items()
        for rule in written.strip().splitlines()
    )
    return _pattern(_OPENING), _pattern(_CLOSING), rules


def _pattern(written: str) -> re.Pattern[str]:
    for part, pattern in _PARTS.items():
        written = written.replace(part, pattern)
    return re.compile(written, re.IGNORECASE)
