"""What a policy is told, and what a class must have to be one."""

from __future__ import annotations

import pytest

from penstock import BadNode, FailureClass, FailureRule, Overflow, Proceed, drawn, policy
from penstock.decisions import FAILURE_RULES, NodeError, Reject, Transient, classify, status_class
from penstock.testing import record


@policy("of-two-points")
class OfTwoPoints:
    """Answers two.

    And says more.
    """

    first: float = 0.5

    def dispatch(self, facts):
        return Proceed()

    def completion(self, facts):
        return Proceed()


@policy("old-style", points=("failure", "admit"), durable=True, layer="retry", drops=True)
class OldStyle:
    """Has one answer for all."""

    def decide(self, facts):
        return facts


def test_a_policy_answers_the_points_that_it_has_methods_for():
    spec = OfTwoPoints.__penstock_policy__
    assert (spec.id, spec.points, spec.layer, spec.durable) == (
        "of-two-points",
        ("dispatch", "completion"),
        "breaker",
        False,
    )
    assert [field.name for field in spec.config] == ["first"]


def test_decide_answers_all_points_that_are_named():
    spec = OldStyle.__penstock_policy__
    assert (spec.points, spec.durable, spec.drops) == (("admit", "failure"), True, True)
    assert OldStyle().failure(1) == OldStyle().admit(1) == 1


@pytest.mark.parametrize(
    ("arguments", "methods", "wrong"),
    [
        ({}, {}, "no method for a decision point"),
        ({"points": ("failure",)}, {}, "no method `decide`"),
        ({"points": ("fail",)}, {"decide": id}, "unknown decision point `fail`"),
        ({"layer": "middle"}, {"decide": id}, "unknown layer `middle`"),
    ],
)
def test_a_class_that_cannot_be_a_policy_is_refused_where_it_is_made(arguments, methods, wrong):
    with pytest.raises(BadNode, match=wrong):
        policy("odd", **arguments)(type("Odd", (), methods))


def test_chance_depends_on_names_and_nothing_else():
    draws = [drawn("a", n) for n in range(1000)]
    assert draws == [drawn("a", n) for n in range(1000)]
    assert len(set(draws)) == 1000
    assert all(0 <= draw < 1 for draw in draws)
    assert 0.45 < sum(draws) / 1000 < 0.55


def overflow(waiting: int, offered: int, capacity: int, *, at_hand: bool) -> Overflow:
    records = [record(n) for n in range((waiting if at_hand else 0) + offered)]
    return Overflow("c", None, "memory", capacity, waiting, records, offered, False, 0.0, {})


@pytest.mark.parametrize(
    ("facts", "oldest", "newest"),
    [
        (overflow(3, 2, 3, at_hand=True), [0, 1], [3, 4]),
        (overflow(0, 5, 3, at_hand=True), [0, 1], [3, 4]),
        (overflow(1, 64, 3, at_hand=True), list(range(62)), list(range(3, 65))),
        (overflow(2, 1, 3, at_hand=True), [], []),
        (overflow(10, 4, 10, at_hand=False), [-4, -3, -2, -1], [0, 1, 2, 3]),
        (overflow(2, 4, 3, at_hand=False), [-2, -1, 0], [1, 2, 3]),
        (overflow(2, 0, 3, at_hand=False), [], []),
    ],
)
def test_the_oldest_and_the_newest_that_have_to_go_are_told_by_index(facts, oldest, newest):
    assert list(facts.oldest()) == oldest
    assert list(facts.newest()) == newest


def test_a_record_that_cannot_be_encoded_has_a_size_all_the_same():
    from penstock import Arrival

    facts = Arrival("s", [record({"a": 1}), record(object())], 0.0, 0, 0.0, {})
    assert facts.size(0) == 7
    assert facts.size(1) > 10


# -- classification ---------------------------------------------------------------------------------------------------


class OfNobody(Exception):
    def __init__(self, status=None, retry_after=None):
        super().__init__()
        self.status = status
        self.retry_after = retry_after


class Lookalike(ConnectionError):
    """Inherits from what is in the table."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Reject("no"), "permanent"),
        (Transient("later"), "transient"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd"), "decode"),
        (TimeoutError(), "timeout"),
        (ConnectionRefusedError(), "transient"),
        (Lookalike(), "transient"),
        (FileNotFoundError(), "transient"),
        (EOFError(), "transient"),
        (OfNobody(400), "permanent"),
        (OfNobody(404), "permanent"),
        (OfNobody(404, retry_after=5), "transient"),
        (OfNobody(408), "transient"),
        (OfNobody(425), "transient"),
        (OfNobody(429), "transient"),
        (OfNobody(499), "permanent"),
        (OfNobody(500), "transient"),
        (OfNobody(503), "transient"),
        (OfNobody("404"), "transient"),
        (ValueError("a bug"), "transient"),
    ],
)
def test_what_was_raised_has_a_class_before_anybody_says_otherwise(error, kind):
    assert classify(error).value == kind


def test_every_status_has_one_class_also_without_an_exception():
    for status in range(100, 700):
        assert status_class(status) is classify(OfNobody(status))


def test_the_operator_is_heard_before_the_node_and_a_pack_after_it():
    rule = FailureRule(FailureClass.TRANSIENT, error="Reject")
    assert classify(Reject("no"), own=[rule]) is FailureClass.TRANSIENT
    assert classify(Reject("no"), offered=[rule]) is FailureClass.PERMANENT
    busy = FailureRule(FailureClass.PERMANENT, error="OfNobody", status=(503, 504))
    assert classify(OfNobody(503), offered=[busy]) is FailureClass.PERMANENT
    assert classify(OfNobody(504), offered=[busy]) is FailureClass.TRANSIENT


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("OSError", True),
        ("builtins.OSError", True),
        ("socket.OSError", False),
        ("ConnectionError", True),
        ("IOError", False),  # another name of the same type is not its name
        ("Lookalike", True),
    ],
)
def test_a_rule_names_a_type_or_its_ancestor_with_or_without_the_module(name, fits):
    assert FailureRule(FailureClass.PERMANENT, error=name).fits(Lookalike()) is fits


def test_no_line_of_the_table_is_hidden_by_one_before_it():
    for at, rule in enumerate(FAILURE_RULES):
        raised = (
            type(rule.error.rpartition(".")[2], (Exception,), {"__module__": rule.error.rpartition(".")[0] or "x"})
            if rule.error
            else OfNobody
        )
        error = raised()
        error.status = rule.status[0] if rule.status else None
        error.retry_after = 1.0 if rule.retry_after else None
        assert not isinstance(error, NodeError)
        assert [each.fits(error) for each in FAILURE_RULES].index(True) == at
