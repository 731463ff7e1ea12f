"""A word of Cyrillic, Arabic or Hebrew writing -> what it is; knows endings and prefixes, no dictionary.

What no rule knows is taken for a noun.
"""

from __future__ import annotations

import re
from typing import Literal

from torimem.analyse.words import words

_ADJECTIVES = words("""
нов стар больш маленьк хорош плох лучш красив интересн любим последн следующ перв друг сам весь всяк кажд так
как котор молод дорог быстр важн настоящ мо тво сво наш ваш
""")

_CYRILLIC = words("""
это этот эта эти этого этой этом эту того тоже меня мне мной тебя тебе него неё нему ней его ему её ей их им
нас нам нами вас вам вами них ним они она оно он я ты мы вы свой своя свою свои моя моё мои мой мою моей
моего моим твой твоя твоё твои наш наша нашу ваш ваша быть был была было были есть буду будет будем люблю
любит любим любить нравится нравятся хочу хочет хотим хотел хотела могу может можем можно нужно надо думаю
знаю помню очень сегодня завтра вчера сейчас потом когда если чтобы потому также только просто ещё еще уже
даже как что кто где куда почему зачем сколько для без под над при про или либо но да нет не ни же ли бы
привет спасибо пожалуйста пока здравствуйте здравствуй доброе добрый утро утром вечер вечером день днём ночь
ночью дела дело год года лет месяц месяца месяцев неделю недели неделя недель час часа часов минут раз раза
время времени назад скоро долго давно всегда никогда часто иногда опять снова вместе много мало немного
больше меньше хорошо плохо нормально лучше хуже весело грустно большое огромное все всё всех всем ничего
что-то кто-то где-то тут там здесь туда сюда после перед между около через из от до по на за об со во ко в с
к у о и а так вот ну ага ок классно круто друг друга другом друзья друзей друзьями подруга подругой жаль рад
рада устал устала злюсь страшно понедельник вторник среду четверг пятницу субботу воскресенье января февраля
марта апреля мая июня июля августа сентября октября ноября декабря летом зимой весной осенью один одна два
две три четыре пять шесть семь восемь девять десять выходные выходных
""")
_ARABIC = words("""
أنا أنت أنتم نحن هو هي هم هذا هذه ذلك تلك التي الذي إلى على من في عن مع أن إن ما لا لم لن قد هل كيف ماذا متى
أين لماذا كم لكن أو ثم بعد قبل عند كل بعض جدا اليوم غدا أمس الآن دائما أبدا أحيانا صباح مساء الخير النور
مرحبا أهلا شكرا عفوا نعم حالك حالكم السلام عليكم أحب أريد كان كانت يكون ليس لدي عندي كنت سوف حزين سعيد سعيدة
متعب متعبة جديد جديدة قديم قديمة كبير كبيرة صغير صغيرة جميل جميلة جيد جيدة تحب يحب نحب تريد يريد نريد لأنني
أسبوع شهر سنة ساعة يوم مرة شيء منذ حتى لأن
""")
_HEBREW = words("""
אני אתה את אנחנו הוא היא הם הן זה זאת זו של על עם אל אם או גם כי לא כן מה מי איך איפה מתי למה כמה רק עוד כבר
אבל אוהב אוהבת רוצה יש אין היה היתה הייתה יהיה מאוד היום מחר אתמול עכשיו תמיד אף פעם בוקר ערב לילה טוב טובה
שלום שלומך שלומכם תודה בבקשה סליחה נשמע חדש חדשה ישן ישנה גדול גדולה קטן קטנה יפה שלי שלך שלו שלה שלנו אחרי
לפני כל הרבה קצת שבוע חודש שנה שעה לומד לומדת עובד עובדת גר גרה הולך הולכת אוכל אוכלת קורא קוראת חולה עצוב
עצובה שמח שמחה עייף עייפה
""")
_GREEK = words("""
είναι αυτό αυτή ένα μια και για από στο στη στην το τη την του της τα τους μου σου αγαπώ θέλω πολύ σήμερα
αύριο
""")
LISTED = _CYRILLIC | _ARABIC | _HEBREW | _GREEK

_IS_CYRILLIC = re.compile("[\u0400-\u04ff]")
_RUSSIAN_ADJECTIVE = re.compile("(.+?)(?:ый|ий|ая|яя|ое|ые|ие|ую|юю|ого|его|ому|ему|ых|их|ыми|ими)")
_RUSSIAN_VERB = re.compile(
    r"""
    .{2,}(?: [аеёиоуыя]ть | [её]шь | ишь | [аеуяю]ет | [аяуею]ют | [аеия]ем | ит | ят
           | [аеёиоуыя]л(?:а|о|и)? ) (?:ся)? | .{2,}(?: лась | лось | лись | юсь | усь | йте | йся )
    | .+(?: д[её]т | д[её]м | дут | жу | чу | щу | шу | аю | яю | ую | ею )
    | [^л]+ёт(?:ся)? | учу | живу | иду | веду | пью | жду
    """,
    re.VERBOSE,
)
_RUSSIAN_KEPT = words("""
школа школы школу сила силы стол стола футбол канал материал журнал финал сериал вокзал зал кровать память
печать мать сеть лето место мясо тело дело село мыло крыло зеркало одеяло начало масло кино окно вино отель
мебель апрель фильм театр совет билет билета интернет кабинет балет привет пакет предмет буфет диабет кит
вид вопрос отпуск скала акула пчела стрела неделя море поле горе идею идеи семью кредит визит аппетит лимит
кухню статью скалы акулы институт минут счёт учёт отчёт расчёт зачёт
""")

_RUSSIAN_NOUNS = ("ние", "тие", "вие", "ствие", "рие")
_ARABIC_PREFIX = re.compile("(?:و?[بك]|و|ف)(?=ال..)|و?لل(?=..)")
_ARABIC_KEPT = words("إنترنت انترنت بسكويت كبريت توقيت كويت")
_HEBREW_KEPT = words("לקוחות אחותי בתי ביתי חברתי דודתי סבתי")


def tag(lower: str) -> Literal["noun", "verb", "adj", "kind", "cut"] | None:
    """What a word in lower case is; None for one of another script.

    >>> tag("новую"), tag("гитару"), tag("купила"), tag("guitar")
    ('adj', 'noun', 'verb', None)
    """
    if lower in LISTED:
        return "cut"
    if _IS_CYRILLIC.match(lower):
        return _russian(lower)
    if "\u0600" <= lower[0] <= "\u06ff":
        return _arabic(lower)
    if "\u0590" <= lower[0] <= "\u05ff":
        return _hebrew(lower)
    return None


def prefix(word: str) -> int:
    """How many letters of an Arabic word are "and", "with", "for" or "as" in front of its article.

    >>> prefix("والكتاب"), prefix("كتاب")
    (1, 0)
    """
    found = _ARABIC_PREFIX.match(word)
    return found.end() if found else 0


def _russian(lower: str) -> Literal["noun", "verb", "adj", "kind", "cut"]:
    if len(lower) < 3:
        return "cut"
    if lower in _RUSSIAN_KEPT:
        return "noun"
    adjective = _RUSSIAN_ADJECTIVE.fullmatch(lower)
    if adjective and adjective[1] in _ADJECTIVES:
        return "adj"
    if _RUSSIAN_VERB.fullmatch(lower):
        return "verb"
    kind = adjective and len(adjective[1]) > 2 and not lower.endswith(_RUSSIAN_NOUNS)
    return "kind" if kind else "noun"


def _arabic(lower: str) -> Literal["noun", "verb"]:
    """A verb begins with who does it, or ends with who did it; behind an article there is none."""
    if lower.startswith("ال"):
        return "noun"
    does = (lower[0] == "ي" and 4 <= len(lower) <= 5) or lower.startswith(("أت", "يت", "نت", "سأ"))
    did = len(lower) >= 4 and lower[-1] == "ت" and lower[-2] != "ا" and lower not in _ARABIC_KEPT
    did = did or (len(lower) >= 5 and lower.endswith("وا"))
    return "verb" if does or did else "noun"


def _hebrew(lower: str) -> Literal["noun", "verb"]:
    did = len(lower) >= 4 and lower.endswith("תי") and lower not in _HEBREW_KEPT
    to_do = len(lower) >= 5 and lower[0] == "ל" and lower.endswith("ות") and lower not in _HEBREW_KEPT
    return "verb" if did or to_do else "noun"
