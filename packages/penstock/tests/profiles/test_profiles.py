"""Profiles: who they inherit from, which setting wins, what has to be accepted, and the digest of it all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock._plugins.discovery import Catalog
from penstock._plugins.packs import FoundPack
from penstock.graph.load import load_parsed as load_graph
from penstock.graph.model import Settings
from penstock.manifest.model import Manifest, NodeFacts, PortFacts, ProfileFacts
from penstock.policies.load import load_parsed as load_policies
from penstock.profiles.fields import SETTINGS
from penstock.profiles.flags import read_flags
from penstock.profiles.load import BUILT_IN, known_profiles, load_profile
from penstock.profiles.resolve import (
    TIERS,
    Resolved,
    capacities,
    concurrencies,
    digest_of_profile,
    profiled,
    resolve,
    settings_of,
)
from penstock_findings.load import parse_yaml

GRAPH = """\
format: 1
name: site
settings: {batch: 3}
channels:
  log: {kind: sqlite}
  box: {kind: memory}
  own: {kind: memory, capacity: 9}
nodes: {a: {type: begin}, b: {type: end}, c: {type: end}, d: {type: end}}
links:
  - {from: a, to: log}
  - {from: a, to: box}
  - {from: a, to: own}
  - {from: log, to: b}
  - {from: box, to: c}
  - {from: own, to: d}
"""
POLICIES = """\
format: 1
name: night
rules:
  - for: {channel: box}
    set: {capacity: 5}
  - for: {node: b}
    set: {concurrency: 2}
"""


def node(id: str, role: str) -> NodeFacts:
    into, out = (PortFacts("in"),) * (role == "sink"), (PortFacts("out"),) * (role == "source")
    return NodeFacts(id, role, into, out, {"type": "object"}, "none", f"x.y:{id}")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    night = ProfileFacts("night", {"format": 1, "name": "night", "inherits": "offline_batch", "settings": {"batch": 8}})
    mine = Manifest("acme", "1.0", nodes=(node("begin", "source"), node("end", "sink")), profiles=(night,))
    same = ProfileFacts("edge_low_power", {"format": 1, "name": "edge_low_power", "settings": {"batch": 8}})
    return Catalog(
        [
            FoundPack("acme", "acme", "1.0", "acme", mine, "/site/acme/penstock-pack.json", "/site/x"),
            FoundPack("rival", "rival", "1.0", "rival", Manifest("rival", "1.0", profiles=(same,)), None, "/site/y"),
        ]
    )


class Site:
    """A graph, and profiles as files in a folder."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.folder = folder
        self.loaded = load_graph(parse_yaml(GRAPH.encode(), "site.graph.yaml"), catalog, environment={})
        self.graph: Any = self.loaded.graph

    def file(self, name: str, **more: Any) -> str:
        path = self.folder / f"{name}.profile.yaml"
        path.write_text(json.dumps({"format": 1, "name": name, **more}))
        return str(path)

    def resolve(
        self, profile: str | None = None, *flags: str, policies: str = "", accepted: tuple[str, ...] = ()
    ) -> Resolved:
        chain = ()
        if profile is not None:
            made = load_profile(profile, self.catalog)
            assert made.report.findings == ()
            chain = made.chain
        files = [parse_yaml(policies.encode(), "night.policy.yaml")] if policies else []
        composed = load_policies(files, self.catalog, self.graph)
        asked = read_flags(flags, self.graph)
        assert (composed.report.findings, asked.findings) == ((), ())
        written, places = self.loaded.written, self.loaded.places
        return resolve(chain, self.graph, written, places, composed.composition, asked.asked, accepted)


@pytest.fixture
def site(catalog: Catalog, tmp_path: Path) -> Site:
    return Site(catalog, tmp_path)


# -- those that are built in ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_profile_is_sound_says_what_it_is_for_and_decides_everything(name: str, catalog: Catalog) -> None:
    made = load_profile(name, catalog)
    assert made.report.findings == ()
    (profile,) = made.chain
    assert len(profile.written.description) > 200
    assert set(profile.written.settings) == set(SETTINGS)


def test_the_built_in_profiles_differ(catalog: Catalog) -> None:
    assert len({digest_of_profile(load_profile(name, catalog).chain, {}) for name in BUILT_IN}) == 3


def test_a_pack_cannot_take_the_name_of_a_built_in_profile(catalog: Catalog) -> None:
    assert known_profiles(catalog)["edge_low_power"] == "built in"
    assert load_profile("edge_low_power", catalog).chain[0].origin == "built in"


def test_a_profile_of_a_pack_is_had_by_name_and_says_whose_it_is(site: Site) -> None:
    made = load_profile("night", site.catalog)
    assert [(profile.written.name, profile.origin) for profile in made.chain] == [
        ("night", "acme"),
        ("offline_batch", "built in"),
    ]


# -- inheriting -------------------------------------------------------------------------------------------------


def test_a_child_overrides_its_parent_and_keeps_the_rest(site: Site) -> None:
    site.file("parent", inherits="edge_low_power", settings={"lease": "1m", "batch": 10})
    child = site.file("child", inherits="parent.profile.yaml", settings={"batch": 20})
    found = site.resolve(child).run
    assert (found["lease"].value, found["idle_sleep"].value) == (60.0, 2.0)
    assert [(said.tier, said.value) for said in found["batch"].said] == [
        ("graph", 3),
        ("profile file", 20),
        ("profile file", 10),
        ("built-in", 32),
        ("built-in", 64),
    ]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_who_inherits_from_itself_is_told_where(site: Site, length: int) -> None:
    for number in range(length):
        path = site.file(f"p{number}", inherits=f"p{(number + 1) % length}.profile.yaml")
    (finding,) = load_profile(path, site.catalog).report.findings
    assert finding.code == "L203"
    assert finding.at.line == 1


def test_a_parent_that_is_no_file_is_told_with_its_path(site: Site) -> None:
    (finding,) = load_profile(site.file("child", inherits="gone.profile.yaml"), site.catalog).report.findings
    assert finding.code == "F101"
    assert "gone.profile.yaml" in finding.message


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [("edge_low_powr", "write `edge_low_power`"), ("nigth", "write `night`"), ("x", "choose one of `edge_low_power`")],
)
def test_a_name_that_nobody_has_is_told_with_the_nearest(site: Site, wanted: str, hint: str) -> None:
    (finding,) = load_profile(wanted, site.catalog).report.findings
    assert (finding.code, (finding.hint or "")[: len(hint)]) == ("L201", hint)


def test_policy_files_are_named_from_the_profile_that_names_them_parents_first(site: Site) -> None:
    (site.folder / "deep").mkdir()
    (site.folder / "deep" / "base.profile.yaml").write_text(
        '{"format": 1, "name": "base", "policies": ["a.policy.yaml"]}'
    )
    child = site.file("child", inherits="deep/base.profile.yaml", policies=["b.policy.yaml"])
    assert load_profile(child, site.catalog).policies == [
        str(site.folder / "deep" / "a.policy.yaml"),
        str(site.folder / "b.policy.yaml"),
    ]


# -- precedence -------------------------------------------------------------------------------------------------


def test_each_tier_wins_over_those_before_it(site: Site) -> None:
    profile = site.file("mine", settings={"batch": 2, "linger": "1s", "inbox": 7, "concurrency": 6})
    found = site.resolve(profile, "linger=2s", "box.capacity=4", policies=POLICIES)
    assert [said.tier for said in found.run["batch"].said] == ["graph", "profile file", "built-in"]
    assert [(said.tier, said.value) for said in found.run["linger"].said] == [
        ("flag", 2.0),
        ("profile file", 1.0),
        ("built-in", 0.05),
    ]
    assert [(said.tier, said.value) for said in found.capacity["box"].said] == [
        ("flag", 4),
        ("selector", 5),
        ("profile file", 7),
        ("built-in", 100_000),
    ]
    assert [(said.tier, said.value) for said in found.concurrency["b"].said] == [
        ("selector", 2),
        ("profile file", 6),
        ("built-in", 0),
    ]


def test_every_word_says_where_it_was_spoken(site: Site) -> None:
    found = site.resolve("edge_low_power", "drain=5s", policies=POLICIES)
    places = {name: str(setting.first.at) for name, setting in found.run.items()}
    assert places["batch"] == "site.graph.yaml:3:19"
    assert places["lease"].startswith("built-in/edge_low_power.profile.yaml:")
    assert places["drain"] == "--setting:1:1"
    assert str(found.capacity["box"].first.at) == "night.policy.yaml:5:21"
    assert str(found.capacity["own"].first.at) == "site.graph.yaml:7:33"


def test_an_inbox_is_for_channels_in_memory_that_do_not_say_their_capacity(site: Site) -> None:
    found = site.resolve(None, "inbox=4")
    assert {name: setting.value for name, setting in found.capacity.items()} == {"log": 100_000, "box": 4, "own": 9}
    assert capacities(found) == {"box": 4}


def test_what_may_be_exchanged_while_it_runs_is_not_in_the_graph(site: Site) -> None:
    found = site.resolve(site.file("mine", settings={"inbox": 7, "lease": "1m"}), policies=POLICIES)
    made = profiled(site.graph, found)
    assert made.channels["box"].capacity == 7
    assert capacities(found) == {"box": 5}
    assert concurrencies(found) == {"b": 2}
    assert (made.settings.lease, made.settings.batch, made.digest) == (60.0, 3, site.graph.digest)


def test_without_anything_a_graph_runs_as_it_says(site: Site) -> None:
    assert profiled(site.graph, site.resolve()) == site.graph


VALUES = {
    "batch": st.integers(1, 99),
    "lease": st.integers(1, 99),
    "drain": st.integers(1, 99),
    "inbox": st.integers(1, 99),
}
SOME = st.fixed_dictionaries({}, optional=VALUES)


@settings(max_examples=60, deadline=None)
@given(st.lists(SOME, max_size=4), SOME)
def test_of_any_chain_the_last_word_holds(tmp_path_factory: Any, catalog: Catalog, said: Any, flags: Any) -> None:
    site = Site(catalog, tmp_path_factory.mktemp("profiles"))
    path = None
    for number, given_ in enumerate(said):
        inherits = {} if path is None else {"inherits": f"p{number - 1}.profile.yaml"}
        path = site.file(f"p{number}", settings=given_, **inherits)
    found = site.resolve(path, *(f"{name}={value}" for name, value in flags.items()))
    wanted = {name: getattr(Settings(), name) for name in VALUES}
    for layer in (*said, {"batch": 3}, flags):
        wanted |= layer
    assert {name: found.run[name].value for name in VALUES} == wanted
    assert all(
        [TIERS.index(s.tier) for s in one.said] == sorted((TIERS.index(s.tier) for s in one.said), reverse=True)
        for one in found.run.values()
    )


# -- losses -----------------------------------------------------------------------------------------------------


def test_a_lossy_profile_on_a_durable_channel_wants_to_be_accepted(site: Site) -> None:
    (finding,) = site.resolve("offline_batch").findings
    assert finding.code == "L204"
    assert str(finding.at).startswith("built-in/offline_batch.profile.yaml:")
    assert "`log`" in finding.message


def test_it_is_accepted_by_a_flag_or_by_a_profile(site: Site) -> None:
    assert site.resolve("offline_batch", accepted=("ack",)).findings == ()
    assert site.resolve(site.file("mine", inherits="offline_batch", accept_loss=["ack"])).findings == ()
    site.file("parent", settings={"ack": "process"}, accept_loss=["ack"])
    assert site.resolve(site.file("child", inherits="parent.profile.yaml")).findings == ()


def test_nothing_has_to_be_accepted_where_the_graph_or_a_flag_decides(site: Site) -> None:
    assert site.resolve("offline_batch", "ack=power").findings == ()
    assert site.resolve(None, "ack=process").findings == ()


def test_nothing_has_to_be_accepted_where_nothing_is_durable(catalog: Catalog, tmp_path: Path) -> None:
    site = Site(catalog, tmp_path)
    text = GRAPH.replace("{kind: sqlite}", "{kind: memory}")
    site.loaded = load_graph(parse_yaml(text.encode(), "site.graph.yaml"), catalog, environment={})
    site.graph = site.loaded.graph
    assert site.resolve("offline_batch").findings == ()


# -- the digest -------------------------------------------------------------------------------------------------


def digest(site: Site, policies: dict[str, str] | None = None, **more: Any) -> str:
    return digest_of_profile(load_profile(site.file("mine", **more), site.catalog).chain, policies or {})


def test_the_digest_is_of_what_a_profile_comes_to(site: Site) -> None:
    plain = digest(site, settings={"batch": 64})
    assert plain == digest(site) == digest(site, description="what for")
    assert plain != digest(site, settings={"batch": 65})
    assert plain != digest(site, accept_loss=["ack"])
    assert digest(site, inherits="edge_low_power") == digest_of_profile(
        load_profile("edge_low_power", site.catalog).chain, {}
    )


def test_the_digest_is_of_the_text_of_policy_files_in_their_order(site: Site) -> None:
    one, other = digest(site, {"a": "x", "b": "y"}), digest(site, {"b": "y", "a": "x"})
    assert len({one, other, digest(site), digest(site, {"c": "x", "b": "z"})}) == 4
    assert one == digest(site, {"elsewhere/a": "x", "b": "y"})


def test_settings_of_no_profile_are_those_that_are_built_in() -> None:
    assert {name: said[-1].value for name, said in settings_of(()).items()} == {
        name: getattr(Settings(), name) for name in Settings.__match_args__
    }


# -- the command line -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("batch", "L210 1:1"),
        ("=5", "L210 1:1"),
        (".capacity=5", "L210 1:1"),
        ("bacth=5", "L210 1:1"),
        ("validate=false", "L210 1:1"),
        ("e.concurrency=5", "L210 1:1"),
        ("b.capacity=5", "L210 1:3"),
        ("box.concurrency=5", "L210 1:5"),
        ("batch=", "L003 1:7"),
        ("batch=many", "L003 1:7"),
        ("batch=0", "L008 1:7"),
        ("linger=soon", "L006 1:8"),
        ("ack=disk", "L007 1:5"),
        ("ack=${ACK}", "L024 1:5"),
        ("b.concurrency=0", "L008 1:15"),
        ("batch=[", "F104 1:8"),
        ("batch=x\udc80", "L003 1:7"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_told_with_its_place(site: Site, text: str, said: str) -> None:
    flags = read_flags([text], site.graph)
    assert flags.asked == ()
    assert [f"{finding.code} {finding.at.line}:{finding.at.column}" for finding in flags.findings] == [said]
    assert {finding.at.path for finding in flags.findings} == {"--setting"}


def test_of_two_flags_the_last_one_counts(site: Site) -> None:
    assert site.resolve(None, "batch=5", "batch=6").run["batch"].value == 6
