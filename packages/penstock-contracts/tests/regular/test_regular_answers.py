"""Words, counts and limits of languages, pinned; and that hostile ones end."""

from itertools import islice
from random import Random

import pytest
from jsonschema import Draft202012Validator

from penstock_contracts.regular import (
    ALL,
    NOTHING,
    PLAIN,
    Language,
    OutOfSteps,
    Steps,
    Unsupported,
    format_language,
    lengths,
    literal,
    parse,
    union,
)
from penstock_contracts.regular.formats import EXACT


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("^[A-Z]{3}-[0-9]{2}$", "AAA-00"),
        (r"^\S+@\S+\.\S+$", "a@a.a"),
        ("[^a-z]", "0"),
        (r"^\p{L}\p{N}$", "a0"),
        ("^(?!a).", "b"),
        ("^[\x00-\x1f ]$", " "),
        ("x^", None),
        ("^(?=a)b", None),
    ],
)
def test_the_shortest_word_reads_well(pattern, word):
    assert parse(pattern).shortest() == word


def test_bounds_count_characters_not_bytes():
    assert parse("^😀+$").shortest(2, 2) == "😀😀"
    assert lengths(3, 3).contains("a😀é")


def test_a_plain_witness_is_found_by_cutting():
    control = parse(r"^[\n!]")
    assert (control & PLAIN).shortest() == "!"
    assert (parse(r"^\n$") & PLAIN).is_empty()


@pytest.mark.parametrize(
    ("language", "how_many"),
    [
        (NOTHING, 0),
        (literal("", "a", "b", "a"), 3),
        (parse("^[a-c]{0,2}$"), 13),
        (parse("^[a-c]{2}$") - parse("a"), 4),
        (parse("^(?:a|ab)(?:c|bcd)?$"), 6),
        (lengths(1, 1), 0x110000 - 0x800),
        (parse("^a*$") - parse("^a{3,}$"), 3),
        (parse("^(?:ax|by)z*$") - parse("zz"), 4),
        (parse("a"), None),
        (parse("^a*$"), None),
    ],
)
def test_words_are_counted(language, how_many):
    assert language.count(2_000_000) == how_many
    assert language.is_finite() == (how_many is not None)


def test_a_huge_finite_language_is_counted_as_far_as_asked():
    uuids = format_language("uuid")
    assert uuids.is_finite()
    assert uuids.count(10**6) is None
    assert uuids.count(22**32) == 22**32


def test_words_come_shorter_first_and_then_as_they_read_best():
    assert list(islice(parse("^[b1A]+$").words(), 5)) == ["b", "1", "A", "bb", "b1"]
    assert list((parse("^a*$") & parse("^(?:aaa)+$") & lengths(0, 7)).words()) == ["aaa", "aaaaaa"]
    assert list(islice(parse("^(?:a{7})*$").words(), 3)) == ["", "a" * 7, "a" * 14]


def test_equal_languages_met_again_are_the_same():
    assert parse("^a$") | parse("^b$") == parse("^[ab]$")
    assert hash(literal("a")) == hash(parse("^a$"))
    assert literal("a") != literal("b")
    assert ALL != "all"


def test_lengths_are_bounded_without_a_search():
    pattern = parse("^a{2,5}b?$")
    assert (pattern.shortest_length, pattern.longest_length) == (2, 6)
    assert (parse("a").shortest_length, parse("a").longest_length) == (1, None)
    assert (NOTHING.shortest_length, NOTHING.longest_length) == (None, None)


def test_concatenation_and_repetition_of_languages():
    assert (literal("a") + literal("b", "c")).times(2, 2).count(10) == 4
    assert literal("ab").times(0).shortest() == ""
    assert literal("a").times(1, 3).equals(parse("^a{1,3}$"))


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize(
    "hostile",
    [
        "^(a+)+$",
        "^(a|aa)+$",
        "^(a|a?)+$",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "^(.*){1,32000}[bc]",
        "^((a{1,100}){1,100}){1,100}$",
        "^a{1,1000000000}$",
        "(x+x+)+y",
        "^" + "a?" * 500 + "a" * 500 + "$",
        "^(?:" + "|".join(f"word{number}" for number in range(500)) + ")$",
    ],
)
def test_patterns_that_backtracking_cannot_bear_are_quick(hostile):
    language = parse(hostile)
    budget = Steps(20_000)
    assert not language.contains("a" * 200 + "!" * 2 + "Z" * 50, budget) or hostile.startswith("^(.*)")
    assert not language.is_empty(budget)
    assert language.within(language | literal("!"), budget)


def test_what_has_too_many_states_ends_with_the_budget():
    counter = parse("^[ab]*a[ab]{40}$")
    other = parse("^[ab]*b[ab]{39}$")
    with pytest.raises(OutOfSteps):
        (counter & other & parse("^(?:ab|ba)*$") & ~parse("aabb")).count(10**30, Steps(3_000))


def test_a_word_too_long_to_write_is_not_written():
    with pytest.raises(OutOfSteps):
        parse("^a{1000000000}$").shortest()
    assert not parse("^a{1000000000}$").is_empty()


def test_ten_thousand_characters_are_no_deep_recursion():
    long = "ab" * 5_000
    language: Language = literal(long)
    assert language.contains(long, Steps(50_000))
    assert language.shortest() == long
    assert (language | literal(long + "c")).count(10, Steps(50_000)) == 2
    assert not parse("^" + "[ab]?" * 5_000 + "$").contains("c")


# ---------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("date", ["2024-02-29", "2000-02-29", "1999-12-31"], ["2023-02-29", "1900-02-29", "2024-13-01", "2024-1-1", "0000-01-01"]),
        ("time", ["12:00:00Z", "23:59:60Z", "12:00:00.5+02:00", "12:00:00z"], ["12:00:00", "24:00:00Z", "22:59:60Z"]),
        ("date-time", ["2024-02-29T12:00:00Z", "2024-01-01t00:00:00.123-08:00"], ["2024-01-01 00:00:00Z", "2024-02-30T00:00:00Z"]),
        ("duration", ["P4DT12H30M5S", "P1Y", "PT0S", "P2W"], ["P", "PT", "P1YT", "P1Y2W", "P1Y1D", "4D"]),
        ("email", ["joe@example.org", '"a b@c"@x.y', "a@[127.0.0.1]", "a+b@c"], ["joe", ".a@b", "a..b@c", "a@b_c", "a" * 65 + "@b"]),
        ("hostname", ["a", "www.example.com", "a-b.c1"], ["-a", "a-", "a_b", "a..b", "", "a" * 64, "a." * 127]),
        ("ipv4", ["0.0.0.0", "255.255.255.255"], ["256.0.0.0", "01.1.1.1", "1.1.1", "1.1.1.1."]),
        ("ipv6", ["::", "::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1::8"], ["1:2:3", ":::", "12345::", "1::2::3", "::%eth0"]),
        ("uri", ["http://a/b?c#d", "urn:x", "a:", "http://[::1]:80/"], ["//a", "a", "http://a b", "http://a/%zz", "ä:b"]),
        ("uri-reference", ["", "/a", "//a/b", "a?b", "#"], ["\\\\a", "a b", "#a\\b"]),
        ("iri", ["http://ƒøø.ßår/?∂=1"], ["/abc", "http://2001:0db8::1/ä ö"]),
        ("iri-reference", ["âππ", "#ƒ"], ["\\\\ä"]),
        ("uri-template", ["http://a/{b}{?c,d*}{e:3}", ""], ["{a", "{}", "a b"]),
        ("uuid", ["2EB8AA08-aa98-11ea-b4aa-73b441d16380"], ["2eb8aa08aa9811eab4aa73b441d16380", ""]),
        ("json-pointer", ["", "/a~0b/~1", "/"], ["a", "/~2", "/~"]),
        ("relative-json-pointer", ["0", "1/a", "2#"], ["/a", "01", "#", "-1/a"]),
    ],
)  # fmt: skip
def test_a_format_has_these_strings_and_not_those(name, inside, outside):
    language = format_language(name)
    assert [text for text in inside if not language.contains(text)] == []
    assert [text for text in outside if language.contains(text)] == []


def test_a_format_that_nobody_defined_asserts_nothing():
    assert format_language("colour-of-the-day") is None


@pytest.mark.parametrize("name", ["regex", "idn-email", "idn-hostname"])
def test_a_format_that_is_not_worked_out_is_refused(name):
    with pytest.raises(Unsupported, match=name):
        format_language(name)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("uri", "uri-reference"),
        ("uri", "iri"),
        ("ipv4", "hostname"),
        ("hostname", "uri-reference"),
        ("uuid", "hostname"),
    ],
)
def test_one_format_lies_within_another(narrow, wide):
    assert format_language(narrow).within(format_language(wide))
    assert not format_language(wide).within(format_language(narrow))


@pytest.mark.parametrize("name", sorted(EXACT))
def test_an_exact_format_is_what_the_reference_validator_checks(name):
    """Words of the format with one or two characters changed: there the two would differ first."""
    chance = Random(name)
    language, checker = format_language(name), Draft202012Validator.FORMAT_CHECKER
    inside = 0
    for _ in range(300):
        word = list(language.sample(chance.randrange, stop_early=lambda: chance.random() < 0.3))
        for _ in range(chance.choice([0, 1, 1, 2])):
            place = chance.randrange(len(word) + 1)
            word[place : place + chance.randrange(2)] = chance.choice(
                ["", *"0123456789abfAF:.-T Z/%\n\u0663", "00", "::"]
            )
        text = "".join(word)
        inside += language.contains(text)
        assert language.contains(text) == checker.conforms(text, name), text
    assert 60 < inside < 290


def test_formats_and_patterns_meet():
    year = parse("^2024-")
    assert (format_language("date") & year).count(1_000) == 366
    assert (format_language("ipv4") & format_language("ipv6")).is_empty()
    assert union([format_language("date"), format_language("date-time")]).within(parse(r"^\d{4}-\d{2}-\d{2}"))
