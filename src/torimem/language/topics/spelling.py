"""Spellings of one word -> one of them; knows how writers differ, not what a word means.

British or American, with accents or without, one word or two: what is left is for comparing, not for
showing, and need not be the spelling of any one country.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ..words import words


def _pairs(written: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in written.split())


# What follows goes along: colourful, neighbourhood, travelling.
_BEGINNINGS = _pairs("""
colour:color watercolour:watercolor favour:favor neighbour:neighbor behaviour:behavior harbour:harbor
labour:labor humour:humor flavour:flavor honour:honor rumour:rumor tumour:tumor odour:odor vapour:vapor
armour:armor savour:savor vigour:vigor parlour:parlor endeavour:endeavor splendour:splendor candour:candor
mould:mold smoulder:smolder travell:travel modell:model remodell:remodel counsell:counsel cancell:cancel
labell:label levell:level panell:panel pedall:pedal rivall:rival signall:signal snorkell:snorkel
tunnell:tunnel fuell:fuel jewell:jewel jewellery:jewelry jewelery:jewelry woollen:woolen skilful:skillful
aeroplane:airplane archaeo:archeo paediat:pediat anaesth:anesth gynaeco:gyneco orthopaed:orthoped
encyclopaed:encycloped leukaem:leukem anaem:anem haemo:hemo palaeo:paleo foetus:fetus oestro:estro
diarrhoea:diarrhea manoeuv:maneuv sceptic:skeptic sulphur:sulfur practis:practic doughnut:donut
yoghurt:yogurt moustache:mustache pyjama:pajama
""")
_BEGINNING = re.compile("|".join(sorted(_BEGINNINGS, key=len, reverse=True)))
# Four letters in front leave out prize, size and seize.
_IZE = re.compile(
    r"(?<=[a-z]{4})iz(?=(?:e|ed|es|er|ing|ation|ational)$)|(?<=[a-z]{3})yz(?=(?:e|ed|es|er|ing)$)"
)

# Whole words, in the singular.
_WORDS = _pairs("""
grey:gray tyre:tire mum:mom mummy:mommy cheque:check programme:program plough:plow aluminium:aluminum
storey:story draught:draft licence:license defence:defense offence:offense omelette:omelet cosy:cozy
whiskey:whisky math:maths enrolment:enrollment kerb:curb theatre:theater centre:center metre:meter
kilometre:kilometer litre:liter fibre:fiber sabre:saber catalogue:catalog dialogue:dialog analogue:analog
artefact:artifact judgement:judgment liquorice:licorice barbeque:barbecue bbq:barbecue chilli:chili
houmous:hummus adviser:advisor disc:disk
""")

# Written as one word, as two, or with a hyphen: these become two words ...
TWO = words("""
ice_cream road_trip video_game board_game card_game hot_dog living_room light_bulb tree_house bird_house
bird_watching film_making song_writing story_telling wood_working book_club book_store coffee_shop day_trip
date_night game_night movie_night life_style child_care day_care health_care skin_care self_care car_pool
jet_lag rock_climbing hair_cut back_ache tooth_ache machine_learning sun_screen time_zone photo_shoot
road_map class_room play_list screen_shot flat_mate room_mate team_mate sea_food cheese_cake cup_cake
pan_cake tea_pot dish_washer lawn_mower space_ship snow_board skate_board surf_board paint_ball kick_boxing
web_site web_page cell_phone smart_phone head_phone ear_bud data_base data_set code_base back_end front_end
start_up check_list work_flow work_place sleep_over house_plant green_house book_shelf back_yard back_pack
flash_card guest_house baby_sitter house_warming tooth_brush tooth_paste
""")
# ... and these one.
_ONE = words("""
e_mail e_book e_bike e_reader e_scooter e_commerce t_shirt x_ray k_pop wi_fi sci_fi hi_fi lo_fi make_up
work_out
""")
_OPEN = {pair.replace("_", ""): pair.replace("_", " ") for pair in sorted(TWO)}
_ACCENT = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u0640\u064b-\u065f\u0670]+")
_ALEF = str.maketrans("أإآٱى", "ااااي")


def plain(text: str) -> str:
    """The text, which is in lower case, without accents on Latin letters and without Arabic or Hebrew points.

    >>> plain("crème brûlée"), plain("йога")
    ('creme brulee', 'йога')
    """
    if text.isascii():
        return text
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", _POINTS.sub("", bare)).translate(_ALEF).replace("ё", "е")


@lru_cache(maxsize=1 << 14)
def spelled(word: str) -> str:
    """One spelling of a word, which is in lower case and in the singular.

    >>> [spelled(word) for word in ("colourful", "organization", "prize", "theatre", "roadtrip")]
    ['colorful', 'organisation', 'prize', 'theater', 'road trip']
    """
    if found := _BEGINNING.match(word):
        word = _BEGINNINGS[found[0]] + word[found.end() :]
    word = _IZE.sub(lambda found: found[0][0] + "s", word)
    if word.startswith("ال") and len(word) > 4:  # the Arabic article
        word = word[2:]
    word = _WORDS.get(word, word)
    return _OPEN.get(word, word)


def joined(parts: list[str]) -> list[str]:
    """The words of a name, two that are customarily one made one.

    >>> joined(["e", "mail", "address"]), joined(["ice", "cream"])
    (['email', 'address'], ['ice', 'cream'])
    """
    found: list[str] = []
    for part in parts:
        if found and f"{found[-1]}_{part}" in _ONE:
            found[-1] += part
        else:
            found.append(part)
    return found
