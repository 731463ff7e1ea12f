"""Finds how each clause of a message stands to fact: said, asked, wished, expected or past.

"Are you happy?", "I'd be happy if ..." and "I used to be happy" name a feeling that nobody has now. Patterns
of English grammar tell such clauses, before a judge of feelings is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

from ..apostrophes import straight
from ..pattern import Pattern
from .clauses import Span


class Factuality(Enum):
    """Whether the feeling that a clause names is felt."""

    SAID = "felt as it is said"
    VOID = "asked, wished, supposed or requested: not felt"
    REGRET = "a wish against what is: the lack of it is felt"
    EXPECTED = "what was thought: not felt, and what came may be its opposite"
    PAST = "felt then: not now, and now may be its opposite"


def _any(*patterns: str) -> Pattern:
    return Pattern("|".join(patterns))


_LEAD = (
    r"^\W*(?:(?:and|but|so|or|yet|then|well|oh|hey|hi|ok|okay|please|thanks|sorry|honestly|just|first|next)"
    r"\W+)*"
)
_AUX = r"(?:is|are|am|was|were|do|does|did|can|could|should|would|will|has|have|had|may|might)(?:n't)?"
_WHO = r"(?:i|you|he|she|it|we|they|this|that|there|any\w+|some\w+|people|your|my|his|her|our|their|the|a|an)"
_TAG = _any(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|wo|would|could|can|ca|ai|should)n't "
    r"(?:it|he|she|they|we|you|i|that|this|there)\s*\?",
    r",\s*(?:right|huh|eh|innit|no|yeah|is it|was it|are they|do they|does it|did it|are you|am i)\s*\?",
)
_RHETORICAL = _any(
    r"^\W*(?:and )?(?:how|what a) \w+ (?:is|was|are) (?:that|this|it)\b(?!.* (?:to|for)\b)",
    r"^\W*who (?:doesn't|wouldn't) ",
)
_ASKS = _any(
    _LEAD + rf"{_AUX} {_WHO}\b",
    _LEAD + rf"(?:what|who|where|when|why|how|which)(?:'s|'re)? (?:{_AUX}|many|much|long|often|old|to)\b",
    _LEAD + r"(?:what about|how about|any (?:idea|chance|tips|advice)|anyone)\b",
)
# What a person tells a machine, or a recipe a cook, to do; and formulas at both ends of a letter.
_REQUEST = _any(
    _LEAD + r"(?:write|make|give|show|tell|find|list|explain|translate|summari[sz]e|describe|compare|suggest"
    r"|recommend|generate|create|draft|rewrite|remind|set|open|close|click|press|read|sort|search|play|pause|stop"
    r"|start|add|remove|delete|kill|run|restart|cut|mix|stir|boil|bake|put|take|turn|check|send|call|book|order"
    r"|buy|print|save|select|choose|enter|type|copy|paste|insert|count|define|name|answer|use|confirm"
    r"|let me know|proofread|correct|edit|schedule|convert|calculate|look up"
    r"|drag|install|update|scroll|fill|note"
    r"|see)\b"
    r"(?!\s+(?:is|are|was|were|has)\b)(?!'s)",
    r"^\W*(?:kindly|please) \w+",
    r"^\W*(?:dear \w+|break a leg|good luck|all the best|best wishes|warm wishes|many thanks|take care)\b",
    r"^\W*have (?:a|an|fun)\b",
    r"^\W*(?:best|cheers|love|yours|regards|sincerely), ?\w* ?\w*\W*$",
    r"\b(?:the|a|main) (?:character|hero|heroine|protagonist|villain|narrator)s?\b",
    r"\b(?:book|novel|film|movie|story|song|poem|play|article|chapter) (?:is|was) about\b",
    r"\bwonder(?:ing|s|ed)? (?:whether|if|why|how|what|who|when)\b",
)
_WISH = _any(r"\b(?:wish|wishing)\b(?! you| him| her| them)", r"\bif only\b")
_REGRET = _any(
    r"\b(?:wish|only)\b.*\b(?:had|hadn't|have been|could have|never|'d (?:never|not|been|have|\w+ed))\b",
    r"\b(?:wish|only) (?:i|we) could (?:just )?(?:forget|leave|escape|undo|turn back|sleep|disappear|quit)\b",
    r"\b(?:wish|only)\b.*\w'd (?:gone|known|done|said|told|kept|bought|taken|left)\b",
    r"\b(?:wish|only)\b.*\b(?:stop|go away|leave me|shut up|end|quit)\b",
    r"\b(?:wish|only)\b.*\b(?:was|were|did|would|is|do)n't\b",
    r"\b(?:wish|only) (?:i|my|we)\b.*\b(?:be|feel|was|were|felt|still) (?:\w+ )?"
    r"(?:\w*happ\w+|well|better|normal|loved|like|good|brave\w*|less|more|not|strong\w*|free|here|with|alive|enough)\b",
)
_HOPE = _any(
    r"^\W*(?:and |so |but )?(?:hope|hoping|hopefully|fingers crossed|let's hope|here's hoping)\b",
    r"^\W*may (?:your|you|the|all|this|it)\b",
    r"\b(?:i'm|we're|am|are|is) (?:really |just |still )?hoping\b",
    r"\b(?:i|we) (?:really |sincerely |do |just |so )?hope\b",
    r"^\W*(?:would|wouldn't|it would|that would|it'd|that'd) (?:be|mind|love|like|have been)\b",
    r"(?:\bwould|'d|\bi'll) (?:really |so |also |just )*(?:like|love|prefer|appreciate|be \w+)"
    r" (?:to|it if|if)\b",
    r"\bi'd (?:really )?(?:like|love) (?:a|an|some|the)\b",
    r"(?:\bwouldn't|\bwould not) mind\b",
    r"\bwant(?:s|ed)? to be\b",
    r"\bdream of\b",
)
_IF = _any(
    _LEAD
    + r"(?:even if|only if|if(?! you ask me| i'm honest| i'm being honest| anything| i may)|unless|in case"
    r"|in the event|supposing|suppose|as long as|provided|providing|whether|assuming"
    r"|imagine|should (?:the|you|he|she|it|we|they|your|my|this|that|any\w*)"
    r"|(?:had|were) (?:the|you|he|she|it|we|they|i|my))\b",
    _LEAD + r"when(?:ever)? (?:a|an|you|someone|somebody|users?|people|customers?|the user)\b",
)
_SUPPOSED = _any(
    r"(?:\b(?:would|could|might|may)|\b(?:i|you|he|she|it|we|they|that|there)'d) (?!not\b|never\b|highly\b)"
    r"(?:\w+ )?(?:be|have|love|like|enjoy|hate|make|feel|get|mind|help|appreciate|prefer|miss|want|adore)\b"
)
_FIRM = Pattern(r"\b(?:even if|whether|in case you|still|already|so far|now|anyway|honestly)\b")
_UTMOST = _any(
    r"\b(?:no one|nobody|nothing|nowhere) (?:\w+ )?(?:could|would)\b",
    r"\b(?:could|would)(?:n't| not|n't ever) \w+ (?:\w+ )?(?:more|better|worse|\w+ier)\b",
)
_MODAL = _any(r"\b(?:would|could|might|may|can|will)\b", r"\w'(?:d|ll)\b", r"\bgoing to\b")
_THOUGHT = _any(
    r"\b(?:thought|think|figured|assumed|imagined|believed|guessed|knew|sure|reckoned|suspected|convinced|told|said"
    r"|swore|claimed|warned)\b.*(?:\bwould\b|\w'd\b|\b(?:was|were) going to\b|\bmight\b)",
    r"\b(?:supposed|meant|bound|expected|expecting) to (?:be|feel|have|make|hate|love|help|fix|enjoy)\b",
    r"\b(?:expected|expecting|hoped|anticipated|dreaded|dreading|braced|bracing|feared|promised|warned)\b",
    r"\b(?:high|great|big) (?:hopes|expectations)\b",
    r"\bhopes were high\b",
    r"\b(?:was|were|been) (?:so |really |quite |very |a bit |rather )?(?:looking forward|fearing)\b",
    r"^\W*(?:you'd|one would) (?:think|expect|have thought)\b",
    r"^\W*(?:for (?:a|an|such)|despite|in spite of|against|contrary to|unlike|compared (?:with|to)) .*,\W*$",
)
_STANDARD = Pattern(
    r"\b(?:than|as) (?:\w+(?:'d)? )?(?:had |was |were )?"
    r"(?:feared|expected|thought|hoped|anticipated|promised|imagined|dreaded|advertised|used to)\b.*"
)
_SEEMED = _any(
    r"\b(?:seemed|looked|sounded|appeared|started (?:out|off)|thought|figured|assumed|believed|they said)\b",
    r"\b(?:was|were|been) (?:so |really |quite |very |a bit )?(?:afraid|worried|scared|nervous"
    r"|anxious|excited|eager|hopeful)\b",
    r"\bon paper\b|\bin the (?:photos|pictures|ad|advert|brochure)\b",
    r"\b(?:advertised|billed|sold) as\b|\breviews?\b",
)
_FEARS_NOW = Pattern(r"\b(?:i'm|i am|we're) (?:\w+ )?(?:dreading|expecting)\b")
_USED_TO = Pattern(
    r"(?<!am )(?<!'m )(?<!get )(?<!got )(?<!is )(?<!are )(?<!getting )(?<!be )\b"
    r"used to (?!the\b|this|that|it\b)"
)
_THEN = _any(
    r"\b(?:as a|when i was) (?:a )?(?:little |small )?(?:kid|child|teen\w*|boy|girl|student|young\w*)\b",
    r"\bback (?:when|then|in)\b|\bat one point\b|\bin the (?:old days|past|beginning)\b|\byears ago\b",
    r"\bat first\b",
    r"\bwhen we (?:first )?met\b|\binitially\b|\bonce\b(?! more| again| a | i | we | every)",
    r"\b(?:last|that|our first|my first) (?:winter|summer|spring|autumn|fall|year|month|term|season|week)\b",
    r"\bbefore (?:the|it|they|my|we|i|that|this|he|she)\b",
)
_LONG_AGO = _any(
    r"\bin the (?:(?:twen|thir|for|fif|six|seven|eigh|nine)t?ties|\d+0s|middle ages)\b",
    r"\bin 1[0-9]{3}\b|\bcentur(?:y|ies) ago\b",
)
_NOW = _any(
    _LEAD
    + r"(?:now|these days|nowadays|lately|today|since|at this point|this (?:year|term|week|month|time)|by now"
    r"|currently|until|that's all gone)\b",
    r"\b(?:now|nowadays|these days|lately|any ?more|no longer)\W*$",
    r"^\W*(?:that's|it's all|all that's|all) (?:gone|over|history)\b",
)
_WERE = Pattern(r"\b(?:was|were|had|did|didn't|wasn't)\b")
_WAS = Pattern(r"\b(?:was|were|had|did|didn't|wasn't|couldn't|felt|fought|made|got|\w{2,}ed)\b")


def factualities(spans: Sequence[Span], text: str) -> list[Factuality]:
    """The factuality of each span of the text.

    >>> from torimem.language.feeling.clauses import cut
    >>> text = "I used to love it. Now I hate it. Do you like it?"
    >>> [each.name for each in factualities(list(cut(text)), text)]
    ['PAST', 'SAID', 'VOID']
    """
    said = [" ".join(straight(text[span.start : span.end]).lower().split()) for span in spans]
    found = [_alone(clause) for clause in said]
    for sentence in _sentences(spans):
        asks = said[sentence.stop - 1].rstrip("\"')]").endswith("?")
        conditions = [place for place in sentence if _IF.search(said[place])]
        for place in sentence:
            clause = said[place]
            if found[place] is not Factuality.SAID:
                continue
            if (asks and _ASKS.search(clause)) or (conditions and _depends(said, sentence.start, place)):
                found[place] = Factuality.VOID
            elif place + 1 < len(said):
                found[place] = _before(clause, said[place + 1], spans[place], spans[place + 1])
    return found


def _alone(clause: str) -> Factuality:
    """What the clause says of itself, whatever stands around it."""
    if _RHETORICAL.search(clause):
        return Factuality.SAID
    if clause.rstrip("\"')]").endswith("?"):
        return Factuality.SAID if _TAG.search(clause) else Factuality.VOID
    if _WISH.search(clause):
        return Factuality.REGRET if _REGRET.search(clause) else Factuality.VOID
    if any(void.search(clause) for void in (_HOPE, _IF, _REQUEST, _LONG_AGO)):
        return Factuality.VOID
    bare = _STANDARD.sub("", clause)
    if "used to" in bare and _USED_TO.search(bare):
        return Factuality.PAST
    if _THOUGHT.search(bare) and not _FEARS_NOW.search(clause):
        return Factuality.EXPECTED
    if (_SUPPOSED.search(clause) and not _UTMOST.search(clause)) or _ASKS.search(clause):
        return Factuality.VOID
    return Factuality.SAID


def _depends(said: Sequence[str], start: int, place: int) -> bool:
    """Whether a clause says what would be, in a sentence with a condition that starts there."""
    clause = said[place]
    if place == start + 1 and _IF.search(said[start]) and not _FIRM.search(f"{said[start]} {clause}"):
        return True
    return bool(_SUPPOSED.search(clause) or (_MODAL.search(clause) and not _WERE.search(clause)))


def _before(clause: str, after: str, span: Span, following: Span) -> Factuality:
    """What a clause is in the light of the one after it: "It was great" and then "but now ..."."""
    if _NOW.search(after) and not _NOW.search(clause):
        if _THEN.search(clause) or (_WAS.search(clause) and (following.turns or not following.opens)):
            return Factuality.PAST
    elif following.turns and not span.turns and _SEEMED.search(clause):
        return Factuality.EXPECTED
    return Factuality.SAID


def _sentences(spans: Sequence[Span]) -> list[range]:
    starts = [place for place, span in enumerate(spans) if span.opens or not place]
    return [range(*ends) for ends in pairwise([*starts, len(spans)])]
