"""Which characters have a Unicode property, as `\\p{...}` names it.

Takes:   the text between the braces: `Lu`, `Letter`, `gc=Nd`, `ASCII`, `White_Space` ...
Gives:   the set, after the Unicode version of the running Python (`unicodedata.unidata_version`); None for an unknown name.
Ignores: scripts and the derived properties that `unicodedata` does not know. A guess would be a wrong answer.
"""

from __future__ import annotations

from functools import lru_cache

from penstock_contracts.regular import codepoints
from penstock_contracts.regular.codepoints import Charset

# general category -> its other names; ECMA-262, table "Value aliases and canonical values for General_Category"
_ALIASES = {
    "L": "Letter",
    "LC": "Cased_Letter",
    "Lu": "Uppercase_Letter",
    "Ll": "Lowercase_Letter",
    "Lt": "Titlecase_Letter",
    "Lm": "Modifier_Letter",
    "Lo": "Other_Letter",
    "M": "Mark Combining_Mark",
    "Mn": "Nonspacing_Mark",
    "Mc": "Spacing_Mark",
    "Me": "Enclosing_Mark",
    "N": "Number",
    "Nd": "Decimal_Number digit",
    "Nl": "Letter_Number",
    "No": "Other_Number",
    "P": "Punctuation punct",
    "Pc": "Connector_Punctuation",
    "Pd": "Dash_Punctuation",
    "Ps": "Open_Punctuation",
    "Pe": "Close_Punctuation",
    "Pi": "Initial_Punctuation",
    "Pf": "Final_Punctuation",
    "Po": "Other_Punctuation",
    "S": "Symbol",
    "Sm": "Math_Symbol",
    "Sc": "Currency_Symbol",
    "Sk": "Modifier_Symbol",
    "So": "Other_Symbol",
    "Z": "Separator",
    "Zs": "Space_Separator",
    "Zl": "Line_Separator",
    "Zp": "Paragraph_Separator",
    "C": "Other",
    "Cc": "Control cntrl",
    "Cf": "Format",
    "Cs": "Surrogate",
    "Co": "Private_Use",
    "Cn": "Unassigned",
}
_CATEGORIES = {name: short for short, long in _ALIASES.items() for name in (short, *long.split())}

_PLAIN: dict[str, tuple[tuple[int, int], ...]] = {
    "Any": ((0, 0x110000),),
    "ASCII": ((0, 0x80),),
    "ASCII_Hex_Digit": ((0x30, 0x3A), (0x41, 0x47), (0x61, 0x67)),
    "AHex": ((0x30, 0x3A), (0x41, 0x47), (0x61, 0x67)),
    "White_Space": (
        (0x9, 0xE), (0x20, 0x21), (0x85, 0x86), (0xA0, 0xA1), (0x1680, 0x1681), (0x2000, 0x200B),
        (0x2028, 0x202A), (0x202F, 0x2030), (0x205F, 0x2060), (0x3000, 0x3001),
    ),
}  # fmt: skip
_PLAIN["space"] = _PLAIN["White_Space"]


@lru_cache(maxsize=256)
def charset(name: str) -> Charset | None:
    """The characters with a property, or None if the name is not known here."""
    key, equals, value = name.partition("=")
    if equals:
        return _of_category(value) if key in ("gc", "General_Category") else None
    if name in _PLAIN:
        return codepoints.from_ranges(_PLAIN[name])
    if name == "Assigned":
        unassigned = _of_category("Cn")
        return None if unassigned is None else codepoints.complement(unassigned)
    if name in ("Lowercase", "Lower"):
        return _where(str.islower)
    if name in ("Uppercase", "Upper"):
        return _where(str.isupper)
    return _of_category(name)


def _of_category(name: str) -> Charset | None:
    short = _CATEGORIES.get(name)
    if short is None:
        return None
    wanted = {"Lu", "Ll", "Lt"} if short == "LC" else None
    table = _categories()
    return codepoints.union(
        *(
            found
            for category, found in table.items()
            if (category in wanted if wanted is not None else category.startswith(short))
        )
    )


@lru_cache(maxsize=1)
def _categories() -> dict[str, Charset]:
    """General category -> its characters; one pass over Unicode, about a third of a second, once."""
    from unicodedata import category

    ranges: dict[str, list[tuple[int, int]]] = {}
    start, current = 0, category("\0")
    for codepoint in range(1, 0x110001):
        here = category(chr(codepoint)) if codepoint < 0x110000 else ""
        if here != current:
            ranges.setdefault(current, []).append((start, codepoint))
            start, current = codepoint, here
    return {name: codepoints.from_ranges(found) for name, found in ranges.items()}


def _where(test: object) -> Charset:
    """Every character that a test of `str` is true of."""
    assert callable(test)
    return codepoints.from_ranges((point, point + 1) for point in range(0x110000) if test(chr(point)))
