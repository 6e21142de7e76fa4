"""Which shape a product has and what is drawn on it, from its category and its words.

The data set knows no pictures: a soup is in a can because soups of this type are sold in cans.
Rules are tried from top to bottom; the first that fits decides. What no rule knows stands in the
shape of its department.
"""

import re
from functools import lru_cache

from shop.pictures.colours import oklch
from shop.pictures.drawings import drawing
from shop.pictures.shapes import gear, loose, packs, shoes, vessels

Shape = object
SHAPES = {
    name: shape
    for module in (gear, loose, packs, shoes, vessels)
    for name, shape in vars(module).items()
    if callable(shape) and getattr(shape, "__module__", "") == module.__name__ and name[0] != "_"
}

_RULES = """
# sports shoes
shoe-accessories: insole=insole | sock=socks | lace=laces | cedar|sachet=pouch | cleaner=pump | .=box
climbing: climbing shoe=slip_on | helmet=helmet | rope=rope | harness=harness | .=thing
trail-running-shoes: gaiter=socks | .=trail
basketball-shoes: brace=socks | low-top|retro=court | .=hoop
football-boots: shin=socks | futsal|turf=court | .=football
hiking-shoes: low hiking=trail | river=sandal | .=hike winter|mountaineering|leather=boot
sandals-recovery: sandal=sandal | .=slide
walking-shoes: ballerina|slip=slip_on | .=runner
training-shoes: wrestling=boot | slipper|yoga|pilates=slip_on | .=court
running-shoes: slip-on=slip_on | .=runner
tennis-badminton-shoes: .=court
court-lifestyle-shoes: high-top=hoop | jogger=runner | .=court
kids-sports-shoes: water=slip_on | trail=trail | winter=hike | school|toddler=court | .=runner
# outdoor
tents: tarp|hammock=tarp | pegs=thing | footprint=mat | .=tent
sleeping-gear: pillow|mat|pad|bed=mat | .=sleeping_bag
backpacks: duffel|hip pack=duffel | .=backpack
camp-kitchen: kettle=kettle | pot|oven=pot | mug|coffee=thing | .=thing
lights: head torch=head_torch | torch=torch | lantern=lantern | .=thing
camp-furniture: table|rack=table | chair|stool=chair | .=thing
hiking-clothing: trousers=trousers | shirt|base layer=shirt | jacket|parka|suit=jacket | .=thing
hiking-equipment: pole=poles | .=thing
cycling: helmet=helmet | pannier|bag=duffel | .=thing
fishing: rod|pole=rod | chair=chair | .=thing
picnic: basket=basket | blanket=blanket | .=thing
bottles: bladder|filter=thing | .=flask
# small electronics
headphones: earbud|ear-clip=earbuds | in-ear|swimming=in_ear | headset=headset | .=headphones
speakers: bookshelf=bookshelf | microphone=thing | radio|soundbar=speaker | .=speaker
chargers: power bank=power_bank | pad|stand=pad | batteries|adapter=blister | .=charger
cables: strip|socket|hub=strip | clips=blister | .=cable
smart-home: camera=camera | bulb=bulb | lock=lock | robot=robot | curtain=square_box | .=panel
kitchen-appliances: toaster=toaster | rice|fryer|pot|steamer=cooker | kettle=kettle | blender|chopper=blender | mixer=mixer | espresso|drip coffee=coffee_maker | scale=panel | grinder=blender | .=square_box
keyboards-mice: mouse|trackball=mouse | webcam=camera | desk mat=mat | stand=flat_box | .=keyboard
lamps: strip|projector|projection|book=square_box | wake-up=lantern | mushroom|night=table_lamp | .=desk_lamp
personal-care: toothbrush|flosser=brush | dryer=dryer | shaver|epilator|clipper=shaver | scale=panel | gun=dryer | .=square_box
watches-bands: alarm|timer=thing | strap|band=band | quartz|automatic=dial | .=watch
# groceries by category
apples citrus pears stone-fruit tropical-fruit peppers tomatoes squash broccoli-cauliflower sweet-corn: cherry|grape tomato|cocktail|packed=punnet | pineapple|cauliflower|hard squash=single | .=loose
berries grapes: .=punnet
melons: .=single
onions potatoes: .=net
carrots: bagged|baby=window_bag | .=bunch
vegetables lettuce-spinach: celery|greens|asparagus|radish=bunch | cabbage|lettuce=single | .=loose
organic-produce herbs-garlic: jar=jar | salad mix|carrots=window_bag | herb|parsley|cilantro=bunch | berries|grapes=punnet | .=loose
mushrooms: loose=loose | .=punnet
salad-mixes: .=window_bag
cut-fruit cut-vegetables: tray|store|melon=tray | .=window_bag
nuts dried-fruit natural-snacks: .=window_bag
dips-cider-dressings: cider=juice | dressing=sauce | crouton=pouch | glaze|dip=tub | .=tray
microwave-popcorn: .=small_box
fresh-baked-bread fresh-rolls: tortilla|pita|loaf=loaf | .=board
fresh-pastries puff-pastry-brownies fresh-cookies pies cakes: .=board
bakery-cakes: .=square_box
sliced-bread-buns: .=loaf
snack-cakes-donuts: single=bar | .=square_box
eggs: substitute=carton | .=egg_box
natural-dairy: egg=egg_box | yogurt=cups | soy|juice=carton | cheese=vacuum | .=milk
milk-creamers: creamer=juice | yogurt|eggnog|specialty|chocolate=carton | .=milk
canned-milk: shelf=brick | .=can
butter: .=block_pack
margarine: stick=block_pack | squeeze=squeeze | .=low_tub
packaged-cheese: cream cheese|loaf=block_pack | grated=canister | cracker=box | shredded=bag | .=vacuum
deli-cheese: .=vacuum
sour-cream-dips-cottage-cheese: aerosol=spray | .=tub
chilled-desserts-dairy: tortilla=loaf | pudding=cups | .=tub
chilled-dough: bagel|muffin=loaf | roll=canister | .=canister
yogurt: .=cups
cheese-pickles-sauerkraut: cheese=vacuum | pickle=jar | .=pouch
bacon hot-dogs dinner-sausage lunchmeat: roll=bar | combo=tray | .=vacuum
breakfast-sausage: roll=bar | sandwich=box | .=vacuum
ham-smoked-meat: .=vacuum
beef chicken pork turkey game-hen heat-serve fresh-seafood: .=tray
frozen-poultry-patties frozen-seafood frozen-meat: .=bag
seafood-sauces-coating: .=box sauce=sauce
ready-chicken prepared-food: .=plate
salad-bar: .=plate
salads-dips: .=tub
sliced-deli-meat: .=vacuum
fresh-sandwiches: .=tray
party-trays: .=tray
deli-snacks: .=bag
frozen-pizza-snacks: pizza=square_box | sandwich|burrito=flat_box | .=flat_box
frozen-meals frozen-breakfast frozen-fish-fillets: .=flat_box
frozen-vegetables: boxed=small_box | .=window_bag
frozen-fruit frozen-potatoes: .=window_bag
frozen-bread-dough: bagel|roll|garlic=bag | .=bag
frozen-desserts: topping=tub | .=flat_box
frozen-chicken: .=flat_box
frozen-juice: .=can
ice-pops-novelties: cup=tub | .=flat_box
ice-cream: pint=pint | pail=tub | .=tub
ice: .=window_bag
breakfast-cereal natural-cereal: .=box
hot-cereal: instant=box | grits=canister | .=drum
syrup-pancake-mix: syrup=sauce | .=box
soup-broth: ramen=small_bag | broth=carton | dry|bouillon=small_box | microwave=cups | .=can
canned-beans canned-vegetables canned-fruit canned-meals-meat: bowl|cup=cups | jar|sauerkraut|apple sauce=jar | paste|vienna|potted=tin_small | luncheon=tin | .=can
canned-fish: .=tin
olives pickles-relish: ripe=can | .=jar
pasta-sauce spreads-honey: honey=squeeze | .=jar
condiments-sauces salad-dressing-mayo: ketchup|mustard|barbecue=squeeze | mayonnaise=jar | mix=small_bag | pizza=jar | .=sauce
oil-shortening: spray=spray | shortening=drum | .=sauce
dry-pasta-noodles: macaroni|noodle=bag | .=long_box
dinner-mixes puddings-gelatin baking-mixes: cups=cups | frosting=tub | macaroni=small_box | .=box
rice-beans-sides: rice=bag side|instant=pouch | .=bag
gravy-sauce-mixes: ready=jar | .=small_bag
flour-meal sugar-sweeteners: sweetener=small_box | .=sack
baking-ingredients: marshmallow creme=jar | powder|cocoa|crumb=canister | cups|starch=small_box | filling=can | .=bag
spices-extracts: salt=canister | extract=spice | .=spice
mexican-asian-foods: salsa=jar | soy sauce=sauce | beans|vegetable|pepper=can | seasoning=small_bag | soda=pop | juice=juice | tortilla=loaf | .=box
chips-salty-snacks natural-chips: dip=jar | canister=canister | multipack=square_box | mix=small_bag | .=bag
canister-mixed-snacks: canister=canister | .=bag
cookies crackers bars-fruit-snacks: single|pack|specialty=bag | cone=box | .=box
nutrition-bars checkout-candy: gum|mint=small_box | .=bar
packaged-candy gift-candy easter-candy: bar=bar multipack=box | gum|mint=small_bag | box=square_box | .=pouch
rice-cakes: .=loaf
snack-nuts: can=canister | dry=jar | .=pouch
soft-drinks: soda cans|can$|, can=soda | energy|coffee=soda | .=pop
bottled-water natural-water: distilled|drinking=jug_water | .=water
shelf-stable-juice natural-juice: boxes=brick | tomato|vegetable=can | .=juice
chilled-juice: .=carton
sports-drinks: .=pop
energy-drinks: .=soda
coffee: instant=jar | creamer=canister | bean=pouch | .=drum
tea: .=small_box
cocoa-mixes: syrup=squeeze | .=canister
drink-mixes: pouch=pouch | .=canister
beer: .=beer
domestic-wine imported-wine: .=wine
spirits: .=spirits
baby-food: cereal=box | juice|water=juice | .=jar
infant-formula: .=drum
baby-care: wipes=soft_pack | .=small_box
diapers incontinence-care feminine-care: .=soft_pack
cat-food dog-food: gourmet canned=tin | canned=can | treat=pouch | biscuit=box | .=sack
cat-litter: .=sack
toilet-paper: wipes=soft_pack | .=rolls
paper-towels: .=tall_rolls
tissues-napkins: napkin=soft_pack | .=square_box
bags-wraps: foil|wrap|paper=long_box | lunch=sack | .=square_box
laundry-detergent: powder=box | .=detergent
fabric-softeners: sheets=small_box | .=detergent
dishwashing: single=pouch | dish soap=squeeze | .=detergent
household-cleaners: wipes=canister | glass|kitchen|bathroom cleaner|multi=trigger | tool=blister | cleanser=canister | .=pump_bottle
bleach-stain-removers: stain=trigger | .=detergent
air-fresheners: spray=spray | carpet=canister | .=blister
disposable-tableware food-containers foil-pans summer-seasonal coffee-filters: .=soft_pack
sponges-brooms kitchen-tools batteries: .=blister
light-bulbs: .=small_box
cameras: .=blister
toys: .=thing
car-care: .=detergent
charcoal-lighter-fluid: fluid=sauce | .=sack
antacids digestive-care: .=pills
first-aid: .=tube
eye-care: .=small_box
hair-care: .=spray
oral-care: .=tube
soap: liquid=pump | .=block_pack
nutrition-drinks: .=juice
fresh-flowers roses: plant=thing | .=bouquet
balloons: .=balloon
cards-party: .=canned_card
magazines: .=magazine
newspapers: .=newspaper
"""
ALIASES = {"tin_small": "can", "pump_bottle": "squeeze"}

_MOTIFS = (
    (r"tomato|ketchup|salsa|pizza sauce|pasta sauce", "1F345"),
    (r"chicken|poultry|turkey|\bhen\b", "1F414"),
    (r"beef|steak|stew|meatball", "1F404"),
    (r"pork|\bham\b|bacon|hash", "1F416"),
    (r"tuna|salmon|fish|seafood", "1F41F"),
    (r"shrimp", "1F990"),
    (r"\bcat\b", "1F431"),
    (r"dog (?:food|biscuit|treat)|dog treats", "1F436"),
    (r"cheese|cheddar", "1F9C0"),
    (r"mushroom", "1F344"),
    (r"\bcorn|hominy|grits|taco|tostada", "1F33D"),
    (r"bean|\bpeas?\b|chili\b", "1FAD8"),
    (r"olive", "1FAD2"),
    (r"pickle|relish|cucumber", "1F952"),
    (r"peanut", "1F95C"),
    (r"almond|pecan|\bnuts?\b|pistachio", "1F330"),
    (r"honey", "1F36F"),
    (r"cran|cherr", "1F352"),
    (r"grapefruit|orange|citrus|tangerine|mandarin", "1F34A"),
    (r"lemon|lime", "1F34B"),
    (r"grape|raisin|prune|jelly", "1F347"),
    (r"apple sauce|apple juice|apple ", "1F34E"),
    (r"pineapple", "1F34D"),
    (r"peach", "1F351"),
    (r"\bpears?\b", "1F350"),
    (r"strawberr|jam|preserve|fruit snack", "1F353"),
    (r"blueberr", "1FAD0"),
    (r"banana", "1F34C"),
    (r"garlic", "1F9C4"),
    (r"onion", "1F9C5"),
    (r"potato|hash brown|tots", "1F954"),
    (r"carrot", "1F955"),
    (r"beet|radish", "1FAD9"),
    (r"chocolate|cocoa|brownie|candy bar", "1F36B"),
    (r"coffee", "2615"),
    (r"\btea\b", "1F375"),
    (r"pasta|spaghetti|macaroni|noodle", "1F35D"),
    (r"ramen", "1F35C"),
    (r"rice\b", "1F35A"),
    (r"pepperoni|pizza", "1F355"),
    (r"pancake|syrup|waffle", "1F95E"),
    (r"popcorn", "1F37F"),
    (r"cookie|wafer|graham", "1F36A"),
    (r"cracker|pretzel", "1F968"),
    (r"chips\b", "1F954"),
    (r"cake|frosting", "1F370"),
    (r"vanilla|flour|wheat|cereal|oat|granola", "1F33E"),
    (r"flower|daisy", "1F33C"),
    (r"mint\b|mints|gum\b|breath", "1F33F"),
    (r"hot sauce|pepper|chili|mexican|picante", "1F336"),
    (r"fruit|juice|punch|drink mix|sports drink|pops", "1F353"),
    (r"vegetable|salad|dressing|spinach|greens", "1F96C"),
    (r"ginger ale|tonic|seltzer|soda|soft drink", "1FAE7"),
    (r"energy", "26A1"),
    (r"water", "1F4A7"),
    (r"laundry|stain|bleach|softener", "1F455"),
    (r"dish", "1F37D"),
    (r"toilet|bathroom|glass|cleaner|cleanser|drain|soap|wipes", "1FAE7"),
    (r"air freshener|carpet|spray", "1F33C"),
    (r"trash|bags|wrap|foil|paper", "2728"),
    (r"baby|diaper", "1F476"),
    (r"\boil\b", "1F33B"),
    (r"sauce|marinade|gravy|condiment", "1F372"),
    (r"sugar|sweetener|salt|baking", "1F9C1"),
    (r"wine", "1F347"),
    (r"beer|\bale\b", "1F33E"),
    (r"vodka|whiskey|bourbon", "1F33E"),
    (r"liniment", "1F4AA"),
    (r"toothpaste", "1F9B7"),
    (r"milk|cream|butter|yogurt|eggnog", "1F404"),
    (r"hair", "1F487"),
)
_MOTIF_RULES = tuple((re.compile(pattern, re.IGNORECASE), code) for pattern, code in _MOTIFS)
PACKS_ON_PACKS = frozenset(
    [
        "1F96B",
        "1FAD9",
        "1F964",
        "1F9C3",
        "1F9F4",
        "1F48A",
        "1F37C",
        "1F9FB",
        "1F9FA",
        "1F9F9",
        "1F5D1",
        "1F9FC",
        "1F9F8",
    ]
)
"""Drawings that are a pack themselves, or say nothing: on a pack the content is drawn instead."""
BARE = frozenset(
    [
        "loose",
        "single",
        "punnet",
        "net",
        "bunch",
        "board",
        "plate",
        "bouquet",
        "balloon",
        "thing",
        "tray",
        "window_bag",
        "loaf",
        "vacuum",
    ]
)
"""Shapes that show the thing itself, which the product's own drawing knows best."""
BETTER = {
    "mushroom": "1F344-200D-1F7EB",
    "sliced turkey": "1F357",
    "order turkey": "1F357",
    "order chicken": "1F357",
    "order ham": "1F356",
    "ham lunch": "1F356",
    "packaged ham": "1F356",
    "yellow summer squash": "1F952",
    "zucchini": "1F952",
    "white milk": "1F404",
    "buttermilk": "1F404",
    "soup": "1F963",
    "yogurt": "1F353",
    "toilet paper": "1F98B",
    "facial tissues": "1F338",
}

FRAMES = {
    "block_pack": (1.16, -38),
    "bar": (1.12, -44),
    "long_box": (1.05, -40),
    "flat_box": (1.14, -24),
    "small_box": (1.2, -10),
    "tray": (1.08, -22),
    "tin": (1.14, -24),
    "low_tub": (1.2, -28),
    "tub": (1.2, -18),
    "cups": (1.12, -14),
    "drum": (1.1, -14),
    "vacuum": (1.1, -14),
    "loaf": (1.08, -26),
    "small_bag": (1.2, -10),
    "square_box": (1.08, -6),
    "soft_pack": (1.08, -14),
    "egg_box": (1.08, -22),
    "rolls": (1.08, -6),
    "keyboard": (1.12, -34),
    "strip": (1.08, -34),
    "pad": (1.1, -44),
    "robot": (1.08, -38),
    "board": (1.04, -12),
    "can": (1.08, -8),
    "jar": (1.12, -6),
    "pint": (1.14, -8),
    "milk": (1.0, 4),
    "jug_water": (1.0, 4),
    "box": (1.08, -4),
    "carton": (1.08, 2),
    "brick": (1.1, -4),
    "pouch": (1.08, -2),
    "window_bag": (1.06, -2),
    "bag": (1.06, -2),
    "sack": (1.06, 2),
}
"""Shapes that are low or small on the floor: how much larger and how much higher they stand."""
SHOES = frozenset(
    ["runner", "court", "trail", "boot", "hike", "hoop", "football", "slip_on", "sandal", "slide"]
)
for _name in SHOES:
    FRAMES[_name] = (1.06, -22)
FRAMES |= {"boot": (0.98, 0), "hoop": (0.98, 0), "hike": (1.0, -6)}

_HUES = {
    "1F345": (0.58, 0.2, 28),
    "1F336": (0.56, 0.2, 28),
    "1F353": (0.6, 0.19, 18),
    "1F352": (0.5, 0.19, 18),
    "1F34E": (0.58, 0.19, 28),
    "1F34A": (0.74, 0.16, 60),
    "1F955": (0.72, 0.17, 55),
    "1F383": (0.72, 0.16, 60),
    "1F34B": (0.86, 0.16, 98),
    "1F33D": (0.84, 0.15, 90),
    "1F34D": (0.82, 0.15, 92),
    "1F34C": (0.87, 0.15, 98),
    "1F9C0": (0.83, 0.14, 85),
    "1F9C8": (0.88, 0.11, 95),
    "1F36F": (0.74, 0.15, 72),
    "1F33B": (0.85, 0.15, 92),
    "1F954": (0.74, 0.1, 75),
    "1F95C": (0.66, 0.1, 65),
    "1F330": (0.52, 0.09, 55),
    "1F36B": (0.4, 0.08, 45),
    "2615": (0.4, 0.06, 50),
    "1F36A": (0.65, 0.1, 65),
    "1F35E": (0.74, 0.1, 70),
    "1F33E": (0.78, 0.12, 85),
    "1F347": (0.46, 0.15, 310),
    "1FAD0": (0.5, 0.13, 275),
    "1F351": (0.78, 0.12, 50),
    "1F350": (0.78, 0.15, 115),
    "1F952": (0.62, 0.14, 135),
    "1F96C": (0.66, 0.16, 135),
    "1F33F": (0.68, 0.14, 150),
    "1FAD8": (0.5, 0.12, 35),
    "1FAD2": (0.58, 0.12, 118),
    "1F344-200D-1F7EB": (0.64, 0.07, 55),
    "1F414": (0.76, 0.12, 70),
    "1F404": (0.72, 0.09, 240),
    "1F416": (0.74, 0.1, 10),
    "1F41F": (0.64, 0.11, 235),
    "1F990": (0.7, 0.14, 40),
    "1F431": (0.74, 0.13, 65),
    "1F436": (0.66, 0.11, 60),
    "1F4A7": (0.74, 0.11, 235),
    "1FAE7": (0.76, 0.1, 215),
    "1F455": (0.62, 0.14, 250),
    "26A1": (0.86, 0.16, 100),
    "1F375": (0.66, 0.13, 140),
    "1F9CA": (0.82, 0.07, 225),
    "1F95B": (0.86, 0.04, 235),
}


_CASE = re.compile(r"([^=]+)=([a-z_]+)(?: \| | |$)")
"""``words=shape`` within a rule; the words are a regular expression, a dot fits always."""


def _parse() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    rules: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for row in _RULES.strip().splitlines():
        if row.startswith("#"):
            continue
        slugs, _, cases = row.partition(": ")
        parsed = [(re.compile(words, re.IGNORECASE), name) for words, name in _CASE.findall(cases)]
        parsed.sort(key=lambda rule: rule[0].pattern == ".")
        for slug in slugs.split():
            rules[slug] = parsed
    return rules


_SHAPE_RULES = _parse()


@lru_cache(maxsize=4096)
def shape_name(category: str, kind: str) -> str:
    """Name of the shape of a kind of product (its English words) in a category (its slug)."""
    for pattern, name in _SHAPE_RULES.get(category, ()):
        if pattern.search(kind):
            return ALIASES.get(name, name)
    return "thing" if category not in _SHAPE_RULES else "box"


@lru_cache(maxsize=4096)
def motif(category: str, kind: str, icon: str, shape: str) -> str:
    """OpenMoji code of what is drawn on a product or in its place."""
    lowered = kind.lower()
    for words, code in BETTER.items():
        if words in lowered:
            return code
    if shape in BARE and icon not in PACKS_ON_PACKS:
        return icon
    own = icon if icon not in PACKS_ON_PACKS else ""
    for pattern, code in _MOTIF_RULES:
        if pattern.search(kind) and drawing(code):
            return code
    for pattern, code in _MOTIF_RULES:
        if not own and pattern.search(category) and drawing(code):
            return code
    return own or "1F33F"


@lru_cache(maxsize=512)
def content_colour(code: str, seed: int) -> str:
    """The colour of what a drawing shows; another calm one where it is not known."""
    known = _HUES.get(code)
    if known:
        return oklch(*known)
    return oklch(0.72, 0.12, (35, 75, 130, 180, 235, 290, 345)[seed % 7])
