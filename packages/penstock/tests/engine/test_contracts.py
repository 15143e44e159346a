"""Contracts of ports: a payload that breaks one fails its record where it happens, before anything depends on it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from penstock._engine.checks import contract_checks
from penstock.graph.model import Channel, Graph
from penstock.manifest.model import ContractFacts, PortFacts
from penstock.record import Reading, Record
from penstock.running import simulate
from penstock.sdk import Out, node
from penstock.testing import Collect, MemoryStore, graph_of
from penstock_findings import PenstockError

NUMBER = ContractFacts(
    "number", "1.0", "", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
)
EVEN = ContractFacts("even", "1.0", "", {"type": "object", "properties": {"n": {"multipleOf": 2}}})
EVENTS = Channel("events")


@node("feed")
class Feed:
    items: list[Any]

    def read(self, ctx):
        for at, item in enumerate(self.items[ctx.position or 0 :], start=(ctx.position or 0) + 1):
            yield Reading(item, at)


@node("maps")
class Maps:
    made: Any = None

    def process(self, record, ctx):
        return record if self.made is None else record.derive(self.made(record.payload))


def with_contracts(made: tuple[Graph, Any], ports: dict[str, str], **settings: Any) -> tuple[Graph, Any]:
    """The same graph, with `name@version` for some `node.port`."""
    graph, build = made

    def bound(id: str, some: tuple[PortFacts, ...]) -> tuple[PortFacts, ...]:
        return tuple(PortFacts(port.name, ports.get(f"{id}.{port.name}")) for port in some)

    nodes = {
        id: use.__replace__(
            type=use.type.__replace__(inputs=bound(id, use.type.inputs), outputs=bound(id, use.type.outputs))
        )
        for id, use in graph.nodes.items()
    }
    contracts = {contract.ref: contract for contract in (NUMBER, EVEN)}
    return graph.__replace__(nodes=nodes, contracts=contracts, settings=graph.settings.__replace__(**settings)), build


def go(
    nodes: dict[str, Any], links: list[str], ports: dict[str, str], **settings: Any
) -> tuple[Any, MemoryStore, Graph]:
    store = MemoryStore()
    graph, build = with_contracts(
        graph_of(nodes, links, [EVENTS] if any("events" in link for link in links) else []), ports, **settings
    )
    made = simulate(graph, build, 0, store=store)
    assert made.report.conserved
    return made.report, store, graph


DURABLE = ["feed -> maps", "maps -> events", "events@end -> end"]
DIRECT = ["feed -> maps", "maps -> end"]


@pytest.mark.parametrize("links", [DURABLE, DIRECT], ids=["durable", "direct"])
@pytest.mark.parametrize("port", ["feed.out", "maps.in", "maps.out", "end.in"])
def test_a_payload_that_breaks_the_contract_of_any_port_is_a_dead_letter_there(port, links):
    items = [{"n": 1}, {"n": "two"}, {}, {"n": 4}]
    end = Collect()
    _, store, _ = go({"feed": Feed(items), "maps": Maps(), "end": end}, links, {port: "number@1.0"})
    assert [record.payload for record in end.records] == [{"n": 1}, {"n": 4}]
    letters = list(store.dead_letters())
    assert [(x.node, x.reason, x.failure_class, x.attempts) for x in letters] == [
        (port.split(".")[0], "contract", "contract", 1)
    ] * 2
    assert "at `/n`" in letters[0].causes[0]
    assert '"n" is a required property' in letters[1].causes[0]


def test_one_broken_output_fails_the_input_with_all_its_outputs():
    @node("splits")
    class Splits:
        left: Out[Any] = Out()
        right: Out[Any] = Out()

        def process(self, record, ctx):
            yield self.left(record.derive({"n": record.payload}))
            yield self.right(record.derive({"n": record.payload}))

    left, right = Collect(), Collect()
    links = ["feed -> splits", "splits.left -> l", "splits.right -> r"]
    _, store, _ = go(
        {"feed": Feed([1, 2, 3]), "splits": Splits(), "l": left, "r": right}, links, {"splits.right": "even@1.0"}
    )
    assert [record.payload for record in left.records] == [record.payload for record in right.records] == [{"n": 2}]
    assert len(list(store.dead_letters())) == 2


def test_what_a_sender_has_promised_is_not_checked_again_and_the_record_says_what_it_is(monkeypatch):
    asked: Counter[str] = Counter()

    def counting(graph: Graph) -> Any:
        def counted(ref: str, check: Any) -> Any:
            def ask(payload: Any) -> Any:
                asked[ref] += 1
                return check(payload)

            return ask

        return {ref: counted(ref, check) for ref, check in contract_checks(graph).items()}

    monkeypatch.setattr("penstock.running.contract_checks", counting)
    end = Collect()
    ports = {"maps.out": "number@1.0", "end.in": "number@1.0"}
    go({"feed": Feed([{"n": 1}] * 5), "maps": Maps(), "end": end}, DURABLE, ports)
    assert asked == {"number@1.0": 5}
    assert {record.contract for record in end.records} == {"number@1.0"}


def test_what_only_one_of_two_senders_promises_is_checked():
    end = Collect()
    nodes = {"feed": Feed([{"n": 1}, {"n": 2}]), "maps": Maps(), "other": Maps(lambda payload: {"n": "x"}), "end": end}
    links = ["feed -> maps", "feed -> other", "maps -> events", "other -> events", "events@end -> end"]
    _, store, _ = go(nodes, links, {"maps.out": "number@1.0", "end.in": "number@1.0"})
    assert [record.payload for record in end.records] == [{"n": 1}, {"n": 2}]
    assert {letter.node for letter in store.dead_letters()} == {"end"}


def test_nothing_is_checked_when_the_graph_says_so():
    end = Collect()
    go({"feed": Feed([{"n": "x"}]), "maps": Maps(), "end": end}, DIRECT, {"maps.in": "number@1.0"}, validate=False)
    assert [record.payload for record in end.records] == [{"n": "x"}]


def test_what_an_alarm_gives_is_checked_too():
    @node("alarmed", stateful=True)
    class Alarmed:
        def process(self, record, ctx):
            ctx.timers.set("k", ctx.now + 1.0, record.payload)

        def on_timer(self, timer, ctx):
            return Record(timer.payload)

    end = Collect()
    _, store, _ = go(
        {"feed": Feed([{"n": "x"}]), "alarmed": Alarmed(), "end": end},
        ["feed -> alarmed", "alarmed -> end"],
        {"alarmed.out": "number@1.0"},
    )
    assert end.records == []
    (letter,) = store.dead_letters()
    assert (letter.node, letter.failure_class) == ("alarmed", "contract")


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


ODD = {
    "not a number": {"n": float("nan")},
    "an object": object(),
    "an object inside": {"n": object()},
    "bytes": b"x",
    "half a character": "\ud800",
    "half a character for a key": {"\ud800": 1},
    "a number for a key": {1: 2},
    "too deep": nested(5000),
    "too deep inside": {"n": nested(5000)},
    "a type": int,
}


@pytest.mark.parametrize("port", ["feed.out", "maps.in", "maps.out"])
@pytest.mark.parametrize("odd", ODD)
def test_what_no_schema_can_speak_of_breaks_the_contract_and_nothing_else(odd, port):
    end = Collect()
    items = [{"n": 1}, {"n": 2}, {"n": 3}]
    odd_one = Maps(lambda payload: ODD[odd] if payload == {"n": 2} else payload)
    if port == "feed.out":
        items[1], odd_one = ODD[odd], Maps()
    nodes = {"feed": Feed(items), "first": odd_one, "maps": Maps(), "end": end}
    if port == "maps.out":
        nodes["first"], nodes["maps"] = Maps(), odd_one
    _, store, _ = go(nodes, ["feed -> first", "first -> maps", "maps -> end"], {port: "number@1.0"})
    assert [record.payload for record in end.records] == [{"n": 1}, {"n": 3}]
    (letter,) = store.dead_letters()
    assert (letter.node, letter.failure_class) == (port.split(".")[0], "contract")


def test_a_check_names_the_place():
    check = contract_checks(with_contracts(graph_of({"feed": Feed([])}, []), {})[0])["number@1.0"]
    assert check({"n": 1}) is None
    assert check({"n": 1.5}) == '1.5 is not of type "integer" (at `/n`, by `/properties/n/type`)'
    assert check([]) == '[] is not of type "object" (at `/`, by `/type`)'
    assert check({"n": float("nan")}) == 'null is not of type "integer" (at `/n`, by `/properties/n/type`)'


# -- one contract -----------------------------------------------------------------------------------------------


def check_of(schema: Any) -> Any:
    (check,) = contract_checks(Graph("g", {}, (), contracts={"c@1": ContractFacts("c", "1", "", schema)})).values()
    return check


@pytest.mark.parametrize(
    ("schema", "payload", "said"),
    [
        ({"type": "integer"}, "x", '"x" is not of type "integer" (at `/`, by `/type`)'),
        (
            {"properties": {"a/b~": {"maximum": 3}}},
            {"a/b~": 4},
            "4 is greater than the maximum of 3 (at `/a~1b~0`, by `/properties/a~1b~0/maximum`)",
        ),
        (
            {"items": {"anyOf": [{"type": "string", "minLength": 2}, {"type": "null"}]}},
            [None, "x"],
            '"x" is shorter than 2 characters (at `/1`, by `/items/anyOf/0/minLength`)',
        ),
        (
            {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 3, "exclusiveMinimum": True},
            3,
            "3 is less than or equal to the minimum of 3 (at `/`, by `/exclusiveMinimum`)",
        ),
    ],
)
def test_a_failure_names_the_place_in_the_payload_and_the_rule_that_it_breaks(schema, payload, said):
    assert check_of(schema)(payload) == said


@pytest.mark.parametrize("payload", [1, 1.0, -0.0, 2**70])
def test_numbers_are_those_of_json(payload):
    assert check_of({"type": "integer"})(payload) is None


def test_one_is_not_true():
    assert check_of({"const": 1})(True) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "https://example.invalid/detection.json"},
        {"$ref": "file:///etc/hostname"},
        {"$ref": "other.json"},
        {"$ref": "#/$defs/none"},
    ],
    ids=str,
)
def test_a_contract_that_cannot_be_used_stops_the_run_before_its_first_record_and_fetches_nothing(schema):
    made, build = graph_of({"feed": Feed([1]), "end": Collect()}, ["feed -> end"])
    graph = made.__replace__(contracts={"c@1": ContractFacts("c", "1", "", schema), "d@1": NUMBER})
    with pytest.raises(PenstockError) as caught:
        simulate(graph, build, 0)
    (finding,) = caught.value.findings
    assert finding.code == "R206"
    assert finding.message.startswith("the contract `c@1` cannot be used: ")
    if ":" in schema.get("$ref", ""):
        assert "nothing is fetched" in finding.message
