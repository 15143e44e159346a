"""The command `penstock-compat best`.

Takes:   a pack, a place, results.
Gives:   the newest version that is proven there, alone on its line, for scripts.
Ignores: whether it can be installed; that is an installer's question.
"""

from __future__ import annotations

import json
import sys

import click

from penstock_compat.cli.answering import lines_of, value_of
from penstock_compat.cli.asking import Asked, asking


@click.command()
@click.argument("words", metavar="PACK [RESULTS.json]...", nargs=-1, required=True)
@asking
def best(asked: Asked, as_json: bool) -> int:
    """Name the newest version of PACK that is proven: exit 0 with it, 1 when all known ones do not work, 3 not known.

    Why newer ones are not the answer goes to standard error.

    \b
    Example:
      pip install "site-pack==$(penstock-compat best site-pack --here)"
    """
    from penstock_compat import questions

    if len(asked.words) != 1:
        raise click.UsageError("name one pack")
    found = questions.best(asked.standings(), asked.words[0], asked.place)
    if as_json:
        told = {
            "pack": found.pack,
            "version": found.version,
            "place": str(asked.place),
            "answer": value_of(found.answer) if found.answer is not None else None,
            "newer": [value_of(answer) for answer in found.newer],
        }
        sys.stdout.write(json.dumps(told, indent=2, sort_keys=True) + "\n")
    else:
        sys.stderr.write("".join(f"{line}\n" for answer in found.newer for line in lines_of(answer)))
        if found.version is not None:
            sys.stdout.write(f"{found.version}\n")
        else:
            sys.stderr.write(f"no version of `{found.pack}` is proven: {asked.place}\n")
    if found.version is not None:
        return 0
    return 1 if found.newer and all(answer.broken for answer in found.newer) else 3
