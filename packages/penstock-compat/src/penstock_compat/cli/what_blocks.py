"""The command `penstock-compat what-blocks`.

Takes:   a place, results.
Gives:   what keeps packs from being proven there, and which packs.
Ignores: packs that are proven there.
"""

from __future__ import annotations

import json
import sys

import click

from penstock_compat.cli.answering import exit_code, value_of, value_of_obstacle
from penstock_compat.cli.asking import Asked, asking

_MOST = 10  # packs in one line


@click.command(name="what-blocks")
@click.argument("words", metavar="[PACK[==VERSION]]... [RESULTS.json]...", nargs=-1)
@asking
def what_blocks(asked: Asked, as_json: bool) -> int:
    """Tell what stands in the way of a place: exit 0 nothing, 1 something does not work, 3 something is not known.

    \b
    Example:
      penstock-compat what-blocks --python 3.14
      penstock-compat what-blocks --core 0.2.0 --deps newest --results all.compat.json
    """
    from penstock_compat import questions
    from penstock_compat.looks import BY_KEY
    from penstock_compat.report.phrases import cells, safe

    answers, obstacles = questions.what_blocks(asked.standings(), asked.place, asked.words)
    if as_json:
        told = {
            "place": str(asked.place),
            "blocked": [value_of(answer) for answer in answers],
            "obstacles": [value_of_obstacle(one) for one in obstacles],
        }
        sys.stdout.write(json.dumps(told, indent=2, sort_keys=True) + "\n")
    else:
        lines = [str(asked.place)]
        for one in obstacles:
            cause = f" [{one.cause}]" if one.cause not in ("", "unknown") else ""
            lines.append(f"{BY_KEY[one.look].word}: {safe(one.summary)}{cause}, {cells(len(one.cells))}")
            rest = len(one.packs) - _MOST
            lines.append(f"  {', '.join(map(safe, one.packs[:_MOST]))}{f' and {rest} more' if rest > 0 else ''}")
        nothing = [answer for answer in answers if not answer.standings]
        lines += [f"unknown: {safe(answer.pack)}: {answer.reasons[0]}" for answer in nothing]
        sys.stdout.write("".join(f"{line}\n" for line in (lines if answers else [*lines, "nothing stands in the way"])))
    return exit_code(answers) if answers else 0
