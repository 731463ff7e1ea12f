"""Emoji that name a thing -> its English name; faces, hands, hearts and ornaments are in no list.

An instrument, an animal, a meal, a sport, a place, a vehicle or a tool says what is talked about; what only
says how somebody feels, or dresses a message up, does not.
"""

from __future__ import annotations

import re

_NAMED = """
🎸:guitar 🎹:piano 🎻:violin 🎺:trumpet 🎷:saxophone 🥁:drum 🪕:banjo 🎤:microphone 🎧:headphone
🎼:sheet_music 🎬:movie 🎥:movie_camera 📷:camera 📸:camera 🎨:painting 🎭:theatre 🎮:video_game
🕹:video_game 🎲:dice 🧩:jigsaw_puzzle ♟:chess 🃏:card_game 🎳:bowling 🎯:darts 🧶:knitting 🧵:sewing
🪡:sewing 🎪:circus 🎠:carousel 🎡:ferris_wheel 🎢:roller_coaster

🐶:dog 🐕:dog 🐩:poodle 🐱:cat 🐈:cat 🐭:mouse 🐹:hamster 🐰:rabbit 🐇:rabbit 🦊:fox 🐻:bear 🐼:panda
🐨:koala 🐯:tiger 🐅:tiger 🦁:lion 🐮:cow 🐄:cow 🐷:pig 🐖:pig 🐸:frog 🐒:monkey 🐔:chicken 🐓:rooster
🐧:penguin 🐦:bird 🦆:duck 🦅:eagle 🦉:owl 🦇:bat 🐺:wolf 🐗:boar 🐴:horse 🐎:horse 🐝:bee 🐛:caterpillar
🦋:butterfly 🐌:snail 🐞:ladybug 🐜:ant 🕷:spider 🐢:turtle 🐍:snake 🦎:lizard 🐙:octopus 🦑:squid 🦐:shrimp
🦞:lobster 🦀:crab 🐠:fish 🐟:fish 🐬:dolphin 🐳:whale 🐋:whale 🦈:shark 🐊:crocodile 🐘:elephant
🦏:rhinoceros 🦒:giraffe 🐪:camel 🦘:kangaroo 🐑:sheep 🐐:goat 🦙:llama 🦌:deer 🦜:parrot 🦢:swan
🦩:flamingo 🦔:hedgehog 🐿:squirrel 🦥:sloth 🦦:otter 🐉:dragon 🦖:dinosaur 🦕:dinosaur

🍎:apple 🍏:apple 🍐:pear 🍊:orange 🍋:lemon 🍌:banana 🍉:watermelon 🍇:grape 🍓:strawberry 🫐:blueberry
🍒:cherry 🍑:peach 🥭:mango 🍍:pineapple 🥥:coconut 🥝:kiwi 🍅:tomato 🍆:eggplant 🥑:avocado 🥦:broccoli
🥒:cucumber 🌶:chili 🌽:corn 🥕:carrot 🧄:garlic 🧅:onion 🥔:potato 🍠:sweet_potato 🥐:croissant 🍞:bread
🥖:baguette 🥨:pretzel 🥯:bagel 🧀:cheese 🥚:egg 🍳:fried_egg 🥞:pancake 🧇:waffle 🥓:bacon 🥩:steak
🍗:chicken_leg 🍔:burger 🍟:fries 🍕:pizza 🌭:hot_dog 🥪:sandwich 🌮:taco 🌯:burrito 🥗:salad 🍝:spaghetti
🍜:ramen 🍲:stew 🍛:curry 🍣:sushi 🍱:bento 🥟:dumpling 🍤:shrimp 🍙:rice_ball 🍚:rice 🍦:ice_cream
🍨:ice_cream 🥧:pie 🧁:cupcake 🍰:cake 🎂:birthday_cake 🍮:custard 🍭:lollipop 🍬:candy 🍫:chocolate
🍿:popcorn 🍩:doughnut 🍪:cookie 🥜:peanut 🍯:honey 🥛:milk ☕:coffee 🍵:tea 🫖:tea 🧋:bubble_tea 🧃:juice
🍺:beer 🍻:beer 🍷:wine 🍸:cocktail 🍹:cocktail 🥃:whisky 🍶:sake 🧉:mate

⚽:football 🏀:basketball 🏈:american_football 🏐:volleyball 🏉:rugby 🎾:tennis 🏓:table_tennis 🏸:badminton
🏒:ice_hockey 🏑:field_hockey 🥍:lacrosse 🏏:cricket 🥅:goal 🏹:archery 🎣:fishing 🥊:boxing 🥋:martial_arts
🛹:skateboard 🛼:roller_skates 🛷:sled ⛸:ice_skating 🎿:skiing ⛷:skiing 🏂:snowboarding 🏋:weightlifting
🤼:wrestling 🤸:gymnastics ⛹:basketball 🤺:fencing 🤾:handball ⛳:golf 🏌:golf 🏇:horse_racing 🧘:yoga
🏄:surfing 🏊:swimming 🤽:water_polo 🚣:rowing 🧗:climbing 🚴:cycling 🚵:mountain_biking 🏃:running
💃:dancing 🤿:diving 🪂:paragliding

🏠:house 🏡:house 🏢:office 🏥:hospital 🏦:bank 🏨:hotel 🏫:school 🏪:shop 🏰:castle 💒:wedding 🗼:tower
🗽:statue ⛪:church 🕌:mosque 🛕:temple 🕍:synagogue ⛺:tent 🏕:camping 🏖:beach 🏜:desert 🏝:island 🏔:mountain
⛰:mountain 🌋:volcano 🏟:stadium 🌉:bridge 🎓:graduation 🌵:cactus 🌻:sunflower 🌹:rose 🌷:tulip 🍄:mushroom
🌳:tree 🌲:tree 🌴:palm_tree

🚗:car 🚙:car 🚕:taxi 🚌:bus 🚎:bus 🏎:race_car 🚓:police_car 🚑:ambulance 🚒:fire_engine 🚚:truck 🚛:truck
🚜:tractor 🏍:motorcycle 🛵:scooter 🛴:scooter 🚲:bicycle 🚂:train 🚆:train 🚄:train 🚇:subway 🚊:tram
🛩:plane 🚁:helicopter 🛶:canoe ⛵:sailing 🚤:speedboat 🚢:ship 🛸:ufo

💻:laptop 🖥:computer 🖨:printer ⌨:keyboard 📱:phone 📚:book 📖:book 📰:newspaper 🔭:telescope 🔬:microscope
💊:pill 💉:injection 🦷:tooth 🧠:brain 🛏:bed 🛋:couch 🚿:shower 🛁:bath 🧸:teddy_bear 👶:baby 🤖:robot
👗:dress 👟:sneakers 👓:glasses 💍:ring 🎒:backpack 🧳:suitcase ☂:umbrella ⌚:watch
"""
THINGS = {pair[0]: pair[2:].replace("_", " ") for pair in _NAMED.split()}

THING = re.compile("[" + "".join(THINGS) + "]")
