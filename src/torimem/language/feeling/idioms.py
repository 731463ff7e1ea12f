"""Words and phrases whose feeling is not that of their parts; knows lists from -4 to 4 as VADER's, no rules.

A phrase is words with blanks between: "/" parts words that may stand for each other, "_" is any word for a
person or whose, "~" is up to three words of any kind.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..words import words

_PERSON = words(
    "me you him her us them my your his its our their myself yourself everyone everybody people mine"
)

# What says nothing of a feeling, though a word in it does; and negations that deny nothing.
_NOTHING = """
can't/cannot/couldn't believe|nothing but|look/looking forward to hearing/your
best way/time/route/place to|a good size/amount/number/portion/chance|good size/amount/number/portion
sorry to hear|sad to say|no doubt|no wonder|no question|no idea ~ how|no idea how much|not only|not just
not merely|no matter|why not|no words|words can't|words cannot|words fail|of course|as well|no problem
no worries|no thanks|no thank you|don't worry|don't mind|do not hesitate|don't hesitate|doesn't matter
does not matter|can't help|cannot help|couldn't help|can't stop|cannot stop|couldn't stop|can't say no
nice/pleased/good/great/lovely to meet you|pleased to inform|happy to inform|pleased to announce
sorry to bother|best/kind/warm regards|best wishes|warm wishes|good morning/afternoon/evening/night/day
happy birthday|merry christmas|happy new year|good luck|take care|long time no see|long time no ~ talk
interest rate/rates|fine print|fine arts/art|best match/practice/practices/man/before
pain clinic/management/scale|crime novel/novels/scene/fiction/rate/rates/series
war memorial/museum/poetry/film/movie/novel|dead battery/batteries/end/heat/line/link/weight/sea/letter
sweet potato/potatoes/corn/pepper/peppers/spot/tooth/pea/peas|horror film/films/movie/movies/novel
ghost story|love song/songs/story/stories/letter/letters/poem|kill/kills/killing two birds
kill/kills/killing time|kill/killed/killing the process/server/task/job|break a leg
bite/bit/biting the bullet|break the ice|cut to the chase|call it a day|hit the road|hit the sack
hit the hay|hit the gym|hit the books|a good deal of|a good ten/five/many/few/hour|good for you|for good
the good old|as good as new|trust fund/center/centre/me|well done steak|safe side|play it safe|safe mode
fair share/enough|fair trade|lost and found|lost property|free of charge|free time/trial/kick/software
natural gas/language/history/numbers|fire alarm/engine/station/drill/exit|emergency exit/number/contact
attack surface|critical path/thinking|negative number/numbers/test/integer|positive number/numbers/integer
tested negative/positive|mean value|mean/means that|by all means|mean time|rough idea/draft/estimate/guess
dark mode/chocolate/blue/green/grey/roast|bad luck charm|bug report|error message/code/log/handling
problem set/sets|no hard feelings|panic button|stress test|risk assessment/analysis|had better
you'd better|better half|better or worse|better late than never|something like|looks like|look like
sounds like|feel/feels/felt like|seems like|feel free|pretty much|worth noting|please find|sure thing
with pleasure|dear all|excuse me|beg your pardon|fancy dress|gift card/shop|treasure map
smart phone/phones/card/tv/watch|sorry for the|sorry what|strong coffee/password|hard drive/disk|hard copy
playing cards|save the file|mad scientist|curiosity killed the cat|freezing point
under the weather forecast|devil's advocate|worst case|best case|at best|at worst|at least|last resort
no one knows|honest/frank with you|to be honest|more or less|yellow fever vaccine|natural disaster film
welcome to|welcome back|you're welcome|most welcome|doesn't hurt to
"""

_VALUES: tuple[tuple[float, str], ...] = (
    (
        3.0,
        """
over the moon|on cloud nine|on top of the world|in seventh heaven|walking on air|tickled pink
thrilled to bits|chuffed to bits|made/makes/make my/our/her/his day|made/makes my week|to die for
head over heels|can't/cannot/couldn't wait|jumping for joy|the time of my/our life/lives|the bee's knees
the cat's whiskers|out of this world|second to none|a dream come true|like a dream|thank you enough
thank _ enough|thanks enough|nothing beats|nothing better than|nothing compares to|doesn't get any better
it doesn't get much better|does not get any better|doesn't get much better|can't/cannot get enough
couldn't be happier|couldn't ask for more|could not agree more|couldn't agree more
couldn't have asked for more|on fire with joy|having/had/have a blast|having/had the best time
in love with|best thing since sliced bread|on a high|burst/bursting with happiness/joy/pride
never been happier|born lucky|warms/warmed my heart|melts/melted my heart|a breath of fresh air
feel/feels/felt like a million dollars|can't/cannot praise ~ enough|can't/cannot recommend ~ enough
happy as larry|full of beans|pleased as punch|over the top happy|knocked it out of the park
hit it out of the park|a godsend|a lifesaver|worth every penny|all smiles|sings my praises
once in a lifetime experience|right up my street/alley|puts/put a smile on _ face|put a spring in my step
a sight for sore eyes|in high spirits|it clicked|grinning from ear to ear|absolutely buzzing
gave/gives _ goosebumps|gives _ joy|cheered/cheers _ up|lifted/lifts my spirits|is/was a hit
""",
    ),
    (
        2.0,
        """
exceeded/exceeds/surpassed ~ expectations|live/lives/lived/living up to|big/huge/massive fan|at home here
feel/feels/felt at home|feel/feels/felt/feeling strong/stronger/safe/alive/fresh/ready/free/whole/well/fit
worth it|worth ~ penny|thumbs up to|nothing short of amazing/brilliant|a piece of cake|a walk in the park
smooth sailing|plain sailing|as good as it gets|on the mend|light at the end of the tunnel
hit/hits the spot|a weight off my shoulders/mind|a load off my mind|off my chest
look/looking/looked forward to|fell/fallen in love|a blessing in disguise|worked/works like a charm
works a treat|what a treat|went/go/going/goes well|going great|did well|so/very/really well
sleep/sleeping/slept well|well done|well worth|over the worst|in good hands|a good laugh|so far so good
back on track|back on my feet|like myself again|as easy as pie|easy as pie|a steal|on the bright side
in good spirits|a load of fun|good company|feel/feels/felt light|feel/feeling/feels/felt better
much/way/far/so better|got/getting/gets better|not/isn't/wasn't/aren't half bad|feel/feels/felt lighter
a bit of alright|not too shabby|is a dream|was a dream|is a gem|is a star|a real gem
get/got along/on like a house on fire|best of both worlds|through with flying colours|flying colours
flying colors|a win win|a keeper|can't/cannot/can't complain|can't fault|no complaints|no regrets
take/takes my breath away|took my breath away|by the skin of my teeth|at peace|out of the woods
music to my ears|fits/fit like a glove|top notch|first class|five stars|two thumbs up|thumbs up
hats off to|made it through|never looked back|in my element|spoilt rotten|good as gold|heart of gold
the icing on the cake|a soft spot for|worth the wait|quite/so/very/really/feel/feeling/am/i'm content
went/go/goes/going better|better than ~ hoped/expected/thought/feared
saved/saves/save my/the day/week/life/bacon|was/is/were/been/absolute a blast|an absolute blast|too good
keep up the good work|good to be home|good to be back|fun to|easy to use|to my relief|what a relief
in safe hands|blew/blown/blows me/us away|can't put it down|couldn't put it down|couldn't stop laughing
can't stop laughing|can't stop smiling|couldn't stop smiling|way to go|happy tears|tears of joy
grew/grown on me|would/d highly recommend|highly recommend|totally worth
""",
    ),
    (
        -3.0,
        """
breaks/broke/broken/breaking my/our/her/his heart|sick to my/his/her stomach|had it up to here|fed up
the last straw|the final straw|sick and tired|at my wits' end|at my wit's end|end of my tether
end of my rope|worst nightmare|living hell|hell on earth|a nervous wreck|cry/cried my eyes out
drives/drove/driving/drive _ mad/crazy/nuts/insane/bananas/up|makes/made/making my blood boil|seeing red
saw red|see red|hit/hits rock bottom|rock bottom|heart sank|my heart sinks|in bits|beside myself
tearing/tear my hair out|pulling my hair out|can't/cannot/couldn't stand|can't/cannot/couldn't bear
cannot bear|can't/cannot stop crying|couldn't stop crying|a kick in the teeth|a slap in the face
stab/stabbed _ in the back|a stab in the back|through hell|down in the dumps|down in the mouth
makes/made me sick|makes my skin crawl|gives _ the creeps|a nightmare|a living nightmare
doesn't get any worse|get any worse|scared to death|worried sick|scared stiff|bored to death
bored to tears|bored stiff|in floods of tears|burst into tears|in tears|close to tears|to tears
let/lets/letting _ down|let down|rip off|ripped _ off|ripped off|waste of time/money/space
a complete waste|falling apart|fell apart|fall apart|took/take/takes the biscuit|bane of my life
pissed off|pisses _ off|ticked off|bent out of shape|blow/blew/blown my top|lose/lost my temper
lost my mind|losing my mind|lose my mind|going out of my mind|lost the will to live|hung out to dry
thrown under the bus|makes me want to cry/scream|walked all over|had enough of|i've had enough
good riddance|make/made me cry|makes me cry|killing me|kills me|worn to a frazzle|left a bad taste
""",
    ),
    (
        -2.0,
        """
not a fan|not a big/huge/great fan|fail/fails to see|problems/trouble again
a big/huge/terrible/costly mistake
feel/feels/felt/feeling invisible/used/small/empty/numb/stuck/trapped/lost/alone/low/weak/worse/old/ill
such a shame|a shame|what a shame|a pity|what a pity|in pain|in agony|in trouble|in despair
pain in the neck/arse/ass/butt/backside|gets/get/getting/got on my/our/his/her nerves|gets under my skin
gets/getting to me|rubs/rubbed _ the wrong way|under the weather|out of sorts|off colour
feeling/feel/felt/feels blue|feeling/feel/felt/feels down|down lately|a bit down|not my cup of tea
not _ cup of tea|not my thing|cup of tea not|a bitter pill|sick of|tired of|bored of|on edge
at the end of my patience|a drag|a bummer|a letdown|a headache|last nerve|cold feet|a cold shower
a sore point|a sore loser|costs/cost an arm and a leg|cost a fortune|burnt out|burned out|stressed out
freaking out|freaked out|freaks _ out|went/gone/go/goes downhill|down the drain|up the creek|in hot water
in a pickle|in dire straits|pear shaped|went wrong|goes wrong|gone wrong|going wrong
go/went/goes/gone to the dogs|not up to scratch|not up to par|left much to be desired
leaves ~ to be desired|left _ in the lurch|in the doghouse|feel/felt/feeling/feels/be/was left out
like cardboard|like a wet weekend|a wet blanket|a damp squib|a lost cause|wild goose chase|a bad apple
a thorn in my side|bit off more than|biting my nails|butterflies in my stomach|lump in my throat
heavy heart|with a heavy heart|a chip on his shoulder|like a bull in a china shop|add insult to injury
rub/rubbing/rubbed salt|salt in the wound|beat/beating around the bush|a vicious circle|dread the|no fun
no joke|got/get/getting/was/been/were fired/sacked/dumped/robbed/mugged/scammed/conned|laid off
can't/cannot/don't trust|worse than ~ hoped/expected/thought/feared|kept/keeps/keep me waiting
kept us waiting|hung up on me|no show|stood me up|behind my back|goes/go/went over my head|at my expense
out of my depth|in over my head|doesn't work|does not work|won't work|won't start|stopped working
keeps crashing|not working|doesn't help|taken for granted|take me for granted
takes/take/took _ for granted|at loggerheads|at each other's throats|bad blood|the cold shoulder
the silent treatment|talking to a brick wall|bad hair day|i'd/would sooner|i'd/would rather die|afraid of
scared of|passed away|kicked the bucket|homesick for|miss/misses/missing you/him/her/them/home|i miss
miss my|anything but|gives me the ick|lost for good|too good to be true|fall/falls/fell short|fell flat
falls flat|falls apart|wouldn't wish ~ on|nobody cares|no one cares|nobody listens|no one listens
not a single reply|don't care about me|sleepless nights|on my last legs|grinding my gears|grinds my gears
raining on my parade|rain on my parade|up in arms|losing sleep|lost sleep|lose sleep|cut to the quick
gone to pot|feel/felt/feels like crap|cannot cope|can't cope
""",
    ),
)

# Everyday words that VADER's lexicon lacks.
_MISSING: Mapping[float, str] = {
    2.6: """
breathtaking phenomenal spectacular unforgettable uplifting stoked chuffed overjoyed elated euphoric
heavenly blissful goosebumps sweetest astonishing dazzling exceptional mesmerising mesmerizing sensational
aced proudest loveliest happiest incredible exhilarating ecstatic flawless heartwarming wonderfully
marvellous jubilant adorable gobsmacked buzzing
""",
    1.8: """
fulfilling magical memorable refreshing tasty cozy cosy hyped pumped promising patient patiently helpful
smoothly soothing effortless effortlessly hooked giggle giggled giggling favourite favourites tidy cheery
yummy scrumptious spotless rewarding therapeutic uplifted dreamy comfy snug peaceful serene healed recovered
blossoming thriving thrive gem godsend lifesaver speedy welcoming laughing splendid reassured reassuring
relief ace sublime unmatched impeccable kindest kindness nailed decent triumphant yum attentive refreshed
rested witty bravo kind-hearted genuine tender touching energised helpfully treasured cherish cherished lush
praised praise prouder clicked charmed miraculous miracle
""",
    -1.5: """
bland stale stingy dishwater swamped overwhelming exhausting tiring hectic unwell rough complicated
concerned concerning laggy buggy junk chore mould moldy mouldy damp soggy clunky flimsy overpriced shabby
crashes crashed freezes cold-hearted yelled yells yelling shouted shouts shouting shout sleepless stung
stings draining tedious tiresome cluttered clumsy pounding aching ache aches achy headache headaches
migraine itchy creepy shaky sluggish unhelpful uncomfortable unpleasant unreliable glitchy broke stole
stolen slow-moving smelly smell stink stinks stank reeks bruised limping rotten clueless overworked
underpaid burnout unlucky blurry leaking grumpy moody sulking noisy pricey snapped ignores ignoring
alienated cranky demoralised demoralized flaky forlorn rip-off slow tearful poorly queasy dizzy insomnia
crowded limp meh underwhelming underwhelmed disappoints sucked lacklustre lackluster ruins struggling
struggle
""",
    -2.4: """
gutted unbearable filthy fuming dreading nightmare toxic afraid heartbreaking gut-wrenching humiliating
humiliated infuriating infuriated livid excruciating traumatic traumatised traumatized agonising agonizing
soul-destroying crushed shattered appalling atrocious abysmal shambles unacceptable sobbing sobbed wept
inconsolable dreadfully sickening disgraceful pathetic rubbish crap garbage fiasco despair loathe loathing
detest inedible undrinkable unusable revolting vile repulsive betrayal betrayed bereft incompetent heartache
hideous wretched wrecked torment cursed resent resentful fleeced dishonest mortified petrified mistreated
belittled suffocating suffocated
""",
}

# What VADER scores and everyday language does not feel: courtesy, doings, things, states of a machine.
_PLAIN = words("""
joke jokes fought fights fighting
please yes yeah yep ok okay sure thanks thank thx hello dear play plays played playing player share shares
shared sharing well welcome regards sorry party parties trust trusted interest interested interests natural
want wants wanted help helps helped like likes no number numbers matter matters hand hands save saved safe
secure security allow allows ready true top big clear clearly certain certainly sincerely kindly yours agree
agreed agreement agrees positive negative value values strong stronger strength energy active create created
creative credit credits benefit benefits gain gained grand increase increased join joined novel opportunity
pay paying resolve resolved special support supported supports supporter dead kill kills killed killing war
wars crime criminal cut cuts problem problems error errors stop stops stopped warning warned warn low lower
lowest fire fired fires gun bomb drop dropped leave leaving left lost missing pressure debt fee avoid cancel
cancelled delay delayed risk risks critical emergency block blocked demand tax battle fight shot sentence
prison jail poison drunk alarm bug bugs test arrest murder murdered attack attacks exclude excluded expose
exposed fail-safe limited isolation solution solutions solve solved original innovative fresh freshly
intelligent intelligence clean cleaner desire feeling feel focused god heroes hero growing growth heaven
asset assets award chance commit committed confirm confirmed easily fair fan fans fit freedom friend friends
friendly-fire gift gifts hard harder hid hide hiding hope hoping importance important inspector intense
invite invited launched luck mature migrate popular prize profit promise promised promises promote promoted
protect protected pretty quaint rich romance straight honestly treasure treasury united vision visionary
weird worth worthwhile affected anti apology apologies apologise apologize argument arguments ban banned
bother chaos charged charge charges collapse competition competitive compel conflict contest crisis custom
damage dark darkness deny die dies dump disease doubt doubts empty enemy escape escaped forced forget
forgotten fraud ghost gross guess grave haunted hunger ignore illegal incapable injury issue issues lack
legal lonesome mistake mistakes obstacle odd old pardon pile pill pinned pity poor postpone postponed punish
question questions questioned rebel refuse reject rejected removed retard rob sentences serious shock short
strange strike strikes suspect suspected struggle threat unclear uncertain unknown unsure vague victim
victims violence virus waste holiday holidays vacation vacations medal medals weak weapon weapons wrong yawn
cry-baby gentleman ladies blind bloody cheer challenge challenges challenging curious determined faith humor
humour legend luxury mercy merry passion peace praying prays prayer prayed reach reached romantic score
""")


def phrases() -> tuple[tuple[str, float], ...]:
    """Every phrase with its valence, as written; 0 says that it hides the words in it."""
    listed = [(phrase, 0.0) for phrase in _split(_NOTHING)]
    return (*listed, *((phrase, valence) for valence, written in _VALUES for phrase in _split(written)))


def _split(written: str) -> list[str]:
    return [" ".join(phrase.split()) for line in written.strip().splitlines() for phrase in line.split("|")]


def by_first_word() -> dict[str, tuple[tuple[tuple[frozenset[str], ...], float], ...]]:
    """Phrases as sets of words, found by their first word, the longest first; an empty set is "~".

    >>> [(len(parts), valence) for parts, valence in by_first_word()["tickled"]]
    [(2, 3.0)]
    """
    found: dict[str, list[tuple[tuple[frozenset[str], ...], float]]] = {}
    for phrase, valence in phrases():
        parts = tuple(_alternatives(part) for part in phrase.split())
        for word in sorted(parts[0]):
            found.setdefault(word, []).append((parts, valence))
    return {word: tuple(sorted(each, key=lambda one: -len(one[0]))) for word, each in found.items()}


def _alternatives(part: str) -> frozenset[str]:
    if part == "~":
        return frozenset()
    return _PERSON if part == "_" else frozenset(part.split("/"))


def valences(lexicon: Mapping[str, float]) -> dict[str, float]:
    """VADER's lexicon with the words it lacks, without those that are no feeling.

    >>> sorted(valences({"love": 3.2, "play": 1.4}).items())[-1][0] != "play"
    True
    """
    found = dict(lexicon)
    for word in _PLAIN:
        found.pop(word, None)
    for valence, written in _MISSING.items():
        found.update(dict.fromkeys(written.split(), valence))
    return found
