"""The commands `penstock policies`: which types there are, what runs on a store, and how to change that.

Takes:   nothing, the id of a policy type, or a store and policy files.
Gives:   the commands.
Ignores: what a policy file means (`policies/`), how an order is given and awaited (`applying`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.configs import config_table
from penstock.cli.options import as_json, print_report
from penstock.cli.stores import opened, store_option
from penstock.cli.tables import facts, json_text, table
from penstock_findings.report import Report

if TYPE_CHECKING:
    from penstock._plugins.packs import Offer
    from penstock.cli.applying import Outcome
    from penstock.manifest.model import PolicyFacts


class _Policies(click.Group):
    """A group in which a word that is no command is the name of a policy type."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "types", self.commands["types"], args


@click.group(cls=_Policies, invoke_without_command=True)
@as_json
@click.pass_context
def policies(ctx: click.Context, as_json: bool) -> int | None:
    """Look at policies: which types there are, which ones a store runs with, and how to change that while it runs.

    Without a command, list policy types; with the name of one, show it.

    \b
    Example:
      penstock policies
      penstock policies exponential-backoff --json
      penstock policies apply night.policy.yaml --store .penstock/site
    """
    return ctx.invoke(types, name=None, as_json=as_json) if ctx.invoked_subcommand is None else None


@policies.command("types")
@click.argument("name", required=False)
@as_json
def types(name: str | None, as_json: bool) -> int:
    """List the policy types that installed packs offer; with NAME, show one: what it decides, its config.

    \b
    Example:
      penstock policies types
      penstock policies types exponential-backoff --json
    """
    from penstock._plugins.discovery import discover

    catalog = discover()
    if name is not None:
        offer = catalog.policy(name)
        sys.stdout.write(json_text(_value(offer)) if as_json else _page(offer))
        return 0
    offers = [offer for _, offer in sorted(catalog.policies.items())]
    if as_json:
        sys.stdout.write(json_text([_value(offer) for offer in offers]))
        return 0
    rows = [(o.facts.id, ", ".join(o.facts.points), o.pack.name, o.facts.doc) for o in offers]
    sys.stdout.write(
        table(("policy", "decides", "pack", "what it does"), rows) if rows else "no installed pack offers a policy\n"
    )
    sys.stdout.flush()
    print_report(Report("policies", catalog.findings), to_errors=True)
    return 0


@policies.command("apply")
@click.argument("files", metavar="[FILE]...", nargs=-1)
@store_option
@click.option("--graph", help="The graph file that runs. Default: the one that the last run was started with.")
@click.option("--none", "nothing", is_flag=True, help="Apply no file: go back to what the profile says.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the running processes; 0 does not wait.",
)
@as_json
def apply(
    files: tuple[str, ...], directory: str | None, graph: str | None, nothing: bool, timeout: float, as_json: bool
) -> int:
    """Exchange the policies of a graph while it runs, in the place of those it was started with.

    The FILEs are checked against the graph first. Every process that works on the store takes them up at its next step
    boundary, and so does every later run that is started without --policy. Records in flight stay as they are, the
    topology too, and the history remembers the exchange.

    Exit code 0 when every running process has taken them up, 1 when one refused or the files are wrong, 3 when one did
    not answer in time.

    \b
    Example:
      penstock policies apply night.policy.yaml --store .penstock/site
      penstock policies apply --none
    """
    from penstock.cli.applying import apply_policies

    if bool(files) == nothing:
        raise click.UsageError("name the policy files, or say --none")
    with opened(directory) as store:
        made = apply_policies(store, files, graph, timeout)
    if made.report.findings:
        print_report(made.report, to_errors=True)
    if as_json:
        sys.stdout.write(json_text(made.as_json()))
    elif made.order:
        sys.stdout.write(_told(made))
    return made.exit_code


@policies.command("list")
@store_option
@as_json
def list_changes(directory: str | None, as_json: bool) -> int:
    """List every exchange of policies on a store: when, in which run, by whom, and from what to what.

    \b
    Example:
      penstock policies list --store .penstock/site
    """
    from penstock.cli.applying import changes_of

    with opened(directory) as store:
        changes = changes_of(store)
    if as_json:
        sys.stdout.write(json_text([change.as_json() for change in changes]))
        return 0
    rows = [(c.when, c.run, c.by, c.files, _short(c.old), _short(c.new), c.error) for c in changes]
    head = ("when", "run", "by", "files", "from", "to", "refused because")
    sys.stdout.write(table(head, rows) if rows else "no run on this store has had policies\n")
    return 0


@policies.command("show")
@store_option
@as_json
def show_present(directory: str | None, as_json: bool) -> int:
    """Show what each running process of a store works with now, and since when; what the next run would take up.

    \b
    Example:
      penstock policies show --store .penstock/site
    """
    from penstock.cli.applying import present_of

    with opened(directory) as store:
        present = present_of(store)
    if as_json:
        sys.stdout.write(json_text(present.as_json()))
        return 0
    rows = [(c.run, c.when, c.by, c.files, c.new or "none") for c in present.running]
    sys.stdout.write(table(("run", "since", "by", "files", "digest"), rows) if rows else "no process is running\n")
    sys.stdout.write(f"the next run without --policy takes up: {present.next}\n")
    return 0


def _told(made: Outcome) -> str:
    lines = [f"order {made.order}: {made.digest or 'no policies'}"]
    lines += [f"run {run}: {word}" for run, word in sorted(made.runs.items())]
    if not made.runs:
        lines.append("no process is running on this store; the next run takes them up")
    return "\n".join(lines) + "\n"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12] or "none"


def _page(offer: Offer[PolicyFacts]) -> str:
    from penstock.layers import layer_of

    policy = offer.facts
    fields = ", ".join(f"`{name}` is {' or '.join(map(str, values))}" for name, values in policy.drops_when.items())
    head = facts(
        [
            ("policy", policy.id),
            ("decides", ", ".join(policy.points)),
            ("layer", policy.layer or layer_of(policy.points)),
            ("drops", f"when {fields}" if fields else policy.drops if policy.drops != "unknown" else ""),
            ("pack", f"{offer.pack} (`{offer.pack.name}`)"),
            ("code", policy.import_path),
        ]
    )
    return f"{policy.doc}\n\n{head}\nConfig:\n{config_table(policy.config)}"


def _value(offer: Offer[PolicyFacts]) -> dict[str, Any]:
    from penstock.manifest.write import value_of_fact

    return {**value_of_fact(offer.facts), "pack": offer.pack.distribution, "pack_version": offer.pack.version}
