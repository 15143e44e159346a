"""Read a pattern of ECMA-262 into a tree.

Takes:   the text of a `pattern`.
Gives:   a tree of sets, sequences, choices, repetitions, edges and lookarounds; or `Unsupported`.
Ignores: which words the tree stands for (`meaning`).

The grammar is that of ECMA-262 with the `u` flag: a character is a code point, `\\u{1F600}` and `\\p{L}` are known,
`\\d` and `\\w` are ASCII. Where that grammar knows no meaning and its older form (Annex B) and Python's `re` know the
same one, that is used: `\\-` and `\\_`, a lone `]` or `{`, `[\\w-.]`. All else that the grammar refuses is `Malformed`:
`(?P<a>x)`, `(?i)`, `\\Z`, `a*+`, `x{,3}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from penstock_contracts.regular import codepoints, properties
from penstock_contracts.regular.codepoints import Charset


class Unsupported(Exception):
    """A pattern whose language is not regular, or not worked out here; `str` is the reason, to show a person."""


class Malformed(Unsupported):
    """A pattern that ECMA-262 has no meaning for."""


@dataclass(frozen=True, slots=True)
class Set:
    """One character of a set."""

    charset: Charset


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    options: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same again, `low` to `high` times."""

    body: Tree
    low: int
    high: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between characters: `^`, `$`, `b` (a word boundary) or `B` (none)."""

    sign: str


@dataclass(frozen=True, slots=True)
class Look:
    """A condition on what follows here, or on what came before."""

    body: Tree
    ahead: bool
    negative: bool


Tree = Set | Sequence | Choice | Repeated | Edge | Look

DIGIT = codepoints.from_ranges([(0x30, 0x3A)])
WORD = codepoints.from_ranges([(0x30, 0x3A), (0x41, 0x5B), (0x5F, 0x60), (0x61, 0x7B)])
SPACE = codepoints.of(
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
NOT_A_LINE_END = codepoints.complement(codepoints.of("\n\r\u2028\u2029"))

_SETS = {
    "d": DIGIT,
    "D": codepoints.complement(DIGIT),
    "w": WORD,
    "W": codepoints.complement(WORD),
    "s": SPACE,
    "S": codepoints.complement(SPACE),
}
_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_DEEPEST = 50  # groups in groups


def parse(pattern: str) -> Tree:
    """The tree of a pattern; raises `Unsupported`."""
    reader = _Reader(pattern)
    tree = reader.choice(0)
    if reader.at < len(pattern):
        raise reader.malformed("`)` closes nothing")
    return tree


class _Reader:
    """Where we are in a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def malformed(self, why: str) -> Malformed:
        return Malformed(f"not a pattern of ECMA-262: {why} (character {self.at + 1})")

    def unsupported(self, what: str) -> Unsupported:
        return Unsupported(f"{what} (character {self.at + 1})")

    def eat(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    # ---- structure

    def choice(self, depth: int) -> Tree:
        if depth > _DEEPEST:
            raise self.unsupported(f"groups nested deeper than {_DEEPEST}")
        options = [self.sequence(depth)]
        while self.eat("|"):
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self, depth: int) -> Tree:
        parts: list[Tree] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            part = self.term(depth)
            counts = self.quantifier()
            if counts is not None:
                if isinstance(part, Edge | Look):
                    raise self.malformed("there is nothing to repeat")
                part = Repeated(part, *counts)
            parts.append(part)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def term(self, depth: int) -> Tree:
        char = self.pattern[self.at]
        if char == "(":
            return self.group(depth)
        if char == "[":
            return Set(self.charset())
        if char == "\\":
            return self.escape()
        if char in "*+?":
            raise self.malformed("there is nothing to repeat")
        if char == "{" and self.quantifier() is not None:
            raise self.malformed("there is nothing to repeat")
        self.at += 1
        if char == ".":
            return Set(NOT_A_LINE_END)
        if char in "^$":
            return Edge(char)
        return Set(codepoints.of(char))

    def group(self, depth: int) -> Tree:
        self.at += 1
        look = None
        if self.eat("?"):
            for sign, ahead, negative in (
                ("=", True, False),
                ("!", True, True),
                ("<=", False, False),
                ("<!", False, True),
            ):
                if self.eat(sign):
                    look = (ahead, negative)
                    break
            else:
                self.group_name()
        body = self.choice(depth + 1)
        if not self.eat(")"):
            raise self.malformed("a group is not closed")
        return body if look is None else Look(body, *look)

    def group_name(self) -> None:
        if self.eat(":"):
            return
        if self.eat("<"):
            end = self.pattern.find(">", self.at)
            if end > self.at and self.pattern[self.at : end].replace("$", "_").isidentifier():
                self.at = end + 1
                return
            raise self.malformed("a group has no proper name")
        if self.at < len(self.pattern) and self.pattern[self.at] in "ims-":
            raise self.unsupported("flags inside a pattern")
        raise self.malformed(f"`(?{self.pattern[self.at : self.at + 1]}` begins no group")

    def quantifier(self) -> tuple[int, float] | None:
        if self.at >= len(self.pattern):
            return None
        counts = {"*": (0, inf), "+": (1, inf), "?": (0, 1)}.get(self.pattern[self.at])
        if counts is not None:
            self.at += 1
        elif self.pattern[self.at] == "{":
            counts = self.braces()
            if counts is None:
                return None
        else:
            return None
        if not self.eat("?") and self.at < len(self.pattern) and self.pattern[self.at] in "*+":
            raise self.malformed("there is nothing to repeat")
        return counts

    def braces(self) -> tuple[int, float] | None:
        end = self.pattern.find("}", self.at)
        inside = self.pattern[self.at + 1 : end] if end > 0 else ""
        low, comma, high = inside.partition(",")
        if not (low or high) or not all(digit in "0123456789" for digit in low + high):
            return None  # a plain brace, as Annex B and Python have it
        if not low:
            raise self.malformed("a repetition without a lower bound")
        if len(inside) > 20:
            raise self.unsupported("a repetition of astronomic size")
        self.at = end + 1
        least = int(low)
        most = inf if comma and not high else int(high or low)
        if most < least:
            raise self.malformed("a repetition whose bounds are out of order")
        return least, most

    # ---- characters

    def escape(self) -> Tree:
        following = self.pattern[self.at + 1 : self.at + 2]
        if following and following in "bB":
            self.at += 2
            return Edge(following)
        if following and following in "123456789k":
            raise self.unsupported("a back-reference")
        found = self.escaped()
        return Set(found if isinstance(found, tuple) else codepoints.from_ranges([(found, found + 1)]))

    def escaped(self) -> Charset | int:
        """A set like `\\d`, or one code point; for a lone surrogate, which no string holds, its number."""
        self.at += 1
        char = self.pattern[self.at : self.at + 1]
        if not char:
            raise self.malformed("a backslash at the end")
        self.at += 1
        if char in _SETS:
            return _SETS[char]
        if char in _CONTROLS:
            return ord(_CONTROLS[char])
        if char in "pP":
            return self.property(char == "P")
        if char == "x":
            return self.hexadecimal(2)
        if char == "u":
            return self.unicode()
        if char == "c":
            letter = self.pattern[self.at : self.at + 1]
            if not (letter.isascii() and letter.isalpha()):
                raise self.malformed("`\\c` without a letter")
            self.at += 1
            return ord(letter) % 32
        if char == "0" and not self.pattern[self.at : self.at + 1].isdecimal():
            return 0
        if char.isascii() and char.isalnum():
            self.at -= 1
            raise self.malformed(f"`\\{char}` has no meaning")
        return ord(char)

    def hexadecimal(self, digits: int) -> int:
        text = self.pattern[self.at : self.at + digits]
        if len(text) < digits or not all(digit in "0123456789abcdefABCDEF" for digit in text):
            raise self.malformed(f"{digits} hexadecimal digits are missing")
        self.at += digits
        return int(text, 16)

    def unicode(self) -> int:
        if self.eat("{"):
            end = self.pattern.find("}", self.at)
            text = self.pattern[self.at : max(end, self.at)]
            if not text or not all(digit in "0123456789abcdefABCDEF" for digit in text) or int(text, 16) > 0x10FFFF:
                raise self.malformed("`\\u{` without a code point")
            self.at = end + 1
            return int(text, 16)
        high = self.hexadecimal(4)
        if (
            0xD800 <= high < 0xDC00
            and self.pattern.startswith("\\u", self.at)
            and self.pattern[self.at + 2 : self.at + 3] != "{"
        ):
            before = self.at
            self.at += 2
            low = self.hexadecimal(4)
            if 0xDC00 <= low < 0xE000:
                return 0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00)
            self.at = before
        return high

    def property(self, negative: bool) -> Charset:
        end = self.pattern.find("}", self.at)
        if not self.eat("{") or end < 0:
            raise self.malformed("`\\p` without a property")
        name = self.pattern[self.at : end]
        found = properties.charset(name)
        if found is None:
            raise self.unsupported(f"the Unicode property `{name}`")
        self.at = end + 1
        return codepoints.complement(found) if negative else found

    def charset(self) -> Charset:
        self.at += 1
        negative = self.eat("^")
        ranges: list[tuple[int, int]] = []
        sets: list[Charset] = []
        while not self.eat("]"):
            start = self.member()
            if isinstance(start, tuple):
                sets.append(start)
                continue
            if self.pattern.startswith("-", self.at) and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                before = self.at
                self.at += 1
                end = self.member()
                if isinstance(end, tuple):  # Annex B: `[+-\w]` is a plus, a minus, and the set
                    self.at = before
                else:
                    if end < start:
                        raise self.malformed("a range whose ends are out of order")
                    ranges.append((start, end + 1))
                    continue
            ranges.append((start, start + 1))
        found = codepoints.union(codepoints.from_ranges(ranges), *sets)
        return codepoints.complement(found) if negative else found

    def member(self) -> Charset | int:
        char = self.pattern[self.at : self.at + 1]
        if not char:
            raise self.malformed("a class is not closed")
        if char != "\\":
            self.at += 1
            return ord(char)
        following = self.pattern[self.at + 1 : self.at + 2]
        if following == "b":
            self.at += 2
            return 8
        if following and following in "123456789":
            raise self.malformed("a number after a backslash in a class")
        return self.escaped()
