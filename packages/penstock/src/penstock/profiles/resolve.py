"""Decide which setting of a run holds, and keep who said what: built-in, profile file, graph, selector, flag.

Takes:   a chain of profiles, a graph with what its file gives, what policy files and flags say.
Gives:   `resolve`: `Resolved`, every setting with all that was said about it; `profiled`, the graph with what holds;
         `capacities`, `concurrencies`; `digest_of_profile`; finding L204, for a lossy setting that nobody accepted.
Ignores: files (`load`); policies, which have an order of their own (`policies/compose`).
"""

from __future__ import annotations

from penstock.graph.fields import Duration
from penstock.graph.grammar import duration
from penstock.graph.model import Settings
from penstock.graph.wording import quoted
from penstock.profiles.fields import LOSSY, SETTINGS
from penstock_findings.fact import EMPTY, Fact
from penstock_findings.finding import NOWHERE, Finding, Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Any

    from penstock.graph.model import Graph
    from penstock.graph.places import Places
    from penstock.graph.written import Written
    from penstock.policies.compose import Composition
    from penstock.profiles.flags import Flag
    from penstock.profiles.written import ProfileFile

TIERS = ("built-in", "profile file", "graph", "selector", "flag")  # weakest first; fixed
OVER = TIERS[3:]  # what stands above the graph, and may be exchanged while it runs
PRECEDENCE = " < ".join(TIERS)


class Said(Fact):
    """One value that somebody gave to a setting: which tier, whose word, and where it stands."""

    tier: str
    value: Any
    by: str  # "built in", "profile night", "graph", "rule 3 of patient (node uplink)", "--setting"
    at: Location = NOWHERE


class Setting(Fact):
    """One setting and everything that was said about it, strongest first."""

    name: str
    said: tuple[Said, ...]

    @property
    def first(self) -> Said:
        """The word that holds."""
        return self.said[0]

    def shown(self, said: Said) -> str:
        """A value of this setting as files write it."""
        return shown(self.name, said.value)

    @property
    def value(self) -> Any:
        """What holds."""
        return self.said[0].value


class Resolved(Fact):
    """Settings of the run, of channels (capacity) and of nodes (concurrency), by name of the subject."""

    run: Mapping[str, Setting]
    capacity: Mapping[str, Setting] = EMPTY
    concurrency: Mapping[str, Setting] = EMPTY
    findings: tuple[Finding, ...] = ()

    @property
    def settings(self) -> Settings:
        """The settings of the run as the model has them."""
        return Settings(**{name: setting.value for name, setting in self.run.items()})


def resolve(
    chain: Sequence[ProfileFile],
    graph: Graph,
    written: Written,
    places: Places,
    composition: Composition,
    flags: Sequence[Flag] = (),
    accepted: Collection[str] = (),
) -> Resolved:
    """Everything that was said, in the fixed order of the tiers; of one tier, a later word wins."""
    run = settings_of(chain)
    for name, value in written.settings.items():
        run[name].append(Said("graph", value, f"graph {graph.name}", places.value(f"/settings/{name}")))
    for flag in flags:
        if not flag.subject:
            run[flag.name].append(Said("flag", flag.value, "--setting", flag.at))
    made = {name: Setting(name, tuple(reversed(said))) for name, said in run.items()}
    capacity = {name: _capacity(name, graph, written, places, made, composition, flags) for name in graph.channels}
    concurrency = {id: _concurrency(id, made, composition, flags) for id in graph.nodes}
    findings = _losses(chain, graph, made, accepted)
    return Resolved(made, capacity, concurrency, tuple(findings))


def settings_of(chain: Sequence[ProfileFile]) -> dict[str, list[Said]]:
    """What the runtime itself and a chain of profiles say, weakest first."""
    defaults = Settings()
    run = {name: [Said("built-in", getattr(defaults, name), "built in")] for name in Settings.__match_args__}
    for profile in reversed(chain):
        tier = "built-in" if profile.origin == "built in" else "profile file"
        for name, given in profile.written.settings.items():
            run[name].append(Said(tier, given.value, _called(profile), profile.places.value(given.pointer)))
    return run


def shown(name: str, value: Any) -> str:
    """The value of a setting as files write it.

    >>> shown("lease", 120.0), shown("batch", 64), shown("validate", True)
    ('2m', '64', 'true')
    """
    if isinstance(SETTINGS.get(name), Duration):
        return duration(value)
    return str(value).lower() if type(value) is bool else str(value)


def _called(profile: ProfileFile) -> str:
    of = "" if profile.origin == "file" else f" ({profile.origin})"
    return f"profile {profile.written.name}{of}"


def _capacity(
    name: str,
    graph: Graph,
    written: Written,
    places: Places,
    run: Mapping[str, Setting],
    composition: Composition,
    flags: Iterable[Flag],
) -> Setting:
    channel, in_file = graph.channels[name], written.channels[name]
    said = [Said("built-in", type(channel)(name).capacity, "built in")]
    if "capacity" in in_file.settings:
        at = places.value(f"{in_file.pointer}/capacity")
        said.append(Said("graph", in_file.settings["capacity"], f"graph {graph.name}", at))
    elif not channel.durable:
        said = [Said(one.tier, one.value, f"inbox of {one.by}", one.at) for one in reversed(run["inbox"].said)]
    said += _selected(composition, ("channel", name), "capacity")
    said += [Said("flag", f.value, "--setting", f.at) for f in flags if (f.subject, f.name) == (name, "capacity")]
    order = {tier: place for place, tier in enumerate(TIERS)}
    said.sort(key=lambda one: order[one.tier])  # stable; the inboxes of all stand before what is said of this one
    return Setting("capacity", tuple(reversed(said)))


def _concurrency(id: str, run: Mapping[str, Setting], composition: Composition, flags: Iterable[Flag]) -> Setting:
    said = [*reversed(run["concurrency"].said), *_selected(composition, ("node", id), "concurrency")]
    said += [Said("flag", f.value, "--setting", f.at) for f in flags if (f.subject, f.name) == (id, "concurrency")]
    order = {tier: place for place, tier in enumerate(TIERS)}
    said.sort(key=lambda one: order[one.tier])
    return Setting("concurrency", tuple(reversed(said)))


def _selected(composition: Composition, key: tuple[str, str], name: str) -> list[Said]:
    """What policy files say about a number, weakest first."""
    composed = composition.subjects.get(key)
    for held in composed.numbers if composed is not None else ():
        if held.layer == name:
            return [
                Said(
                    "selector",
                    claim.says.value,
                    f"rule {claim.rule.number} of {claim.file.written.name}"
                    + (f" ({claim.rule.selector.words})" if claim.rule.selector is not None else ""),
                    claim.file.places.value(claim.at),
                )
                for claim in reversed(held.claims)
            ]
    return []


def _losses(
    chain: Sequence[ProfileFile], graph: Graph, run: Mapping[str, Setting], accepted: Collection[str]
) -> list[Finding]:
    """Findings for what a profile makes lossy on durable channels, unless somebody accepted it by name."""
    durable = sorted(channel.name for channel in graph.channels.values() if channel.durable)
    accepts = {*accepted, *(name for profile in chain for name in profile.written.accepts)}
    found = []
    for name, (value, cost) in LOSSY.items():
        setting = run[name]
        is_of_profile = setting.first.by.startswith("profile ")
        if durable and setting.value == value and is_of_profile and name not in accepts:
            channels = " and ".join(map(quoted, durable[:3])) + (" and others" if len(durable) > 3 else "")
            message = f"{setting.first.by} sets `{name}: {value}`, and {channels} would be durable: {cost}"
            hint = f"add `accept_loss: [{name}]` to a profile file, or `--accept-loss {name}`; or say `{name}` in the graph"
            found.append(Finding("L204", message, setting.first.at, hint=hint))
    return found


def profiled(graph: Graph, resolved: Resolved) -> Graph:
    """The graph with the settings that hold, as far as no selector and no flag says otherwise; the topology is as it was."""
    capacity = {name: _without_overrides(setting) for name, setting in resolved.capacity.items()}
    channels = {name: channel.__replace__(capacity=capacity[name]) for name, channel in graph.channels.items()}
    return graph.__replace__(settings=resolved.settings, channels=channels)


def _without_overrides(setting: Setting) -> Any:
    return next(said.value for said in setting.said if said.tier not in OVER)


def capacities(resolved: Resolved) -> dict[str, int]:
    """Channel -> capacity, where a selector or a flag has the last word."""
    return {name: setting.value for name, setting in resolved.capacity.items() if setting.first.tier in OVER}


def concurrencies(resolved: Resolved) -> dict[str, int]:
    """Node -> calls in flight, wherever somebody wants a bound."""
    return {id: setting.value for id, setting in resolved.concurrency.items() if setting.value}


def digest_of_profile(chain: Sequence[ProfileFile], policies: Mapping[str, str]) -> str:
    """`sha256:...` over every setting that the chain makes of the built-in ones, and the text of its policy files.

    `policies` are the files in their order: path -> text. Names, descriptions and who inherits from whom do not matter.
    """
    from penstock.manifest.canonical import digest_of

    settings = {name: said[-1].value for name, said in settings_of(chain).items() if name in SETTINGS}
    accepts = sorted({name for profile in chain for name in profile.written.accepts})
    return digest_of({"settings": settings, "accepts": accepts, "policies": list(policies.values())})
