"""Making a node either works or says everything that is wrong, the constructor's own word included."""

from __future__ import annotations

import pytest

from penstock.manifest.build import build_node, build_policy
from penstock.sdk import BadNode, node, policy
from penstock_findings import Finding, PenstockError


@node("cooldown")
class Cooldown:
    """Wait."""

    window: float
    key: str = "/id"
    fail: str = ""

    def __post_init__(self):
        if self.fail == "value":
            raise ValueError("no such key ring")
        if self.fail == "exit":
            raise SystemExit(3)
        if self.fail == "ours":
            raise PenstockError("two", findings=[Finding("N1", "first"), Finding("N2", "second", hint="do it")])

    def process(self, record, ctx):
        return record


def findings(config, cls=Cooldown):
    with pytest.raises(PenstockError) as caught:
        build_node(cls, config, "hold")
    return caught.value


def test_a_node_is_made_of_its_config():
    made = build_node(Cooldown, {"window": 5}, "hold")
    assert (made.window, made.key) == (5.0, "/id")


def test_every_mistake_is_found_in_one_pass():
    error = findings({"windw": 5, "key": 7, "kee": 1})
    assert [(f.code, f.at.pointer, f.hint) for f in error.findings if f.code != "P231"] == [
        ("P233", "/key", None),
        ("P232", "", "give `window` a value"),
    ]
    assert sorted((f.at.pointer, f.hint) for f in error.findings if f.code == "P231") == [
        ("/kee", "write `key`"),
        ("/windw", "write `window`"),
    ]
    assert all("node `hold`" in f.message for f in error.findings)


@pytest.mark.parametrize(("how", "kind"), [("value", ValueError), ("exit", SystemExit)])
def test_what_a_constructor_raises_is_told_with_its_cause(how, kind):
    error = findings({"window": 1, "fail": how})
    assert isinstance(error.__cause__, kind)
    (finding,) = error.findings
    assert finding.code == "P234"
    assert kind.__name__ in finding.message
    assert "__post_init__" in finding.evidence["cause"]


def test_a_constructor_may_have_findings_of_its_own():
    error = findings({"window": 1, "fail": "ours"})
    assert [(f.code, f.message, f.hint) for f in error.findings] == [
        ("N1", "node `hold`: first", None),
        ("N2", "node `hold`: second", "do it"),
    ]


def test_an_interruption_stays_one():
    @node("interrupted")
    class Interrupted:
        def __post_init__(self):
            raise KeyboardInterrupt

        def process(self, record, ctx):
            return record

    with pytest.raises(KeyboardInterrupt):
        build_node(Interrupted, {}, "n")


def test_a_class_that_is_no_node_is_the_authors_mistake():
    with pytest.raises(BadNode):
        build_node(int, {}, "n")


@pytest.mark.parametrize(("kind", "code"), [(object, "M205"), (range, "M205")])
def test_a_field_that_no_config_could_fill_is_told(kind, code):
    class Odd:
        __annotations__ = {"field": kind}

        def process(self, record, ctx):
            return record

    assert findings({}, node("odd")(Odd)).findings[0].code == code


@policy("patient")
class Patient:
    """Wait."""

    first: float = 0.5

    def decide(self, failure):
        raise NotImplementedError


def test_a_policy_is_made_in_the_same_way():
    assert build_policy(Patient, {}, "p").first == 0.5
    with pytest.raises(PenstockError, match="policy `p`") as caught:
        build_policy(Patient, {"frist": 1}, "p")
    assert [(f.code, f.hint) for f in caught.value.findings] == [("P231", "write `first`")]


def test_a_class_that_is_no_policy_is_the_authors_mistake():
    with pytest.raises(TypeError, match="@policy"):
        build_policy(Cooldown, {}, "p")
