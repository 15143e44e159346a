"""The command `penstock-compat can-i-run`.

Takes:   packs, a place, results.
Gives:   yes, no, partly or unknown for each pack; the exit code for scripts.
Ignores: how to mend it (`what-blocks`).
"""

from __future__ import annotations

import json
import sys

import click

from penstock_compat.cli.answering import exit_code, lines_of, value_of
from penstock_compat.cli.asking import Asked, asking


@click.command(name="can-i-run")
@click.argument("words", metavar="[PACK[==VERSION]]... [RESULTS.json]...", nargs=-1)
@asking
def can_i_run(asked: Asked, as_json: bool) -> int:
    """Answer whether packs are proven in a place: exit 0 yes, 1 something does not work, 3 not known.

    Without packs it asks about all of them. Axes that are not named stay open: then only all of their values are a yes.
    With --here only the tested environments count that are most like what is installed.

    \b
    Example:
      penstock-compat can-i-run --python 3.13
      penstock-compat can-i-run site-pack --here --results all.compat.json
    """
    from penstock_compat import questions

    answers = questions.can_i_run(asked.standings(), asked.place, asked.words)
    if as_json:
        told = {"place": str(asked.place), "answers": [value_of(answer) for answer in answers]}
        sys.stdout.write(json.dumps(told, indent=2, sort_keys=True) + "\n")
    else:
        sys.stdout.write(f"{asked.place}\n")
        sys.stdout.write("".join(f"{line}\n" for answer in answers for line in lines_of(answer)))
    return exit_code(answers)
