"""The small words of languages other than English, and which of them a text is in; lists, no rules of use.

Each language has the words that stand around its nouns, in the classes that decide what comes next, and
patterns for endings. Nouns are in no list: they are what is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .. import words as w
from . import verbs as v

Class = Literal["det", "prep", "subject", "be", "verb", "adj", "and", "link", "cut"]


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language: the class of each of its small words, and what endings say of the others.

    `verb` are endings of infinitives and gerunds, `participle` of what follows "have", `finite` of a verb
    that opens a sentence, `adjective` of adjectives that say which kind of thing. `bare` says that an object
    may stand without an article, `capital` that nouns have a capital.
    """

    classes: dict[str, Class]
    verb: re.Pattern[str]
    participle: re.Pattern[str]
    finite: re.Pattern[str]
    adjective: re.Pattern[str]
    bare: bool
    capital: bool


def _tongue(
    verb: str, participle: str, finite: str, adjective: str, *, bare: bool, capital: bool = False, **of: str
) -> Tongue:
    known: dict[str, Class] = {}
    classes: tuple[Class, ...] = ("cut", "adj", "verb", "be", "subject", "prep", "det", "and", "link")
    for each in classes:  # a word of two classes is of the later one
        known |= dict.fromkeys(sorted(w.words(of.get(f"{each}_", ""))), each)
    verbs, participles, finites, adjectives = (
        re.compile(rf"\w+(?:{written})") for written in (verb, participle, finite, adjective)
    )
    return Tongue(known, verbs, participles, finites, adjectives, bare, capital)


GERMAN = _tongue(
    verb=r"ieren",
    participle=r"t|en",
    finite=r"st|te|ten|t",
    adjective=r"e[nmrs]?",
    bare=True,
    capital=True,
    det_="""
der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner mein meine meinen
meinem meiner meines dein deine deinen deinem deiner sein seine seinen seinem seiner ihr ihre ihren ihrem
ihrer unser unsere unseren unserem unserer euer eure euren eurem dieser diese dieses diesen diesem jeder
jede jedes jeden jedem welche welcher welches welchen alle allen aller viele vielen manche einige einigen
mehrere beide beiden zwei drei vier fünf sechs sieben acht neun zehn im am zum zur beim vom ins ans
""",
    prep_="""
in an auf aus bei mit nach seit von zu für gegen ohne um durch über unter vor hinter neben zwischen wegen
trotz während bis ab
""",
    subject_="ich du er sie es wir man mich dich sich uns euch mir dir ihm ihn ihnen",
    be_="""
bin bist ist sind seid war waren warst wäre wären gewesen wird werde werden wurde wurden bleibt
""",
    verb_="""
habe hast hat haben hatte hatten hätte hätten kann kannst können konnte könnte könnten will willst wollen
wollte wollten muss musst müssen musste soll sollst sollen sollte sollten darf darfst dürfen mag magst mögen
möchte möchtest möchten gibt gab geben gehe gehst geht gehen ging gingen gegangen komme kommst kommt kommen
kam kamen mache machst macht machen machte fahre fährst fährt fahren fuhr fuhren fliege fliegt fliegen fahrt
lerne lernst lernt lernen finde findest findet finden fand liebe liebst liebt lieben hasse hasst spiele
spielst spielt spielen arbeite arbeitest arbeitet arbeiten wohne wohnst wohnt wohnen lebe lebst lebt leben
kaufe kaufst kauft kaufen brauche brauchst braucht brauchen weiß weißt wissen wusste denke denkst denkt
glaube glaubst glaubt sage sagst sagt sagen sagte heiße heißt esse isst essen trinke trinkt trinken koche
kochst kocht kochen lese liest lesen schreibe schreibt schreiben höre hört hören sehe siehst sieht sehen sah
schaue schaut schauen nehme nimmt nehmen helfe hilft helfen suche sucht suchen plane plant planen reise
reist reisen besuche besucht besuchen studiere studiert bekomme bekommt bekam bekommen habt werd laufe läuft
laufen schlafe schläft schlafen zeige zeigt tut tun tat steht stehen liegt liegen sitzt sitzen freue freut
freuen erklär erkläre erzähl erzähle verstehe versteht verstehen vergessen verloren gefallen gefällt
verschoben verkauft verändert
""",
    adj_="""
neu alt groß klein gut besser best schön schlecht toll super lang kurz hoch jung nett lieb lustig schwer
leicht schnell langsam warm kalt heiß teuer billig wichtig richtig falsch ganz halb viel wenig mehr letzt
nächst erst zweit ander eigen nah weit spät früh müde krank gesund traurig glücklich froh wütend nervös
stolz ruhig laut leer voll frei fertig interessant langweilig spannend schwierig einfach echt wunderbar
herrlich schrecklich furchtbar kaputt lecker allein zufrieden
""",
    cut_="""
nicht nie niemals nichts etwas auch noch schon nur sehr so zu als wie wenn weil dass ob da dann denn doch
aber sondern mal ja nein hier dort jetzt heute gestern morgen abend nacht mittag morgens abends immer oft
manchmal selten wieder bald gerade endlich leider vielleicht wahrscheinlich eigentlich wirklich natürlich
ziemlich genau fast etwa ungefähr sogar trotzdem deshalb danach vorher später früher was wer wo wann warum
wieso woher wohin welch wen wem wessen dafür damit darauf daran darüber davon dazu dabei daraus hallo hi hey
danke bitte tschüss moin servus okay ok gern gerne guten gute guter bisschen paar mehr weniger genug
zusammen weg los raus rein hin her an auf aus zurück jahr jahre jahren monat monate monaten woche wochen tag
tage tagen stunde stunden minute minuten uhr zeit mal wochenende montag dienstag mittwoch donnerstag freitag
samstag sonntag sonnabend januar februar märz april mai juni juli august september oktober november dezember
frühling sommer herbst winter spaß lust angst glück freude liebe dank gefühl sorge sorgen problem probleme
ding dinge sache sachen teil art idee frage fragen leute mensch menschen ende anfang grüße gruß freund
freunde freunden freundin alles allem mehrmals feierabend ahnung
""",
    and_="und oder sowie",
)

FRENCH = _tongue(
    verb=r"er|ir|oir|dre|ttre|vre|ire|ant",
    participle=r"ée?s?|ie?s?|ue?s?|ite?s?",
    finite=r"ons|ez",
    adjective=r"iques?|elle?s?|ales?|aux|ive?s?|aires?|ien(?:ne)?s?|[oa]ise?s?",
    bare=False,
    det_="""
le la les l un une des du au aux mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet
cette ces quel quelle quels quelles chaque plusieurs quelques deux trois quatre cinq six sept huit neuf dix
tout toute tous toutes certains certaines
""",
    prep_="""
à de d en dans sur sous avec sans pour par chez vers entre contre depuis pendant avant après devant derrière
dès comme selon malgré
""",
    subject_="""
je j tu il elle on nous vous ils elles me m te t se s lui y ne n qui que qu ça cela ce c moi toi eux
""",
    be_="""
suis es est sommes êtes sont étais était étaient serai sera serait été être fut devient reste semble
""",
    verb_="""
ai as a avons avez ont avais avait avaient aurai aura aurait eu avoir fais fait faisons faites font faire
vais vas va allons allez vont aller allé allée veux veut voulons voulez veulent voudrais vouloir peux peut
pouvons pouvez peuvent pouvoir dois doit devons devez doivent devoir aime aimes aimons aimez aiment adore
adores déteste prends prend prenez prennent viens vient venez viennent sais sait savez savoir connais
connaît habite habites travaille travailles apprends apprend mange manges bois boit joue joues cherche
cherches achète achètes regarde écoute pense penses crois dit dis dites parle parles vois voit trouve
trouves étudie lis écris faut acheté mangé laisse laisses
""",
    adj_="""
nouveau nouvel nouvelle nouveaux nouvelles vieux vieille vieil grand grande grands grandes petit petite
petits petites bon bonne bons bonnes meilleur meilleure mauvais mauvaise beau bel belle beaux belles jeune
jeunes joli jolie gros grosse long longue premier première dernier dernière prochain prochaine autre autres
même mêmes seul seule content contente triste heureux heureuse fatigué fatiguée malade cher chère chers
facile difficile important importante super génial géniale incroyable tranquille nerveux nerveuse fier fière
libre prêt prête
""",
    cut_="""
pas plus jamais rien aussi très trop peu beaucoup bien mal mieux encore déjà toujours souvent parfois
presque alors donc mais car si quand comment pourquoi où combien parce puis ensuite enfin ici là voici voilà
non oui ouais bonjour bonsoir salut coucou merci merde svp stp revoir désolé désolée pardon ok hier aujourd
aujourd'hui hui demain maintenant soir matin midi nuit jour jours journée semaine semaines mois an ans année
années heure heures minute minutes fois temps moment lundi mardi mercredi jeudi vendredi samedi dimanche
lundis mardis mercredis jeudis vendredis samedis dimanches janvier février mars avril mai juin juillet août
septembre octobre novembre décembre été hiver printemps automne week-end peur envie besoin faim soif joie
est-ce ami amis amie amies chance plaisir chose choses truc trucs gens monde façon manière sorte peut-être
vraiment seulement surtout tellement quelque quelqu quoi dont lequel laquelle personne bientôt tard tôt
début fin quelque-chose amour bonheur idée question problème
""",
    link_="de d",
    and_="et ou ni",
)

SPANISH = _tongue(
    verb=r"[aei]r(?:me|te|se|nos|l[aeo]s?)?|ando|iendo|yendo",
    participle=r"ado|ido|to|cho",
    finite=r"o|é|í|ó|amos|emos|imos|aste|iste",
    adjective=r"ic[oa]s?|al(?:es)?|iv[oa]s?|ari[oa]s?|an[oa]s?|os[oa]s?|és|esas?",
    bare=True,
    det_="""
el la los las lo un una unos unas del al mi mis tu tus su sus nuestro nuestra nuestros nuestras este esta
estos estas ese esa esos esas aquel aquella cada algún alguna algunos algunas ningún ninguna varios varias
dos tres cuatro cinco seis siete ocho nueve diez todo toda todos todas qué otro otra otros otras
""",
    prep_="a de en con sin por para sobre entre contra hasta desde hacia durante según tras como",
    subject_="""
yo tú él ella nosotros vosotros ellos ellas usted ustedes me te se nos os le les no que quien mí ti
""",
    be_="""
soy eres es somos son era eran fue fueron ser estoy estás está estamos están estaba estaban estuvo estar
parece parecen sigue
""",
    verb_="""
he has ha hemos han había haber hay tengo tienes tiene tenemos tienen tenía tuve tener quiero quieres quiere
queremos quieren quería puedo puedes puede podemos pueden podría poder voy vas va vamos van iba fui fuimos
ir hago haces hace hacen hice hizo hacer debo debes debe gusta gustan encanta encantan odio amo adoro
prefiero necesito necesita busco compré compro vivo vives vive viven trabajo trabajas trabaja trabajan
estudio estudia aprendo como comes come comen bebo juego juega toco toca leo escribo veo ves ve miro escucho
creo sé sabes sabe pienso digo dice dijo hablo habla conozco conoces viajo viaja llevo lleva perdí empecé
empezó terminé vi
""",
    adj_="""
nuevo nueva nuevos nuevas viejo vieja viejos grande grandes gran pequeño pequeña pequeños pequeñas buen
bueno buena buenos buenas mejor mejores mal malo mala peor bonito bonita lindo linda joven jóvenes largo
larga corto primer primero primera último última próximo próxima mismo misma solo sola feliz triste cansado
cansada enfermo enferma caro cara barato fácil difícil importante increíble genial nervioso nerviosa listo
lista contento contenta favorito favorita rico rica guapo guapa
""",
    cut_="""
hoy ayer mañana ahora luego después antes tarde tardes noche noches día días semana semanas mes meses año
años hora horas minuto minutos vez veces tiempo momento lunes martes miércoles jueves viernes sábado domingo
domingos sábados enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
verano invierno primavera otoño
y o pero porque cuando donde dónde cómo cuándo quién cuál cuánto si sí ya muy más menos mucho mucha muchos
muchas poco poca pocos bien tan también tampoco siempre nunca nada algo alguien aquí allí ahí así entonces
pues aún todavía casi quizás tal hola adiós gracias favor perdón buenas ok vale claro fin gente cosa cosas
manera forma miedo ganas hambre sed sueño suerte alegría amor culpa tristeza verdad amigo amiga amigos
amigas idea pregunta problema mundo parte igual solamente demasiado además
""",
    link_="de",
    and_="y e o u ni",
)

ITALIAN = _tongue(
    verb=r"[aei]r(?:e|si|mi|ti|l[aoie]|ne|ci|vi)|ando|endo",
    participle=r"at[oaie]|it[oaie]|ut[oaie]|s[oaie]|tt[oaie]",
    finite=r"o|iamo|ai|ei|ii",
    adjective=r"ic[oaie]|ich[ei]|al[ei]|iv[oie]|ari[oae]?|an[oaie]|os[oaie]|ese|esi",
    bare=True,
    det_="""
il lo la i gli le l un uno una del dello della dei degli delle dell al allo alla ai agli alle all dal dalla
dallo dall dai dagli nel nello nella nei nelle nell sul sulla sullo sull sui sulle mio mia miei mie tuo tua
tuoi tue suo sua suoi sue nostro nostra nostri nostre vostro vostra loro questo questa questi queste quest
quello quella quel quelli quell ogni qualche due tre quattro cinque sei sette otto nove dieci tutto tutta
tutti tutte altro altra altri altre
""",
    prep_="a di d da in con su per tra fra senza verso contro dopo prima durante come sotto sopra",
    subject_="io tu lui lei noi voi mi ti si ci vi ne non che chi me te",
    be_="sono sei è siamo siete era erano ero fu essere stato stata stati sta sto stai stanno stava sembra",
    verb_="""
ho hai ha abbiamo avete hanno avevo aveva avere voglio vuoi vuole vogliamo vogliono vorrei posso puoi può
possiamo possono devo devi deve vado vai va andiamo vanno faccio fai fa facciamo fanno fatto amo adoro odio
piace piacciono so sai sa penso credo dico dice vivo vive vivono abito abita lavoro lavora lavorano studio
studia imparo mangio mangia bevo gioco suono suona leggo scrivo vedo guardo ascolto cerco compro comprato
visto preso andato andata bisogna viene vengo prendo trovo conosco c'è
""",
    adj_="""
nuovo nuova nuovi nuove vecchio vecchia grande grandi piccolo piccola piccoli buon buono buona buoni buone
migliore migliori cattivo cattiva bello bella bel belli belle brutto brutta giovane lungo lunga primo prima
ultimo ultima prossimo prossima stesso stessa solo sola felice triste stanco stanca malato malata caro cara
facile difficile importante incredibile contento contenta nervoso nervosa pronto pronta preferito preferita
""",
    cut_="""
e o ma perché quando dove come quanto cosa se sì no già molto molta molti molte più meno poco poca po bene
male tanto tanta così anche ancora sempre mai niente nulla qualcosa qualcuno qui qua lì là allora poi quindi
forse quasi troppo ciao buongiorno buonasera salve grazie prego scusa scusi ok va oggi ieri domani adesso
ora stasera stamattina sera mattina notte giorno giorni settimana settimane mese mesi anno anni ora ore
minuti volta volte tempo momento lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio febbraio
marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre estate inverno primavera
autunno fine paura voglia fame sete sonno fortuna gioia amore gente amico amica amici amiche cose modo tipo
mondo idea domanda problema verità proprio davvero solamente mille
""",
    link_="di d",
    and_="e ed o",
)

PORTUGUESE = _tongue(
    verb=r"[aei]r(?:-\w+)?|ando|endo|indo",
    participle=r"ado|ido|to",
    finite=r"o|ei|i|ou|iu|amos|emos|imos",
    adjective=r"ic[oa]s?|a(?:l|is)|iv[oa]s?|ári[oa]s?|an[oa]s?|os[oa]s?|ês|esas?",
    bare=True,
    det_="""
o a os as um uma uns umas do da dos das no na nos nas ao à aos às pelo pela pelos pelas num numa meu minha
meus minhas teu tua seu sua seus suas nosso nossa nossos nossas este esta estes estas esse essa esses essas
aquele aquela cada algum alguma alguns algumas nenhum nenhuma vários várias dois duas três quatro cinco seis
sete oito nove dez todo toda todos todas outro outra outros outras dele dela
""",
    prep_="de em com sem por para pra sobre entre contra até desde durante como ante",
    subject_="eu tu ele ela nós vocês você eles elas me te se lhe não que quem mim ti",
    be_="""
sou és é somos são era eram fui foi foram ser estou está estás estamos estão estava estavam estar parece
""",
    verb_="""
tenho tens tem temos têm tinha ter quero quer queremos querem queria posso pode podemos podem poder vou vai
vamos vão ia ir faço faz fazem fiz fez fazer devo deve gosto gosta gostamos amo ama adoro adora odeio
preciso precisa comprei compro moro mora moram trabalho trabalha estudo estuda aprendo como come bebo jogo
toco toca leio escrevo vejo vê ouço acho sei sabe penso digo diz disse falo fala conheço há houve
""",
    adj_="""
novo nova novos novas velho velha grande grandes pequeno pequena bom boa bons boas melhor melhores mau má
pior bonito bonita lindo linda jovem longo longa primeiro primeira último última próximo próxima mesmo mesma
só sozinho sozinha feliz triste cansado cansada doente caro cara barato fácil difícil importante incrível
nervoso nervosa pronto pronta favorito favorita
""",
    cut_="""
e ou mas porque quando onde quanto se sim já muito muita muitos muitas mais menos pouco pouca bem mal tão
também sempre nunca nada algo alguém aqui ali lá assim então pois ainda quase talvez oi olá tchau obrigado
obrigada desculpa desculpe favor tudo certo ok hoje ontem amanhã agora depois antes tarde noite manhã dia
dias semana semanas mês meses ano anos hora horas minuto minutos vez vezes tempo momento segunda terça
quarta quinta sexta sábado domingo janeiro fevereiro março abril maio junho julho agosto setembro outubro
novembro dezembro verão inverno primavera outono fim medo vontade fome sede sono sorte alegria amor gente
coisa coisas jeito mundo ideia pergunta problema verdade saudade amigo amiga amigos amigas
""",
    link_="de",
    and_="e ou nem",
)

TONGUES = (GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE)

_ENGLISH = (
    w.FUNCTION | w.CHAT | w.TIME | w.MOOD | w.GENERIC_ADJECTIVES | w.EMPTY_NOUNS | v.VERBS | v.EITHER | v.PALE
)
_PARTS = re.compile(r"(\w{1,7})'\w{2,}|\w+-(\w{2,})")  # "l'esame", "peux-tu"
_SPOKEN: dict[str, tuple[int, ...]] = {
    word: tuple(n for n, tongue in enumerate(TONGUES) if word in tongue.classes)
    for word in sorted({word for tongue in TONGUES for word in tongue.classes})
}


def tongue_of(words: Iterable[str]) -> Tongue | None:
    """The language of a text's words, which are in lower case; None for English and for those without a list.

    It must know more of the words than English does, and more than one of them in a text of more than three.

    >>> tongue_of("meine neue gitarre".split()) is GERMAN, tongue_of("die hard was great".split())
    (True, None)
    """
    known = [0] * len(TONGUES)
    english = count = 0
    for word in words:
        count += 1
        english += word in _ENGLISH
        spoken = _SPOKEN.get(word)
        if spoken is None and word not in _ENGLISH and (parts := _PARTS.fullmatch(word)):
            spoken = _SPOKEN.get(parts[1] or parts[2])
        for n in spoken or ():
            known[n] += 1
    most = max(known)
    if most <= english or (most == 1 and count > 3):
        return None
    return TONGUES[known.index(most)]
