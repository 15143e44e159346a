"""The command `penstock-contracts diff`.

Takes:   two subjects, or subjects and the version to compare them with.
Gives:   every change, what it breaks, and a payload that shows it.
Ignores: how it is found out (`gate`).
"""

from __future__ import annotations

import sys
from typing import Any

import click

from penstock_contracts.cli import options
from penstock_contracts.cli.judge import Judge, summed
from penstock_contracts.cli.opening import compared


@click.command()
@click.argument("subjects", metavar="[BASELINE] [CANDIDATE]...", nargs=-1)
@options.against
@click.option("--queued", metavar="SUBJECT", multiple=True, help="A version whose records still wait to be read.")
@click.option("--consumer", metavar="SUBJECT", multiple=True, help="What a known reader of this output accepts.")
@options.retention
@click.option("--suggest-waivers", is_flag=True, help="Print waivers for what breaks, to be completed, and no report.")
@options.judging
def diff(
    subjects: tuple[str, ...],
    against: tuple[str, ...],
    queued: tuple[str, ...],
    consumer: tuple[str, ...],
    retention: float,
    suggest_waivers: bool,
    **judging: Any,
) -> int:
    """Compare contracts with an older version; exit 1 if a change breaks whoever reads or writes them.

    A subject is a schema file, `FILE#/pointer` into one (also into OpenAPI 3.1 and AsyncAPI), a folder of them, a
    pack (its folder, manifest, wheel or sdist), or `installed:NAME`.

    \b
    Example:
      penstock-contracts diff old.json new.json
      penstock-contracts diff --against main events/alert.json
      penstock-contracts diff --against v1.2.0:api.yaml 'api.yaml#/components/schemas/Pet'
      penstock-contracts diff --against site_pack-0.2.0-py3-none-any.whl packs/site
      penstock-contracts diff --against main --mode backward-transitive --retention 30d events/
      penstock-contracts diff old.json new.json --position output --consumer reader.json
    """
    judge = Judge(**judging)
    outcome = summed(compared(judge, subjects, against, retention, queued, consumer))
    if not suggest_waivers:
        return judge.ended(outcome)
    from datetime import timedelta

    from penstock_contracts.waiver import stanza

    judge.progress.done()
    expires = (judge.day() + timedelta(days=30)).isoformat()
    rows = [
        stanza(change, comparison, expires)
        for comparison in outcome.comparisons
        for change in comparison.changes
        if change.breaking or change.undecided
    ]
    sys.stdout.write("\n".join(rows))
    return 0
