"""Decide what `${NAME}` in a text of a config stands for.

Takes:   a text, and the values of the declared names.
Gives:   `interpolate`: the text that comes out, the names that were used, and whether the notation was sound.
Ignores: which names are declared and set; the checks G020 to G024 judge that.
"""

from __future__ import annotations

from penstock.graph.grammar import is_variable
from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Interpolated(Fact):
    """`text` is None when a name has no value or the notation is broken; `broken` is the part that cannot be read."""

    text: str | None
    names: tuple[str, ...] = ()
    broken: str | None = None


def interpolate(text: str, values: Mapping[str, str]) -> Interpolated:
    """Put values in place of `${NAME}`, and `${` in place of `$${`.

    >>> interpolate("${DIR}/a-$${x}", {"DIR": "/srv"}).text
    '/srv/a-${x}'
    >>> interpolate("${DIR:-/srv}", {}).broken
    '${DIR:-/srv}'
    """
    if "${" not in text:
        return Interpolated(text)
    names: list[str] = []
    parts: list[str] = []
    known = True
    at = 0
    while (start := text.find("${", at)) >= 0:
        if start > at and text[start - 1] == "$":
            parts += (text[at : start - 1], "${")
            at = start + 2
            continue
        end = text.find("}", start)
        name = text[start + 2 : end] if end >= 0 else ""
        if not is_variable(name):
            return Interpolated(None, tuple(names), text[start : end + 1] if end >= 0 else text[start:])
        names.append(name)
        known = known and name in values
        parts += (text[at:start], values.get(name, ""))
        at = end + 1
    parts.append(text[at:])
    return Interpolated("".join(parts) if known else None, tuple(names))
