"""Make secrets unreadable in the text from which reports print excerpts.

Takes:   texts by path, and where in them something stands that is not to be shown.
Gives:   `redacted`: texts of the same length, with stars.
Ignores: what is secret (`secrecy`).
"""

from __future__ import annotations

from penstock_findings.document import line_starts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock_findings.finding import Location

SHORTEST = 4  # characters of a secret that is also looked for elsewhere in the text


def redacted(sources: Mapping[str, str], places: Iterable[Location]) -> dict[str, str]:
    """The texts without what stands at the places, nor elsewhere the same."""
    made = dict(sources)
    secrets = set()
    for path, text in sources.items():
        starts = line_starts(text)
        for at in places:
            if at.path != path or not (at.line and at.column and at.end_line and at.end_column):
                continue
            start, end = starts[at.line - 1] + at.column - 1, starts[at.end_line - 1] + at.end_column - 1
            secret = text[start:end]
            secrets.add(secret.strip("\"' \n"))
            made[path] = made[path][:start] + _stars(secret) + made[path][end:]
    for path in made:
        for secret in secrets:
            if len(secret) >= SHORTEST:
                made[path] = made[path].replace(secret, _stars(secret))
    return made


def _stars(text: str) -> str:
    return "".join("*" if character not in "\r\n" else character for character in text)
