"""The command `penstock-contracts witness`.

Takes:   two schemas.
Gives:   one payload that one of them accepts and the other refuses, or the proof that there is none.
Ignores: which of them is older.
"""

from __future__ import annotations

import sys

import click

from penstock_contracts.cli import options
from penstock_contracts.cli.pairs import FORMATS, engine_for, two_contracts
from penstock_contracts.exact import text_of
from penstock_contracts.verdict import Proven, Refuted


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@options.formats
@options.seconds
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def witness(a: str, b: str, formats: str, seconds: float, as_json: bool) -> int:
    """Show one payload that tells the schemas A and B apart; exit 0 when it is proved that there is none.

    \b
    Example:
      penstock-contracts witness old.json new.json
      penstock-contracts witness git:main:alert.json alert.json
    """
    one, other = two_contracts(a, b)
    engine = engine_for(seconds, FORMATS[formats])
    answers = [(a, b, engine.includes(one, other)), (b, a, engine.includes(other, one))]
    for by, not_by, verdict in answers:
        if isinstance(verdict, Refuted):
            text = text_of(verdict.witness)
            if as_json:
                said = {"equal": False, "accepted_by": by, "refused_by": not_by, "keyword": verdict.keyword}
                sys.stdout.write(text_of({**said, "exotic": verdict.exotic, "witness": verdict.witness}) + "\n")
            else:
                sys.stdout.write(f"{text}\n")
                at = f" at `{verdict.b_pointer}`" if verdict.b_pointer else ""
                why = f", by `{verdict.keyword}`{at}" if verdict.keyword else ""
                sys.stderr.write(f"accepted by {by}, refused by {not_by}{why}\n")
            return 1
    doubt = next((verdict for _, _, verdict in answers if not isinstance(verdict, Proven)), None)
    if doubt is None:
        sys.stdout.write(
            text_of({"equal": True}) + "\n" if as_json else "equal: proved, both accept the same payloads\n"
        )
        return 0
    assert not isinstance(doubt, (Proven, Refuted))  # both were looked for above
    if as_json:
        sys.stdout.write(text_of({"equal": None, "reason": doubt.reason, "detail": doubt.detail}) + "\n")
    else:
        sys.stdout.write(f"undecided: {doubt.reason}" + (f": {doubt.detail}" if doubt.detail else "") + "\n")
    return 3
