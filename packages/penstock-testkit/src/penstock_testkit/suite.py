"""One line for each node, policy or channel kind: a test class with everything that can be asked of it.

Takes:   a node type, a policy type or a channel kind, and what its author says of it.
Gives:   `node_suite`, `policy_suite`, `channel_suite` (a class for pytest to collect), `check` (one question, with records given).
Ignores: what the questions are (`checks/`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from penstock.sdk import spec_of
from penstock_testkit.checks import all_channel_checks, all_checks, all_policy_checks
from penstock_testkit.drive import copies
from penstock_testkit.keeping import CAN_KILL, Kept, Make, Place, StoreCheck
from penstock_testkit.ledger import has_ledger
from penstock_testkit.question import Broken, Check, PolicyCheck, as_test
from penstock_testkit.subject import Config, Effects, Subject
from penstock_testkit.telling import PolicySubject, Raised, Story, stories

SUITE, CODE = "__penstock_suite__", "__penstock_code__"  # the marks of a suite ("node ID"), and of a test in it
_UNSEEN = "nobody says how to see its effects: give `effects=`"
_LONGEST = 5  # records of a generated list
_QUICK: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "derandomize": True,
    "phases": [Phase.generate, Phase.shrink],
    "suppress_health_check": list(HealthCheck),
    "print_blob": False,
}


def node_suite(
    node: type,
    *,
    config: Config | None = None,
    records: Sequence[Any] | Mapping[str, Sequence[Any]] = (),
    secrets: Mapping[str, str] | None = None,
    effects: Effects | None = None,
    skip: Mapping[str, str] | None = None,
) -> type:
    """A test class that asks a node everything; assign it to a name that pytest collects.

        TestThreshold = node_suite(Threshold, config={"limit": 3}, records=[{"value": 1}, {"value": 5}])

    `config` is what a graph would give; a function of an empty folder for a node that writes or reads files.
    `records` are payloads as the node meets them, or input port -> payloads; where a port has a contract, more are
    generated.  `effects`, for sinks, tells from the same folder what the world has seen: one entry for each effect.
    `skip` maps a code to the reason why the question makes no sense here; a reason is a must.
    """
    spec = spec_of(node)
    subject = Subject(node, config or {}, records, secrets or {}, effects)
    reasons = dict(skip or {})
    _see_to(reasons, {one.code for one in all_checks()})
    if effects is None:  # nobody could tell the answer, and a test that cannot fail is none
        reasons = {one.code: _UNSEEN for one in all_checks() if one.asks is has_ledger} | reasons
    tests = {as_test(one.title): _test(one, subject, reasons.get(one.code)) for one in all_checks() if one.asks(spec)}
    marks = {"__doc__": f"Everything that can be asked of `{spec.id}`.", SUITE: f"node {spec.id}"}
    return type(f"Test{node.__name__}", (), {**marks, **tests})


def policy_suite(
    policy: type, *, config: Mapping[str, Any] | None = None, skip: Mapping[str, str] | None = None
) -> type:
    """A test class that tells a policy stories at each point that it answers, and looks at what it decides.

        TestPatient = policy_suite(Patient, config={"attempts": 4})

    `config` is what a policy file would give.  `skip` maps a code to the reason why the question makes no sense here.
    """
    subject = PolicySubject(policy, config or {})
    reasons = dict(skip or {})
    _see_to(reasons, {one.code for one in all_policy_checks()})
    tests = {as_test(one.title): _policy_test(one, subject, reasons.get(one.code)) for one in all_policy_checks()}
    marks = {"__doc__": f"Everything that can be asked of `{subject.spec.id}`.", SUITE: f"policy {subject.spec.id}"}
    return type(f"Test{policy.__name__}", (), {**marks, **tests})


def channel_suite(kind: type, *, make: Make | None = None, skip: Mapping[str, str] | None = None) -> type:
    """A test class that puts a store to everything that the engine relies on, kills and reopening included.

        TestVault = channel_suite(Vault)

    The stores are made as a run makes them, `kind(place, ack=level)`, in an empty folder each and with the last of the
    levels; `make` makes one of a folder instead, where a place is no folder: a database that is dropped before, say.
    Stores that are made of one folder are on one place.  `skip` maps a code to the reason why the question makes no sense.
    """
    declared = getattr(kind, "__penstock_channel__", None)
    name = declared.id if declared is not None else kind.__name__
    reasons = dict(skip or {})
    _see_to(reasons, {one.code for one in all_channel_checks()})
    if not CAN_KILL:
        reasons = {one.code: "this system cannot fork" for one in all_channel_checks() if one.kills} | reasons
    kept = Kept(kind, make)
    tests = {as_test(one.title): _store_test(one, kept, reasons.get(one.code)) for one in all_channel_checks()}
    marks = {"__doc__": f"Everything that can be asked of `{name}`.", SUITE: f"channel {name}"}
    return type(f"Test{kind.__name__}", (), {**marks, **tests})


def check(
    code: str, node: type, records: Sequence[Any] = (), *, port: str = "in", folder: str | Path = ".", **said: Any
) -> None:
    """Ask one question, with these records and no others: what a failure prints, to be run again by hand.

    Raises `Broken` when the answer is no, `KeyError` for a code that is none.
    """
    asked = {one.code: one for one in all_checks()}[code]
    asked.examine(
        Subject(node, **said, records=records, folder=Path(folder)), port if spec_of(node).inputs else "", records
    )


def _test(asked: Check, subject: Subject, reason: str | None) -> Callable[..., None]:
    def test(self: object, tmp_path_factory: pytest.TempPathFactory) -> None:
        def world() -> Subject:
            return replace(subject, folder=tmp_path_factory.mktemp(asked.code))

        for port in subject.ports:
            _ask(asked, world, port)

    test.__doc__ = f"{asked.code}: {asked.title}."
    setattr(test, CODE, asked.code)
    return pytest.mark.skip(reason=f"{asked.code}: {reason}")(test) if reason else test


def _policy_test(asked: PolicyCheck, subject: PolicySubject, reason: str | None) -> Callable[..., None]:
    phases = _QUICK["phases"] if asked.shrinks else [Phase.generate]

    def test(self: object) -> None:
        @settings(**{**_QUICK, "max_examples": asked.attempts, "phases": phases})
        @given(stories(subject.spec.points))
        def try_some(story: Story) -> None:
            try:
                asked.examine(subject, story)
            except Raised:
                return
            except Broken as broken:
                hint = f"\n  hint:    {broken.hint}" if broken.hint else ""
                raise Broken(f"{asked.code}: `{subject.name}` {broken.how}{hint}") from broken.__cause__

        try_some()

    test.__doc__ = f"{asked.code}: {asked.title}."
    setattr(test, CODE, asked.code)
    return pytest.mark.skip(reason=f"{asked.code}: {reason}")(test) if reason else test


def _store_test(asked: StoreCheck, kept: Kept, reason: str | None) -> Callable[..., None]:
    def test(self: object, tmp_path_factory: pytest.TempPathFactory) -> None:
        place = Place(kept, tmp_path_factory.mktemp(asked.code))
        try:
            asked.examine(place)
        except Broken as broken:
            hint = f"\n  hint:    {broken.hint}" if broken.hint else ""
            raise Broken(f"{asked.code}: `{kept.name}` {broken.how}{hint}") from broken.__cause__
        finally:
            place.close()

    test.__doc__ = f"{asked.code}: {asked.title}."
    setattr(test, CODE, asked.code)
    return pytest.mark.skip(reason=f"{asked.code}: {reason}")(test) if reason else test


def _see_to(reasons: Mapping[str, str], known: Collection[str]) -> None:
    if unknown := [code for code in reasons if code not in known or not reasons[code].strip()]:
        raise ValueError(f"`skip` wants codes of checks, each with a reason: {', '.join(unknown)}")


def _ask(asked: Check, world: Callable[[], Subject], port: str) -> None:
    """With the author's own records first, then with generated ones, which hypothesis makes small when they fail."""
    subject = world()
    own = subject.examples(port)
    _examine(asked, subject, port, own)
    if port and (asked.generated or (not own and subject.schema(port) is not None)):
        _with_generated(asked, world, port)


def _with_generated(asked: Check, world: Callable[[], Subject], port: str) -> None:
    tries = asked.attempts if asked.generated else 1

    @settings(max_examples=tries, **_QUICK)
    @given(st.lists(world().payloads(port), min_size=1, max_size=_LONGEST))
    def try_some(records: list[Any]) -> None:
        _examine(asked, world(), port, records)

    try_some()


def _examine(asked: Check, subject: Subject, port: str, records: Sequence[Any]) -> None:
    try:
        asked.examine(subject, port, copies(records))  # a bad node changes what it is given
    except Broken as broken:
        raise _told(asked, subject, port, broken) from broken.__cause__


def _told(asked: Check, subject: Subject, port: str, broken: Broken) -> Broken:
    """The complaint in full: code, node, how it showed, the smallest records, what to do, how to see it again."""
    lines = [f"{asked.code}: `{subject.name}` {broken.how}"]
    if broken.records:
        lines.append(f"  records: {list(broken.records)!r}")
    if broken.hint:
        lines.append(f"  hint:    {broken.hint}")
    config = "" if callable(subject.config) or not subject.config else f", config={dict(subject.config)!r}"
    at = "" if port in ("in", "") else f", port={port!r}"
    given_records = repr(list(broken.records if broken.records is not None else ()))
    lines.append(
        f"  again:   penstock_testkit.check({asked.code!r}, {subject.node.__name__}, {given_records}{config}{at})"
    )
    return Broken("\n".join(lines), hint=broken.hint, records=broken.records)
