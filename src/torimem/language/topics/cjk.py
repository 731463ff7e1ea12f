"""A run of Chinese, Japanese or Korean writing -> where its topics stand; knows particles, no dictionary.

Chinese and Japanese set no blanks: a run is cut at particles, pronouns, times and the commonest verbs, and
what is left between two cuts is a topic. A Korean word loses its particle.
"""

from __future__ import annotations

import re

from ..words import words

LETTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")
KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaffー々]+|[\u30a0-\u30ff]+")
_HANGUL = re.compile(r"[\uac00-\ud7af]+")
_LONGEST = 6  # characters


def _any(written: str) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(sorted(words(written), key=lambda word: (-len(word), word)))


# Words that hold a character at which is cut otherwise.
_CHINESE_KEPT = _any("""
吉他 和平 和服 目的 目的地 有限公司 现在完成时 对话 对象 不动产 就业 被子 把手 跟踪 与会 他乡 我国 了解 在线
地图 地铁 地方 地球 草地 土地 天地 工地 场地 基地 地震 地址 得分 过程 过敏 过山车 着装 真相 真理 太太 太阳
太极拳 太空 最终 更衣室 多媒体 少年 少女 新闻 其他人 新加坡 新西兰 新疆 新年 新娘 小说 小提琴 小学 小吃 小组
小麦 大学 大提琴 大海 大象 大蒜 大米 大衣 老师 老板 老虎 老鼠 老家 老公 老婆 好友 会议 音乐会 社会 晚会 机会
学生会 聚会 博览会 奥运会 演唱会 可乐 可可 人工智能 功能 能力 能源 性能 来源 未来 要求 需要 重要 想法 思想
理想 学校 学生 学习 学期 学院 学位 学费 学术 科学 数学 化学 文学 哲学 物理学 医学 同学 留学 说明 去处 看法
做法 住宅 住院 用户 信用卡 玩具 买卖 养老金 时间 时候
""")
_CHINESE_CUT = _any("""
我们 你们 他们 她们 咱们 大家 自己 别人 我 你 您 他 她 它 的 了 是 在 有 没有 没 和 就 不 很 也 都 还 这个
那个 这些 那些 这里 那里 这 那 吗 呢 吧 啊 呀 哦 嗯 被 把 对 跟 与 给 让 从 向 到 为了 为 因为 所以 但是 但
可是 不过 而且 如果 虽然 然后 或者 或 还是 已经 正在 一直 总是 经常 有时候 有时 终于 刚刚 刚 又 再 只 才
真的 真 太 最 更 非常 特别 有点 一点 一下 一起 一样 可以 可能 能 会 应该 必须 想要 喜欢 喜歡 讨厌 爱 恨 觉得
认为 知道 希望 打算 准备 开始 决定 告诉 帮助 帮 请 谢谢 对不起 不好意思 没关系 你好 您好 早上好 晚上好 晚安
再见 今天 明天 昨天 后天 前天 今晚 昨晚 早上 上午 中午 下午 晚上 周末 今年 明年 去年 上周 下周 这周 上个月
下个月 最近 以后 以前 现在 时候 时间 什么 什麼 怎么样 怎么 为什么 哪里 哪个 哪 谁 多少 几 今日 昨日 明日
高兴 开心 难过 生气 担心 害怕 紧张 很累 好吃 好看 好玩 漂亮 有意思 改变 变成 发现 认识 去过 来自 需要 得 地
着 过 们 之 以及 每天 每周 每个 所有 其他 朋友
""")
_CHINESE = re.compile(
    rf"(?P<kept>{_CHINESE_KEPT})|(?:[一二两三四五六七八九十几\d]+|这|那|每)"
    r"(?:把|个|本|只|条|张|辆|台|杯|家|部|件|双|场|次|位|座|套|种|支|首|间|瓶|份|碗|块|门|所|棵|封|幅|颗|根|朵|匹|顿|节|片|群|副|天|年|月|周|点|些)"
    rf"|(?<=学)学|{_CHINESE_CUT}"
)
# Verbs of one character, and what says only new or big, where they begin a piece.
_CHINESE_FRONT = re.compile(
    r"(?:要|想|去|来|学|买|卖|吃|喝|看|听|说|读|写|做|玩|打|踢|弹|画|拍|养|种|住|坐|开|骑|用|搬|找|带|见|穿|修|换|教|"
    r"新|旧|大|小|老|好|参加|学习|练习|做了|预订|认识)+(?=..|$)"
)
# What one does there: "在上海工作".
_CHINESE_BACK = re.compile(
    r"(?<=.)(?:生病|去世|受伤|迷路)$|(?<=..)(?:工作|上班|上学|读书|旅行|旅游|生活|吃饭|睡觉|见面|度假|做|买|写|喝|送|教|玩|住|好|多|贵|大|小|累|忙)$"
)
_CHINESE_ONE = frozenset("猫狗书车茶酒花鱼鸟马雪海山河船琴画歌诗饭肉糖盐药")

_JAPANESE_CUT = _any("""
私達 私 僕 俺 何 誰 君 彼女 彼 皆 今日 昨日 明日 明後日 一昨日 今朝 今夜 今晩 今週 来週 先週 今月 来月 先月
今年 来年 去年 毎日 毎朝 毎晩 毎週 毎年 週末 最近 時間 時 今 朝 昼 夜 夕方 午前 午後 本当 元気 大変 大丈夫
大好 一番 一緒 一人 二人 気持 気分 気 事 物 人 方 所 中 前 後 上 下 間 為 様 等 他 次 毎 全部 全然 少 多
自分 場合 先日 以上 友達 今度 出来 見 寝 美味 可愛 面白 大切 素敵 綺麗 上手 下手 有名 便利 簡単 必要 残念 幸
心配 退屈 無理 最高 最悪 普通 特別 沢山
""")
_JAPANESE_KEPT = _any("""
仕事 食事 家事 事故 事件 返事 行事 刑事 物語 動物 植物 荷物 着物 建物 果物 生物 物理 人気 人間 人生 人形
友人 恋人 大人 芸人 日本人 外国人 中国 中学 中学校 中学生 中心 電気 天気 病気 空気 勇気 景気 気温 時計 時代
場所 台所 近所 方法 方言 料理方法 上司 地下鉄 地下 仲間 朝食 朝ご飯 夜景 下着 靴下 様子 他人 目次 前髪 名前
午前中 人参 美人 新人 時給 同時
""")
_JAPANESE = re.compile(
    rf"(?P<kept>{_JAPANESE_KEPT})|{_JAPANESE_CUT}|[一二三四五六七八九十]+[年月日時分人回本個台枚冊]"
)
# One character is a word where a particle follows it: "妹は".
_PARTICLE = re.compile(r"[はがをのにでとも](?![っり])|へ|から|まで|や")

_KOREAN_END = re.compile(
    r"(에서|에게|한테|까지|부터|하고|이랑|처럼|보다|마다|으로|은|이|을|과|는|가|를|와|로|랑|에|의|도|만)$"
)
_AFTER_CONSONANT = words("은 이 을 과 으로 이랑")
_AFTER_VOWEL = words("는 가 를 와 로 랑")
_KOREAN_KEPT = words("""
고양이 호랑이 떡볶이 목걸이 귀걸이 어린이 요가 휴가 작가 화가 국가 물가 포도 지도 온도 제주도 회의 강의 도로
진로 고기 가로 카페 만화 축구공 은하 영화 이야기 여행
""")
_KOREAN_CUT = words("""
어제 오늘 내일 모레 지금 요즘 최근 주말 아침 점심 저녁 오전 오후 이번 지난 다음 작년 올해 내년 매일 정말
너무 아주 매우 많이 조금 다시 항상 자주 가끔 아직 벌써 이미 그리고 그런데 하지만 그래서 저는 나는 우리 제가
내가 저희 당신 그녀 누구 무엇 어디 언제 어떻게 얼마나 이것 그것 저것 여기 거기 저기 때문 기분 생각 사람 시간
오랜만 같이 함께 혼자 친구 새로운 좋은 나쁜 예쁜 좋아 싫어 고마워 미안 안녕 감사 월요일 화요일 수요일 목요일
금요일 토요일 일요일 다음주 이번주 지난주
""")
_KOREAN_VERB = (
    "다",
    "요",
    "까",
    "고",
    "서",
    "면",
    "지",
    "니",
    "죠",
    "네",
    "자",
    "게",
    "던",
    "려고",
    "는데",
    "습니다",
)


def spans(run: str, *, kana: bool) -> list[tuple[int, int]]:
    """Where the topics of a run begin and end; `kana` says that the text is Japanese.

    >>> [run[start:end] for run in ("我喜欢机器学习", "저는") for start, end in spans(run, kana=False)]
    ['机器学习']
    """
    found = [
        (hangul.start(), hangul.start() + length)
        for hangul in _HANGUL.finditer(run)
        if (length := _korean(hangul[0]))
    ]
    for part in _RUN.finditer(run):
        found += _japanese(run, part.start(), part.end()) if kana else _chinese(run, part.start(), part.end())
    return sorted(found)


def _korean(word: str) -> int:
    """How many of the word's letters are its stem, 0 where it is no topic."""
    if word in _KOREAN_KEPT:
        return len(word)
    end = _KOREAN_END.search(word)
    if end and _fits(word[: end.start()], end[1]):
        stem = word[: end.start()]
        particle = True
    else:
        stem, particle = word, False
    if not 2 <= len(stem) <= 8 or stem in _KOREAN_CUT or word in _KOREAN_CUT:
        return 0
    return 0 if not particle and word.endswith(_KOREAN_VERB) else len(stem)


def _fits(stem: str, particle: str) -> bool:
    """Whether the particle can follow the stem: some want a consonant before them, some a vowel."""
    if len(stem) < 2:
        return False
    closed = (ord(stem[-1]) - 0xAC00) % 28
    if particle in _AFTER_CONSONANT:
        return closed != 0
    return closed in (0, 8) if particle == "로" else closed == 0 or particle not in _AFTER_VOWEL


def _chinese(run: str, start: int, end: int) -> list[tuple[int, int]]:
    edges = [start]
    for cut in _CHINESE.finditer(run, start, end):
        if not cut["kept"]:
            edges += [cut.start(), cut.end()]
    edges.append(end)
    found = []
    for begin, stop in zip(edges[::2], edges[1::2], strict=True):
        piece = run[begin:stop]
        kept = re.match(_CHINESE_KEPT, piece)
        front = None if kept else _CHINESE_FRONT.match(piece)
        begin += front.end() if front else 0
        back = _CHINESE_BACK.search(run[begin:stop])
        stop = begin + back.start() if back else stop
        if 2 <= stop - begin <= _LONGEST or run[begin:stop] in _CHINESE_ONE:
            found.append((begin, stop))
    return found


def _japanese(run: str, start: int, end: int) -> list[tuple[int, int]]:
    found = []
    edge = start
    for cut in [*(cut for cut in _JAPANESE.finditer(run, start, end) if not cut["kept"]), None]:
        stop = cut.start() if cut else end
        # a single character of a kanji word is its whole only in front of a particle
        alone = stop - edge == 1 and run[edge] > "\u3400" and stop == end and _PARTICLE.match(run, end)
        if 2 <= stop - edge <= (12 if run[edge] < "\u3400" else _LONGEST) or alone:
            found.append((edge, stop))
        edge = cut.end() if cut else stop
    return found
