"""The set that a run is handed: instances, their names, their points, numbers and rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.bindings import NO_POLICIES
from penstock.decisions import FailureClass, FailureRule, Proceed
from penstock.policies.bind import bind
from penstock.sdk import policy
from penstock_findings import PenstockError


@policy("retry", drops=False)
class Retry:
    """Try again."""

    attempts: int = 3
    first: float = 0.5

    def __post_init__(self) -> None:
        if self.attempts == 13:
            raise ValueError("thirteen is no number")

    def failure(self, facts: Any) -> Proceed:
        return Proceed()


@policy("breaker", drops=False)
class Breaker:
    """Leave alone."""

    failures: int = 5

    def dispatch(self, facts: Any) -> Proceed:
        return Proceed()

    def completion(self, facts: Any) -> Proceed:
        return Proceed()


@policy("rate-limit", drops=False)
class RateLimit:
    """Not so fast."""

    rate: float = 1.0
    per: float = 1.0

    def dispatch(self, facts: Any) -> Proceed:
        return Proceed()


@policy("group-commit", drops=False)
class GroupCommit:
    """Together."""

    every: float = 1.0

    def settle(self, facts: Any) -> Proceed:
        return Proceed()


TYPES = {"retry": Retry, "breaker": Breaker, "rate-limit": RateLimit, "group-commit": GroupCommit}


class Installed:
    """The catalog of the corpus, with code behind some of its policies."""

    def __init__(self, catalog: Any) -> None:
        self.packs, self.policies = catalog.packs, catalog.policies
        self.asked: list[str] = []

    def load_policy(self, type_id: str) -> type:
        self.asked.append(type_id)
        return TYPES[type_id]


def made(world: Any, *rules: Any) -> Any:
    loaded = world.load(json.dumps({"format": 1, "name": "x", "rules": rules}))
    assert loaded.report.findings == ()
    return bind(loaded.composition, Installed(world.catalog))


def test_each_policy_stands_at_the_points_that_it_answers_and_that_are_asked_there(world: Any) -> None:
    uses = [
        {"type": "retry"},
        {"type": "breaker"},
        {"type": "rate-limit", "as": "slow", "config": {"rate": 2, "per": "1m"}},
    ]
    bound = made(world, {"for": {"node": "uplink"}, "use": uses}).bound
    assert {point: [one.name for one in some] for point, some in bound["uplink"].items()} == {
        "dispatch": ["rate-limit/slow@uplink", "breaker@uplink"],
        "failure": ["retry@uplink"],
        "completion": ["breaker@uplink"],
    }
    breaker = bound["uplink"]["dispatch"][1]
    assert breaker is bound["uplink"]["completion"][0]
    assert breaker.points == ("dispatch", "completion")
    assert bound["uplink"]["dispatch"][0].policy.per == 60.0


def test_a_policy_is_built_once_however_many_nodes_it_stands_at(world: Any) -> None:
    bound = made(world, {"for": {"role": "sink"}, "use": [{"type": "retry", "config": {"attempts": 7}}]}).bound
    assert len(bound) > 3
    assert len({id(points["failure"][0].policy) for points in bound.values()}) == 1
    assert len({points["failure"][0].name for points in bound.values()}) == len(bound)


def test_what_is_off_is_not_built(world: Any) -> None:
    retry = {"type": "retry", "config": {"attempts": 7}}
    bound = made(
        world,
        {"for": {"tag": "outside"}, "use": [retry]},
        {"for": {"node": "uplink"}, "use": [{"type": "retry", "off": True}]},
    ).bound
    assert set(bound) == {"upkeep"}


def test_the_run_has_a_subject_of_its_own(world: Any) -> None:
    bound = made(world, {"for": "run", "use": [{"type": "group-commit", "config": {"every": "250ms"}}]}).bound
    assert bound["*"]["settle"][0].policy.every == 0.25


def test_numbers_and_rules_come_with_it(world: Any) -> None:
    lines = [{"status": "500-599", "as": "permanent"}, {"error": "OSError", "retry_after": True, "as": "timeout"}]
    found = made(
        world,
        {"for": {"node": "uplink"}, "set": {"concurrency": 2}, "classify": lines},
        {"for": {"channel": "events"}, "set": {"capacity": 9}},
    )
    assert (dict(found.numbers.concurrency), dict(found.numbers.capacity)) == ({"uplink": 2}, {"events": 9})
    assert found.rules == {
        "uplink": (
            FailureRule(FailureClass.PERMANENT, status=(500, 600)),
            FailureRule(FailureClass.TIMEOUT, error="OSError", retry_after=True),
        )
    }
    assert [rule.gives for rule in found.offered] == [FailureClass.PERMANENT, FailureClass.TRANSIENT]


def test_nothing_makes_a_set_of_nothing(world: Any) -> None:
    found = bind(world.load().composition, Installed(world.catalog))
    assert (dict(found.bound), found.digest, found.numbers) == ({}, "", NO_POLICIES.numbers)


def test_everything_that_cannot_be_built_is_told_with_its_place(world: Any) -> None:
    def text(*attempts: int) -> str:
        nodes = ["uplink", "archive", "bell"]
        rules = [
            f"  - for: {{node: {node}}}\n    use: [{{type: retry, config: {{attempts: {number}}}}}]\n"
            for node, number in zip(nodes, attempts, strict=True)
        ]
        return "format: 1\nname: x\nrules:\n" + "".join(rules)

    with pytest.raises(PenstockError) as caught:
        bind(world.load(text(13, 5, 13)).composition, Installed(world.catalog))
    assert {(finding.code, str(finding.at)) for finding in caught.value.findings} == {
        ("P234", "0.policy.yaml:5:33"),
        ("P234", "0.policy.yaml:9:33"),
    }
    assert all("thirteen" in finding.message for finding in caught.value.findings)
    assert set(caught.value.sources) == {"0.policy.yaml"}
