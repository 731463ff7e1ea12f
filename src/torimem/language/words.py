"""English words that are no topic, or only part of one; knows lists, no rules of use.

Every set is lower case with straight apostrophes. A word in none of them is taken for a noun: unknown words
are what topics are made of.
"""


def words(written: str) -> frozenset[str]:
    """The words of a list written with blanks between them."""
    return frozenset(written.split())


# --- what stands before a noun, and what before a verb: the only grammar used -----------------------------

DETERMINERS = words("""
a an the this that these those my your his her its our their whose some any no every each either neither
another such both all half several few many much more most less least enough own other others same what
which
""")

SUBJECTS = words("""
i you he she it we they who that which u ya y'all everyone everybody someone somebody anyone nobody
""")

TO_VERB = words("""
to can could will would shall should may might must cannot do does did let lets let's please wanna gonna
gotta i'll you'll he'll she'll it'll we'll they'll i'd you'd he'd she'd we'd they'd that'll don't doesn't
didn't can't couldn't won't wouldn't shouldn't mustn't dont doesnt didnt cant couldnt wont wouldnt shouldnt
always never often usually sometimes rarely also just really finally actually even still already now then
only
""")

TO_PLACE = words("""
go goes going went gone back drive drives drove walk walks come came return returned commute listen listens
listened listening look looking forward due thanks way trip travel from used addicted add added
""")

PREPOSITIONS = words("""
of in on at for with about from into onto over under after before during without within through throughout
between among against around across behind beyond by near off out outside inside past per since till until
toward towards upon via like unlike as than despite except besides along alongside amid above below beneath
beside
""")

BE = words("""
am is are was were be been being i'm you're he's she's it's we're they're that's there's here's what's who's
how's where's im youre hes shes theyre thats theres isn't aren't wasn't weren't ain't isnt arent wasnt
werent
""")

FUNCTION = (
    DETERMINERS
    | SUBJECTS
    | TO_VERB
    | PREPOSITIONS
    | BE
    | words("""
me him us them mine yours hers ours theirs myself yourself himself herself itself ourselves yourselves
themselves and or but nor so yet if unless because cause cuz coz bc although though however whereas while
whilst once whether where when why how whom whoever whatever whichever whenever wherever not none nothing
something anything everything no-one noone everywhere somewhere anywhere nowhere there here up down away
together apart have has had having haven't hasn't hadn't havent hasnt hadnt i've you've we've they've ive
youve weve theyve done doing ought able due per plus minus versus vs etc ie eg i.e. e.g. else instead rather
quite very too well almost nearly maybe perhaps probably possibly definitely certainly absolutely totally
completely especially again ever anymore anyway anyways soon later earlier ago early late far long back
forward ahead aside indeed thus hence therefore otherwise meanwhile moreover furthermore nonetheless
nevertheless regardless one two three four five six seven eight nine ten eleven twelve twenty thirty forty
fifty hundred hundreds thousand thousands million millions billion dozen dozens zero first second third
fourth fifth last next previous twice ones oneself upside further furthest somehow someway forever somewhat
anytime sometime someday afterward afterwards beforehand bout everytime alike onwards onto alas thorough
likewise nearby lately so-so till let've should've could've would've might've must've til 'til 'cause
""")
)

# --- chat, courtesy, time ---------------------------------------------------------------------------------

CHAT = words("""
hi hey hello hiya howdy yo sup bye goodbye farewell cya welcome greetings thanks thank thankyou thx ty
please pls plz sorry apologies pardon excuse congrats congratulations cheers kudos bravo yes yeah yep yup
yea ya yah aye no nope nah ok okay okey okie k kk alright alrighty sure fine cool wow whoa woah woo woohoo
yay hooray hurray oh ooh ah aha ahh aw aww awww oops whoops ouch ow ugh uh um umm uhm er erm hm hmm hmmm huh
eh meh mhm mm mmm phew yikes jeez geez gosh golly gee damn dang darn heck hell hah ha haha hahaha hehe heh
lol lmao lmfao rofl xd omg omfg wtf wth idk idc imo imho tbh tbf ngl smh fyi btw afaik iirc asap brb gtg
ttyl rn atm irl dm lemme gimme dunno kinda sorta outta coulda shoulda woulda gotcha thats whats wheres hows
whos its im ur r tho thru nite dude bro buddy pal mate sis hun hon honey darling folks guys guy gal gals sir
maam ma'am y'all amen ditto bingo yum yuck nvm np yw ikr jk obv prob def absolutely exactly right true false
correct wrong man boy
""")

TIME = words("""
today tomorrow yesterday tonight tonite now nowadays currently recently lately monday tuesday wednesday
thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays mon tue tues
wed thu thur thurs fri sat january february march april may june july august september october november
december jan feb apr jun jul aug sept sep oct nov dec week weeks month months year years decade decades
century second seconds minute minutes hour hours am pm a.m. p.m. o'clock noon midday midnight past future
present while moment moments era everyday daily weekly monthly yearly annual annually overnight weekday
weekdays ages start end beginning middle
""")

# Written with a capital for another reason than being a name.
CALENDAR = words("""
monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays
saturdays sundays january february march april may june july august september october november december
""")

NUMBERS = words("thirteen fourteen fifteen sixteen seventeen eighteen nineteen seventy eighty ninety")

CUTTING = (FUNCTION | CHAT | TIME | NUMBERS) - DETERMINERS - SUBJECTS - TO_VERB - PREPOSITIONS - BE

# --- feeling and judgement --------------------------------------------------------------------------------

MOOD = words("""
evil love loves loved loving lover adore like likes liked liking hate hates hated enjoy fun funny joy joyful
happy happier happiest happiness glad pleased delighted thrilled ecstatic excited exciting excitement stoked
pumped psyched hyped proud grateful thankful gratitude thankfulness blessed lucky fortunate content
satisfied satisfying cheerful cheery hopeful optimistic positive positivity negative negativity pessimistic
confident confidence calm calming peaceful relaxed relaxing chill comfy comfortable cozy cosy safe secure
sad sadder sadness unhappy upset upsetting miserable depressed depressing gloomy blue heartbroken
heartbreaking devastated disappointed disappointing disappointment frustrated frustrating frustration
annoyed annoying irritated irritating angry mad furious pissed bitter jealous envious ashamed embarrassed
embarrassing guilty guilt regretful lonely alone isolated lost scared scary afraid frightened frightening
terrified terrifying fearful anxious nervous worried worrying concerned concerning uneasy stressed stressful
stressing overwhelmed overwhelming exhausted exhausting tired tiring sleepy weary drained burned bored
boring dull confused confusing puzzled unsure uncertain curious surprised surprising amazed amazing
astonished astonishing shocked shocking stunned stunning impressed impressive inspired inspiring motivated
motivating touched touching moved moving fascinated fascinating interested interesting intrigued intriguing
captivating enthusiastic passionate eager keen determined sick ill unwell hurt hurting sore hungry thirsty
full drunk busy swamped free ready good better best great greater greatest awesome excellent fantastic
wonderful marvelous marvellous superb brilliant terrific incredible unbelievable phenomenal outstanding
magnificent fabulous splendid lovely beautiful gorgeous pretty cute adorable sweet nice neat perfect ideal
epic magical special unique rare precious priceless meaningful rewarding fulfilling refreshing uplifting
encouraging heartwarming powerful strong stronger weak bad worse worst awful terrible horrible horrid
dreadful nasty gross disgusting ugly lousy crappy shitty crap shit suck sucks sucky lame stupid dumb silly
crazy insane weird strange odd bizarre wild rough tough tougher toughest hard harder hardest difficult
difficulty easy easier easiest simple simpler simplest complex complicated tricky challenging demanding
impossible possible helpful useful useless worthwhile worthless worth important essential crucial vital
necessary significant serious severe mild major minor huge massive enormous giant gigantic tiny vast immense
intense extreme fair unfair kind kinder kindness caring thoughtful generous friendly polite rude mean cruel
selfish honest loyal brave courageous courage bold wise smart clever intelligent talented skilled creative
patient supportive understanding gentle warm hot cold wet dry fresh clean dirty messy quiet loud noisy
bright dark tasty delicious yummy favorite favourite favorites fav fave faves popular famous successful
welcoming vibrant lively colorful colourful therapeutic soothing healing invigorating invaluable memorable
unforgettable breathtaking adventurous spectacular delightful thrilling nerve-wracking mind-blowing
eye-opening heartfelt bittersweet nostalgic nostalgia sentimental emotional emotion emotions mood moods
feeling feelings feel feels felt pleasure delight bliss awe pride fear fears anger rage sorrow misery
despair hope hopes worry worries regret shame envy jealousy enthusiasm satisfaction appreciation admiration
wonder amazement curiosity determination motivation inspiration resilience bravery joyous chaotic hectic
awkward insightful profound impactful dope lit rad sweetest hardcore tasteless resilient genuine serene
competitive allergic puffy itchy steep contagious freeing sincere authentic authentically empowering
empowered tranquil vivid fierce okay-ish mellow hilarious ridiculous absurd gritty sturdy sleek fancy trendy
creamy crunchy crispy fluffy salty spicy sour juicy savory flavorful rustic quirky edgy playful humble
driven dedicated committed expressive immersive productive efficient effective convenient comforting
accepted accepting welcome relatable moody grumpy cranky lazy clumsy picky noble elegant graceful majestic
unfortunate fortunate festive cheesy classy stylish flashy sophisticated sensible reasonable carefree rotten
decent mediocre dire grim hideous atrocious appalling sublime stellar ghastly pathetic miserable lousy
dismal bleak stupendous exquisite charming adoring heavenly divine dreamy iconic legendary overrated
underrated tedious mundane bland stale sloppy shoddy flawless foolish ludicrous laughable obnoxious pleasant
unpleasant fussy pushy bossy naive tender tense thrill thrills restless hopeless helpless speechless
sleepless overjoyed homesick heartsick lovesick giddy
""")

GENERIC_ADJECTIVES = words("""
new newer newest old older oldest young younger youngest big bigger biggest large larger small smaller
little long longer short shorter tall high higher low lower wide narrow thick thin heavy light lighter fast
faster quick slow slower whole entire full empty main general specific particular certain various different
similar exact actual real true fake common usual normal regular typical ordinary basic standard extra
additional available current recent latest modern-day upcoming previous former final initial original
overall total complete single double multiple countless endless constant frequent sudden instant immediate
quickly proper right left top bottom open closed broken finished done close closer closest near nearby
distant remote upper middle inner outer half lots plenty tons loads cheap cheaper expensive rich poor clear
obvious sharp soft smooth raw pure random spare likely unlikely sure aware responsible familiar unfamiliar
related ongoing separate equal unable willing capable brand-new second-hand secondhand long-term short-term
day-to-day so-called super mega ultra pro own active alive dead asleep awake present absent worthy fit
healthy healthier unhealthy beloved dear diverse amazingly deeper hidden known unknown upbeat inclusive
chilled-out go-to must-see intolerant clearer further farther later sooner tougher louder quieter funnier
wider shiny blurry bare round square flat straight curved beforehand unused used unfinished brief early late
""")

# Adjectives that say which kind of thing: they belong to a topic but cannot be one.
KIND_ADJECTIVES = words("""
mental physical social public private personal professional emotional financial medical legal political
cultural historical historic natural environmental global local national international foreign domestic
urban rural digital virtual electric electronic electrical acoustic mechanical chemical biological technical
scientific academic artistic musical classical contemporary modern traditional ancient religious spiritual
romantic civil military commercial industrial online offline wireless mobile solar nuclear organic vegan
vegetarian gluten-free homemade handmade wooden plastic metal golden silver red orange yellow green purple
pink brown black white gray grey american british english french german spanish italian chinese japanese
korean indian african european asian mexican russian greek turkish irish canadian australian brazilian latin
western eastern northern southern central deep quantum artificial neural genetic senior junior elementary
primary secondary annual part-time full-time freelance indoor outdoor underground underwater daily weekly
cardiac dental visual verbal oral human feline canine tropical arctic alpine coastal royal holy sacred gay
queer trans transgender lesbian bisexual autistic adoptive parental maternal paternal marital single-parent
official homeless low-carb sugar-free dairy-free high-tech open-source real-time third-party hands-on
one-on-one mixed stained frozen fried baked grilled roasted smoked used
""")

PEOPLES = words("""
american british english french german spanish italian chinese japanese korean indian african european asian
mexican russian greek turkish irish canadian australian brazilian dutch swedish danish norwegian finnish
polish portuguese swiss austrian scottish welsh thai vietnamese arab israeli egyptian belgian czech
hungarian romanian ukrainian cuban argentinian colombian peruvian chilean nigerian kenyan moroccan filipino
indonesian iranian
""")

# --- nouns that say too little ----------------------------------------------------------------------------

EMPTY_NOUNS = words("""
act acts meantime variety thing things stuff way ways lot bit bits kind kinds sort sorts type types piece
pieces couple bunch ton load pile amount number numbers fact facts case cases example examples instance
point points reason reasons matter matters sense deal rest part parts side sides kinda sake behalf spite
terms bottom top front form level degree extent others thingy thingies whatnot means manner aspect aspects
detail details item items look looks try tries use uses say hand hands head eye eyes heart hearts mind minds
soul spirit face step steps no-one luck pleasure doubt favor favour glimpse shot guess wish wishes cause
effect effects impact difference differences role order turn turns vibe vibes sight sights reminder touch
boost key keys blast bummer self nightmare disaster mess blessing finger fingers goodness ability potential
attitude background pair individual individuals foot basis angle ounce anytime sometime round rounds bet
kick hang-out lookout setback setbacks significance faith fulfillment fulfilment success successes trouble
troubles guts worlds spirits ups downs obstacle obstacles dedication commitment commitments belief beliefs
action actions purpose presence hint clue gist go-to must-have must-read heads-up outcome dollar dollars
euro euros cent cents buck bucks percent mile miles meter meters metre metres kilometer kilometers kilometre
kilometres km kg kilo kilos inch inches
""")

# Of these they say something behind another noun: "greenhouse effect", "phone number", "login form".
COMPOUND_TAILS = words("""
effect effects number numbers form forms level levels case cases key keys type types
""")

# Phrases whose noun names nothing.
PHRASES = words("""
of_course in_charge on_purpose in_person in_touch on_board on_track on_fire on_hold on_sale for_sale
in_general in_particular by_accident by_chance by_heart in_return in_addition in_advance in_common in_case
in_fact in_love in_trouble in_tears at_ease at_risk at_peace in_shape in_control under_control pay_attention
take_care take_place takes_place took_place make_sense makes_sense made_sense good_job great_job nice_job
good_luck no_wonder no_offense for_instance for_example by_far
""")

# "A cup of tea" is tea.
MEASURES = words("""
cup cups glass glasses mug mugs bottle bottles slice slices bowl bowls pot pots bag bags jar jars can cans
plate plates loaf loaves sip sips bite bites pinch handful spoonful pack packs packet packets pint pints jug
jugs sheet sheets bucket buckets stack stacks dose doses dash portion portions serving servings chunk chunks
""")

# May stand beside another noun ("weekend hiking", "family time") but say nothing alone.
SOFT_NOUNS = words("""
time times day days night nights morning mornings afternoon afternoons evening evenings weekend weekends
season seasons spring summer summers winter winters autumn fall people person persons human humans man men
woman women boy girl boys girls place places spot spots area areas world life lives moment chance chances
opportunity opportunities idea ideas thought thoughts opinion opinions question questions answer answers
problem problems issue issues solution solutions word words story stories talk chat conversation
conversations discussion topic topics news info information update updates message messages note comment
experience experiences memory memories journey journeys path goal goals dream dreams plan plans change
changes progress success result results effort efforts process activity activities event events situation
situations condition conditions stage stages challenge challenges struggle struggles stress pressure support
help care advice tip tips suggestion suggestions recommendation recommendations option options choice
choices decision decisions difference group groups member members team teams community communities friend
friends pal pals home room name names list end past break breaks beginner beginners picture pictures pic
pics photo photos image images link post posts view views scene scenes skill skills ability knowledge value
values power energy hobby hobbies interest interests passion passions connection connections relationship
relationships perspective perspectives atmosphere environment surroundings surprise surprises treat fan fans
step object objects line lines colors colours shape shapes style styles design designs size sizes set sets
collection base setup player players visit visits companion companions adventure adventures milestone
milestones achievement achievements accomplishment accomplishments purpose meaning growth reality truth
beauty freedom peace strength bond bonds balance space spaces version field fields subject subjects ride
expression acceptance unity comfort encouragement positivity importance improvement improvements creation
creations outcome outcomes response responses feedback request requests reply replies talent talents need
needs vibe expectation expectations potential spirit rock-bottom offer offers limit limits target targets
""")

# Nouns that often open a sentence: their capital there is no name's.
COMMON_NOUNS = words("""
family families kids children mom dad music art books book school college university job jobs money health
food dinner lunch breakfast coffee tea dogs cats dog cat pets nature weather traffic therapy math maths
history science politics religion movies films series parents friendship creativity exams homework software
data mountains flowers plants cars games sports soccer football basketball tennis yoga chess poetry pottery
photography fashion beach rent taxes insurance sister brother wife husband grandma grandpa son daughter boss
neighbors colleagues teachers students customers meetings
""")

# --- words the rules for endings would get wrong ----------------------------------------------------------

NOUNS_IN_LY = words("""
family families belly jelly lily italy fly butterfly dragonfly assembly monopoly bully ally rally reply
supply gully anomaly homily july doily trolley holly emily sally molly kelly billy lilly polly multiply
""")
NOUNS_IN_ED = words("""
bed seed weed feed need speed breed shed sled red steed reed bleed hundred bobsled watershed moped newlywed
newlyweds embed ted ed fred ned reddit med meds wed bunkbed seabed flatbed sacred zed biped
""")
NOUNS_IN_NESS = words("""
business fitness wellness illness sickness witness wilderness harness mindfulness lioness baroness governess
agribusiness eyewitness highness likeness loch-ness blindness deafness dizziness homelessness drunkenness
""")
NOUNS_LIKE_ADJECTIVES = words("""
table vegetable cable stable timetable parable syllable crucible bible fable constable mandible collectible
detective olive native archive drive hive dive relative executive perspective objective initiative adjective
motive narrative incentive alternative mosque handful mouthful spoonful fish dish radish spanish english
british irish finish publish polish relish rubbish wish turkish swedish danish finnish jewish variable
convertible disciple wearable
""")
SHORT_NAMES = words("""
ai ml tv pc vr ar dj ui ux js os hr pr uk eu rv bbq phd gpu cpu api llm nlp sql nfl nba ufo diy
""")
