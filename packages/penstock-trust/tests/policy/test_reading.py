"""A policy file is read whole or refused whole, with every mistake at its place."""

from __future__ import annotations

import os
import re
from datetime import datetime, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock_findings import all_codes
from penstock_trust.policy.checks import CHECKS
from penstock_trust.policy.load import PolicyError, Read, load_policy, read_policy
from penstock_trust.policy.model import KeyRoot, Load, SigstoreRoot

WEAK = "ed25519:" + "A" * 43 + "="


def replaced(old, new):
    return lambda text: text.replace(old, new, 1)


def added(line):
    return lambda text: text + line + "\n"


MISTAKES = [
    ("T301", "schema", replaced("schema = 1", "schema = 2")),
    ("T302", "known_keys", replaced("min-version", "min-verison")),
    ("T302", "known_keys", replaced("sequence = 3", "sequence = 3\nsequnce = 4")),
    ("T302", "known_keys", added("max_age = '1d'")),
    ("T303", "values", replaced('expires = "2027-01-31T00:00:00Z"\n', "")),
    ("T303", "values", replaced("sequence = 3\n", "")),
    ("T303", "kinds", replaced('file = "root.json"\n', "")),
    ("T304", "values", replaced("sequence = 3", "sequence = true")),
    ("T304", "values", replaced("sequence = 3", 'sequence = "3"')),
    ("T304", "values", replaced('allow = ["native"]', 'allow = "native"')),
    ("T305", "values", replaced("sequence = 3", "sequence = 0")),
    ("T305", "values", replaced("sequence = 3", "sequence = 9007199254740992")),
    ("T305", "values", replaced('load = "sealed"', 'load = "trusting"')),
    ("T305", "values", replaced('"native"', '"nativ"')),
    ("T305", "values", replaced('match = "acme-*"', 'match = "acme*"')),
    ("T305", "values", replaced('match = "acme-*"', 'match = "a?me-*"')),
    ("T305", "values", replaced('match = "acme-vision"', 'match = "Acme_Vision"')),
    ("T305", "values", replaced('max-age = "7d"', 'max-age = "1 week"')),
    ("T306", "names", replaced('match = "acme-*"', 'match = "acme-vision"')),
    ("T306", "names", replaced('name = "tester"', 'name = "release"')),
    ("T307", "references", replaced('any = ["ci", "release"]', 'any = ["ci", "relaese"]')),
    ("T307", "references", replaced('trust = "lab"', 'trust = "labor"')),
    ("T307", "references", replaced('signers = ["office"]', 'signers = ["github"]')),
    ("T308", "expiry", replaced("2027-01-31T00:00:00Z", "2027-01-31")),
    ("T308", "expiry", replaced("2027-01-31T00:00:00Z", "2027-01-31T00:00:00")),
    ("T308", "expiry", replaced("2027-01-31T00:00:00Z", "2027-02-30T00:00:00Z")),
    ("T309", "pinned", lambda text: re.sub(r'sha256 = "....', 'sha256 = "0000', text)),
    ("T309", "pinned", replaced('file = "root.json"', 'file = "no.json"')),
    ("T309", "pinned", replaced('file = "root.json"', 'file = "."')),
    ("T310", "anchored", replaced('issuer = "https://token.actions.githubusercontent.com"\n', "")),
    ("T310", "anchored", replaced('issuer = "https://token', 'issuer = "https://*')),
    ("T310", "anchored", replaced('issuer = "https://token', 'issuer = "token')),
    ("T310", "anchored", replaced("https://github.com/acme", "https://github.com/*")),
    ("T310", "anchored", replaced("https://github.com/acme", "https://{version}.com/acme")),
    ("T310", "anchored", replaced("github.com/acme/vision", "github.com/{owner}/vision")),
    ("T310", "anchored", replaced("https://github.com/acme/vision/", "github.com/acme/vision/")),
    ("T310", "anchored", replaced('uri = "https', 'email = "a@acme.example"\nuri = "https')),
    ("T310", "anchored", replaced("uri = ", "email = ")),
    ("T311", "keys", replaced('public-key = "', f'public-key = "{WEAK}" #')),
    ("T312", "meetable", replaced("threshold = 2", "threshold = 3")),
    ("T312", "meetable", replaced('all = ["release"]', "all = []")),
    ("T312", "meetable", replaced('all = ["release"]', 'all = ["release", "release"]')),
    ("T312", "meetable", replaced('all = ["release"]', 'all = ["release"], any = ["ci"]')),
    ("T312", "meetable", replaced('all = ["release"]', 'all = ["release"], threshold = 1')),
    ("T312", "meetable", replaced('signers = {all = ["release"]}', "signers = {}")),
    ("T312", "meetable", replaced('signers = ["office"]', "signers = []")),
    ("T313", "signed", replaced('signers = {all = ["release"]}\n', "")),
    ("T314", "versions", replaced('min-version = "1.2"', 'min-version = "one"')),
    ("T316", "anchored", replaced('trust = "office"', 'trust = "office"\nissuer = "https://x"')),
    ("T316", "kinds", replaced('kind = "key"', 'kind = "key"\nfile = "x"')),
    ("T317", "signers_differ", replaced('trust = "lab"', 'trust = "office"')),
]  # fmt: skip  # a mistake in a line


def found(read: Read):
    return sorted({finding.code for finding in read.findings})


def test_a_good_policy_is_read_into_facts(site):
    policy = load_policy(site / "policy.toml")
    assert (policy.name, policy.sequence) == ("site", 3)
    assert policy.expires == datetime(2027, 1, 31, tzinfo=timezone.utc)
    assert isinstance(policy.roots["github"], SigstoreRoot)
    assert policy.roots["github"].file == str(site / "root.json")
    assert isinstance(policy.roots["office"], KeyRoot)
    vision, rest = policy.packs
    assert (vision.signers.identities, vision.signers.threshold) == (("ci", "release"), 2)
    assert vision.attestations[0].signers == vision.signers
    assert (vision.load, rest.load) == (Load.VERIFIED, Load.SEALED)
    assert (rest.signers.threshold, rest.allow, rest.dependencies) == (1, {"native"}, "any")
    assert policy.deny.max_age == 7 * 86_400


def test_the_digest_is_of_the_bytes(read, site):
    text = (site / "policy.toml").read_text()
    assert read(text).policy.digest != read(text + "# more\n").policy.digest


@pytest.mark.parametrize(("code", "check", "mistake"), MISTAKES)
def test_every_mistake_is_seen_by_one_check_and_has_a_place(read, site, code, check, mistake):
    text = mistake((site / "policy.toml").read_text())
    got = read(text)
    assert got.policy is None
    assert found(got) == [code]
    assert all(finding.at.line for finding in got.findings)
    without = [each for each in CHECKS if each.__name__ != check]
    assert found(read(text, checks=without)) in ([], ["T304"])  # T304: what is left cannot be made facts of


def test_all_mistakes_are_told_at_once(read, site):
    text = (site / "policy.toml").read_text()
    for _, _, mistake in MISTAKES[1:4]:
        text = mistake(text)
    assert len(read(text).findings) == 3


def test_a_mistyped_key_is_shown_the_right_one(read, site):
    text = (site / "policy.toml").read_text().replace("min-version", "min-verison")
    (finding,) = read(text).findings
    assert (finding.message, finding.hint) == ("the key `min-verison` is not known here", "write `min-version`")


@pytest.mark.parametrize("path", ["no.toml", "."])
def test_a_policy_that_is_not_there_is_misuse(site, path):
    with pytest.raises(PolicyError) as raised:
        load_policy(site / path)
    assert (raised.value.code, raised.value.exit_code) == ("T300", 2)


def test_a_pipe_in_place_of_a_policy_does_not_block(site):
    os.mkfifo(site / "pipe.toml")
    with pytest.raises(PolicyError):
        load_policy(site / "pipe.toml")


def test_a_dependency_list_is_a_set_of_names(read, site):
    text = (site / "policy.toml").read_text().replace('dependencies = "listed"', 'dependencies = ["numpy"]')
    assert read(text).policy.packs[0].dependencies == {"numpy"}


def test_the_most_particular_rule_holds(read, site):
    policy = read((site / "policy.toml").read_text()).policy
    assert policy.rule_for("acme-vision").match == "acme-vision"
    assert policy.rule_for("acme-visions").match == "acme-*"
    assert policy.rule_for("acme-vision-extra").match == "acme-*"
    assert policy.rule_for("acme") is None
    assert policy.rule_for("evil-acme-vision") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_edit_of_a_policy_makes_the_reader_itself_fail(site, data):
    text = (site / "policy.toml").read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.binary(max_size=6) | st.sampled_from(TOKENS)) + text[at + length :]
    got = read_policy(text, str(site / "policy.toml"))
    assert (got.policy is None) == bool(got.findings)


TOKENS = [
    b"[",
    b"]",
    b"{}",
    b"= 1\n",
    b'""',
    b"\n[[pack]]\n",
    b"\n[deny]\n",
    b"true",
    b"*",
    b"{version}",
    b"'''",
    b"\x00",
    b"99999999999999999999",
]


def test_every_code_of_policies_has_a_page_and_every_page_a_code():
    import penstock_trust

    root = os.path.dirname(penstock_trust.__file__)
    files = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names if name.endswith(".py")]
    said = set()
    for path in files:
        with open(path, encoding="utf-8") as file:
            said |= set(re.findall(r'"(T[3569]\d\d)"', file.read()))
    pages = {one.code: one for one in all_codes() if re.fullmatch(r"T[3569]\d\d", one.code)}
    assert said - {"T900"} == set(pages)
    assert all(one.text.startswith("Why: ") and "\n\nDo:  " in one.text for one in pages.values())
