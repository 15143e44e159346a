"""The commands `penstock-trust policy lint`, `explain`, `test` and `diff`.

Takes:   policy files.
Gives:   what is wrong or unwise, what they want of a pack, whether they do what their cases say, what a change lets in.
Ignores: how any of it is found out (`penstock_trust.policy`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock_findings.finding import Severity
from penstock_trust.cli import options
from penstock_trust.cli.audited import reads
from penstock_trust.cli.printing import bytes_of, json_text, put, report, text_of_lines

if TYPE_CHECKING:
    from datetime import datetime

    from penstock_findings.finding import Finding
    from penstock_trust.deny.model import DenyList
    from penstock_trust.policy.model import Policy

_strict = click.option("--strict", is_flag=True, help="Exit 1 for warnings as well.")


@click.group()
def policy() -> None:
    """Check, explain, try and compare policy files."""


@policy.command("lint", cls=reads.kind)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=options.FILE)
@_strict
@options.reporting
@options.at
@click.pass_context
def lint(
    ctx: click.Context,
    files: tuple[str, ...],
    strict: bool,
    fmt: str,
    as_json: bool,
    output: str | None,
    at: datetime | None,
) -> int:
    """Find every mistake in policy files, and what is unwise about those that have none.

    \b
    Example:
      penstock-trust policy lint policy.toml --strict
    """
    from penstock_trust.policy.lint import lint as look
    from penstock_trust.policy.load import LIMIT, read_policy

    findings: list[Finding] = []
    sources: dict[str, str] = {}
    for path in files or (options.policy_path(ctx, None),):
        read = read_policy(bytes_of(path, LIMIT), path)
        sources[path] = read.text
        findings += read.findings if read.policy is None else look(read.policy, now=options.now_of(at))
    threshold = Severity.WARNING if strict else Severity.ERROR
    return report(findings, sources=sources, fmt=fmt, as_json=as_json, output=output, threshold=threshold)


@policy.command("explain", cls=reads.kind)
@click.argument("pack", metavar="NAME")
@click.option("--version", "version", metavar="VERSION", help="Say who has to sign this version.")
@options.policy
@options.json_only
@options.at
@click.pass_context
def explain(
    ctx: click.Context, pack: str, version: str | None, policy: str | None, as_json: bool, at: datetime | None
) -> int:
    """Say in words what a policy wants of the pack NAME: who signs, which version, how it loads.

    Exit code 1 when nothing called so could be accepted.

    \b
    Example:
      penstock-trust policy explain acme-vision --version 1.4.0 --policy policy.toml
    """
    from packaging.utils import canonicalize_name

    from penstock_trust.policy.explain import explain as say
    from penstock_trust.policy.explain import facts_of
    from penstock_trust.policy.judge import in_force
    from penstock_trust.policy.load import load_policy

    known, now, name = load_policy(options.policy_path(ctx, policy)), options.now_of(at), canonicalize_name(pack)
    if as_json:
        put(json_text(facts_of(known, name, version, now=now)))
    else:
        put(text_of_lines(say(known, name, version, now=now)))
    return int(known.rule_for(name) is None or bool(in_force(known, now)))


@policy.command("test", cls=reads.kind)
@click.argument("file", metavar="[FILE]", required=False, type=options.FILE)
@click.option(
    "--cases",
    metavar="FILE",
    type=options.FILE,
    help="The table of cases. Default: policy.cases.toml beside policy.toml.",
)
@click.option("--no-deny", is_flag=True, help="Leave the deny list out, as where it is not at hand.")
@options.reporting
@options.at
@click.pass_context
def test(
    ctx: click.Context,
    file: str | None,
    cases: str | None,
    no_deny: bool,
    fmt: str,
    as_json: bool,
    output: str | None,
    at: datetime | None,
) -> int:
    """Try a policy on a table of cases: what would come, signed by whom, and whether that is to be accepted.

    Nothing is signed for it. The table looks like this:

    \b
      schema = 1
      [[case]]
      name = "a release of ours"
      pack = "acme-vision"
      version = "1.4.0"
      signed-by = ["acme-release"]
      expect = "accept"

    \b
    Example:
      penstock-trust policy test policy.toml
    """
    from penstock_trust.policy.load import load_policy
    from penstock_trust.trial import LIMIT, cases_beside, read_cases, run_cases

    path = options.policy_path(ctx, file)
    known, now = load_policy(path), options.now_of(at)
    table = cases or cases_beside(path)
    rows, wrong, text = read_cases(bytes_of(table, LIMIT), table)
    if wrong:
        report(wrong, sources={table: text}, fmt=fmt, as_json=as_json, output=output)
        return 2
    tried = run_cases(known, rows, now=now, listed=None if no_deny else _listed(known, now))
    code = report(
        [finding for one in tried for finding in one.findings],
        sources={table: text},
        fmt=fmt,
        as_json=as_json,
        output=output,
    )
    if fmt == "text" and not as_json and output is None:
        bad = sum(not one.good for one in tried)
        put(f"{len(tried)} cases, {bad or 'none'} came out otherwise\n")
    return code


@policy.command("diff", cls=reads.kind)
@click.argument("old", metavar="OLD", type=options.FILE)
@click.argument("new", metavar="NEW", type=options.FILE)
@options.reporting
def diff(old: str, new: str, fmt: str, as_json: bool, output: str | None) -> int:
    """Say what changes when NEW takes the place of OLD, and above all what it lets in that was refused.

    Exit code 1 when something is let in, or when the sequence does not go up.

    \b
    Example:
      penstock-trust policy diff policy.toml proposed/policy.toml
    """
    from penstock_trust.policy.diff import diff as compare
    from penstock_trust.policy.load import load_policy

    found = compare(load_policy(old), load_policy(new))
    code = report(found, fmt=fmt, as_json=as_json, output=output, threshold=Severity.WARNING)
    if not found and fmt == "text" and not as_json and output is None:
        put("they want the same\n")
    return code


def _listed(policy: Policy, now: datetime) -> DenyList | None:
    """The deny list that the policy wants. Raises `PenstockError` when there should be one and it is no good."""
    from penstock_findings.errors import PenstockError
    from penstock_trust.deny.read import list_for

    read = list_for(policy, now=now)
    if read is not None and read.listed is None:
        raise PenstockError(read.findings[0].message, findings=read.findings)
    return read.listed if read is not None else None
