"""A change that lets something in is never told as harmless: held against what both policies make of every small case."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import chain, combinations, product

from hypothesis import given
from hypothesis import strategies as st

from penstock_findings import Location
from penstock_trust.keys import PrivateKey, PublicKey
from penstock_trust.policy.diff import diff
from penstock_trust.policy.model import Identity, KeyRoot, PackRule, Policy, Signers
from penstock_trust.trial import Case, run_cases

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
END = datetime(2099, 1, 1, tzinfo=timezone.utc)
PEOPLE = "abc"
ROOTS = {name: KeyRoot(name, PrivateKey.from_seed(name.encode() * 32).public.raw) for name in PEOPLE}
IDENTITIES = {name: Identity(name, name) for name in PEOPLE}
assert all(PublicKey(root.public_key) for root in ROOTS.values())

signers = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.builds(Signers, st.just(tuple(names)), st.integers(1, len(names)))
)
rules = st.builds(
    PackRule,
    match=st.sampled_from(["*", "x", "x-y", "x-*", "x-y-*"]),
    signers=signers | st.none(),
    min_version=st.sampled_from([None, "1", "2"]),
    rollback=st.booleans(),
    dependencies=st.sampled_from(["any", "listed", frozenset(), frozenset({"x"})]),
)
policies = st.lists(rules, max_size=3, unique_by=lambda rule: rule.match).map(
    lambda packs: Policy("p", "d" + str(hash(tuple(packs))), "p", 1, END, ROOTS, IDENTITIES, tuple(packs))
)


def subsets(names):
    return [list(some) for some in chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))]


CASES = [
    Case("case", {"pack": pack, "version": version, "signed-by": who, "requires": requires, "expect": "accept"}
         | ({"installed": installed} if installed else {}), Location("cases"))
    for pack, version, who, requires, installed in product(
        ["x", "x-y", "x-y-z", "q"], ["1", "2"], subsets(PEOPLE), [[], ["q"]], [None, "2"]
    )
]  # fmt: skip  # a case, and where its parts come from


def accepted(policy):
    return {place for place, tried in enumerate(run_cases(policy, CASES, now=NOW)) if not tried.codes}


def test_a_rule_for_names_that_only_begin_alike_is_another_rule():
    old, new = (Policy("p", match, "p", 1, END, ROOTS, IDENTITIES, (PackRule(match),)) for match in ("x-y", "x-y-*"))
    assert [finding.code for finding in diff(old, new)] == ["T392", "T391", "T390"]


@given(policies, policies)
def test_what_is_let_in_is_told(old, new):
    more = accepted(new) - accepted(old)
    codes = {finding.code for finding in diff(old, new)}
    assert not more or "T390" in codes


@given(policies, policies)
def test_what_is_kept_out_is_told(old, new):
    less = accepted(old) - accepted(new)
    codes = {finding.code for finding in diff(old, new)}
    assert not less or codes & {"T390", "T391"}


@given(policies)
def test_a_policy_does_not_differ_from_itself(policy):
    assert diff(policy, policy) == ()
