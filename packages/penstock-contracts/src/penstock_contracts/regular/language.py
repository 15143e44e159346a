"""A regular language: a set of strings that one can join, cut, complement, ask and draw from.

Takes:   patterns, words, bounds of length, other languages.
Gives:   `Language`, and the words in it.
Ignores: JSON Schema. How expressions are kept and searched is behind this door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from math import inf

from penstock_contracts.regular import expression, meaning, pattern, search
from penstock_contracts.regular.budget import Budget, Steps
from penstock_contracts.regular.expression import Expression


class Language:
    """A set of strings; every string is a sequence of code points without surrogates.

    `==` is quick and means *found equal without a search*; `equals` decides. Questions take a budget, and raise
    `OutOfSteps` (or what the given budget raises) when it is used up; without one they have 200,000 steps.
    """

    __slots__ = ("_is",)

    def __init__(self, is_: Expression) -> None:
        self._is = is_

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Language) and self._is is other._is

    def __hash__(self) -> int:
        return self._is.uid

    # ---- made from others

    def __or__(self, other: Language) -> Language:
        return Language(expression.union((self._is, other._is)))

    def __and__(self, other: Language) -> Language:
        return Language(expression.intersection((self._is, other._is)))

    def __sub__(self, other: Language) -> Language:
        return Language(expression.intersection((self._is, expression.complement(other._is))))

    def __invert__(self) -> Language:
        return Language(expression.complement(self._is))

    def __add__(self, other: Language) -> Language:
        """Every word of this language followed by a word of the other."""
        return Language(expression.concat(self._is, other._is))

    def between(self, low: int, high: int | None = None) -> Language:
        """The words of `low` to `high` characters, both included; None is no upper bound."""
        return Language(search.bounded(self._is, low, inf if high is None else high))

    def times(self, low: int, high: int | None = None) -> Language:
        """`low` to `high` words of this language, one after the other."""
        return Language(expression.repeat(self._is, low, inf if high is None else high))

    # ---- asked

    @property
    def shortest_length(self) -> int | None:
        """No word is shorter; None if there surely is no word. Costs nothing and may be too low."""
        return None if self._is.shortest == inf else int(self._is.shortest)

    @property
    def longest_length(self) -> int | None:
        """No word is longer; None if that is not known. Costs nothing and may be too high."""
        return None if self._is.longest in (inf, -inf) else int(self._is.longest)

    def contains(self, text: str, budget: Budget | None = None) -> bool:
        """Whether a text is a word; a text with half a surrogate pair is a word of no language."""
        return search.contains(self._is, text, budget or Steps())

    def is_empty(self, budget: Budget | None = None) -> bool:
        """Whether there is no word at all."""
        return not search.is_live(self._is, budget or Steps())

    def shortest(self, low: int = 0, high: int | None = None, budget: Budget | None = None) -> str | None:
        """One of the shortest words of `low` to `high` characters, one that reads well if there is a choice; None if there is none."""
        budget = budget or Steps()
        found = search.shortest(self._is, budget)
        if found is None or low <= len(found) <= (inf if high is None else high):
            return found
        if high is not None and len(found) > high:
            return None
        return search.shortest(self.between(low, high)._is, budget)

    def within(self, other: Language, budget: Budget | None = None) -> bool:
        """Whether every word of this language is a word of the other."""
        return self._is is other._is or (self - other).is_empty(budget)

    def equals(self, other: Language, budget: Budget | None = None) -> bool:
        """Whether both have the same words."""
        budget = budget or Steps()
        return self.within(other, budget) and other.within(self, budget)

    def is_finite(self, budget: Budget | None = None) -> bool:
        """Whether there are only finitely many words."""
        return search.is_finite(self._is, budget or Steps())

    def count(self, limit: int, budget: Budget | None = None) -> int | None:
        """How many words there are; None if more than `limit`."""
        return search.count(self._is, limit, budget or Steps())

    def words(self, budget: Budget | None = None) -> Iterator[str]:
        """Every word, shorter ones first, then those that read better; endless if there are infinitely many."""
        return search.words(self._is, budget or Steps())

    def sample(
        self, choose: Callable[[int], int], *, stop_early: Callable[[], bool], budget: Budget | None = None
    ) -> str | None:
        """A word, drawn by `choose(n)` (a number below n; 0 is the plainest); None if there is no word.

        `stop_early()` is asked at each place where a word could end.
        """
        return search.sample(self._is, choose, budget or Steps(), stop_early=stop_early)


ALL = Language(expression.ALL)
NOTHING = Language(expression.NOTHING)
PLAIN = Language(expression.repeat(expression.chars((0x20, 0x7F)), 0, inf))
"""Printable ASCII: here ECMA-262 and Python's `re` agree about `.`, `$`, `\\d`, `\\w` and `\\s`."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Language:
    """The strings in which a pattern of ECMA-262 (with the `u` flag) is found; raises `Unsupported`."""
    return Language(meaning.found_in(pattern.parse(text)))


def literal(*texts: str) -> Language:
    """Exactly these words; those with half a surrogate pair are left out."""
    return Language(expression.union(expression.literal(text) for text in texts))


def lengths(low: int, high: int | None = None) -> Language:
    """Every string of `low` to `high` characters, both included; None is no upper bound."""
    return Language(expression.lengths(low, inf if high is None else high))


def union(languages: Iterable[Language]) -> Language:
    """The words of any of the languages."""
    return Language(expression.union(one._is for one in languages))


def intersection(languages: Iterable[Language]) -> Language:
    """The words that all the languages have."""
    return Language(expression.intersection(one._is for one in languages))
