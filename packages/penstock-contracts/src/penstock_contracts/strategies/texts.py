"""Draw a text of a length, from the language of its patterns and formats.

Takes:   the atoms of a formula about strings.
Gives:   a text that satisfies it.
Ignores: choices (`drawing`), and how languages are joined (`regular`).

Characters are mostly printable ASCII, where ECMA-262 and Python's `re` agree; the reference validator uses the latter.
"""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from penstock_contracts.formula import FORMAT, MAXLEN, MINLEN, NENUM, NFORMAT, NPATTERN, PATTERN, Node
from penstock_contracts.regular import (
    ALL,
    PLAIN,
    Language,
    OutOfSteps,
    Steps,
    Unsupported,
    format_language,
    literal,
    parse,
)
from penstock_contracts.strategies.drawing import Drawing

_LONG = 200  # characters; longer texts are filled up, or the shortest there are
_STEPS = 30_000
_CHARACTERS = st.characters(exclude_categories=["Cs"])


def draw_text(drawing: Drawing, node: Node, atoms: list[Node], depth: int) -> Any:
    """See the module."""
    low, high = 0, None
    free = True
    for atom in atoms:
        if atom.kind == MINLEN:
            low = max(low, atom.args[0])
        elif atom.kind == MAXLEN:
            high = atom.args[0] if high is None else min(high, atom.args[0])
        elif atom.kind != NENUM:
            free = False
    text = _free(drawing, low, high) if free else _patterned(drawing, node, atoms, low, high)
    if text is not None and drawing.subject.holds(node, text) and _python_agrees(atoms, text):
        return text
    return drawing.witness(drawing.of(8, node))


def _free(drawing: Drawing, low: int, high: int | None) -> str:
    if low > _LONG:
        more = drawing.draw(st.text(_CHARACTERS, max_size=min(10, 10 if high is None else high - low)))
        return "a" * low + str(more)
    return str(
        drawing.draw(st.text(_CHARACTERS, min_size=low, max_size=high if high is None else min(high, low + _LONG)))
    )


def _patterned(drawing: Drawing, node: Node, atoms: list[Node], low: int, high: int | None) -> str | None:
    known = drawing.subject.languages
    if node.nid not in known:
        known[node.nid] = _languages(atoms, low, high)
    several = known[node.nid]
    if not several:
        return None
    # the whole language once in a while, its printable part otherwise
    language = several[1] if len(several) > 1 and drawing.below(8) == 7 else several[0]
    written = 0

    def choose(count: int) -> int:
        nonlocal written
        written += 1
        return drawing.below(count) if written < 2 * _LONG else 0

    try:
        if (language.shortest_length or 0) > _LONG:
            return language.shortest(budget=Steps(_STEPS))
        return language.sample(
            choose, stop_early=lambda: written > _LONG or drawing.below(4) == 0, budget=Steps(_STEPS)
        )
    except OutOfSteps:
        return None


def _languages(atoms: list[Node], low: int, high: int | None) -> list[Language]:
    """The printable part of the language, and the whole; fewer if one has no word, none if it is not known."""
    try:
        language = ALL.between(low, high)
        for kind, args in ((atom.kind, atom.args) for atom in atoms):
            if kind in (PATTERN, NPATTERN):
                language = language & parse(args[0]) if kind == PATTERN else language - parse(args[0])
            elif kind in (FORMAT, NFORMAT):
                found = format_language(args[0])
                if found is None:
                    return []
                language = language & found if kind == FORMAT else language - found
            elif kind == NENUM:
                language = language - literal(*args[0])
        return [one for one in (language & PLAIN, language) if not one.is_empty(Steps(_STEPS))]
    except (Unsupported, OutOfSteps):
        return []


def _python_agrees(atoms: list[Node], text: str) -> bool:
    for atom in atoms:
        if atom.kind in (PATTERN, NPATTERN):
            try:
                if (re.search(atom.args[0], text) is not None) != (atom.kind == PATTERN):
                    return False
            except re.error:
                continue  # a pattern that only ECMA-262 can read
    return True
