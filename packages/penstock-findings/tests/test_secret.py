"""A secret is handed out by one door, and taken out of text at every other."""

from __future__ import annotations

import base64
import copy
import gc
import io
import json
import pickle
import traceback
import urllib.parse

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from penstock_findings import Finding, Location, PenstockError, Related, Report, Secret, redacted, reporters
from penstock_findings.ending import ended
from penstock_findings.secret import conceal

VALUE = 'k7"Zq/w ör\\d+93'


@pytest.fixture
def secret():
    return Secret(VALUE, "env:TOKEN")


@pytest.mark.parametrize(
    "way",
    [str, format, "{}".format, "{!s}".format, lambda s: f"{s}", lambda s: f"{s:>20}", bytes, json.dumps,
     pickle.dumps, lambda s: pickle.dumps({"a": [s]}, 0), copy.copy, copy.deepcopy, lambda s: copy.deepcopy([s]),
     lambda s: "x" + s, lambda s: "".join([s]), list, len, vars],
)  # fmt: skip  # a way in a word
def test_no_other_way_gives_the_value(secret, way):
    with pytest.raises(TypeError) as raised:
        way(secret)
    assert VALUE not in "".join(traceback.format_exception(raised.value))


def test_repr_shows_the_reference(secret):
    assert repr(secret) == "<env:TOKEN>"
    assert f"{[secret]!r}" == "[<env:TOKEN>]"


def test_it_is_compared_without_being_shown(secret):
    assert secret.matches(VALUE)
    assert not secret.matches("other")
    assert secret != Secret(VALUE)


def spelled(value, before, behind):
    data = before + value.encode("utf-8", "surrogatepass") + behind
    yield base64.b64encode(data).decode()
    yield base64.urlsafe_b64encode(data).decode()


@given(st.text(min_size=4, max_size=60), st.binary(max_size=5), st.binary(max_size=5))
def test_no_spelling_of_it_is_left_in_a_text(value, before, behind):
    assume(len(value.strip()) >= 4 and value.strip() not in "<label>")
    assume(not any(0xD800 <= ord(letter) < 0xE000 for letter in value))
    secret = Secret(value, "label")
    plain = [value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]]
    plain += [urllib.parse.quote(value), urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value)]
    for form in plain:
        text = redacted(f"\x01{form}\x02")
        assert text == "\x01<label>\x02" or (value != value.strip() and "<label>" in text)
    if len(value.encode()) >= 9:
        for form in spelled(value, before, behind):
            assert "<label>" in redacted(form)
    assert secret.matches(value)


def test_what_is_left_of_base64_does_not_give_it_back(secret):
    for before in range(4):
        for form in spelled(VALUE, b"u" * before, b":x"):
            rest = redacted(form)
            assert len(rest.replace("<env:TOKEN>", "")) <= 8


def test_each_line_of_a_long_secret_is_taken_out():
    key = Secret("-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\nabc\n-----END KEY-----\n", "file:key.pem")
    assert redacted("read MC4CAQAwBQYDK2VwBCIEIA here") == "read <file:key.pem> here"
    assert redacted("abc") == "abc"
    assert key.matches(key.reveal())


@pytest.mark.parametrize("value", ["", "a", "abc", "   ", "\n\n"])
def test_what_protects_nothing_is_left_where_it_stands(value):
    secret = Secret(value, "label")
    assert redacted("abc a   \n\n") == "abc a   \n\n"
    assert secret.reveal() == value


def test_a_secret_that_is_gone_is_looked_for_no_more():
    Secret("long-since-gone", "label")
    gc.collect()
    assert redacted("long-since-gone") == "long-since-gone"


def test_the_longer_of_two_secrets_goes_first():
    both = [Secret("abcdefgh", "short"), Secret("abcdefghijkl", "long")]
    assert redacted("abcdefghijkl abcdefgh") == "<long> <short>"
    assert len(both) == 2


@pytest.mark.parametrize("fmt", reporters.NAMES)
def test_no_report_holds_it(secret, fmt):
    at = Location("a.yaml", 1, 1)
    finding = Finding(
        "F000", f"cannot use {VALUE}", at, hint=VALUE, related=[Related(VALUE, at)], evidence={"x": [VALUE]}
    )
    stream = io.StringIO()
    reporters.write(Report("t", [finding], {"a.yaml": f"token: {VALUE}\n"}), fmt, stream)
    assert "k7" not in stream.getvalue()
    assert secret.matches(VALUE)


def failed():
    try:
        try:
            raise ValueError(f"bad {VALUE}")
        except ValueError as cause:
            finding = Finding("F000", f"bad {VALUE}", evidence={"cause": f"bad {VALUE}"})
            raise PenstockError(f"bad {VALUE}", findings=[finding]) from cause
    except PenstockError as error:
        return error


def test_an_exception_is_rid_of_it_with_all_that_it_came_from(secret):
    error = failed()
    conceal(error)
    assert VALUE not in "".join(traceback.format_exception(error))
    assert error.findings[0] == Finding("F000", "bad <env:TOKEN>", evidence={"cause": "bad <env:TOKEN>"})
    assert secret.matches(VALUE)


def test_not_even_the_words_about_a_bug_hold_it(secret, capsys, monkeypatch):
    monkeypatch.setenv("PENSTOCK_DEBUG", "1")

    def work():
        raise RuntimeError(f"bad {VALUE}")

    assert ended(work) == 70
    assert "k7" not in "".join(capsys.readouterr())
    assert secret.matches(VALUE)
