"""Laws of regular languages, with Python's `re` as the judge of patterns on which it and ECMA-262 agree."""

import re
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from penstock_contracts.regular import (
    ALL,
    NOTHING,
    OutOfSteps,
    Steps,
    Unsupported,
    lengths,
    literal,
    parse,
)

AS_ASKED = settings().max_examples  # by the profile of the run: 50 quick, 2000 deep

# ---------------------------------------------------------------- patterns, and every short string to try them on

ALPHABET = "ab1-"
SHORT = ["".join(word) for length in range(5) for word in product(ALPHABET, repeat=length)]

atoms = st.sampled_from(["a", "b", "1", "-", ".", "[ab]", "[^a]", r"\d", r"\w", r"\W", r"[\d-]", "ab", "(?:)"])
quantifiers = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "{0,1}", "{3,4}?"])
edges = st.sampled_from(["^", "$", r"\b", r"\B"])


def grown(inner):
    group = st.builds("(?:{})".format, inner)
    repeated = st.builds("{}{}".format, st.one_of(group, atoms), quantifiers)
    look = st.builds("(?{}{})".format, st.sampled_from(["=", "!"]), inner)
    return st.one_of(
        repeated,
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join),
        look,
        st.builds("{}{}".format, edges, inner),
        st.builds("{}{}".format, inner, edges),
    )


patterns = st.recursive(st.builds("{}{}".format, atoms, quantifiers), grown, max_leaves=8)


def language(pattern):
    try:
        return parse(pattern)
    except Unsupported:
        assume(False)


def found(pattern, text):
    return re.search(pattern, text, re.ASCII) is not None


@settings(max_examples=5 * AS_ASKED)
@given(patterns)
def test_a_pattern_means_the_strings_in_which_python_finds_it(pattern):
    of_pattern = language(pattern)
    texts = SHORT[1:] if r"\B" in pattern else SHORT  # Python < 3.14 finds no `\B` in the empty string; ECMA-262 does
    assert [text for text in texts if of_pattern.contains(text)] == [text for text in texts if found(pattern, text)]


@settings(max_examples=3 * AS_ASKED)
@given(patterns, patterns)
def test_union_intersection_difference_complement_are_those_of_sets(one, other):
    a, b = language(one), language(other)
    for text in SHORT[:85]:
        in_a, in_b = a.contains(text), b.contains(text)
        assert (a | b).contains(text) == (in_a or in_b)
        assert (a & b).contains(text) == (in_a and in_b)
        assert (a - b).contains(text) == (in_a and not in_b)
        assert (~a).contains(text) != in_a


@settings(max_examples=3 * AS_ASKED)
@given(patterns, patterns)
def test_a_witness_is_in_one_and_not_in_the_other_and_none_is_shorter(one, other):
    a, b = language(one), language(other)
    witness = (a - b).shortest()
    assert a.within(b) == (witness is None)
    lost = [text for text in SHORT if a.contains(text) and not b.contains(text)]
    if witness is None:
        assert not lost
    else:
        assert a.contains(witness)
        assert not b.contains(witness)
        assert not lost or len(witness) <= len(lost[0])


@settings(max_examples=2 * AS_ASKED)
@given(patterns, st.integers(0, 3), st.integers(0, 3))
def test_bounds_of_length_hold_for_the_shortest_word(pattern, low, more):
    of_pattern = language(pattern)
    word = of_pattern.shortest(low, low + more)
    right = [text for text in SHORT if low <= len(text) <= low + more and of_pattern.contains(text)]
    if word is None:
        assert not right
    else:
        assert low <= len(word) <= low + more
        assert of_pattern.contains(word)
        assert not right or len(word) <= len(right[0])
    assert of_pattern.between(low, low + more).is_empty() == (word is None)


over_the_alphabet = parse(f"^[{ALPHABET}]*$")


@settings(max_examples=2 * AS_ASKED)
@given(patterns, st.integers(0, 3))
def test_all_words_are_told_once_and_in_order_of_length(pattern, longest):
    few = language(pattern) & over_the_alphabet & lengths(0, longest)
    words = list(few.words())
    assert sorted(words) == sorted(text for text in SHORT if few.contains(text))
    assert [len(word) for word in words] == sorted(len(word) for word in words)
    assert few.is_finite()
    assert few.count(10_000) == len(words)
    assert few.count(len(words)) == len(words)
    if words:
        assert few.count(len(words) - 1) is None


@settings(max_examples=2 * AS_ASKED)
@given(patterns)
def test_a_language_is_finite_when_no_word_is_longer_than_its_states_are_many(pattern):
    of_pattern = language(pattern) & over_the_alphabet
    if of_pattern.is_finite():
        assert of_pattern.count(10**9) is not None
    else:
        assert of_pattern.count(10**9) is None
        assert not of_pattern.between(100).is_empty()


@settings(max_examples=3 * AS_ASKED)
@given(patterns, st.data())
def test_a_sample_is_a_word(pattern, data):
    of_pattern = language(pattern)
    word = of_pattern.sample(
        lambda n: data.draw(st.integers(0, n - 1)), stop_early=lambda: data.draw(st.integers(0, 3)) == 0
    )
    assert (word is None) == of_pattern.is_empty()
    assert word is None or of_pattern.contains(word)


@settings(max_examples=2 * AS_ASKED)
@given(patterns, patterns)
def test_languages_that_are_written_differently_are_found_equal(one, other):
    a, b = language(one), language(other)
    assert (~(a | b)).equals(~a & ~b)
    assert (a & (a | b)).equals(a)
    assert (a - b).equals(a & ~b)
    assert (a | ~a).equals(ALL)
    assert (a & ~a).equals(NOTHING)
    assert ((a - b) | (a & b)).equals(a)


@settings(max_examples=4 * AS_ASKED)
@given(st.lists(st.text(max_size=4), max_size=6), st.text(max_size=4))
def test_literal_words_are_exactly_those_words(words, other):
    of_words = literal(*words)
    assert of_words.count(100) == len(set(words))
    assert sorted(of_words.words()) == sorted(set(words))
    assert of_words.contains(other) == (other in words)


@given(st.text(max_size=30))
def test_an_escaped_text_finds_itself(text):
    assert parse(re.escape(text)).contains(text)


@settings(max_examples=6 * AS_ASKED)
@given(st.text(alphabet="ab()[]{}^$\\|*+?.-,:=!<dwspuxk12", max_size=12))
def test_any_text_is_read_or_refused_with_a_reason(text):
    try:
        found_language = parse(text)
    except Unsupported:
        return
    try:
        found_language.shortest(budget=Steps(2_000))
    except OutOfSteps:
        pass
