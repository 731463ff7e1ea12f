"""Word lists and patterns: valences are VADER's, files say what they hold, nothing is read too early."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from torimem.language import lists
from torimem.language.feeling import lexicon
from torimem.language.lists import Lists

FILES = sorted(Path(lists.__file__).parent.glob("*.txt"))


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_valences_are_those_of_the_package_that_they_come_from() -> None:
    with warnings.catch_warnings():  # it opens its files in a way that Python 3.14 deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        from vaderSentiment.vaderSentiment import BOOSTER_DICT, SentimentIntensityAnalyzer

        vader = SentimentIntensityAnalyzer()
    ours = Lists("vader")
    assert ours.valences("words") == {word: mean for word, mean in vader.lexicon.items() if " " not in word}
    assert ours.valences("degrees") == {word: more for word, more in BOOSTER_DICT.items() if " " not in word}
    sums = {
        emoji: round(sum(vader.lexicon.get(word, 0.0) for word in name.split()), 4)
        for emoji, name in vader.emojis.items()
        if len(emoji) == 1
    }
    assert ours.valences("emoji") == {emoji: valence for emoji, valence in sums.items() if valence}


def test_everyday_words_prevail_over_those_of_vader() -> None:
    added = Lists("english-feelings").valences("words")
    assert added
    assert {word: lexicon.words()[word] for word in added} == added
    assert not lexicon.LISTS.plain & (set(lexicon.words()) - set(added))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_what_it_holds_and_each_list_can_be_read(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("# ")
    assert "How these files are read" in text.partition("\n\n")[0]
    named = [line[1:-1] for line in text.splitlines() if line.startswith("[") and line.endswith("]")]
    read = Lists(path.stem)
    assert named
    assert len(set(named)) == len(named)
    # an attribute of this name would be a method's, not the list's
    assert not set(named) & set(dir(Lists))
    written = [line for line in text.splitlines() if line and not line.startswith(("# ", "["))]
    kept = [line for name in named for line in read.lines(name)]
    assert len(kept) >= len(written)


def test_a_list_that_is_not_there_is_named_with_its_file() -> None:
    with pytest.raises(AttributeError, match=r"lists/chinese\.txt has no list \[verbs\]"):
        _ = Lists("chinese").verbs


def test_importing_the_stages_reads_no_list_and_compiles_no_pattern() -> None:
    watched = """
import importlib.util, re, sys, types
alone = types.ModuleType("torimem")  # the stages by themselves, without what else the package imports
alone.__path__ = importlib.util.find_spec("torimem").submodule_search_locations
sys.modules["torimem"] = alone
done = []
def opened(event, args):
    if event == "open" and str(args[0]).endswith(".txt"):
        done.append(str(args[0]))
sys.addaudithook(opened)
plain = re.compile
def compiled(pattern, flags=0):
    if sys._getframe(1).f_globals["__name__"].startswith("torimem"):
        done.append(pattern)
    return plain(pattern, flags)
re.compile = compiled
from torimem.language import block, dates, stems, words
from torimem.language.topics import key
from torimem.language.topics import find
from torimem.language.feeling import judge
from torimem.language.meaning import embed
assert not done, done
label = find.find("my new guitar")[0].label
assert len(done) > 10, done
print(label)
"""
    assert run(watched) == "guitar\n"


def test_only_the_stemmer_of_the_language_used_is_loaded() -> None:
    code = """
import sys
from torimem.language.stems import stems
assert stems("guitars") == ["guitar"]
print(*sorted(name.rpartition(".")[2] for name in sys.modules if name.endswith("_stemmer")))
"""
    assert run(code) == "english_stemmer\n"
