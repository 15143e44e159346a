"""Single texts of a graph file: names, durations, ends of links, versions, values from the environment, secrets."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import penstock.graph
from penstock.graph.grammar import is_id, is_variable, seconds, split_end
from penstock.graph.guesses import COMPARISONS, Guesses
from penstock.graph.interpolation import interpolate
from penstock.graph.resolve import normalised
from penstock.graph.secrecy import is_reference, looks_secret
from penstock.graph.versions import BadRange, BadVersion, _plainly, fits
from penstock.graph.wording import quoted

MODULES = [
    name for _, name, _ in pkgutil.walk_packages(penstock.graph.__path__, "penstock.graph.") if "checks.g" not in name
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_documentation_are_right(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


@given(st.text(alphabet="abz019_-.Aä ", max_size=70))
def test_an_id_can_always_stand_in_a_link(text: str) -> None:
    if is_id(text):
        assert split_end(text) == (text, None)
        assert split_end(f"{text}.{text}") == (text, text)


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a.b.c", "a b", "a->b", "ä", "a/b", "a\n", "${a}"])
def test_what_is_no_end_of_a_link(text: str) -> None:
    assert split_end(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500ms", 0.5),
        ("2s", 2),
        ("5m", 300),
        ("1h", 3600),
        ("7d", 604800),
        ("1.5s", 1.5),
        ("0s", 0),
        ("-1s", -1),
        ("007s", 7),
    ],
)
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "5",
        "5 s",
        " 5s",
        "5s ",
        "+5s",
        "1_0s",
        "1e3s",
        ".5s",
        "5.s",
        "--5s",
        "٣s",
        "5S",
        "5ss",
        "5mss",
        "9" * 40 + "s",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    assert seconds(text) is None


releases = st.lists(st.sampled_from([0, 0, 1, 2, 10]), min_size=1, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)
clauses = st.tuples(st.sampled_from([">=", "<=", "==", "!=", ">", "<"]), releases).map("".join)
odd_clauses = clauses | st.sampled_from(
    ["~=1.2", "==1.*", "!=2.*", ">=1.0rc1", "==1.0+local", ">= 1", " <2 ", "===1.0"]
)
odd_versions = releases | st.sampled_from(["1.0rc1", "2.0.dev3", "1!2.0", "1.0.post1", "v1.0", "1.0+local"])


@given(st.lists(clauses, max_size=3).map(",".join), releases)
def test_plain_ranges_are_judged_as_packaging_judges_them(range_: str, version: str) -> None:
    assert _plainly(range_, version) == SpecifierSet(range_).contains(version, prereleases=True)


@given(st.lists(odd_clauses, max_size=3).map(",".join), odd_versions)
def test_all_ranges_are_judged_as_packaging_judges_them(range_: str, version: str) -> None:
    assert fits(range_, version) == SpecifierSet(range_).contains(Version(version), prereleases=True)


@pytest.mark.parametrize(
    ("range_", "version", "answer"),
    [
        (">=1.0", "1", True),
        ("==1.0.0", "1", True),
        (">1", "1.0", False),
        ("!=1", "1.0", False),
        ("<1.10", "1.9", True),
        (">=0.5", "1.0rc1", True),  # a pre-release that is installed was chosen by somebody
        (">=1.0", "1.0rc1", False),
    ],
)
def test_ranges(range_: str, version: str, answer: bool) -> None:
    assert fits(range_, version) is answer


@pytest.mark.parametrize("range_", ["^1", "1.0", "*", "=>1", ">=", "a", ">=1;<2", ">=1 <2", "\x00", "٣"])
def test_what_is_no_range(range_: str) -> None:
    with pytest.raises(BadRange):
        fits(range_, "1.0")


@pytest.mark.parametrize("version", ["", "spring", "1..0", "2024-spring", "1.0.*"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(BadVersion):
        fits(">=1", version)


@given(st.text(alphabet="ab${}_A1", max_size=30))
def test_an_escaped_text_comes_out_as_it_was(text: str) -> None:
    assert interpolate(text.replace("${", "$${"), {}).text == text


@given(st.text(alphabet="ab ${}X:", max_size=30), st.sampled_from(["", "v", "${X}", "$"]))
def test_interpolation_never_reads_what_it_put_in(text: str, value: str) -> None:
    made = interpolate(text, {"X": value})
    if made.text is not None and "$${" not in text:
        assert made.text == text.replace("${X}", value)


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("${", "${"),
        ("a${X", "${X"),
        ("${}", "${}"),
        ("${1}", "${1}"),
        ("${X Y}", "${X Y}"),
        ("${${X}}", "${${X}"),
        ("${X:-y}", "${X:-y}"),
    ],
)
def test_what_cannot_be_interpolated(text: str, broken: str) -> None:
    assert interpolate(text, {"X": "x"}).broken == broken


@pytest.mark.parametrize("text", ["env:A", "env:_a1", "file:/run/secrets/x", "file:rel path"])
def test_references(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize(
    "text", ["", "env", "env:", "env:1A", "env:A B", "ENV:A", "file:", "file: ", "file: x", "hunter2", "vault:a"]
)
def test_what_is_no_reference(text: str) -> None:
    assert not is_reference(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("password", "letmein"),
        ("X-Auth-Token", "abcdef"),
        ("client_secret", "abcdef"),
        ("url", "postgres://me:pass@db/x"),
        ("x", "ghp_" + "a" * 36),
        ("x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln"),
        ("x", "-----BEGIN PRIVATE KEY-----\nabc"),
        ("x", "token is Bearer " + "a1" * 10),
    ],
)
def test_what_looks_like_a_secret(name: str, text: str) -> None:
    assert looks_secret(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("password", ""),
        ("password", "${PASSWORD}"),
        ("token", "/token"),
        ("token_field", "abcdefgh"),
        ("key", "abcdefgh"),
        ("secretary", "Ms Jones"),
        ("url", "https://example.org:8080/a:b@c"),
        ("url", "https://me@example.org/"),
        ("x", "Bearer of news"),
        ("x", "high flight"),
    ],
)
def test_what_does_not(name: str, text: str) -> None:
    assert not looks_secret(name, text)


@given(st.text(max_size=200))
def test_whatever_is_quoted_stays_on_one_line_and_short(text: str) -> None:
    assert len(quoted(text)) <= 62
    assert len(quoted(text).splitlines()) == 1


def test_guesses_come_to_an_end() -> None:
    guesses = Guesses()
    names = [f"name{number}" for number in range(COMPARISONS // 2)]
    assert guesses.nearest("x", "nam1", names) is not None
    assert guesses.nearest("x", "nam1", names) is not None  # it is remembered, and costs nothing
    assert guesses.nearest("x", "nam2", names) is not None
    assert guesses.nearest("x", "nam3", names) is None
    assert guesses.nearest("x", "nam2", names) is not None


@pytest.mark.parametrize("name", ["Acme_Vision", "acme.vision", "acme--vision", "ACME-VISION"])
def test_distributions_have_one_spelling(name: str) -> None:
    assert normalised(name) == "acme-vision"


@given(st.text(max_size=20))
def test_variables_are_what_a_shell_can_set(text: str) -> None:
    expected: Any = bool(text) and text.isascii() and text.isidentifier()
    assert is_variable(text) == expected
