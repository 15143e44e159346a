"""The command `penstock-trust verify`.

Takes:   wheels and a policy.
Gives:   what the policy says of each; with --explain, what every step established.
Ignores: how it is decided (`penstock_trust.verify`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock_trust.cli import options
from penstock_trust.cli.audited import reads, site_of
from penstock_trust.cli.printing import json_text, put, report, text_of_lines, told_of
from penstock_trust.facts import Accepted, Unknown

if TYPE_CHECKING:
    from datetime import datetime

    from penstock_findings.finding import Finding
    from penstock_trust.facts import Verdict

FORMAT = "penstock-trust-verify/1"


@reads("verify")
@click.argument("wheels", metavar="WHEEL...", nargs=-1, required=True, type=options.FILE)
@options.policy
@click.option("--explain", is_flag=True, help="Say what every step established.")
@options.reporting
@options.at
@click.pass_context
def verify(
    ctx: click.Context,
    wheels: tuple[str, ...],
    policy: str | None,
    explain: bool,
    fmt: str,
    as_json: bool,
    output: str | None,
    at: datetime | None,
) -> int:
    """Say whether the policy accepts WHEEL..., whose signatures are the files beside them. Nothing is asked of any network.

    Exit code 0 when all are accepted, 1 when one is refused, 3 when it cannot be told of one; treat that as refused.

    \b
    Example:
      penstock-trust verify dist/acme_vision-1.4.0-py3-none-any.whl --policy policy.toml --explain
      penstock-trust verify dist/*.whl --format sarif --output trust.sarif
    """
    from penstock_trust.policy.load import load_policy
    from penstock_trust.roots import Roots
    from penstock_trust.seen import Seen, read_seen
    from penstock_trust.verify import verify as decide

    known = load_policy(options.policy_path(ctx, policy))
    site = site_of(ctx)
    seen = read_seen(site.store_of()) if site is not None and policy is None else Seen()
    roots, now = Roots(known), options.now_of(at)
    verdicts = [(wheel, decide(wheel, policy=known, now=now, roots=roots, seen=seen)) for wheel in wheels]
    if as_json or fmt == "json":
        put(
            json_text({"format": FORMAT, "policy": known.digest, "wheels": [value_of(*one) for one in verdicts]}),
            output,
        )
    elif fmt == "text":
        put("".join(text_of(wheel, verdict, explain=explain) for wheel, verdict in verdicts), output)
    else:
        report(
            [placed(finding, wheel) for wheel, verdict in verdicts for finding in verdict.findings],
            fmt=fmt,
            output=output,
        )
    return exit_of([verdict for _, verdict in verdicts])


def exit_of(verdicts: list[Verdict]) -> int:
    """0 all accepted, 1 one refused, 3 one unknown; a refusal outweighs a doubt."""
    if all(isinstance(verdict, Accepted) for verdict in verdicts):
        return 0
    return 3 if all(isinstance(verdict, (Accepted, Unknown)) for verdict in verdicts) else 1


def word_of(verdict: Verdict) -> str:
    """What became of it, in a word."""
    return "accepted" if isinstance(verdict, Accepted) else "unknown" if isinstance(verdict, Unknown) else "refused"


def text_of(wheel: str, verdict: Verdict, *, explain: bool = False) -> str:
    """A verdict for people: a line, the evidence where it is asked for, and the findings."""
    lines = [f"{wheel}: {word_of(verdict)}{_by(verdict)}"]
    if explain:
        width = max((len(one.step) for one in verdict.evidence), default=0)
        lines += [f"  {one.step:<{width}}  {one.what}" for one in verdict.evidence]
        if not isinstance(verdict, Accepted):
            lines.append(
                f"  {verdict.step:<{width}}  no: {verdict.findings[0].message}"
                if verdict.findings
                else f"  {verdict.step}  no"
            )
    lines += told_of(placed(finding, wheel) for finding in verdict.findings)
    return text_of_lines(lines)


def value_of(wheel: str, verdict: Verdict) -> dict[str, Any]:
    """A verdict for programs."""
    from penstock_findings.reporters.json_format import finding_value

    subject = verdict.subject
    made: dict[str, Any] = {
        "path": wheel,
        "verdict": word_of(verdict),
        "subject": None
        if subject is None
        else {"name": subject.name, "version": subject.version, "filename": subject.filename, "sha256": subject.digest},
        "evidence": [{"step": one.step, "what": one.what, "facts": dict(one.facts)} for one in verdict.evidence],
        "findings": [finding_value(finding) for finding in verdict.findings],
    }
    if isinstance(verdict, Accepted):
        made |= {"load": verdict.load, "deny": verdict.deny or None, "roots": dict(verdict.roots)}
        made["signed-by"] = [
            {"as": list(proof.matched), "kind": proof.kind, "signer": proof.identity.san or proof.identity.key, "type": proof.predicate_type}
            for proof in verdict.proofs
        ]  # fmt: skip  # a signer in a line
    else:
        made["step"] = verdict.step
    return made


def placed(finding: Finding, wheel: str) -> Finding:
    """The finding with the wheel as its place where it names none."""
    from dataclasses import replace

    from penstock_findings.finding import Location

    return replace(finding, at=Location(wheel)) if finding.at.path is None else finding


def _by(verdict: Verdict) -> str:
    if not isinstance(verdict, Accepted):
        return f" by the step `{verdict.step}`"
    names = sorted({name for proof in verdict.proofs for name in proof.matched})
    return f", signed by {', '.join(f'`{name}`' for name in names)}" if names else ", signed by nobody"
