"""Bugs to plant: each is one line of the engine written as somebody might have written it by mistake.

Takes:   nothing.
Gives:   `MUTANTS`: what is broken, where, how, and the law or the part of the corpus that must notice.
Run:     python mutants.py PACKAGE     says which bugs cannot be planted any more
Ignores: how a copy of the engine is made and asked (`catch.py`).

A line has to be there exactly once. When it has been rewritten, plant the bug anew in the new one.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted bug."""

    broken: str
    file: str  # below the package
    old: str
    new: str
    law: str  # the name of a law, `corpus FAMILY`, or `trials FIRST LAST`

    def planted_in(self, text: str) -> str:
        """The text with the bug in it. Raises `LookupError` when the place is not there, or not the only one."""
        if text.count(self.old) != 1:
            raise LookupError(f"`{self.old}` is there {text.count(self.old)} times in {self.file}: plant the bug anew")
        return text.replace(self.old, self.new)


NUMBER, TEXT, ARRAY, OBJECT, SEARCH = (f"solve/{room}.py" for room in ("number", "text", "array", "object", "search"))
FORMULA, COMPILE, RESOLVE, MEANING = "formula.py", "compile.py", "resolve.py", "regular/meaning.py"

MUTANTS = (
    # numbers
    Mutant(
        "the first multiple is looked for above the bound, never on it",
        NUMBER,
        "least = ceil(Fraction(low) / factor)",
        "least = floor(Fraction(low) / factor) + 1",
        "bounds_of_integers_skip_fractions",
    ),
    Mutant(
        "the last multiple is looked for below the bound, never on it",
        NUMBER,
        "greatest = floor(Fraction(high) / factor)",
        "greatest = ceil(Fraction(high) / factor) - 1",
        "bounds_of_integers_skip_fractions",
    ),
    Mutant(
        "an open end is closed for multiples",
        NUMBER,
        "if open_low and least * factor == low:",
        "if False:",
        "bounds_of_integers_skip_fractions",
    ),
    Mutant(
        "the product is taken for the least common multiple",
        NUMBER,
        "Fraction(lcm(one.numerator, other.numerator), gcd(one.denominator, other.denominator))",
        "Fraction(one * other)",
        "multiples_have_common_multiples",
    ),
    Mutant(
        "an interval of one point is empty",
        NUMBER,
        "(low == high and (open_low or open_high))",
        "low == high",
        "bounds_are_intervals",
    ),
    Mutant(
        "a forbidden multiple forbids its divisors too",
        NUMBER,
        "if 1 in periods:",
        "if periods:",
        "multiples_have_common_multiples",
    ),
    # texts
    Mutant(
        "a fixed length is impossible",
        TEXT,
        "if 0 <= high < low:",
        "if 0 <= high <= low:",
        "lengths_are_counts",
    ),
    Mutant(
        "a pattern that must not be found is looked for",
        TEXT,
        "one = parse(pattern)\n            language = language & one if wanted else language - one",
        "one = parse(pattern)\n            language = language & one",
        "patterns_are_languages",
    ),
    Mutant(
        "a pattern is matched from the beginning",
        MEANING,
        "return concat(ALL, here.word) if here.first is here.word else union((here.first, later))",
        "return here.first",
        "patterns_are_languages",
    ),
    Mutant(
        "a dollar takes whatever follows",
        MEANING,
        "Following(*(EMPTY if side.nullable else NOTHING for side in follows))",
        "follows",
        "patterns_are_languages",
    ),
    # arrays
    Mutant(
        "nobody makes room for a repetition",
        ARRAY,
        "+ (2 if self.duplicate else 0)",
        "+ 0",
        "items_are_counted",
    ),
    Mutant(
        "all demands are met by one item",
        ARRAY,
        "needs = sum(role[2] for role in self.roles)",
        "needs = max([role[2] for role in self.roles], default=0)",
        "items_are_counted",
    ),
    Mutant(
        "who has a value keeps it when values must differ",
        ARRAY,
        "if key not in owner or augment(owner[key], visited):",
        "if key not in owner:",
        "items_are_counted",
    ),
    Mutant(
        "an item that is not counted may be of the counted kind",
        ARRAY,
        "if most >= 0:\n            goal",
        "if False:\n            goal",
        "items_are_counted",
    ),
    Mutant(
        "neighbours do not repeat each other",
        ARRAY,
        "for other in range(one + 1, len(goals)):",
        "for other in range(one + 2, len(goals)):",
        "items_are_counted",
    ),
    # objects
    Mutant(
        "a fixed number of properties is impossible",
        OBJECT,
        "if self.most is not None and self.least > self.most:\n            return self.least_dep",
        "if self.most is not None and self.least >= self.most:\n            return self.least_dep",
        "sizes_of_objects_are_counts",
    ),
    Mutant(
        "as many required properties as there may be are too many",
        OBJECT,
        "len(state.req) > self.most:",
        "len(state.req) >= self.most:",
        "keys_are_counted",
    ),
    Mutant(
        "nobody counts the properties that are made up",
        OBJECT,
        "len(state.req.keys() | extra.keys()) + len(fresh) < self.most",
        "len(state.req.keys() | extra.keys()) <= self.most",
        "keys_are_counted",
    ),
    Mutant(
        "a demand is never met by an optional property",
        OBJECT,
        "            for name in state.props:\n                if name not in state.req and name not in extra and",
        "            for name in ():\n                if name not in state.req and name not in extra and",
        "keys_are_counted",
    ),
    # search
    Mutant(
        "what holds while a goal is open is kept for ever",
        SEARCH,
        "if low >= depth:",
        "if True:",
        "recursion",
    ),
    Mutant(
        "a conflict forgets the decisions of the branches before",
        SEARCH,
        "                conflict |= answer & ~bit\n",
        "",
        "puzzles_have_the_answers_that_trying_finds",
    ),
    Mutant(
        "exactly one is at least one",
        SEARCH,
        "            if len(met) > 1:\n                return [], because",
        "            if len(met) > 1:\n                return None, 0",
        "combinators_are_boolean",
    ),
    Mutant(
        "not exactly one means more than one",
        SEARCH,
        "return [none, *open_], because",
        "return open_, because",
        "combinators_are_boolean",
    ),
    Mutant(
        "an optional property with an impossible value is a contradiction",
        SEARCH,
        "if name in state.req and self._impossible(both):\n                return False, because | state.req[name]",
        "if self._impossible(both):\n                return False, because",
        "corpus objects",
    ),
    # formulas
    Mutant(
        "true is 1",
        FORMULA,
        '    if kind is bool:\n        return ("b", value)',
        "    if kind is bool:\n        return int(value)",
        "constants_are_what_they_are",
    ),
    Mutant(
        "the order of keys is something",
        FORMULA,
        'return ("o", frozenset((key, freeze(member)) for key, member in value.items()))',
        'return ("o", tuple((key, freeze(member)) for key, member in value.items()))',
        "corpus enums",
    ),
    Mutant(
        "not such an item may be no item at all",
        FORMULA,
        "opposite = self.conj([self.least(MINITEMS, args[0] + 1), self.item(args[0], self.neg(args[1]))])",
        "opposite = self.item(args[0], self.neg(args[1]))",
        "corpus arrays",
    ),
    Mutant(
        "not such a property may be no property at all",
        FORMULA,
        "opposite = self.conj([self._make(REQ, (args[0],), ALL), self.prop(args[0], self.neg(args[1]))])",
        "opposite = self.prop(args[0], self.neg(args[1]))",
        "corpus objects",
    ),
    Mutant(
        "the complement of a bound keeps the bound",
        FORMULA,
        "opposite = self.maximum(args[0], not args[1])",
        "opposite = self.maximum(args[0], args[1])",
        "bounds_are_intervals",
    ),
    Mutant(
        "two lengths that are equal exclude each other",
        FORMULA,
        "return bool(low.args[0] > high.args[0])",
        "return bool(low.args[0] >= high.args[0])",
        "lengths_are_counts",
    ),
    Mutant(
        "at least two is at least one",
        FORMULA,
        "if least == 1 and most < 0:",
        "if most < 0:",
        "items_are_counted",
    ),
    Mutant(
        "a branch that holds evaluates nothing",
        FORMULA,
        "then = self.uneval(self.disj([known, maybe[0][1]], STR), maybe[1:], value)",
        "then = self.uneval(known, maybe[1:], value)",
        "corpus unevaluated",
    ),
    # reading schemas
    Mutant(
        "integer narrows the number beside it",
        COMPILE,
        'if "integer" in names and "number" not in names:',
        'if "integer" in names:',
        "types_are_sets",
    ),
    Mutant(
        "additional items begin with the first",
        COMPILE,
        'return c.pool.items(len(schema["items"]), c.schema(value, scope))',
        "return c.pool.items(0, c.schema(value, scope))",
        "corpus arrays",
    ),
    Mutant(
        "an absent minContains is 0",
        COMPILE,
        'least = _count(schema.get("minContains", 1), "minContains")',
        'least = _count(schema.get("minContains", 0), "minContains")',
        "items_are_counted",
    ),
    Mutant(
        "properties that match a pattern are additional",
        COMPILE,
        "parts = [pool.atom(PATTERN, pattern) for pattern in patterns]",
        "parts = []",
        "corpus objects",
    ),
    Mutant(
        "what else holds is not asked about the condition",
        COMPILE,
        "pool.disj([condition, other])",
        "other",
        "corpus conditionals",
    ),
    Mutant(
        "siblings of a reference count in draft 7",
        COMPILE,
        'if scope.dialect.number <= 7 and "$ref" in schema:\n            return _ref(self',
        'if scope.dialect.number <= 4 and "$ref" in schema:\n            return _ref(self',
        "corpus references",
    ),
    Mutant(
        "a dynamic reference is an ordinary one",
        RESOLVE,
        "                if known == name:",
        "                if known != name:",
        "corpus references",
    ),
    Mutant(
        "an embedded resource has no base of its own",
        RESOLVE,
        "uri = urldefrag(urljoin(self.resource.uri, name))[0]",
        "uri = name",
        "corpus references",
    ),
)


def misplaced(package: Path) -> list[str]:
    """The bugs that cannot be planted any more, and why."""
    found = []
    for mutant in MUTANTS:
        try:
            mutant.planted_in((package / mutant.file).read_text(encoding="utf-8"))
        except (LookupError, OSError) as error:
            found.append(f"{mutant.broken}: {error}")
    return found


if __name__ == "__main__":
    print("\n".join(misplaced(Path(sys.argv[1]))))
    raise SystemExit(bool(misplaced(Path(sys.argv[1]))))
