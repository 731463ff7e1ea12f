"""A statement -> what it claims of its author, so that a later claim can replace an earlier one.

Only plain English sentences are read ("I moved to Berlin", "my sister lives in Rome"). What is asked, wished,
planned, supposed or quoted claims nothing, and where a sentence is not clear it is left: a wrong claim would
put a true turn aside. Which turn said what, and when, is for others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from . import words as w
from .key import straight, topic_key


@dataclass(frozen=True, slots=True)
class Claim:
    """One slot of somebody's life and what it is said to hold: ("home", "berlin").

    `ended` where it is said to be over; only then may `value` be "", for whatever it was; `said` as written.
    """

    slot: str
    value: str
    ended: bool = False
    said: str = field(default="", compare=False, repr=False)


def claims(text: str) -> tuple[Claim, ...]:
    """What a text claims of its author, in order; nothing where it only might.

    >>> [(one.slot, one.value) for one in claims("We moved to Berlin last week. I work at Siemens now!")]
    [('home', 'berlin'), ('work', 'siemen')]
    >>> claims("I want to live in Paris. Do I live in Rome?")
    ()
    """
    if not _may_claim(text):
        return ()
    plain = straight(text)
    small = plain == plain.lower() or bool(_SMALL_I.search(plain))
    found: list[Claim] = []
    for sentence in _sentences(plain):
        before, mine = "", False
        for clause in _CLAUSE.split(sentence):
            new, said = list[Claim](), ""
            if _may_claim(clause) and not _REPORTS.search(before):
                said = _OPENING.sub("", _SIGNS.sub("", clause))
                # "Just moved to Rome!" is of oneself, "... and work at Fiat" where what stands before it is
                alone = not before.strip() or before.split()[0].lower() in w.CHAT
                if (mine and _BARE_VERB.match(said)) or (alone and _NO_SUBJECT.match(said)):
                    said = "I " + said
                new = [replace(one, said=clause.strip(" ,;:")) for one in _of_clause(said, sentence, small)]
            found += new
            before, mine = clause, bool(new) and said[0] in "iIwW"
    return tuple(found)


def replaces(later: Claim, earlier: Claim) -> bool:
    """Whether what is claimed later makes an earlier claim outdated; claims of two slots never do.

    A value that has all the words of another is the same: "Berlin" and "Berlin Mitte" are one home.

    >>> berlin, rome = Claim("home", "berlin"), Claim("home", "rome")
    >>> replaces(rome, berlin), replaces(Claim("home", "berlin", ended=True), berlin), replaces(rome, rome)
    (True, True, False)
    """
    if later.slot != earlier.slot:
        return False
    new, old = set(later.value.split()), set(earlier.value.split())
    if earlier.ended:  # "I left Rome" is outdated by living there again, "I lost my job" by any other
        return not later.ended and (not old or new == old)
    return (new <= old or old <= new) == later.ended


# --- sentences and clauses ---------------------------------------------------------------------------------

_WORD = re.compile(r"[a-z]+")
_SIGNS = re.compile(r'\A[^\w"“«]+')
_SMALL_I = re.compile(r"(?<!\w)i(?=[' ])")
_END = re.compile(r"(?<!\bSt)(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bMs)[.!?…]{1,20}(?=\W|\Z)|[\n;。！？]")
_QUOTED = re.compile(r'["“«]([^"“”«»]{1,300})["”»]')


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


_UNREAL = _any_case(
    r"\b(?:if|unless|imagin(?:e|ing)|suppos(?:e|ing)|pretend(?:ing)?|wish(?:ed|es)?|hypothetically|let's say"
    r"|in (?:the|this|my|a) (?:game|book|story|movie|film|novel|dreams?)|dream(?:ed|t|ing)|as though)\b"
)
_CLAUSE = _any_case(
    r"[,()—–]|(?:(?<=update)|(?<=news)|(?<=no)|(?<=yes)|(?<=fyi)|(?<=fact)):| - "
    r"| (?:and|but|so|because|though|although) (?=(?:i|i'm|im|i've|ive|my|our|we|we're|we've|the|now|just"
    r"|work|live|moved|study|joined|started|got|quit|became|am|turned)\b)"
)
_OPENING = _any_case(
    r"\A(?:(?:and|but|so|because|though|although|well|oh|hey|hi|hello|yes|yeah|yep|no|nope|ok|okay|now|fyi"
    r"|actually|by the way|update|(?:good |big |great )?news|guess what|anyway|lately|recently|currently|then"
    r"|finally|today|yesterday|honestly|these days|right now|at the moment|as of (?:now|today)|nowadays|lol"
    r"|turns out|in fact|(?:last|this) [a-z]+|since (?:last [a-z]+|then|yesterday|[a-z]+(?:day|ber|uary)|may"
    r"|march|april|june|july|august)|i mean|haha|btw)[ !*-]{1,3}){1,5}"
)
_BARE_VERB = _any_case(r"(?:now |just )?(?:work|live|study|moved|joined|started|got|quit|became|am|turned) ")
_NO_SUBJECT = _any_case(
    r"just (?:moved|joined|started|got|quit|became|turned) |(?:moved|relocated) to |(?:lost|quit) my job\b"
)
_REPORTS = _any_case(
    r"\b(?:(?:sa(?:ys?|id)|ask(?:s|ed)?|t(?:old|ells?)|thinks?|thought|claim(?:s|ed)?|believes?|wr(?:o|i)tes?"
    r"|texted|replied|answered)(?: \w{1,12})?|goes|like|lyrics?|title|example)\W{0,3}\Z"
)
_OVER = tuple(  # what says that something is over, and what is over
    (_any_case(pattern), plain)
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


def _may_claim(text: str) -> bool:
    """A quick look: most turns have none of the words that a claim needs."""
    low = text.lower()
    cued = not _CUES.isdisjoint(_WORD.findall(low)) or _AGE.search(low)
    return bool(cued) or any(phrase in low for phrase in _PHRASES)


def _sentences(text: str) -> Iterator[str]:
    """The sentences that may state something, their blanks single, without the quotations in them."""
    start = 0
    for end in [*_END.finditer(text), None]:
        sentence = text[start : end.start() if end else len(text)]
        start = end.end() if end else len(text)
        asks = end and ("?" in end[0] or "？" in end[0])
        if not asks and _may_claim(sentence) and not _UNREAL.search(sentence):
            unquoted = _QUOTED.sub(lambda quoted: "" if " " in quoted[1] else quoted[1], sentence)
            yield " ".join(unquoted.split())


def _of_clause(clause: str, sentence: str, small: bool) -> Iterator[Claim]:
    """What the first rule that fits a clause reads in it; the named groups of a rule are slots."""
    over = False
    for pattern, plain in _OVER:
        clause, count = pattern.subn(plain, clause, count=1)
        over = over or bool(count)
    clause = " ".join(clause.split())
    match, ended = next(
        ((fit, ended) for rule, ended in _RULES if (fit := rule.match(clause))), (None, False)
    )
    if match is None:
        return
    said = {slot: value for slot, value in match.groupdict().items() if value is not None}
    of, then = said.pop("of", ""), said.pop("then", "")
    unsaid = _BESIDE.search(clause) or (then and _LONG_AGO.search(sentence))
    if unsaid or not _RELATIVE.isdisjoint(of.lower().split()) or (of and not _key(of)):
        return
    for group, value in said.items():
        slot, read = _SLOTS[group]
        value = read(value, small)
        if value or group == "job":
            yield Claim(slot.replace("OF", _key(of)) if of else slot.replace("OF ", ""), value, ended or over)


# --- values: what a group has caught -> its key, "" where it is none ----------------------------------------

# Where a name stops: what comes after it is when, how long, with whom or why.
_TAIL = _any_case(
    r" (?:now|today|tonight|currently|these days|right now|nowadays|again|last|this|next|since|for|with|cause"
    r"|because|cuz|so|and|or|but|as|where|which|who|that|when|while|after|before|until|till|though|although"
    r"|then|recently|finally|yesterday|too|instead|already|permanently|full[- ]time|in|on|at|to|from|by|near"
    r"|during|about|just|an?|two|three|several|some|\d+|ago|early|late|lol|rn|once|not|is|was|i|we|my)\b.*"
)
# Where a phrase stops, in which some of these words may stand.
_REASON = _any_case(
    r" (?:now|these days|at the moment|right now|nowadays|because|cause|cuz|so|and (?:i|we|it|my)|but|since"
    r"|as|lately|of all time|by far|too|though|although|when|which|who|that|with|for|instead|after|not)\b.*"
)
# What makes a claim one of long ago, or one of several that hold at a time.
_LONG_AGO = _any_case(
    r"\b(?:when (?:i|we) (?:was|were)|as (?:a )?(?:kids?|child(?:ren)?|teen\w*|baby)|years ago|decades? ago"
    r"|in (?:19|20)\d\d|back in|originally|growing up)\b"
)
_BESIDE = _any_case(r"\b(?:part[- ]time|on the side|weekends|in (?:summer|winter)|as well|also|volunteer)\b")
_DAY = _any_case(
    r"\bat \d|\d(?::\d|[./-]\d| ?[ap]m|st|nd|rd|th)|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|december|noon|midnight)"
)
_SOON = _any_case(r"\A\d|\b(?:today|tonight|tomorrow|next|later|morning|evening|week|month|end|beginning)\b")
_SHOP = re.compile(r"(?:an?|the) ([a-z][\w'-]{2,30})(?=\W*\Z| (?:now|in|on|since|last|this|as|for)\b)")
_RELATIVE = w.FUNCTION | w.words("part thing bit one moment memory scene quote line time piece type kind way")
_TRAITS = w.MOOD | w.GENERIC_ADJECTIVES
_COMMON = _TRAITS | w.FUNCTION | w.CHAT | w.TIME | w.KIND_ADJECTIVES | w.EMPTY_NOUNS | w.SOFT_NOUNS
_COMMON |= w.COMMON_NOUNS | w.words("""
flat apartment dorm dorms city town village suburb suburbs downtown country countryside car van basement
denial poverty luxury harmony squalor exile sin style company startup firm corporation business team desk
computer client customer gym club church choir band army navy library hospital office myself money peanuts
heights sea speed site work charity abroad online dinner cancelled gone sold housing living train bus foot
dutch swiss thai polish swedish danish portuguese
""")
_NO_TRADE = _TRAITS | w.FUNCTION | w.words("aspiring future trained retired budding team group couple")
_NO_PLACES = w.TIME | w.words("""
linux windows mac macos ubuntu python rust go java react vue angular docker kubernetes postgres mongodb redis
aws azure gcp slack notion jira gmail outlook android ios django terraform marketing sales engineering
""")


def _key(said: str) -> str:
    said = said.strip(" .,!*_~'\"“”‘’-")
    return topic_key(said) if any(letter.isalnum() for letter in said) else ""


def _cut(said: str, longest: int, tail: re.Pattern[str] = _TAIL) -> list[str]:
    """The words of a value without its tail; none where they are too many to be one."""
    kept = [word.strip(".,!*'\"“”’") for word in tail.sub("", " " + said[:200]).split()]
    kept = [word for word in kept if word[:1].isalnum() or word[1:2].isalnum()]
    return kept if len(kept) <= longest else []


def _name_in(said: str, longest: int, small: bool) -> str:
    """What is written as a name: with a capital, or as a word that is no common one."""
    name = _cut(said, longest)
    if len(name) > 1 and name[0].lower() == "the" and not name[1][0].islower():
        del name[0]
    if not name or name[0][0].isdigit():
        return ""
    common = name[-1] in _COMMON or name[0] in w.FUNCTION or name[0].endswith(("ing", "ly"))
    return "" if name[0][0].islower() and (common or len(name) > 1 + small) else _key(" ".join(name))


def _place(said: str, small: bool) -> str:
    """A place by its name; one moves to PostgreSQL and to C++ too."""
    name = _name_in(said, 4, small)
    return "" if name in _NO_PLACES or re.search(r"[a-z][A-Z]|[\d+#]", said[: len(name)]) else name


def _firm(said: str, small: bool) -> str:
    """A firm by its name, or "a bakery": whatever that is called, it is no other shop."""
    name = shop[1] if (shop := _SHOP.match(said)) else _name_in(said, 5, small)
    return "" if name in (_COMMON if shop else w.TIME) else _key(name)


def _person(said: str, small: bool) -> str:
    name = _name_in(said, 3, small)
    return "" if (said[:1].islower() and not small) or name.endswith("day") else name


def _job(said: str, small: bool) -> str:
    """What somebody is by trade; "a great cook" is no cook."""
    low = [word.lower() for word in _cut(said, 4)]
    return _key(" ".join(low)) if low and _NO_TRADE.isdisjoint(low) else ""


def _subject(said: str, small: bool) -> str:
    low = [word.lower() for word in _cut(said, 4)]
    vague = w.FUNCTION | w.MOOD | w.TIME | {"abroad", "online", "together"}
    return "" if low[:1] and low[0] in vague else _key(" ".join(low))


def _liked(said: str, small: bool) -> str:
    low = [word.lower() for word in _cut(said, 6, _REASON)]
    vague = low and low[0] in (w.FUNCTION | {"coming", "going", "getting"}) - {"the", "a", "an", "my", "our"}
    return "" if vague or (len(low) == 1 and low[0] in _TRAITS) else _key(" ".join(low))


def _new_date(said: str, small: bool) -> str:
    kept = re.sub(r"^(?:on|at|in|for) ", "", " ".join(_cut(said, 6, _REASON)))
    return _key(kept) if _DAY.search(kept) or _SOON.search(kept) else ""


def _called(said: str, small: bool) -> str:
    name = _cut(re.sub(r"^(?:an?|the|called|named) ", "", said), 3, _REASON)
    return _key(" ".join(name)) if name and not name[0].islower() and name[0].lower() not in _COMMON else ""


# The groups of the rules: the slot of each, where OF is what the rule calls so, and how its value is read.
_SLOTS: dict[str, tuple[str, Callable[[str, bool], str]]] = {
    "home": ("OF home", _place), "work": ("work", _firm), "job": ("work", _firm), "employer": ("work", _job),
    "school": ("school", _firm), "occupation": ("occupation", _job), "study": ("study", _subject),
    "name": ("OF name", _person), "liked": ("favourite OF", _liked), "called": ("OF", _called),
    "age": ("age", lambda said, _: said), "diet": ("diet", lambda said, _: _key(said)),
    "status": ("relationship", lambda said, _: _key(said)), "apart": ("relationship", lambda *_: "single"),
    "date": ("OF", lambda said, small: _new_date(said, small) if _DAY.search(said) else ""),
    "new_date": ("OF", _new_date), "number": ("OF", lambda said, _: _key(" ".join(_cut(said, 6, _REASON)))),
}  # fmt: skip

# --- the rules, of which the first that fits is read --------------------------------------------------------

_ADV = (
    "(?:(?:just|now|recently|finally|actually|currently|still|already|officially|basically|really|then"
    "|both|mostly|literally|definitely|probably|being) ){0,2}"
)
_DATED = "deadline|due date|appointment|flight|meeting|exam|interview|birthday|anniversary|wedding|surgery"
_NUMBERED = "phone number|number|e-?mail|e-?mail address|address|postcode|zip code"
_NAMED = "boss|manager|supervisor|doctor|therapist|dentist|landlord|teacher|car|phone|laptop|bike|roommate"
_FIRMS = "company|firm|startup|agency|bank|hospital|university|bakery|factory|studio|publisher|charity"
# A trade that leaves no room for a second; writers, musicians and students are more than that.
_JOBS = (
    "nurse|doctor|teacher|engineer|developer|programmer|designer|lawyer|accountant|architect|journalist|chef"
    "|barista|waiter|waitress|bartender|cashier|manager|consultant|analyst|scientist|researcher|professor|vet"
    "|lecturer|pharmacist|dentist|therapist|psychologist|psychiatrist|surgeon|paramedic|firefighter|soldier"
    "|pilot|police officer|mechanic|electrician|plumber|carpenter|farmer|librarian|secretary|receptionist"
    "|assistant|economist|biologist|chemist|physicist|physician|technician|hairdresser|nanny|cleaner|janitor"
    "|recruiter|attorney|judge|midwife|physiotherapist|banker|social worker"
)
_PARTS = {
    "{I}": "(?:i|we) {ADV}",
    "{HAVE}": "(?:i|we)(?:'?ve| have)? {ADV}",
    "{IM}": "(?:i'?m|i am|i be|we're|we are) {ADV}",
    "{MY}": "(?:my|our) (?P<of>(?:[\\w'-]{1,30} ){0,2}",
    "{THE}": "(?:my|our|the) (?P<of>(?:[\\w'-]{1,30} ){0,2}",
    "{KIN}": "my (?P<of>(?:(?:little|big|older|younger|twin) )?(?:sister|brother|mother|mom|mum|father|dad"
    "|son|parents|daughter|husband|wife|partner|boyfriend|girlfriend|best friend|grandma|grandpa|boss|ex"
    "|roommate)(?: (?-i:[A-Z])[\\w-]{1,30})?)",
    "{NAME}": "(?>(?-i:[A-Z])[\\w'.&-]{0,30}(?: (?-i:[A-Z])[\\w'.&-]{0,30}){0,3})",
    "{CLUB}": "club|society|army|navy|church|choir|band|gym|team|group|association|league|union|party|forum"
    "|class|course|instagram|facebook|twitter|reddit|tiktok|tinder|linkedin|discord|zoom|duolingo|whatsapp",
    "{TRADE}": "build|design|develop|make|write|sell|teach|run|manage|repair|translate|edit|lead|program|fix",
    "{FIRMS}": _FIRMS,
    "{NP}": "(?P<of>(?:[\\w'-]{1,30} ){0,2}[\\w-]{1,30})",
    "{FAVOURITE}": "(?:new |current |all[- ]time )?(?:favou?rite|fave?)",
    "{FROM}": "(?: back| over| out| down| up| here)?(?: from .{1,40}?)?",
    "{MOVED}": "(?:moved|pushed|rescheduled|changed|postponed|delayed|shifted|extended|brought|set)",
    "{NAMED}": _NAMED, "{NUMBERED}": _NUMBERED, "{DATED}": _DATED, "{JOBS}": _JOBS, "{ADV}": _ADV,
    "{END}": "(?=\\W*\\Z| (?:now|again|to|for|and|since|but|because|these|right|at|last|this|already|in"
    "|yesterday|by|today|finally|who|here|with|from)\\b)",
}  # fmt: skip
_ENDED = r"""
{HAVE}(?P<then>moved|relocated) (?:away |out )?(?:from|of) (?P<home>(?!.* to ).+)
{HAVE}(?:quit|left|lost|resigned from) my (?:[\w-]{1,30} ){0,2}job\b(?: (?:at|with) )?(?P<job>.*)
{HAVE}left (?=(?P<home>.+))(?P<work>{NAME})(?: for (?:good|{NAME})| last (?:month|year)|\W*)\W*\Z
{HAVE}(?:quit|resigned)(?: from)? (?P<work>.+)
i (?:was|got|have been|'ve been) {ADV}(?:laid off|fired(?! up)|let go|made redundant)
    (?: (?:from|by|at) )?(?P<job>.*)
{IM}(?:unemployed|jobless|between jobs|retired)(?P<job>){END}
"""
_HOLDS = r"""
(?:{I}(?:live|reside)|{IM}(?:living|based|located|residing)) in (?P<home>.+)
{HAVE}(?P<then>moved|relocated){FROM} to (?P<home>.+)
{HAVE}(?:lived|been living) in (?P<home>.{1,60}?) (?:for|since|all (?:my|our) li).*
{HAVE}(?:worked|been working) (?:at|for) (?P<work>.{1,60}?) (?:for|since) .*
(?:my |our )?home is {ADV}(?P<home>.+)
{KIN} (?:(?:lives?|(?:is|are) {ADV}living) in|(?:has |have )?{ADV}(?P<then>moved){FROM} to) (?P<home>.+)
(?:{I}work|{IM}(?:working|employed)) as an? (?P<occupation>.+?)(?: (?:at|for) (?P<work>.+)|\Z)
(?:{I}work|{IM}(?:working|employed)) (?:at|for|by) (?P<work>.+)
{HAVE}(?P<then>started) (?:working )?(?:at|for) (?P<work>.+)
{HAVE}(?P<then>got|found|have|took|started) an? (?:[\w-]{1,30} ){0,2}(?:job|position)
    (?: as an? (?P<occupation>.+?))? at (?P<work>.+)
{HAVE}(?P<then>joined) (?!.*\b(?:{CLUB})\b)(?P<work>{NAME})(?! (?:for|at|with|and|on)\b)
{I}(?:{TRADE}) (?:[\w-]{1,30} ){1,4}(?:for|at) an? (?P<employer>(?:[\w-]{1,30} ){0,3}?(?:{FIRMS})){END}
(?:{IM}|{HAVE}(?P<then>became )|my (?:job|profession) is {ADV})an?
     (?P<occupation>(?:[\w-]{1,30} ){0,3}?(?:{JOBS}))(?: (?:at|for) (?P<work>.+)|{END})
(?:{I}study|{IM}studying|{I}major in|{IM}majoring in)(?: (?!at |in )(?P<study>.+?))?(?: at (?P<school>.+)|\Z)
(?:{HAVE}(?P<then>switched|changed) my (?:major|studies){FROM} to|my major is {ADV}) ?(?P<study>.+)
(?:(?:you can|please|just|everyone|everybody|people|my friends|friends|they) ){0,2}calls? me (?P<name>.+)
(?:my name(?:'s| is)|{I}go by|{IM}called|{HAVE}(?P<then>changed) my name{FROM} to) {ADV}(?P<name>.+)
(?:i'?m|i am|{HAVE}(?P<then>turned)) {ADV}(?P<age>[1-9]\d?|1[01]\d)(?: ?(?:years? old|yrs? old|yo|y/o))?
    (?=[ !]*\Z| (?:now|today|yesterday|already|this|last|and)\b)
(?:{IM}|{HAVE}(?P<then>got ))(?P<status>single|married|divorced|widowed|engaged(?! in))(?![\w-]){END}
(?:(?:my )?[\w-]{1,30} and i |{HAVE})(?P<then>broke|split|broken) up(?P<apart>){END}
(?:{IM}|{I}(?:went|turned|became) |{HAVE}(?:gone|turned|become|been) )(?:an? )?
    (?P<diet>vegan|vegetarian|pescatarian){END}
(?:{I}eat|{IM}eating|{HAVE}(?:started|began) (?:eating|to eat)) (?P<diet>meat){END}
{THE}(?:{DATED})) (?:(?:(?:has|have|had|was|is|got|been|being|just|now|actually) ){0,3}{MOVED}
    (?: back| up| forward| again)? (?:to|for|until|till)|is now) (?P<new_date>.+)
(?:i|we|they|he|she) (?:have |had |has )?{MOVED} {THE}(?:{DATED})){FROM} (?:to|until) (?P<new_date>.+)
{MY}(?:{DATED})) (?:is|will be) {ADV}(?P<date>.+)
{MY}(?:{NUMBERED})) (?:is|(?:has )?changed to) {ADV}(?P<number>.*[\d@].*)
{MY}(?:{NAMED})) is {ADV}(?P<called>.+)
(?:my|our) {NP}(?:'s name is| is called| is named) {ADV}(?P<name>.+)
(?:my|our) {FAVOURITE} {NP} (?:is|has become) {ADV}(?P<liked>.+)
(?P<liked>.{1,60}?) (?:is|became|has become) {ADV}my {FAVOURITE} {NP}{END}
"""


def _rules(written: str) -> list[re.Pattern[str]]:
    for part, pattern in _PARTS.items():
        written = written.replace(part, pattern)
    return [_any_case(rule) for rule in re.sub(r"\n {4}", "", written).strip().splitlines()]


_RULES = [(rule, True) for rule in _rules(_ENDED)] + [(rule, False) for rule in _rules(_HOLDS)]
_CUES = w.words("""
live lives living lived based located reside residing moved relocated left employed joined quit resigned job
fired laid redundant unemployed jobless retired position profession became study studying studied major
majoring degree name named called call calls turned single married engaged divorced widowed broke split vegan
vegetarian pescatarian meat favourite favorite fave fav mail email address postcode officer social
""").union(*(one.split("|") for one in (_JOBS, _DATED, _NAMED, _FIRMS)))
_PHRASES = [f"{verb} {how} " for verb in ("work", "working", "worked") for how in ("at", "for", "as", "by")]
_PHRASES += ["home is ", "i go by ", "started at ", "started working ", "number is ", "code is ", "due date "]
_AGE = re.compile(r"i(?:['’]?m| am) [0-9]")
