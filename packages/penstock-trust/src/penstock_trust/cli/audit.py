"""The commands `penstock-trust audit verify`, `show` and `checkpoint`.

Takes:   the audit log of this machine, or one that is named.
Gives:   whether it is what was written; its lines; a signed line that says how far it is.
Ignores: how it is kept and looked at (`penstock_trust.audit`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from penstock_findings.finding import Severity
from penstock_trust.cli import options
from penstock_trust.cli.audited import changes, default_log, reads, site_of, told
from penstock_trust.cli.printing import answer, json_text, put, report, text_of_lines

if TYPE_CHECKING:
    from penstock_trust.audit.examine import AuditReport

FORMAT = "penstock-trust-audit/1"
_log = click.option("--log", metavar="FILE", type=options.FILE, help="The log. Default: the one of this machine.")


@click.group()
def audit() -> None:
    """Verify, show and anchor the log of what was done to trust here."""


@audit.command("verify", cls=reads.kind)
@_log
@click.option(
    "--checkpoints",
    "files",
    metavar="FILE",
    multiple=True,
    type=options.FILE,
    help="Checkpoints from the second place. Default: as trust.toml says.",
)
@options.trusted_key
@click.option("--strict", is_flag=True, help="Exit 1 where nothing anchors the log, too.")
@options.reporting
@click.pass_context
def verify(
    ctx: click.Context,
    log: str | None,
    files: tuple[str, ...],
    trusted: tuple[str, ...],
    strict: bool,
    fmt: str,
    as_json: bool,
    output: str | None,
) -> int:
    """Say whether the log is what was written: nothing edited, taken out, moved, cut off or written a second way.

    Lines that a checkpoint speaks for could not have been changed by whoever can write the log; those behind the last
    checkpoint could. Both are told apart.

    \b
    Example:
      penstock-trust audit verify
      penstock-trust audit verify --log audit.jsonl --checkpoints /mnt/second/anchors.jsonl --trusted-key office.pub
    """
    from penstock_trust.audit.examine import verify as look

    site = site_of(ctx)
    path = log or (site.audit if site is not None and site.audit else default_log(os.environ))
    places = files or ((site.checkpoints,) if site is not None and site.checkpoints and log is None else ())
    keys = options.public_keys(trusted) if trusted else site.keys if site is not None else ()
    done = look(path, keys, checkpoints=[place for place in places if files or os.path.exists(place)])
    if as_json or fmt == "json":
        put(json_text(_value(done)), output)
    else:
        report(done.findings, fmt=fmt, output=output)
        if fmt == "text" and output is None:
            put(_summary(done))
    worst = Severity.WARNING if strict else Severity.ERROR
    return int(any(finding.severity.rank >= worst.rank for finding in done.findings))


@audit.command("show", cls=reads.kind)
@_log
@click.option("--last", metavar="N", type=click.IntRange(1), help="Only the last N lines.")
@click.option("--action", metavar="ACTION", help="Only this, such as `install` or `deny.sign`.")
@options.json_only
@click.pass_context
def show(ctx: click.Context, log: str | None, last: int | None, action: str | None, as_json: bool) -> int:
    """Show what was done, by whom, and how it ended.

    \b
    Example:
      penstock-trust audit show --last 20
      penstock-trust audit show --action install --json
    """
    from json import dumps

    from penstock_trust.audit.examine import bytes_of_log, entries_of
    from penstock_trust.policy.moments import moment_text

    site = site_of(ctx)
    path = log or (site.audit if site is not None and site.audit else default_log(os.environ))
    rows = [entry for entry in entries_of(bytes_of_log(path)) if action in (None, entry.action)]
    lines = []
    for entry in rows[-last:] if last else rows:
        facts = dumps(dict(entry.facts), ensure_ascii=False, sort_keys=True)
        if as_json:
            value = {
                "seq": entry.seq,
                "time": moment_text(entry.time),
                "action": entry.action,
                "who": entry.who,
                "facts": dict(entry.facts),
            }
            lines.append(dumps(value, sort_keys=True))
        else:
            lines.append(f"{entry.seq:>5}  {moment_text(entry.time)}  {entry.who}  {entry.action}  {facts}")
    put(text_of_lines(lines))
    return 0


@audit.command("checkpoint", cls=changes.kind)
@_log
@click.option("--to", metavar="FILE", type=options.FILE, help="The second place. Default: as trust.toml says.")
@options.needed_key
@options.key_password
@options.json_only
@click.pass_context
def checkpoint(
    ctx: click.Context, log: str | None, to: str | None, key: str, key_password: str | None, as_json: bool
) -> int:
    """Sign how far the log is, and append that to a file at a second place, where who writes the log cannot write.

    \b
    Example:
      penstock-trust audit checkpoint --key office.pem --to /mnt/second/anchors.jsonl
    """
    from penstock_trust.audit.examine import anchor
    from penstock_trust.refusal import Misuse

    site = site_of(ctx)
    path = log or (site.audit if site is not None and site.audit else default_log(os.environ))
    place = to or (site.checkpoints if site is not None else None)
    if place is None:
        raise Misuse(
            "T902", "no second place is named", hint="write `--to FILE`, or `checkpoints = ...` into trust.toml"
        )
    anchor(path, options.private_key(key, key_password), place, now=options.now_of())
    told(log=path, file=place)
    answer([f"{place}: one more checkpoint of {path}"], {"log": path, "file": place}, as_json)
    return 0


def _summary(done: AuditReport) -> str:
    loose = done.entries - done.anchored
    state = "whole" if done.whole else "NOT WHOLE"
    parts = [f"{done.path}: {state}, {done.entries} entries"]
    parts.append(
        f"[0, {done.anchored}) anchored by {done.checkpoints} checkpoints" if done.anchored else "none anchored"
    )
    if loose:
        parts.append(f"[{done.anchored}, {done.entries}) not anchored")
    return "; ".join(parts) + "\n"


def _value(done: AuditReport) -> dict[str, object]:
    from penstock_findings.reporters.json_format import finding_value

    return {
        "format": FORMAT,
        "log": done.path,
        "whole": done.whole,
        "entries": done.entries,
        "anchored": [0, done.anchored],
        "unanchored": [done.anchored, done.entries],
        "checkpoints": done.checkpoints,
        "root": done.root,
        "findings": [finding_value(finding) for finding in done.findings],
    }
