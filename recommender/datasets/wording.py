"""A till's shorthand as words for people: `FRZN CORN ON THE COB`, `16 OZ` -> Frozen corn on the cob, 16 oz."""

import re

_WORDS = {
    "bkd": "baked",
    "brkfst": "breakfast",
    "ckys": "cookies",
    "chix": "chicken",
    "chocolat": "chocolate",
    "choc": "chocolate",
    "chp": "chops",
    "cig": "cigarette",
    "clean": "cleaning",
    "cleang": "cleaning",
    "cndy": "candy",
    "conc": "concentrate",
    "crbntd": "carbonated",
    "crkr": "crackers",
    "decaffinated": "decaffeinated",
    "dnr": "dinner",
    "drnk": "drink",
    "drnks": "drinks",
    "drnking": "drinking",
    "drsng": "dressing",
    "flvrd": "flavored",
    "fd": "food",
    "fds": "foods",
    "frz": "frozen",
    "frzn": "frozen",
    "jce": "juice",
    "misc": "other",
    "mnrl": "mineral",
    "mlk": "milk",
    "mxs": "mixes",
    "mx": "mix",
    "ntrtnl": "nutritional",
    "pckgd": "packaged",
    "pkgd": "packaged",
    "pkld": "pickled",
    "pnt": "peanut",
    "btr": "butter",
    "ppk": "prepacked",
    "prep": "prepared",
    "prslc": "presliced",
    "pwdr": "powder",
    "pwdrs": "powders",
    "refrgratd": "refrigerated",
    "rtd": "ready to drink",
    "sald": "salad",
    "saus": "sausage",
    "shldr": "shoulder",
    "slc": "sliced",
    "snks": "snacks",
    "sndwch": "sandwich",
    "splly": "supplies",
    "sply": "supplies",
    "sprd": "spread",
    "stk": "steak",
    "sugr": "sugar",
    "sw": "sweet",
    "gds": "goods",
    "tiss": "tissues",
    "trsh": "trash",
    "veg": "vegetables",
    "vlu": "value",
    "whlsm": "wholesome",
    "wht": "white",
    "wtr": "water",
    "xmas": "Christmas",
    "hbc": "health and beauty",
    "gm": "general merchandise",
}
_UPPER = {"bbq", "cd", "dvd", "dvds", "vhs", "usa", "nz", "tv"}


def readable(shorthand: str) -> str:
    """Sentence case, common abbreviations written out, `&` and stray punctuation put right; meaning untouched."""
    text = shorthand.replace("&", " and ").replace(":", ": ").lower()
    text = re.sub(r"\([^)]*$", "", text)  # the till cuts names at 30 characters, often within a bracket
    words = [_word(part) for part in re.split(r"([\s/,:()\-]+)", text)]
    text = re.sub(r"\s+", " ", "".join(words)).strip(" -:/,")
    text = re.sub(r"\s+([,:)])", r"\1", text)
    return text[:1].upper() + text[1:]


def _word(word: str) -> str:
    return word.upper() if word in _UPPER else _WORDS.get(word, word)


def product_title(kind: str, package: str) -> str:
    """`APPLE SAUCE` and `50 OZ` -> Apple sauce, 50 oz."""
    title, size = readable(kind), package.strip().lower()
    return f"{title}, {size}"[:200] if any(character.isdigit() for character in size) else title[:200]


def offer_title(cents: int, name: str, units: int) -> str:
    """100 cents, `yogurt` and 2 items -> $1.00 off yogurt, from 2 items."""
    condition = f", from {units} items" if units > 1 else ""
    return f"{dollars(cents)} off {name[: 200 - 30]}{condition}"


def dollars(cents: int) -> str:
    return f"${cents // 100}.{cents % 100:02d}"
