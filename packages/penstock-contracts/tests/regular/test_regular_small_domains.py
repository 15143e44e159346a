"""Every case of some small domains: counts within counts, ranges of lengths, and sets of characters."""

from itertools import product

import pytest

from penstock_contracts.regular import ALL, lengths, literal, parse
from penstock_contracts.regular import codepoints as sets

COUNTS = [(low, high) for low in range(4) for high in range(low, 4)]
LONGEST = 12


def counted(language):
    """How many times `a` the words of a language are, up to twelve."""
    return {times for times in range(LONGEST + 1) if language.contains("a" * times)}


def span(low, high):
    return set(range(low, high + 1))


def braces(low, high):
    return f"{{{low},{high}}}"


@pytest.mark.parametrize(("low", "high"), COUNTS)
def test_a_repetition_of_a_repetition_has_the_counts_that_it_adds_up_to(low, high):
    for inner_low, inner_high in COUNTS:
        language = parse(f"^(?:a{braces(inner_low, inner_high)}){braces(low, high)}$")
        wanted = set()
        for times in range(low, high + 1):
            wanted |= {sum(each) for each in product(range(inner_low, inner_high + 1), repeat=times)}
        assert counted(language) == {total for total in wanted if total <= LONGEST}


@pytest.mark.parametrize(("low", "high"), COUNTS)
def test_counts_are_joined_cut_and_subtracted_like_sets(low, high):
    one, numbers = parse(f"^a{braces(low, high)}$"), span(low, high)
    for other_low, other_high in COUNTS:
        other, other_numbers = parse(f"^a{braces(other_low, other_high)}$"), span(other_low, other_high)
        assert counted(one | other) == numbers | other_numbers
        assert counted(one & other) == numbers & other_numbers
        assert counted(one - other) == numbers - other_numbers
        assert counted(one + other) == {first + second for first in numbers for second in other_numbers}
        assert (one & other).is_empty() == (not numbers & other_numbers)
        assert one.within(other) == (numbers <= other_numbers)
        ended = parse(f"^(?:a{braces(low, high)}b|a{braces(other_low, other_high)}b)$")
        assert {len(word) - 1 for word in ended.words()} == numbers | other_numbers


@pytest.mark.parametrize(("low", "high"), [*COUNTS, (0, None), (2, None)])
def test_lengths_meet_words_and_each_other_like_sets(low, high):
    some = lengths(low, high)
    numbers = span(low, LONGEST if high is None else high)
    for first, second in product(range(1, 5), range(5)):
        words = literal("b" * first, "a" * second)
        assert counted(some | words) == numbers | {second}
        assert counted(some & words) == numbers & {second}
        assert counted(some - words) == numbers - {second}
        assert (some | words).contains("b" * first)
        assert (some & words).contains("b" * first) == (first in numbers)
    assert counted(~some) == span(0, LONGEST) - numbers
    assert counted(some | ~some) == counted(ALL)
    assert (some & ~some).is_empty()


SMALL = [
    tuple(cuts)
    for cuts in ([], [0, 1], [0, 3], [1, 2], [2, 4], [1, 5], [0, 2, 3, 5], [1, 2, 4, 5], [0, sets.SIZE], [3, sets.SIZE])
]


def members(charset):
    return {at for at in range(7) if sets.has(charset, at)}


@pytest.mark.parametrize("one", SMALL)
def test_sets_of_characters_are_sets(one):
    assert members(sets.complement(one)) == set(range(7)) - members(one)
    assert sets.complement(sets.complement(one)) == one
    for other in SMALL:
        assert members(sets.union(one, other)) == members(one) | members(other)
        assert members(sets.intersection(one, other)) == members(one) & members(other)
        assert sets.covers(one, other) == (sets.intersection(one, other) == other)
        joined = sets.union(one, other)
        assert list(joined) == sorted(set(joined))  # no ranges that touch or overlap


def test_surrogates_are_cut_out_of_the_alphabet():
    assert sets.from_ranges([(0xD7FF, 0xE001)]) == (0xD7FF, 0xD801)
    assert sets.from_ranges([(0xD800, 0xE000)]) == ()
    assert [sets.character(at) for at in (0xD7FF, 0xD800)] == ["\ud7ff", "\ue000"]
    assert sets.place(ord(sets.character(sets.SIZE - 1))) == sets.SIZE - 1
    assert sorted(sets.by_readability((0, sets.SIZE))) == list(range(sets.SIZE))
