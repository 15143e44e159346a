"""What holds where: which selector wins, in which order policies stand, and when nobody can tell."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.graph.load import load_parsed as load_graph
from penstock.layers import LAYERS, layer_of
from penstock.policies.bind import digest_of_policies, offered_rules
from penstock.profiles.resolve import profiled, resolve
from penstock_findings.load import parse_yaml


def file(*rules: Any, name: str = "x") -> str:
    """A policy file; JSON is YAML."""
    return json.dumps({"format": 1, "name": name, "rules": rules})


def retry(select: Any, attempts: int) -> dict[str, Any]:
    return {"for": select, "use": [{"type": "retry", "config": {"attempts": attempts}}]}


# Most particular first; each selects uplink.
PARTICULAR: list[dict[str, Any]] = [
    {"link": "events@uplink -> uplink.in"},
    {"link": "events -> up*"},
    {"node": "uplink", "tag": "outside"},
    {"node": "uplink"},
    {"node": "upli*", "tag": "outside", "role": "sink"},
    {"node": "upli*"},
    {"node": "up*", "type": "http-sink"},
    {"node": "up*"},
    {"tag": "outside", "type": "http-sink"},
    {"tag": "outside", "role": "sink"},
    {"tag": "outside"},
    {"tag": "out*", "type": "http-sink"},
    {"tag": "out*"},
    {"type": "http-sink", "pack": "standard"},
    {"type": "http-sink"},
    {"type": "http*"},
    {"pack": "penstock-standard", "role": "sink"},
    {"pack": "standard"},
    {"role": "sink"},
    {"node": "*"},
]


@pytest.mark.parametrize(("more", "less"), list(itertools.pairwise(PARTICULAR)))
def test_the_more_particular_selector_wins_wherever_it_stands(world: Any, more: Any, less: Any) -> None:
    for rules in ([retry(more, 1), retry(less, 2)], [retry(less, 2), retry(more, 1)]):
        (held,) = world.held("node uplink", file(*rules)).policies
        assert [claim.config["attempts"] for claim in held.claims] == [1, 2]


def test_of_a_list_the_most_particular_pattern_that_fits_counts(world: Any) -> None:
    rules = [retry({"node": ["uplink", "*"]}, 1), retry({"node": "up*"}, 2)]
    for node, attempts in [("uplink", [1, 2]), ("upkeep", [2, 1]), ("zone", [1])]:
        (held,) = world.held(f"node {node}", file(*rules)).policies
        assert [claim.config["attempts"] for claim in held.claims] == attempts


@pytest.mark.parametrize(("first", "second"), [(PARTICULAR[0], PARTICULAR[-1]), (PARTICULAR[-1], PARTICULAR[0])])
def test_a_later_file_wins_however_broad_it_is(world: Any, first: Any, second: Any) -> None:
    (held,) = world.held("node uplink", file(retry(first, 1)), file(retry(second, 2), name="y")).policies
    assert [claim.config["attempts"] for claim in held.claims] == [2, 1]


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_of_any_rules_the_strongest_holds_and_their_order_does_not_matter(world: Any, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(range(len(PARTICULAR))), min_size=1, max_size=6, unique=True))
    rules = [retry(PARTICULAR[place], place + 1) for place in some]
    cut = data.draw(st.integers(0, len(rules)))
    files = [file(*part, name=name) for name, part in (("x", rules[:cut]), ("y", rules[cut:])) if part]
    strongest = min(some[cut:] or some) + 1
    loaded = world.load(*files)
    assert loaded.is_sound
    (held,) = loaded.composition.subjects["node", "uplink"].policies
    assert held.first.config["attempts"] == strongest
    turned = [file(*reversed(part), name=name) for name, part in (("x", rules[:cut]), ("y", rules[cut:])) if part]
    assert digest_of_policies(world.load(*turned).composition) == digest_of_policies(loaded.composition)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PARTICULAR), st.integers(1, 3)), min_size=1, max_size=6))
def test_a_file_contradicts_itself_exactly_when_two_equal_selectors_say_different_things(world: Any, said: Any) -> None:
    rules = [retry(select, attempts) for select, attempts in said]
    codes = {finding.code for finding in world.load(file(*rules)).report.findings}
    different = any(one[0] == other[0] and one[1] != other[1] for one, other in itertools.combinations(said, 2))
    assert codes == ({"L103"} if different else set())


def test_policies_stand_in_the_order_of_their_layers_and_broad_ones_outside_of_particular_ones(world: Any) -> None:
    uses = [
        {"type": "concurrency-limit"},
        {"type": "retry"},
        {"type": "breaker"},
        {"type": "rate-limit", "config": {"rate": 1}},
        {"type": "staleness"},
        {"type": "quarantine", "config": {"channel": "rejected"}},
    ]
    particular = {
        "for": {"node": "uplink"},
        "use": [*uses, {"type": "rate-limit", "as": "slow", "config": {"rate": 2}}],
    }
    broad = {"for": {"node": "*"}, "use": [{"type": "rate-limit", "as": "wide", "config": {"rate": 3}}]}
    held = world.held("node uplink", file(particular, broad)).policies
    assert [(one.layer, one.name) for one in held] == [
        ("dead-letter", "quarantine"),
        ("admission", "staleness"),
        ("rate", "wide"),
        ("rate", "rate-limit"),
        ("rate", "slow"),
        ("retry", ""),
        ("breaker", ""),
        ("concurrency", ""),
    ]


def test_a_policy_of_one_layer_takes_the_place_of_another(world: Any) -> None:
    fixed = {"for": {"node": "uplink"}, "use": [{"type": "retry-fixed", "config": {"wait": "1s"}}]}
    (held,) = world.held("node uplink", file(retry({"role": "sink"}, 3), fixed)).policies
    assert [claim.says.type for claim in held.claims] == ["retry-fixed", "retry"]
    assert held.first.config == {"wait": 1.0}


def test_what_is_off_takes_away_and_can_be_put_back_by_a_later_file(world: Any) -> None:
    off = {"for": {"node": "uplink"}, "use": [{"type": "retry", "off": True}]}
    (held,) = world.held("node uplink", file(retry({"role": "sink"}, 3), off)).policies
    assert held.is_off
    (again,) = world.held(
        "node uplink", file(retry({"role": "sink"}, 3), off), file(retry({"role": "sink"}, 4), name="y")
    ).policies
    assert not again.is_off


def test_a_policy_is_bound_where_one_of_its_points_is_asked_and_nowhere_else(world: Any) -> None:
    everywhere = {"for": {"node": "*"}, "use": [{"type": "sampling", "config": {"share": 0.5}}, {"type": "breaker"}]}
    subjects = world.load(file(everywhere)).composition.subjects
    kinds = {id: [held.first.says.type for held in composed.policies] for (_, id), composed in subjects.items()}
    assert kinds.pop("detections") == ["sampling"]
    assert set(map(tuple, kinds.values())) == {("breaker",)}


def test_a_link_stands_for_what_receives_there(world: Any) -> None:
    full = {"for": {"link": "cooldown -> *"}, "use": [{"type": "overflow"}], "set": {"capacity": 7}}
    subjects = world.load(file(full)).composition.subjects
    assert {id for _, id in subjects} == {"alarms", "events", "plain", "rejected", "spare"}
    assert {held.first.says.value for composed in subjects.values() for held in composed.numbers} == {7}


def test_failures_are_told_apart_most_particular_selector_first_then_in_order(world: Any) -> None:
    broad = {
        "for": {"role": "sink"},
        "classify": [{"error": "OSError", "as": "permanent"}, {"status": 501, "as": "permanent"}],
    }
    near = {
        "for": {"node": "uplink"},
        "classify": [{"status": "500-599", "as": "transient"}, {"error": "OSError", "as": "timeout"}],
    }
    claims = world.held("node uplink", file(broad, near)).failures
    assert [(claim.says.error, claim.says.status, claim.says.gives) for claim in claims] == [
        (None, (500, 600), "transient"),
        ("OSError", None, "timeout"),
        (None, (501, 502), "permanent"),
    ]


def test_packs_bring_rules_of_their_own(catalog: Any) -> None:
    refused, busy = offered_rules(catalog)
    assert (refused.gives.value, refused.error) == ("permanent", "acme.Refused")
    assert (busy.gives.value, busy.status) == ("transient", (500, 600))


def test_two_files_of_one_name_are_one_too_many(world: Any) -> None:
    (finding,) = world.load(file(retry({"node": "uplink"}, 1)), file(retry({"node": "archive"}, 1))).report.findings
    assert (finding.code, finding.at.path) == ("L115", "1.policy.yaml")
    assert finding.related[0].at.path == "0.policy.yaml"


def test_the_digest_is_of_what_holds_and_not_of_how_it_was_said(world: Any) -> None:
    plain = file(retry({"node": "uplink"}, 3))
    same = [
        file(retry({"node": "uplink"}, 3), name="other"),
        file({**retry({"node": "uplink"}, 3), "note": "why"}),
        file(
            retry({"node": "up*"}, 9),
            retry({"node": ["uplink", "upkeep"]}, 3),
            {"for": {"node": "upkeep", "role": "sink"}, "use": [{"type": "retry", "off": True}]},
        ),
    ]
    other = [
        file(retry({"node": "uplink"}, 4)),
        file(retry({"node": "upkeep"}, 3)),
        file({"for": {"node": "uplink"}, "use": [{"type": "retry-fixed"}]}),
        file({**retry({"node": "uplink"}, 3), "set": {"concurrency": 2}}),
        file({**retry({"node": "uplink"}, 3), "classify": [{"status": 501, "as": "permanent"}]}),
        file({**retry({"node": "uplink"}, 3), "classify": [{"status": 502, "as": "permanent"}]}),
    ]
    digest = digest_of_policies(world.load(plain).composition)
    assert {digest_of_policies(world.load(text).composition) for text in same} == {digest}
    assert len({digest, *(digest_of_policies(world.load(text).composition) for text in other)}) == 7
    assert digest_of_policies(world.load().composition) == ""


def test_no_policy_and_no_profile_changes_the_topology(world: Any, good_case: Any) -> None:
    made = world.of(good_case)
    chain, composition = (made.chain, world.load().composition) if good_case.is_profile else ((), made.composition)
    found = resolve(chain, world.graph, world.loaded.written, world.loaded.places, composition)
    assert profiled(world.graph, found).digest == world.graph.digest


@pytest.mark.parametrize("alike", [("failure",), ("admit", "failure"), ("dispatch", "failure")])
def test_a_policy_without_a_layer_of_its_own_stands_by_its_points(alike: tuple[str, ...]) -> None:
    assert layer_of(alike) in LAYERS


def test_a_channel_that_promises_nothing_is_lost_has_another_topology(world: Any) -> None:
    text = "format: 1\nname: x\nnodes: {a: {type: jsonl-source}, b: {type: jsonl-sink}}\nchannels: {c: {kind: memory%s}}\nlinks: [{from: a, to: c}, {from: c, to: b}]\n"
    digests = []
    for more in ("", ", no_loss: false", ", no_loss: true"):
        loaded = load_graph(parse_yaml((text % more).encode(), "x.graph.yaml"), world.catalog, environment={})
        assert loaded.graph is not None
        digests.append(loaded.graph.digest)
    assert digests[0] == digests[1] != digests[2]
