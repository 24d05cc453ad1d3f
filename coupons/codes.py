"""Codes as people type them, and codes nobody can guess."""

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so a code survives being read out."""

CODE_LENGTH = 12
"""Sixty random bits: a million live codes among 2**60 make one guess in a trillion."""

_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def normalise_code(text: str) -> str:
    """How codes are stored and compared: NFKC, upper case, no spaces or dashes, O as 0, I and L as 1."""
    # taking a space or dash out can bring two characters together that compose: until nothing changes
    while (norm := _normalised_once(text)) != text:
        text = norm
    return norm


def _normalised_once(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).upper()
    kept = (c for c in folded if not c.isspace() and unicodedata.category(c) not in {"Pd", "Cf"})
    return "".join(kept).translate(_LOOKALIKES)


def random_code(prefix: str = "") -> str:
    """A fresh code in normal form."""
    bits = secrets.randbits(5 * CODE_LENGTH)
    return normalise_code(prefix) + "".join(ALPHABET[bits >> shift & 31] for shift in range(0, 5 * CODE_LENGTH, 5))
