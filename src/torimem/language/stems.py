"""Text -> stems: the words by which a turn is found, and as which form of it counts.

English words lose their endings (Snowball), irregular ones become their plain form, function words go. Runs
of Chinese, Japanese, Thai and their like, which set no blanks, become overlapping pairs of characters; an
emoji is a word.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import cache, lru_cache
from typing import Protocol, cast

from .key import straight
from .words import FUNCTION, words

# Forms that share no stem with their word: "Which one did I buy?" is answered by "I bought ...".
_PLAIN_FORMS = """
ate:eat became:become began:begin bought:buy broke:break brought:bring built:build came:come caught:catch
chose:choose did:do done:do drank:drink drew:draw drove:drive eaten:eat fed:feed fell:fall felt:feel
flew:fly forgot:forget fought:fight found:find gave:give given:give gone:go got:get grew:grow had:have
heard:hear held:hold hid:hide kept:keep knew:know known:know lay:lie led:lead left:leave lent:lend lost:lose
made:make meant:mean met:meet paid:pay ran:run rode:ride said:say sang:sing sat:sit saw:see seen:see
sent:send slept:sleep sold:sell spent:spend spoke:speak stole:steal stood:stand swam:swim taken:take
taught:teach thought:think threw:throw told:tell took:take understood:understand went:go woke:wake won:win
wore:wear wrote:write written:write children:child men:man women:woman feet:foot teeth:tooth mice:mouse
"""
_PLAIN = dict(pair.split(":") for pair in _PLAIN_FORMS.split())

# Words of chat that open or fill a message and are in no question for what they mean.
_FILLER = words("hey hi hello yeah yep yes ok okay oh wow haha lol um uh thanks thank please")

# "My back hurts": no topic by itself, but a word to be found by.
_LEFT_OUT = (FUNCTION | _FILLER) - words("back past")

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0002fa1f"
)
TOKEN = re.compile(
    rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])\w)+(?:'(?:(?![{_UNSPACED}])\w)+)*[+#]*"
    r"|[\u203c\u2049\u20e3\u2122-\u2bff\U0001f000-\U0001faff]"
)
IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


@cache
def _stemmer() -> _Stemmer:
    from snowballstemmer import stemmer

    return cast(_Stemmer, stemmer("english"))


def stems(text: str) -> list[str]:
    """The stems of a text's words in order, repeated as they are; function words are left out.

    >>> stems("Which guitars did I buy?"), stems("I bought a guitar"), stems("C++ and 我住在柏林")
    (['guitar', 'buy'], ['buy', 'guitar'], ['c++', '我住', '住在', '在柏', '柏林'])
    """
    found: list[str] = []
    for word in TOKEN.findall(straight(unicodedata.normalize("NFKC", text)).casefold()):
        found += _stems_of(word)
    return found


@lru_cache(maxsize=1 << 16)
def _stems_of(word: str) -> tuple[str, ...]:
    if IS_UNSPACED.match(word):
        return tuple(word[i : i + 2] for i in range(len(word) - 1)) or (word,)
    word = word.removesuffix("'s")
    if word in _LEFT_OUT:
        return ()
    return (_stemmer().stemWord(_PLAIN.get(word, word)),)


MONTHS = tuple(
    re.findall(
        r"\w+", "january february march april may june july august september october november december"
    )
)


def date_stems(at: datetime) -> tuple[str, str, str]:
    """Day, month and year of a moment as words that can be asked for.

    >>> date_stems(datetime(2026, 3, 7))
    ('7', 'march', '2026')
    """
    return str(at.day), MONTHS[at.month - 1], str(at.year)
