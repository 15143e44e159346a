"""What follows from a policy: in force or not, enough signers or not, high enough or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_findings import Finding
from penstock_trust import versions
from penstock_trust.facts import Identity, Proof, Subject
from penstock_trust.policy.diff import diff
from penstock_trust.policy.explain import explain, facts_of
from penstock_trust.policy.judge import in_force, quorum, rule_for
from penstock_trust.policy.lint import lint
from penstock_trust.policy.load import load_policy
from penstock_trust.policy.model import PackRule, Signers
from penstock_trust.seen import Seen, read_seen, write_seen
from penstock_trust.trial import STRANGER, cases_beside, read_cases, run_cases

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
SUBJECT = Subject("acme-vision", "1.4", "acme_vision-1.4-py3-none-any.whl", "0" * 64, 1)


@pytest.fixture
def policy(site):
    return load_policy(site / "policy.toml")


def codes(findings):
    return [finding.code for finding in findings]


def proof(who, *matched):
    return Proof(SUBJECT, Identity("key", "office", key=who), "key", None, matched)


# -- in force


def test_a_policy_holds_until_it_ends_and_not_at_its_end(policy):
    assert in_force(policy, policy.expires - timedelta(seconds=1)) == ()
    assert codes(in_force(policy, policy.expires)) == ["T320"]


def test_an_older_policy_does_not_come_back(policy):
    assert codes(in_force(policy, NOW, seen={"site": (4, "x")})) == ["T321"]
    assert codes(in_force(policy, NOW, seen={"site": (3, "other text")})) == ["T322"]
    assert in_force(policy, NOW, seen={"site": (3, policy.digest)}) == ()
    assert in_force(policy, NOW, seen={"site": (2, "x"), "other": (9, "y")}) == ()


def test_what_was_seen_is_kept_and_never_goes_down(policy, tmp_path):
    assert read_seen(tmp_path / "store") == Seen()
    write_seen(tmp_path / "store", Seen().after(policy))
    seen = read_seen(tmp_path / "store")
    assert seen.policies == {"site": (3, policy.digest)}
    assert seen.after(replace(policy, sequence=2, digest="x")) == seen


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format":1,"lists":{},"policies":{"a":[1]}}', '{"format":1,"lists":[],"policies":{}}']
)
def test_a_spoilt_memory_is_refused_and_not_taken_for_none(tmp_path, text):
    from penstock_trust.refusal import Refusal

    (tmp_path / "seen.json").write_text(text)
    with pytest.raises(Refusal) as raised:
        read_seen(tmp_path)
    assert raised.value.code == "T325"


def test_what_no_rule_names_is_refused(policy):
    assert isinstance(rule_for(policy, "acme-vision"), PackRule)
    refused = rule_for(policy, "numpy")
    assert isinstance(refused, Finding)
    assert refused.code == "T323"


# -- who has to sign


@pytest.mark.parametrize(
    ("proofs", "good"),
    [
        ([proof("1", "a"), proof("2", "b")], True),
        ([proof("1", "a")], False),
        ([], False),
        ([proof("1", "a"), proof("1", "b")], False),  # one signer, known by two names
        ([proof("1", "a", "b")], False),
        ([proof("1", "a"), proof("2", "a")], False),  # two signers of one name
        ([proof("1", "a", "b"), proof("2", "a")], True),  # the first gives way
        ([proof("1", "x"), proof("2", "b")], False),
    ],
)
def test_two_of_two_need_two_signers_of_two_names(proofs, good):
    assert (quorum(Signers(("a", "b"), 2), proofs) == ()) == good


def test_one_certificate_counts_once_under_two_roots():
    def signed(root, name):
        return Proof(SUBJECT, Identity("sigstore", root, "https://i", "x@y", "email"), "sigstore", NOW, (name,))

    assert quorum(Signers(("a", "b"), 2), [signed("old", "a"), signed("new", "b")])


names = st.sampled_from("abcd")


@given(
    st.lists(st.tuples(st.sampled_from("1234"), st.sets(names)), max_size=6),
    st.sets(names, min_size=1),
    st.integers(1, 4),
)
def test_quorum_is_met_just_when_some_signers_can_take_that_many_names(signatures, wanted, threshold):
    signers = Signers(tuple(sorted(wanted)), min(threshold, len(wanted)))
    proofs = [proof(who, *sorted(matched)) for who, matched in signatures]
    may: dict[str, set[str]] = {}
    for who, matched in signatures:
        may.setdefault(who, set()).update(matched & wanted)
    possible = any(
        all(name in may[who] for who, name in zip(people, chosen, strict=True))
        for chosen in combinations(signers.identities, signers.threshold)
        for people in permutations(may, signers.threshold)
    )
    assert (quorum(signers, proofs) == ()) == possible


def test_who_is_missing_is_named():
    (finding,) = quorum(Signers(("ci", "release"), 2), [proof("1", "ci")])
    assert finding.message == "of `ci`, `release`, all have to sign the wheel, and 1 did"
    assert finding.hint == "get it signed by `release`"


# -- versions


@pytest.mark.parametrize(
    ("rule", "version", "installed", "expected"),
    [
        (PackRule("a"), "1.0", None, []),
        (PackRule("a"), "1.0", "1.0", []),
        (PackRule("a"), "1.0", "1.0.1", ["T331"]),
        (PackRule("a"), "1.0rc1", "1.0", ["T331"]),
        (PackRule("a"), "1.0", "1.0+local", ["T331"]),
        (PackRule("a", rollback=True), "1.0", "2.0", []),
        (PackRule("a"), "1.0", "garbage", ["T331"]),
        (PackRule("a", min_version="1.2"), "1.2", None, []),
        (PackRule("a", min_version="1.2"), "1.2.dev1", None, ["T330"]),
        (PackRule("a", min_version="1.2", rollback=True), "1.1", "1.5", ["T330"]),
        (PackRule("a", min_version="1.2"), "1.1", "1.5", ["T330", "T331"]),
        (PackRule("a"), "one", None, ["T332"]),
        (PackRule("a"), "1" * 300, None, ["T332"]),
    ],
)
def test_versions_go_up(rule, version, installed, expected):
    assert codes(versions.judge(rule, version, installed=installed)) == expected


@pytest.mark.parametrize(
    ("dependencies", "requires", "expected"),
    [
        ("any", ["whatever @ https://x/y.whl", "]["], []),
        ("listed", ["acme-core>=1", "Acme_Vision"], []),
        ("listed", ["numpy"], ["T334"]),
        ("listed", ["numpy; extra == 'x'"], ["T334"]),
        (frozenset({"numpy"}), ["NumPy>=1"], []),
        (frozenset({"numpy"}), ["scipy"], ["T334"]),
        (frozenset(), ["numpy"], ["T334"]),
        (frozenset({"numpy"}), ["numpy @ https://evil/numpy.whl"], ["T334"]),
        ("listed", ["]["], ["T333"]),
    ],
)
def test_dependencies_are_those_that_the_policy_knows(policy, dependencies, requires, expected):
    rule = PackRule("a", dependencies=dependencies)
    assert codes(versions.dependencies(policy, rule, requires)) == expected


# -- what is unwise, what it wants, what changes


def test_lint_tells_what_is_unwise(policy):
    assert codes(lint(policy, now=NOW)) == ["T360", "T373"]
    assert codes(lint(policy, now=policy.expires - timedelta(days=3)))[0] == "T362"
    assert codes(lint(policy, now=policy.expires))[0] == "T320"


def test_every_kind_of_unwise_is_told(read, site):
    text = (site / "policy.toml").read_text()
    text = text.replace('repository-id = "123"\n', "").replace("tags/v{version}", "heads/main")
    text = text.replace("https://token", "http://token").replace("2027-01-31", "2030-01-31")
    text = text.replace('allow = ["native"]', 'allow = ["unsigned", "editable"]\nrollback = true')
    text = text.replace('load = "sealed"', 'load = "off"').replace('match = "acme-*"', 'match = "*"')
    text = text.replace('max-age = "7d"', 'stale = "warn"')
    assert set(codes(lint(read(text).policy, now=NOW))) == {
        "T360", "T363", "T364", "T365", "T366", "T367", "T368", "T369", "T370", "T372", "T373", "T374",
    }  # fmt: skip  # all but those for what is missing
    alone = read(text.partition("[deny]")[0] + f'[trust.more]\nkind = "key"\npublic-key = "{MORE}"\n')
    assert {"T361", "T371"} <= set(codes(lint(alone.policy, now=NOW)))


MORE = "ed25519:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w="


def test_explain_says_who_signs_this_version(policy):
    text = "\n".join(explain(policy, "acme-vision", "1.4.0", now=NOW))
    assert "release.yml@refs/tags/v1.4.0, as https://token.actions.githubusercontent.com says" in text
    assert "it has to be signed by all of:" in text
    assert "lowest version: 1.2; going back to an older one: refused" in text
    assert facts_of(policy, "acme-vision", "1.4.0", now=NOW)["rule"]["signers"]["threshold"] == 2
    assert explain(policy, "numpy", None, now=NOW)[-1].startswith("`numpy` is refused")
    assert facts_of(policy, "numpy", None, now=NOW)["rule"] is None


CHANGES = [
    ("threshold = 2", "threshold = 1", "T390"),
    ('any = ["ci", "release"]', 'any = ["ci", "release", "tester"]', "T390"),
    ('all = ["release"]', 'all = ["release", "ci"]', "T390"),
    ('attestations = ["https://slsa.dev/provenance/v1"]\n', "", "T390"),
    ('min-version = "1.2"', 'min-version = "1.1"', "T390"),
    ('min-version = "1.2"', 'min-version = "1.3"', "T391"),
    ('min-version = "1.2"', 'min-version = "1.2.0"', "T393"),
    ('allow = ["native"]', 'allow = ["native", "unsigned"]', "T390"),
    ('allow = ["native"]', "allow = []", "T391"),
    ('load = "sealed"', 'load = "checked"', "T390"),
    ('dependencies = "listed"', 'dependencies = "any"', "T390"),
    ('match = "acme-*"', 'match = "*"', "T390"),
    ('match = "acme-*"', 'match = "acme-x"', "T391"),
    ("{version}", "1.2", "T390"),
    ('owner-id = "42"\n', "", "T390"),
    ('owner-id = "42"\n', 'owner-id = "42"\nrepository = "https://github.com/acme/vision"\n', "T391"),
    ('max-age = "7d"', 'max-age = "8d"', "T390"),
    ('max-age = "7d"', 'max-age = "1d"', "T391"),
    ('max-age = "7d"', 'max-age = "7d"\nstale = "warn"', "T390"),
    ('signers = ["office"]', 'signers = ["office", "lab"]', "T390"),
    ("2027-01-31", "2027-02-28", "T393"),
    ("2027-01-31", "2026-12-31", "T391"),
    ('match = "acme-vision"', 'rollback = true\nmatch = "acme-vision"', "T390"),
]  # fmt: skip  # a change in a line


@pytest.mark.parametrize(("old", "new", "code"), CHANGES)
def test_what_a_change_lets_in_is_told_apart_from_what_it_keeps_out(read, site, policy, old, new, code):
    text = (site / "policy.toml").read_text()
    assert old in text
    after = read(text.replace(old, new, 1).replace("sequence = 3", "sequence = 4")).policy
    assert code in codes(diff(policy, after))
    if code == "T391":
        assert "T390" not in codes(diff(policy, after))
    if code == "T390":
        assert diff(after, replace(policy, sequence=5)) != ()


def test_a_policy_does_not_differ_from_itself_and_a_change_needs_a_sequence(read, site, policy):
    assert diff(policy, policy) == ()
    after = read((site / "policy.toml").read_text() + "# a remark\n").policy
    assert codes(diff(policy, after)) == ["T392"]


# -- the table of cases

CASES = """\
schema = 1

[[case]]
name = "a release of ours"
pack = "acme-vision"
version = "1.4.0"
signed-by = ["ci", "release"]
attestations = [{type = "https://slsa.dev/provenance/v1", signed-by = ["ci", "release"]}]
requires = ["acme-core>=2"]
expect = "accept"

[[case]]
name = "the tag of another version"
pack = "acme-vision"
version = "1.4.0"
signed-by = ["release", {trust = "github", issuer = "https://token.actions.githubusercontent.com", uri = "https://github.com/acme/vision/.github/workflows/release.yml@refs/tags/v1.3.0", repository-id = "123", owner-id = "42"}]
expect = "refuse"
code = "T324"

[[case]]
name = "somebody else"
pack = "acme-tools"
version = "1.0"
signed-by = ["stranger"]
expect = "refuse"

[[case]]
name = "not ours at all"
pack = "numpy"
version = "2.0"
expect = "refuse"
code = "T323"

[[case]]
name = "after the end"
pack = "acme-tools"
version = "1.0"
signed-by = ["release"]
at = "2027-02-01T00:00:00Z"
expect = "refuse"
code = "T320"

[[case]]
name = "a step back"
pack = "acme-tools"
version = "1.0"
signed-by = ["release"]
installed = "1.1"
expect = "refuse"
code = "T331"
"""


def test_a_policy_that_does_what_its_cases_say_passes(policy):
    cases, wrong, _ = read_cases(CASES.encode(), "policy.cases.toml")
    assert wrong == ()
    assert [one.findings for one in run_cases(policy, cases, now=NOW)] == [()] * 6


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('expect = "accept"', 'expect = "refuse"', "`a release of ours` is accepted, and should be refused"),
        ('["stranger"]\nexpect = "refuse"', '["stranger"]\nexpect = "accept"', "`somebody else` is refused: T324"),
        ('code = "T323"', 'code = "T324"', "`not ours at all` is refused otherwise than by T324: T323"),
        ('["stranger"]', '["relaese"]', "there is no identity `relaese`"),
    ],
)
def test_a_case_that_comes_out_otherwise_is_told(policy, old, new, said):
    cases, wrong, _ = read_cases(CASES.replace(old, new, 1).encode(), "policy.cases.toml")
    assert wrong == ()
    (bad,) = [one for one in run_cases(policy, cases, now=NOW) if not one.good]
    assert bad.findings[0].message.startswith(said)
    assert bad.findings[0].at.line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "schema = 2\ncase = []\n",
        CASES.replace("signed-by", "signed_by", 1),
        CASES.replace("2027-02-01T", "2027-02-31T"),
        "schema = 1\n",
    ],
)
def test_a_table_with_mistakes_is_refused_whole(text):
    cases, wrong, _ = read_cases(text.encode(), "policy.cases.toml")
    assert cases == ()
    assert wrong


def test_the_cases_are_beside_the_policy():
    assert cases_beside("a/policy.toml") == "a/policy.cases.toml"
    assert STRANGER == "stranger"
