"""Tags words of languages other than English with what each is in its sentence; knows word order, no words.

Function words are in `function_words`; nouns are in no list. In German a noun has a capital; in French,
Spanish, Italian and Portuguese it stands behind an article, a preposition or a verb, its adjective behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..apostrophes import straight
from ..pattern import Pattern
from .function_words import Class, Language
from .tags import Tag
from .tokens import Word

_ELIDED = Pattern(r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|un|dell|all|nell|sull|dall|quest|quell)'(?=\w{2})")
_THAT = ("que", "qui", "che", "qu")
_ASKS = Pattern(  # "peux-tu"
    r"\w+(?<!rendez)-(?:t-)?(?:je|tu|il|elle|on|nous|vous|ils|elles|moi|toi|lui|le|la|les|ce)"
)
_ENDINGS = ("", "e", "en", "er", "es", "em", "ere", "eren", "sten", "ste")


@dataclass(frozen=True, slots=True)
class _Spot:
    """A word with what stands right before it (and its tag) and right behind it (and its class)."""

    word: Word
    before: Word | None
    said: Tag | None
    after: Word | None
    following: Class | None

    @property
    def unknown_follows(self) -> bool:
        return self.after is not None and self.following is None


def apart(words: list[Word]) -> list[Word]:
    """The words with an elided one made a word of its own: "l'esame", "d'été".

    >>> from torimem.language.topics.tokens import split
    >>> [word.text for word in apart(split("per l'esame"))]
    ['per', "l'", 'esame']
    """
    return [piece for word in words for piece in _pieces(word)]


def _pieces(word: Word) -> Iterator[Word]:
    short = None if word.whole or word.text.isalpha() else _ELIDED.match(word.lower)
    if short is None:
        yield word
        return
    middle = word.start + short.end()
    text, rest = word.text[: short.end()], word.text[short.end() :]
    yield Word(word.start, middle, text, short[0][:-1], word.gap, word.first)
    yield Word(middle, word.end, rest, straight(rest).lower(), "", False, rest[:1].isupper())


def tag(words: list[Word], language: Language) -> list[Tag]:
    """What each word is, in step with the words.

    >>> from torimem.language.topics.tokens import split
    >>> from torimem.language.topics.function_words import GERMAN, SPANISH
    >>> tag(split("Toco la guitarra"), SPANISH), tag(split("Ich habe eine Katze"), GERMAN)
    (['verb', 'det', 'noun'], ['subject', 'verb', 'det', 'noun'])
    """
    classes = [_class(word, language) for word in words]
    capitals = language.capital and any(_is_noun(word, language) for word in words)
    tags: list[Tag] = []
    listed = False  # whether a comma or an "and" goes on with nouns
    for place, word in enumerate(words):
        joined = place > 0 and not word.gap
        follows = place + 1 < len(words) and not words[place + 1].gap
        spot = _Spot(
            word,
            words[place - 1] if joined else None,
            tags[-1] if joined else None,
            words[place + 1] if follows else None,
            classes[place + 1] if follows else None,
        )
        if place and word.gap:
            listed = word.gap == "," and tags[-1] in ("noun", "name")
        known = classes[place]
        if word.whole or not word.text:
            found: Tag = "name" if word.whole else "cut"
        elif known is not None:
            found = _small(spot, known, language)
            listed = known == "and" and spot.said in ("noun", "name")
        elif not 1 < len(word.lower) <= 40 or word.lower[0].isdigit():
            found = "cut"
        elif capitals:
            found = _german(spot, language)
        elif word.capital and not language.capital:
            found = "name"
        else:
            found = "noun" if listed else _unmarked(spot, language)
            listed = False
        tags.append(found)
    return tags


def _class(word: Word, language: Language) -> Class | None:
    found = language.classes.get(word.lower)
    if found or not language.capital or not word.text[:1].islower():
        return found
    inflected = (word.lower.removesuffix(end) for end in _ENDINGS if word.lower.endswith(end))
    return "adj" if any(language.classes.get(base) == "adj" for base in inflected) else None


def _capital(word: Word, language: Language) -> bool:
    """Whether a capital says something; where all nouns have one, many are no headline."""
    return (word.text[:1].isupper() and not word.first) if language.capital else word.capital


def _is_noun(word: Word, language: Language) -> bool:
    return _capital(word, language) and word.lower not in language.classes


def _small(spot: _Spot, known: Class, language: Language) -> Tag:
    """The tag of a function word."""
    word, said, after = spot.word, spot.said, spot.after
    if known == "verb" and said in ("det", "link") and (_capital(word, language) or not language.capital):
        return "noun"  # "das Essen", "al lavoro"
    if said == "link" and word.capital:
        return "name"  # "Rio de Janeiro", which is a month too
    if known == "det" and said == "subject" and not language.capital:
        return "det" if spot.before and spot.before.lower in _THAT else "subject"  # "je la vois"
    if known == "link":
        if after is None or said != ("name" if after.capital else "noun"):
            return "prep"
        bare = spot.following in (None, "verb") and not language.verb.fullmatch(after.lower)
        return "link" if bare or after.capital else "prep"
    if known == "adj" and said in ("det", "prep"):
        return said  # "una nueva guitarra": still in front of its noun
    return "cut" if known == "and" else known


def _german(spot: _Spot, language: Language) -> Tag:
    """A word where nouns have capitals."""
    word, after = spot.word, spot.after
    if _capital(word, language):
        return "noun"
    if word.first and word.text[:1].isupper():
        finite = spot.following == "det" and language.finite.fullmatch(word.lower)
        return "verb" if finite or spot.following == "subject" else "noun"
    kind = after is not None and _is_noun(after, language) and language.adjective.fullmatch(word.lower)
    return "kind" if kind and spot.said != "subject" else "cut"


def _unmarked(spot: _Spot, language: Language) -> Tag:
    """A word that nothing marks as a noun but its place."""
    lower, said = spot.word.lower, spot.said
    if said == "det":
        if language.capital and spot.unknown_follows and language.adjective.fullmatch(lower):
            return "det"  # "eine künstliche intelligenz", in small letters
        to = spot.before is not None and spot.before.lower == "a"  # Portuguese: "aprendendo a programar"
        return "verb" if to and language.verb.fullmatch(lower) else "noun"
    if language.verb.fullmatch(lower) or _ASKS.fullmatch(lower):
        return "verb"
    if said in ("prep", "link"):
        return "noun"
    if said == "verb":
        return "noun" if language.bare and not language.participle.fullmatch(lower) else "cut"
    if said == "noun" and not language.capital:
        return "noun" if language.adjective.fullmatch(lower) else "verb"
    if said is None:
        goes_on = spot.unknown_follows or spot.following in ("det", "prep", "cut", "subject")
        opens = spot.following == "det" or (goes_on and language.finite.fullmatch(lower))
        return "verb" if opens else "noun"
    return "verb" if said in ("subject", "name") else "cut"
