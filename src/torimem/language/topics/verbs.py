"""English verbs in all their forms, and the -ing words that are nouns; knows lists, no rules of use."""

from ..words import words

_VOWELS = frozenset("aeiou")


def _inflected(bases: str) -> frozenset[str]:
    """The regular -s, -ed and -ing forms of each base verb, with the base itself."""
    forms: set[str] = set()
    for base in bases.split():
        forms |= {base, *_third_person(base), *_past_and_gerund(base)}
    return frozenset(forms)


def _third_person(base: str) -> set[str]:
    if base.endswith("y") and base[-2] not in _VOWELS:
        return {base[:-1] + "ies"}
    return {base + ("es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")}


def _past_and_gerund(base: str) -> set[str]:
    if base.endswith("ie"):
        return {base + "d", base[:-2] + "ying"}
    if base.endswith("e"):
        return {base + "d", base[:-1] + "ing"} | ({base + "ing"} if base.endswith("ee") else set())
    if base.endswith("y") and base[-2] not in _VOWELS:
        return {base[:-1] + "ied", base + "ing"}
    forms = {base + "ed", base + "ing"}
    closed = (
        len(base) > 2
        and base[-1] not in _VOWELS | set("wxy")
        and base[-2] in _VOWELS
        and base[-3] not in _VOWELS
    )
    if closed:  # stop, stopping; the wrong twin of a two-syllable verb (openning) harms nobody
        forms |= {base + base[-1] + "ed", base + base[-1] + "ing"}
    return forms


# --- verbs ------------------------------------------------------------------------------------------------

# Also nouns: the neighbours decide. Their -ed and -ing forms are verbs.
EITHER_BASES = """
work practice plan paint walk run hike dance study design cook garden camp research test show ride sleep
stress interview date exercise race sign fish ski surf code bike fight order shop park rent cost text email
book train coach cycle box film photograph report review drink program project award battle blog budget
craft debate deposit diet draft dress experiment exhibit feature fund gift guide host hunt jam jog journal
judge line mail map market match mentor model mount number party phone picture plant poll post print profit
protest puzzle question quiz quote rain record repair rescue reward risk rock sail score seat shape ship
shower sketch skate smoke snack snow source stage stream style swim taste tattoo tax team tour trade track
transfer trap trick trip tweet upgrade view volunteer vote wave fashion water land joke list burn milk
purchase contact lecture schedule stretch sign-up fire flow mind season witness download upload update
refund crash click bug debug deploy bear store cover damage force heat lock kiss treasure harm press shift
spell spread strike frame light break cap sample result limit challenge issue interest offer experience
value target leak
"""
# Behind a noun in the singular these say what it does ("my sister works", "the notebook runs").
DOES = frozenset(
    ["works", "runs", "sounds", "sleeps", "costs", "hikes", "swims", "sails", "sings", "rains", "leaks"]
)
EITHER = frozenset(form for base in EITHER_BASES.split() for form in {base, *_third_person(base)})

# The same, but too pale as nouns to be a topic alone.
PALE_BASES = """
fly play leave need name move meet sound drop face fall feed focus form gain hold hug increase influence
jump kick lead lift link mix place point pull push rate reach reply request roll rush set shake sort space
spot step stick swing switch tie time touch try turn twist use wait wake warm wash watch wear welcome win
wish wrap sell ask log stand start stop share visit support call help change talk drive display return
release present hope care check find love look search promise guess chat fan cut bond balance benefit answer
thought dream like lie mark chase load process charge add miss laugh smile reset hurt struggle progress
pressure rest glow travel wonder worry trust treat respect pack note pose shock attempt panic pick highlight
cheer climb rise
"""
PALE = frozenset(form for base in PALE_BASES.split() for form in {base, *_third_person(base)})

VERB_BASES = """
accept accomplish achieve acknowledge acquire adapt adjust admire admit adopt advance advise advocate afford
agree allow amaze announce annoy apologize apologise appear appreciate apply approach approve argue arise
arrange arrive assist assume assure attach attend attract avoid await bake ban bang beat become beg begin
believe belong bend bet bite blame bless blow boil boost borrow bother bounce breathe bring broaden browse
build bury buy calculate cancel capture carry catch cause celebrate cherish choose claim clarify collect
combine come comfort commit communicate compare compete complain complete compose concentrate confess
confirm conquer connect consider consist contain continue contribute convince cope correct count crack
create cry cultivate customize dare deal decide declare decorate dedicate deepen defeat defend define delay
delete deliver demand deny depend describe deserve destroy determine develop devote die dig dine disagree
disappear disappoint discover discuss dislike distract dive divide donate doubt drag draw drown dump earn
eat educate embark embrace emerge emphasize empower enable encounter encourage end engage enhance enjoy
enroll ensure enter entertain escape establish evolve examine excite exist expand expect explain explore
express extend fail fascinate feel figure fill finish fit fix fold follow foster forget forgive frustrate
fulfill gather generate get give glance go grab graduate greet grind grow guarantee handle hang happen hate
haunt hear hesitate hide hire hit honor hurry identify ignore imagine implement impress improve include
indicate inform inspire insist install intend interact introduce invent invest invite involve join justify
keep kill knock know lack last launch lay lean learn lend let listen live lose lower maintain make manage
marry matter mean melt memorize mention mess modify motivate narrow notice nurture obey observe obtain occur
open operate oppose organize organise overcome overlook overwhelm owe own participate pass pause pay
perceive perform persist persuade pop possess postpone pour pray predict prefer prepare preserve pretend
prevent proceed procrastinate produce prohibit promote prompt pronounce protect prove provide publish punish
pursue put quit raise react read realize realise recall receive recharge recognize recognise recommend
reconnect recover recycle reduce refer refine reflect refuse regain regret reject relate relax rely relocate
remain remember remind remove renew renovate repeat replace represent require resemble resolve respond
restore retain retire reunite reveal ride ruin satisfy save say scare scream seal secure see seek seem
select send separate serve settle shine shoot shout shut sing sink sit slip smash smell sneak soak solve
soothe spark speak specialize spend spill splurge spoil squeeze stare stay steal steer stimulate stir
strengthen strive stumble submit succeed suffer suggest suit suppose surpass surprise surround survive
suspect sustain swear sweep symbolize tackle take tease teach tear tell tend thank think thrive throw tidy
top transform translate trigger understand unite unlock unpack unwind uplift upset utilize vanish vary
venture visualize wander want warn waste weave weigh whisper witness worsen worship write yell yield zoom
hop incorporate navigate brainstorm relive reminisce savor showcase empathize prioritize resonate hook
persevere pamper ease envision bust ditch nail hustle juggle rehearse brighten refresh unplug wobble
rephrase calm de-stress destress dye attain accompany chill alternate remark redo rewrite reopen outgrow
scratch scrub spray squash stroll strain swap tempt tighten tilt tolerate trace trim tuck unfold update urge
vent verify wag whip yearn zip blossom commute congratulate discourage dread endure energize enlighten
enrich evoke excel fade gaze illustrate immerse initiate inquire insert inspect intrigue lessen mimic mourn
nag notify occupy oversee ponder portray presume provoke rave reassure reclaim rejoice relish reinvent
retrain revisit scroll shed shrink simplify sip skip slack sparkle splash strut sympathize unleash weaken
widen grin wink giggle chuckle sigh sneeze cough yawn scold chew swallow cling crawl creep flee fling freeze
grasp leap bid bump burst click affect align overturn flex bark purr meow growl howl snore hiss chirp squeak
purchase troubleshoot reheat defrost stutter mumble scribble doze outweigh outdo outlast overdo overthink
overreact multitask collaborate evaluate contemplate coordinate demonstrate elevate eliminate facilitate
hesitate integrate investigate meditate negotiate moderate regulate rotate simulate speculate terminate
validate violate alleviate anticipate
"""

VERBS = (
    _inflected(VERB_BASES)
    | (_inflected(EITHER_BASES) - EITHER)
    | (_inflected(PALE_BASES) - PALE)
    | words("""
arose ate awoke awoken beaten became began begun bent bore born bound bit bitten blew blown bred broke
broken brought built burnt bought came caught chose chosen clung crept dealt did died dove done drank drawn
dreamt drew driven drove drunk dug eaten fallen fed fell felt fled flew flown forbade forgave forgiven
forgot forgotten fought found froze gave given gone gonna got gotten grew grown had heard held hid hidden
hung kept knew known laid lain lay led left lent let lit lost made meant met mistook overcame paid put quit
ran rang read ridden risen rode rose rung said sang sank sat saw seen sent sewn shaken shed shone shook shot
shown shrank shut slept slid snuck sold sought spent spilt split spoke spoken sprang spun stole stolen stood
strode struck stuck stung sung sunk swam swept swore sworn swung swum taken taught thought threw thrown told
took tore torn understood went wept woke woken won wore worn wound wove woven wrote written wanna gotta
tryna
""")
)

# --- words in -ing ----------------------------------------------------------------------------------------

# Pastimes: a topic alone.
ACTIVITIES = words("""
hiking painting swimming running jogging cycling biking climbing bouldering skiing snowboarding skating
skateboarding surfing sailing kayaking canoeing rowing rafting paddling diving snorkeling fishing hunting
camping backpacking traveling travelling sightseeing gardening cooking baking grilling brewing knitting
crocheting sewing quilting embroidering drawing sketching sculpting crafting woodworking carving
photographing filming blogging vlogging podcasting writing journaling reading singing dancing acting
drumming gaming streaming coding programming debugging hacking boxing wrestling fencing bowling golfing
weightlifting bodybuilding stretching meditating volunteering mentoring tutoring coaching teaching parenting
babysitting dating networking marketing budgeting investing trading shopping thrifting decorating renovating
remodeling birdwatching stargazing foraging fasting dieting studying surfboarding windsurfing paragliding
skydiving parkour ballooning geocaching scrapbooking calligraphy origami whittling welding soldering
printing modeling storytelling debating driving riding commuting smoking vaping
""")

# Nouns after another noun or a kind adjective ("machine learning", "public speaking"), verbs alone.
COMPOUND_GERUNDS = ACTIVITIES | words("""
learning watching planning making building speaking playing training testing processing engineering banking
recording eating living racing rating hosting publishing drinking smoking lifting walking tasting collecting
keeping computing modelling restoring bonding raising changing designing hearing editing rescuing adopting
counseling counselling advertising farming selling trafficking warming
""")

# Not verbs at all.
ING_NOUNS = words("""
thing king ring spring string wing ceiling sibling siblings pudding wedding weddings clothing building
buildings meeting meetings painting paintings drawing drawings recording recordings lightning earring
earrings offspring viking engineering counseling counselling housing funding lighting parking training
heating plumbing banking advertising filling seasoning dumpling dumplings sterling beijing sling bling ping
swing belonging belongings gathering gatherings greeting clearing crossing opening outing outings setting
settings saving savings warning warnings writing writings reading readings hearing mooring icing topping
toppings stuffing roofing flooring wiring bedding
""")

# After these an -ing word is part of the name whatever stands before it.
GERUND_HEADS = words("""
shoe shoes boots boot trail trails pool pools room rooms table machine machines class classes lesson lessons
course courses group groups club clubs center centre trip trips gear list curve lot license licence studio
studios competition competitions contest contests team teams partner coach plan plans program programs
programme session sessions skills rink gloves ring equipment supplies workshop workshops school schools
career style styles process technique techniques routine schedule software algorithm algorithms model models
rate materials bag tent board boards pole pond lake instructor teacher tips spot spots community industry
companies department budget stove book books holiday vacation goal goals habit habits practice language
languages platform challenge challenges exhibition show shows tools kit festival event events desk desks
chair chairs company firm ban
""")
GERUND_OBJECTS = words("""
book books list skills show shows language languages machine machines model models boards
""")
