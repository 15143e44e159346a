"""What patterns mean in ECMA-262 with the `u` flag, case by case, and where Python's `re` thinks otherwise."""

import pytest

from penstock_contracts.regular import ALL, NOTHING, Malformed, Unsupported, parse

HALF = "\ud83d"


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        # a pattern is searched; anchors are the ends of the string and nothing else
        ("b", ["b", "abc"], ["", "a"]),
        ("^b", ["b", "bc"], ["ab", "a\nb"]),
        ("b$", ["b", "ab"], ["b\n", "ba"]),  # Python: `$` is found before a last line feed
        ("^$", [""], ["\n", "a"]),
        ("a^b|a$b", [], ["ab", "a\nb"]),
        ("(^|,)a(,|$)", ["a", "a,b", "b,a"], ["ba", "ab"]),
        ("", ["", "a"], []),
        # sets
        (r"^\d$", ["0", "9"], ["٣", "a"]),  # Python: any decimal digit
        (r"^\w$", ["a", "_", "Z", "5"], ["é", "-", "\u017f"]),  # Python: any letter
        (r"^\W$", ["é", "-"], ["a"]),
        (r"^\s$", [" ", "\t", "\v", "\u00a0", "\ufeff", "\u2028", "\u3000"], ["\x1c", "\x85", "\u180e", "a"]),
        (r"^\S$", ["\x1c", "\x85"], ["\ufeff"]),  # Python: the other way round
        ("^.$", ["a", "\x85", "😀"], ["\n", "\r", "\u2028", "\u2029", ""]),  # Python: all but \n
        ("^[^]$", ["\n", "a"], [""]),  # Python: not a pattern
        ("[]", [], ["", "a", "]"]),
        (r"^[\w-.]+$", ["a-b.c"], ["a b"]),  # Annex B; Python: not a pattern
        (r"^[+-]$", ["+", "-"], [","]),
        ("^[a-]$", ["a", "-"], ["b"]),
        (r"^[\b]$", ["\b"], ["b"]),
        ("^[^a-c]$", ["d", "-"], ["b"]),
        ("^[]a]$", [], ["]", "a", "]a"]),  # Python: one of `]` and `a`
        # escapes
        (r"^\x41\u0042\u{43}\cJ\0$", ["ABC\n\0"], []),
        (r"^\u{1F600}$", ["😀"], ["u"]),
        (r"^\ud83d\ude00$", ["😀"], []),
        (r"\ud83d", [], ["😀", HALF]),
        ("^😀{2}$", ["😀😀"], ["😀"]),
        (r"^\t\n\v\f\r$", ["\t\n\v\f\r"], []),
        (r"^\cj\cZ$", ["\n\x1a"], ["*Z"]),
        (r"^\/\.\-\_\@\"\ $", ['/.-_@" '], []),  # the last ones by Annex B
        (r"^a{$|^{b}$|^]$|^}$", ["a{", "{b}", "]", "}"], []),
        # properties
        (r"^\p{Letter}\p{Lu}\p{gc=Nd}\p{digit}$", ["éÉ٣5"], ["e5ÉÉ"]),
        (r"^\P{L}$", ["5"], ["é"]),
        (r"^[\p{L}\p{N}_]+$", ["é٣_"], ["-"]),
        (r"^\p{ASCII}\p{Any}\p{White_Space}$", ["a😀 "], []),
        # counts
        ("^a{2}$", ["aa"], ["a", "aaa"]),
        ("^a{2,}$", ["aa", "aaaa"], ["a"]),
        ("^a{0}$", [""], ["a"]),
        ("^(?:ab?){2,3}?$", ["aa", "abab", "aaab"], ["a", "aaaa"]),
        ("^a+?b*?$", ["a", "ab"], ["b"]),
        # looking around
        (r"^(?=.*\d)(?=.*[a-z]).{3,}$", ["a1-"], ["a1", "aaa"]),
        ("^(?!foo)", ["fo", "bar", ""], ["foo", "foobar"]),
        ("^((?!foo).)*$", ["", "fo", "fofo"], ["foo", "afoob", "\n"]),
        ("a(?=b)", ["ab"], ["a", "ba"]),
        ("a(?!b)", ["a", "aba"], ["ab"]),
        ("^(?:a(?!a)|b)+$", ["ab", "bab"], ["aa", "baa"]),
        ("^[a-z-]+(?<!-)$", ["a", "a-b"], ["-", "a-"]),
        ("(?<=a)b", ["ab"], ["b", "bb"]),
        ("^(?:(?!b)[a-c]){2}$", ["ac"], ["ab", "a"]),
        (r"\bfoo\b", ["foo", "a foo.", "é" + "foo"], ["foot", "_foo"]),  # Python: é is a letter, so no boundary
        (r"^\w+\b.\b\w+$", ["a-b"], ["a--b"]),
        (r"\B", ["", "aa", "-"], ["a"]),  # Python before 3.14: no `\B` in the empty string
        (r"^(?:\ba ?){1,2}$", ["a", "a a"], ["a a a", ""]),
        (r"^(?:\ba ?){2}$", ["a a"], ["a", "a a a"]),
        (r"^(?:\bab?)+$", ["ab", "a"], ["aa", "abab"]),
        # groups
        ("^(a)(?:b)(?<c>c)$", ["abc"], []),
        ("^a|b$", ["ax", "xb"], ["xa"]),
    ],
)
def test_a_pattern_is_found_in_these_strings_and_not_in_those(pattern, inside, outside):
    language = parse(pattern)
    assert [text for text in inside if not language.contains(text)] == []
    assert [text for text in outside if language.contains(text)] == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(a)\1", "back-reference"),
        (r"(?<x>a)\k<x>", "back-reference"),
        (r"(?:(?<=a)b)*", "lookbehind"),
        (r"(?:\b|a)*", "may be empty"),
        (r"\p{Script=Greek}", "Unicode property"),
        ("(?i)a", "flags"),
        ("(?i:a)", "flags"),
        ("(" * 60 + ")" * 60, "nested"),
        (r"(?:a\b.){5000}", "repetitions"),
        ("a{1,999999999999999999999}", "astronomic"),
    ],
)
def test_what_is_not_worked_out_is_refused_with_the_reason(pattern, reason):
    with pytest.raises(Unsupported, match=reason) as refused:
        parse(pattern)
    assert not isinstance(refused.value, Malformed)


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "a)", "(?P<x>a)", "(?<>a)", "[a", "[b-a]", "*", "a**", "a*+", "^*", "(?=a)*", "+", "{2}", "a{2}{3}", "a{3,2}",
        "a{,3}", "\\", r"\Z", r"\A", r"\a", r"\x4", r"\u12", r"\u{110000}", r"\p", r"\pL", r"\c1", r"\00", r"[\1]", r"[\B]",
    ],
)  # fmt: skip
def test_what_ecma_has_no_meaning_for_is_malformed(pattern):
    with pytest.raises(Malformed, match="not a pattern of ECMA-262"):
        parse(pattern)


def test_half_a_surrogate_pair_is_in_no_language():
    assert not ALL.contains(HALF)
    assert not (~NOTHING).contains("a" + HALF)
    assert not (~parse("b")).contains(HALF)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (r"^[a-z][a-z0-9_]{0,62}$", r"^[a-zA-Z][a-zA-Z0-9_-]{0,63}$"),
        (r"^a+$", r"a"),
        (r"^\d{3}$", r"^\d+$"),
        (r"^(?:a|b)*$", r"^[abc]*$"),
        (r"^x-", r"^x"),
        (r"^(?=.*a)(?=.*b)", r"a"),
        (r"^\w+$", r"^\S+$"),
        (r"^(a{2,100}){1,100}$", r"^a{1,10000}$"),
        (r"^[a-z]{1,9999}$", r"^.{0,10000}$"),
        (r"^\d{4}-\d{2}$", r"^[0-9-]{7}$"),
    ],
)
def test_inclusion_goes_one_way(narrow, wide):
    assert parse(narrow).within(parse(wide))
    assert not parse(wide).within(parse(narrow))


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("^a|^b", "^[ab]"),
        ("^.*foo", "^.*?foo.*$|^.*foo"),
        ("^(?:ab)*a$", "^a(?:ba)*$"),
        ("^((?!foo).)*$", "^(?!.*foo).*$"),
        (r"^\w+$", "^[A-Za-z0-9_]{1,}$"),
        ("^(?:a?){3}$", "^a{0,3}$"),
        ("foo|.*foo.*", "foo"),
        ("^(?:a|aa)+$", "^a+$"),
        (r"^(?!a$)\w$", "^[0-9A-Zb-z_]$"),
        (r"(?<!a)b", "(?:^|[^a])b"),
    ],
)
def test_patterns_that_look_different_are_proven_equal(one, same):
    assert parse(one).equals(parse(same))
