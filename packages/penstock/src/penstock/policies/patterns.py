"""Decide whether a name fits a pattern, and which of two selectors is the more particular one.

Takes:   patterns with `*` (any text) and `?` (any character), and names; the ends of links.
Gives:   `fits`, `link_fits`, `is_pattern`, `is_link_pattern`, `weight`.
Ignores: what is selected (`compose`).
"""

from __future__ import annotations

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_WILD = "*?"
_IN_PATTERN = _PLAIN + _WILD
ARROW = "->"

PATTERN_RULE = "write a name, or part of one with `*` for the rest: `up*`"
LINK_RULE = "write it like `zone -> events` or `zone.out -> cool*.in`"


def is_pattern(text: str) -> bool:
    """Whether the text can be a name or a pattern of names.

    >>> is_pattern("up*"), is_pattern("a b"), is_pattern("")
    (True, False, False)
    """
    return 0 < len(text) <= 200 and not text.strip(_IN_PATTERN)


def is_exact(text: str) -> bool:
    """Whether only one name fits."""
    return not any(sign in text for sign in _WILD)


def fits(pattern: str, name: str) -> bool:
    """Whether the name fits the pattern as a whole; in time that grows with the product of their lengths at worst.

    >>> fits("up*", "uplink"), fits("up?", "uplink"), fits("*", "x")
    (True, False, True)
    """
    return _fits_with_any(pattern, name) if "?" in pattern else _fits_plainly(pattern, name)


def _fits_plainly(pattern: str, name: str) -> bool:
    """For patterns without `?`: the part before the first star, the part behind the last, the others in between."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    if not name.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = name.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(name) - len(rest[-1]) >= at and name.endswith(rest[-1])


def _fits_with_any(pattern: str, name: str) -> bool:
    at = start = 0
    star, resume = -1, 0
    while at < len(name):
        sign = pattern[start] if start < len(pattern) else ""
        if sign == "*":
            star, resume = start, at
            start += 1
        elif sign == "?" or sign == name[at]:
            start += 1
            at += 1
        elif star >= 0:
            start, resume = star + 1, resume + 1
            at = resume
        else:
            return False
    return not pattern[start:].strip("*")


def weight(pattern: str) -> tuple[int, int]:
    """How particular a pattern is: an exact name more than any pattern, of patterns the one with more letters.

    >>> weight("uplink") > weight("uplin*") > weight("up*") > weight("*")
    True
    """
    return (1, 0) if is_exact(pattern) else (0, sum(sign not in _WILD for sign in pattern))


# links: `zone.out -> cooldown.in`, `cooldown.out -> events`, `events@uplink -> uplink.in`


def is_link_pattern(text: str) -> bool:
    """Whether the text has two ends that can be patterns; ports and groups may be left out.

    >>> is_link_pattern("zone -> events"), is_link_pattern("events@up* -> uplink.in"), is_link_pattern("zone")
    (True, True, False)
    """
    ends = text.split(ARROW)
    return len(ends) == 2 and all(_is_end(end.strip()) for end in ends)


def as_link(text: str) -> str:
    """A pattern of links with its blanks as ids have them; how somebody spaces it out makes it no more particular.

    >>> as_link("zone->events")
    'zone -> events'
    """
    return f" {ARROW} ".join(end.strip() for end in text.split(ARROW))


def _is_end(text: str) -> bool:
    parts = _parts(text)
    return all(is_pattern(part) for part in parts if part is not None)


def _parts(end: str) -> tuple[str, str | None, str | None]:
    """Name, port, group."""
    for sign, place in ((".", 1), ("@", 2)):
        name, found, rest = end.partition(sign)
        if found:
            return (name, rest, None) if place == 1 else (name, None, rest)
    return end, None, None


def link_fits(pattern: str, link: str) -> bool:
    """Whether the id of a link fits: where the pattern names no port or group, any will do.

    >>> link_fits("zone -> cool*", "zone.out -> cooldown.in"), link_fits("events@archive -> *", "events@uplink -> uplink.in")
    (True, False)
    """
    wanted, given = pattern.split(ARROW), link.split(ARROW)
    return len(given) == 2 and all(
        all(
            part is None or (name is not None and fits(part, name))
            for part, name in zip(_parts(w), _parts(g), strict=True)
        )
        for w, g in zip(map(str.strip, wanted), map(str.strip, given), strict=True)
    )
