"""Tell what holds for one node, link or channel, and who said so: policies from the outside in, then settings.

Takes:   the name of a subject, a composition, the resolved settings.
Gives:   `explained`: an `Explanation`, as JSON and as facts; finding L122 for a name that is none.
Ignores: columns and blanks (`cli/explain_policy`).
"""

from __future__ import annotations

from penstock.graph.guesses import Guesses
from penstock.graph.wording import quoted, suggestion
from penstock.policies.patterns import ARROW, is_link_pattern, link_fits
from penstock.policies.subjects import RUN, Subject, World
from penstock_findings.errors import PenstockError
from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.graph.model import Graph
    from penstock.policies.compose import Claim, Composed, Composition, Held
    from penstock.profiles.resolve import Resolved, Said, Setting
    from penstock_findings.finding import Location

# Where nobody has an opinion.
SAFE = {
    "admit": "every record is admitted",
    "overflow": "what produces waits until there is room",
    "dispatch": "records are handed on at once",
    "failure": "three attempts with growing waits, then a dead letter; a permanent failure is one at once",
    "completion": "the run goes on",
    "settle": "finished work is committed when `commit_interval` is over",
}


class NothingToExplain(PenstockError):
    """The graph has nothing of this name. Whoever asked is at fault."""

    code = "L122"


class Explanation(Fact):
    """What holds for one subject. `asked` is how it was asked for."""

    asked: str
    graph: Graph
    subject: Subject
    composed: Composed | None
    settings: tuple[Setting, ...]  # of the subject, then of the run
    own: frozenset[str]  # names of those that are the subject's own

    @property
    def uncovered(self) -> list[str]:
        """Decision points at which nobody is asked."""
        covered = {
            point
            for held in (self.composed.policies if self.composed is not None else ())
            if not held.is_off and held.first.facts is not None
            for point in held.first.facts.points
        }
        return [point for point in self.subject.points if point not in covered]

    def as_json(self) -> dict[str, Any]:
        """All of it for programs."""
        composed = self.composed
        return {
            "asked": self.asked,
            "graph": {"name": self.graph.name, "digest": self.graph.digest},
            "subject": {"kind": self.subject.kind, "id": self.subject.id, "points": list(self.subject.points)},
            "policies": [_policy(held) for held in (composed.policies if composed is not None else ())],
            "defaults": {point: SAFE[point] for point in self.uncovered},
            "failures": [
                {**_origin(claim), **_failure(claim)} for claim in (composed.failures if composed is not None else ())
            ],
            "settings": [_setting(setting, setting.name in self.own) for setting in self.settings],
        }


def explained(asked: str, graph: Graph, world: World, composition: Composition, resolved: Resolved) -> Explanation:
    """What holds for a node, a link, a channel, or `run`. Raises `NothingToExplain`."""
    subject = _subject(asked, world)
    own = []
    if subject.kind == "node":
        own = [resolved.concurrency[subject.id]]
    elif subject.kind == "channel":
        own = [resolved.capacity[subject.id]]
    names = {setting.name for setting in own}
    run = [setting for name, setting in resolved.run.items() if name not in names and name != "concurrency"]
    composed = composition.subjects.get((subject.kind, subject.id))
    return Explanation(asked, graph, subject, composed, (*own, *run), frozenset(names))


def _subject(asked: str, world: World) -> Subject:
    if asked == "run":
        return world.subjects["run", RUN]
    for kind in ("node", "channel"):
        if (kind, asked) in world.subjects:
            return world.subjects[kind, asked]
    if ARROW in asked and is_link_pattern(asked):
        found = {subject.words: subject for id, subject in world.links.items() if link_fits(asked, id)}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            message = f"several links are like {quoted(asked)}"
            raise NothingToExplain(message, hint=f"write one of them out: {', '.join(sorted(world.links))}")
    names = [id for kind, id in world.subjects if kind != "run"] + list(world.links) + ["run"]
    hint = suggestion(Guesses().nearest("subject", asked, names), names)
    raise NothingToExplain(f"the graph has no node, link or channel {quoted(asked)}", hint=hint)


def config_of(held: Held) -> list[tuple[str, Any, Location | None]]:
    """Every field of a policy's config with its value, and where it was given; None for a default."""
    claim = held.first
    if claim.facts is None or held.is_off:
        return []
    fields: list[tuple[str, Any, Location | None]] = []
    for name, schema in claim.facts.config.get("properties", {}).items():
        if name in claim.config:
            at = claim.file.places.value(f"{claim.says.config_pointer}/{name}")
            fields.append((name, claim.config[name], at))
        else:
            fields.append((name, schema.get("default") if type(schema) is dict else None, None))
    return sorted(fields, key=lambda field: (field[2] is None, field[0]))


def _policy(held: Held) -> dict[str, Any]:
    claim = held.first
    points = list(claim.facts.points) if claim.facts is not None else []
    made: dict[str, Any] = {"layer": held.layer, "type": claim.says.type, "points": points, "off": held.is_off}
    if claim.says.alias is not None:
        made["as"] = claim.says.alias
    made |= _origin(claim)
    made["config"] = {
        name: {"value": value, "at": None if at is None else place(at)} for name, value, at in config_of(held)
    }
    made["instead_of"] = [
        {"type": other.says.type, "off": other.says.off, **_origin(other)} for other in held.claims[1:]
    ]
    return made


def _origin(claim: Claim) -> dict[str, Any]:
    selector = claim.rule.selector
    return {
        "file": claim.file.written.name,
        "rule": claim.rule.number,
        "for": selector.words if selector is not None else "",
        "at": place(claim.file.places.key(claim.at)),
    }


def _failure(claim: Claim) -> dict[str, Any]:
    says = claim.says
    status = None if says.status is None else [says.status[0], says.status[1] - 1]
    return {"error": says.error, "status": status, "retry_after": says.retry_after, "as": says.gives}


def _setting(setting: Setting, is_own: bool) -> dict[str, Any]:
    return {
        "name": setting.name,
        "of": "subject" if is_own else "run",
        **_word(setting.first),
        "instead_of": [_word(said) for said in setting.said[1:]],
    }


def _word(said: Said) -> dict[str, Any]:
    return {"value": said.value, "tier": said.tier, "by": said.by, "at": place(said.at)}


def place(at: Location) -> dict[str, Any] | None:
    """A location for programs; None when nothing is known of it."""
    return None if at.path is None else {"path": at.path, "line": at.line, "column": at.column}
