"""The command `penstock explain-policy`.

Takes:   a node, a link or a channel of a graph, policy files, a profile.
Gives:   every policy and setting that holds there, and the file and line that say so.
Ignores: what holds (`profiles/explain`).
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.assembly import Assembled, assemble, ground_of, on_ground
from penstock.cli.checking import exit_code_of
from penstock.cli.options import as_json, wished
from penstock.cli.tables import facts, json_text, table
from penstock.cli.wishes import Wishes
from penstock_findings.reporters import write

if TYPE_CHECKING:
    from penstock._plugins.discovery import Catalog
    from penstock.policies.compose import Claim
    from penstock.profiles.explain import Explanation
    from penstock.profiles.resolve import Said, Setting
    from penstock_findings.finding import Location


@click.command("explain-policy")
@click.argument("subject", metavar="NODE|LINK|CHANNEL")
@click.option("--graph", "path", required=True, type=click.Path(dir_okay=False), help="The graph file.")
@click.option("--store", "directory", metavar="DIR", help="With the policies that were applied to this store.")
@wished
@as_json
def explain_policy(subject: str, path: str, directory: str | None, wishes: Wishes, as_json: bool) -> int:
    """Say which policies and settings hold for a node, a link or a channel, and which file and line say so.

    Policies stand from the outside to the inside, in the order in which they are asked. A link stands for what
    receives there; `run` is the run as a whole.

    \b
    Example:
      penstock explain-policy uplink --graph site.graph.yaml --policy night.policy.yaml
      penstock explain-policy uplink --graph site.graph.yaml --store .penstock/site
      penstock explain-policy "cooldown -> events" --graph site.graph.yaml --profile offline_batch --json
    """
    from penstock._plugins.discovery import discover
    from penstock.policies.subjects import world_of
    from penstock.profiles.explain import explained

    catalog = discover()
    made = _assembled(path, catalog, wishes, directory)
    if made.report.findings:
        write(made.report, "text", sys.stderr)
    if made.graph is None or made.composition is None or made.resolved is None:
        return exit_code_of(made.report)
    said = explained(subject, made.graph, world_of(made.graph, catalog), made.composition, made.resolved)
    sys.stdout.write(json_text(said.as_json()) if as_json else page(said))
    return 0


def _assembled(path: str, catalog: Catalog, wishes: Wishes, directory: str | None) -> Assembled:
    """What the command line asks for, or, when it names a store and no policies, what was applied there."""
    if directory is None or wishes.policies:
        return assemble(path, catalog, wishes)
    from penstock.cli.applying import last_order
    from penstock.cli.stores import opened
    from penstock.policies.orders import files_of

    with opened(directory) as store:
        order = last_order(store)
    return on_ground(
        ground_of(path, catalog, wishes), catalog, wishes, files_of(order.body) if order is not None else ()
    )


def page(said: Explanation) -> str:
    """All of it for people."""
    names = said.subject.names
    head = [(said.subject.kind, said.subject.id if said.subject.kind != "run" else "the run as a whole")]
    if said.asked not in (said.subject.id, "run"):
        head.insert(0, ("link", said.asked))
    head += [
        (key, ", ".join(names[key][:1] if key == "pack" else names[key]))
        for key in ("type", "role", "pack", "tag")
        if key in names
    ]
    head.append(("asked about", ", ".join(said.subject.points)))
    parts = [facts(head), _policies(said), _failures(said), _settings(said)]
    return "\n".join(part for part in parts if part)


def _policies(said: Explanation) -> str:
    from penstock.policies.compose import name_of
    from penstock.profiles.explain import SAFE, config_of

    rows: list[tuple[str, ...]] = []
    for held in said.composed.policies if said.composed is not None else ():
        claim = held.first
        points = ", ".join(claim.facts.points) if claim.facts is not None else ""
        rows.append((held.layer, f"{name_of(held)}{' (off)' if held.is_off else ''}", points, _origin(claim)))
        rows += [
            ("", f"  {name}: {_shown(claim.says.config.get(name, value))}", "", _place(at) if at else "default")
            for name, value, at in config_of(held)
        ]
        rows += [("", f"  instead of {other.says.type}", "", _origin(other)) for other in held.claims[1:]]
    rows += [("-", SAFE[point], point, "safe default") for point in said.uncovered]
    return "Policies, outermost first:\n" + table(("layer", "policy", "decides", "from"), rows)


def _failures(said: Explanation) -> str:
    rows = [
        (_condition(claim.says), claim.says.gives, _origin(claim))
        for claim in (said.composed.failures if said.composed is not None else ())
    ]
    return "Failures, the first line that fits decides:\n" + table(("failure", "is", "from"), rows) if rows else ""


def _condition(says: Any) -> str:
    low, high = says.status or (0, 0)
    words = [
        says.error,
        f"status {low}" if high == low + 1 else f"status {low}-{high - 1}" if high else None,
        None if says.retry_after is None else "asks for a pause" if says.retry_after else "asks for no pause",
    ]
    return " and ".join(word for word in words if word)


def _settings(said: Explanation) -> str:
    from penstock.profiles.resolve import PRECEDENCE

    rows: list[tuple[str, ...]] = []
    for setting in said.settings:
        rows.append(_row(setting, setting.first))
        rows += [("", f"  instead of {setting.shown(other)}", other.tier, _by(other)) for other in setting.said[1:]]
    return f"Settings ({PRECEDENCE}):\n" + table(("setting", "value", "tier", "from"), rows)


def _row(setting: Setting, first: Said) -> tuple[str, ...]:
    return setting.name, setting.shown(first), first.tier, _by(first)


def _by(said: Said) -> str:
    where = _place(said.at)
    return f"{where}  {said.by}" if where else said.by


def _origin(claim: Claim) -> str:
    selector = claim.rule.selector
    words = f" (for {selector.words})" if selector is not None else ""
    return f"{_place(claim.file.places.key(claim.at))}  rule {claim.rule.number} of {claim.file.written.name}{words}"


def _place(at: Location) -> str:
    return f"{at.path}:{at.line}" if at.path is not None and at.line is not None else ""


def _shown(value: Any) -> str:
    return value if type(value) is str else json.dumps(value, ensure_ascii=False)
