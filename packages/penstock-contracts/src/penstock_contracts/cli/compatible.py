"""The command `penstock-contracts compatible`.

Takes:   two schemas.
Gives:   yes, no or undecided, for scripts.
Ignores: where they differ; `diff` explains.
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
@click.option(
    "--mode",
    type=click.Choice(("backward", "forward", "full")),
    default="backward",
    show_default=True,
    help="backward: every payload of A is one of B; forward: every payload of B is one of A; full: both.",
)
@options.formats
@options.seconds
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def compatible(a: str, b: str, mode: str, formats: str, seconds: float, as_json: bool) -> int:
    """Answer whether every payload of schema A is one of schema B: exit 0 yes, 1 no, 3 undecided.

    \b
    Example:
      penstock-contracts compatible old.json new.json && echo may be deployed
      penstock-contracts compatible old.json new.json --mode full --json
    """
    sides = two_contracts(a, b)
    engine = engine_for(seconds, FORMATS[formats])
    pairs = {"backward": [sides], "forward": [sides[::-1]], "full": [sides, sides[::-1]]}[mode]
    verdicts = [engine.includes(one, other) for one, other in pairs]
    refuted = next((verdict for verdict in verdicts if isinstance(verdict, Refuted)), None)
    doubt = next((verdict for verdict in verdicts if not isinstance(verdict, (Proven, Refuted))), None)
    if refuted is not None:
        said = {"compatible": False, "witness": refuted.witness, "keyword": refuted.keyword, "exotic": refuted.exotic}
        said |= {"a_pointer": refuted.a_pointer, "b_pointer": refuted.b_pointer}
        line, code = f"no: {text_of(refuted.witness)}", 1
    elif doubt is not None:
        said = {"compatible": None, "reason": doubt.reason, "detail": doubt.detail}
        line, code = f"undecided: {doubt.reason}" + (f": {doubt.detail}" if doubt.detail else ""), 3
    else:
        said = {"compatible": True}
        line, code = "yes: proved", 0
    sys.stdout.write((text_of({**said, "mode": mode}) if as_json else line) + "\n")
    return code
