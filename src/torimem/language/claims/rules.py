"""How people say what holds of them: the rules as patterns, of which the first that fits a clause is read.

The named groups of a rule are slots, where `of` is whose or what.
"""

from __future__ import annotations

import re

from .cues import DATED, FIRMS, JOBS, NAMED, NUMBERED
from .values import any_case

_ADV = (
    "(?:(?:just|now|recently|finally|actually|currently|still|already|officially|basically|really|then"
    "|both|mostly|literally|definitely|probably|being) ){0,2}"
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
    "{FIRMS}": FIRMS,
    "{NP}": "(?P<of>(?:[\\w'-]{1,30} ){0,2}[\\w-]{1,30})",
    "{FAVOURITE}": "(?:new |current |all[- ]time )?(?:favou?rite|fave?)",
    "{FROM}": "(?: back| over| out| down| up| here)?(?: from .{1,40}?)?",
    "{MOVED}": "(?:moved|pushed|rescheduled|changed|postponed|delayed|shifted|extended|brought|set)",
    "{NAMED}": NAMED, "{NUMBERED}": NUMBERED, "{DATED}": DATED, "{JOBS}": JOBS, "{ADV}": _ADV,
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
    return [any_case(rule) for rule in re.sub(r"\n {4}", "", written).strip().splitlines()]


RULES = [(rule, True) for rule in _rules(_ENDED)] + [(rule, False) for rule in _rules(_HOLDS)]
