"""When two names are one topic; knows how names are written, not the message a name came from."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ..errors import InvalidInput
from .topics.emoji import THINGS
from .topics.spelling import joined, plain, spelled
from .words import DETERMINERS, words

# Folded away at the front of a key: they tell one guitar from another, not what is talked about.
LEADING = (DETERMINERS - words("what which")) | words("""
new old big small little large huge tiny great good nice best favorite favourite fave first last next whole
entire recent latest current upcoming main general awesome amazing cool lovely beautiful cute real
""")

# Phrases whose first word belongs to the name.
FIXED = words("""
new_york new_zealand new_orleans new_jersey new_mexico new_delhi new_hampshire new_england new_guinea
new_year new_years new_testament old_testament old_town big_data big_ben big_apple big_bang big_bear
great_britain great_wall great_gatsby great_dane little_women little_italy little_league best_buy best_man
good_friday good_omens last_supper first_aid first_date first_lady small_talk small_business high_school
middle_school real_estate real_madrid little_prince big_sur general_electric general_motors
general_relativity hot_chocolate hot_dog hot_dogs hot_yoga hot_sauce cold_brew dry_cleaning fast_food
open_mic free_will light_bulb short_story short_stories short_film long_jump heavy_metal soft_skills
raw_food thrift_store dark_matter dark_souls dark_chocolate sweet_potato sweet_potatoes wild_animals
wild_camping support_group support_groups life_insurance life_coach time_management time_travel time_machine
human_rights human_resources video_game video_games back_pain back_yard mental_health grand_canyon
teddy_bear teddy_bears dream_job dream_house home_office
""")

IE_SINGULARS = words("""
movie cookie selfie brownie zombie smoothie foodie rookie pie tie lie calorie genie hoodie veggie bookie
birdie newbie bestie oldie prairie die junkie hippie pixie eerie auntie cutie collie laddie
""")
_PAIRS = words("""
children:child men:man women:woman feet:foot teeth:tooth mice:mouse geese:goose wolves:wolf knives:knife
lives:life wives:wife leaves:leaf shelves:shelf halves:half calves:calf loaves:loaf thieves:thief
selves:self elves:elf scarves:scarf housewives:housewife midwives:midwife bookshelves:bookshelf
people:people tvs:tv cds:cd dvds:dvd pcs:pc ads:ad quizzes:quiz lenses:lens analyses:analysis crises:crisis
theses:thesis hypotheses:hypothesis diagnoses:diagnosis oases:oasis gases:gas buses:bus canvases:canvas
atlases:atlas biases:bias aliases:alias cacti:cactus criteria:criterion phenomena:phenomenon
grandchildren:grandchild stepchildren:stepchild firemen:fireman apis:api gpus:gpu cpus:cpu llms:llm
menus:menu emus:emu gurus:guru taxis:taxi skis:ski bikinis:bikini kiwis:kiwi selfies:selfie
""")
SINGULARS = dict(pair.split(":") for pair in _PAIRS)
UNCHANGING = words("""
news series species gas atlas canvas christmas texas kansas arkansas dallas vegas thomas nicholas pajamas
bahamas alias bias chaos cosmos ethos pathos carlos marcos laos kudos barbados rhinoceros asbestos eros
thermos macos ios kubernetes postgres pandas keras jenkins windows mars netherlands philippines maldives
alps andes diabetes rabies measles headquarters means lens james charles wales hughes angeles athens
brussels naples cannes achilles hercules socrates jeans pants shorts clothes maths always perhaps besides
thanks congrats overseas sometimes yes this was his has as us is its aws sms dns gps css celtics lakers
warriors sims wordpress sas mas abs tapas seas sunglasses scissors hogwarts starbucks reeves jess ross moss
hedges ames adidas reuters mercedes hermes aries pisces dolores ines agnes
""")
ICS_PLURALS = words("""
comics topics clinics critics fabrics mechanics picnics lyrics mosaics tactics antics relics
classics pics
""")
ES_KEPT = words("""
houses causes excuses muses fuses spouses blouses pauses clauses uses abuses greenhouses warehouses
lighthouses penthouses shoes toes canoes horseshoes oboes foes woes aloes snowshoes headaches stomachaches
toothaches aches caches niches psyches mustaches moustaches backaches heartaches avalanches
""")


_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ＇`´", "'"))
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]+")


def straight(text: str) -> str:
    """The text with every kind of apostrophe made straight, character by character.

    >>> straight("don’t")
    "don't"
    """
    return text if text.isascii() and "`" not in text else text.translate(_APOSTROPHES)


@lru_cache(maxsize=8192)
def topic_key(name: str) -> str:
    """The identity of a topic: case, plural, possessive, spelling and leading filler words folded away.

    The key of a key is itself. A name without anything visible raises `InvalidInput`.

    >>> topic_key("my new Guitars"), topic_key("Machine-Learning"), topic_key("C++"), topic_key("New York")
    ('guitar', 'machine learning', 'c++', 'new york')
    """
    key = _CONTROL.sub(" ", name)
    for _ in range(
        8
    ):  # folding can uncover something to fold ("my my guitars's"); real names settle in two rounds
        folded = _folded(key)
        if folded == key:
            break
        key = folded
    if not key:
        raise InvalidInput(f"topic {name!r} is empty: give a name with a visible character")
    return key


def _folded(name: str) -> str:
    text = straight(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()))
    text = plain(text).strip()
    text = THINGS.get(text, text)
    parts = joined(text.replace("-", " ").split()) or text.split()
    while len(parts) > 1 and parts[0] in LEADING and f"{parts[0]}_{parts[1]}" not in FIXED:
        del parts[0]
    return " ".join(spelled(_singular(_owner(word))) for word in parts)


def _owner(word: str) -> str:
    if word.endswith("'s") and len(word) > 2:
        return word[:-2]
    return word[:-1] if word.endswith("s'") and len(word) > 2 else word


def _singular(word: str) -> str:
    if word in SINGULARS:
        return SINGULARS[word]
    if len(word) <= 3 or not word.endswith("s") or not word.isalpha() or word in UNCHANGING:
        return word
    if word.endswith(("ss", "us", "is")) or (word.endswith("ics") and word not in ICS_PLURALS):
        return word
    if word.endswith("ies"):
        return word[:-1] if word[:-1] in IE_SINGULARS else word[:-3] + "y"
    es = ("sses", "shes", "ches", "xes", "zzes", "oes", "uses")
    return word[:-2] if word.endswith(es) and word not in ES_KEPT else word[:-1]
