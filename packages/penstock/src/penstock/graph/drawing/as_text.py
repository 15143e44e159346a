"""Write a picture as a table for a terminal: a row for each box, in the order in which records pass.

Takes:   a sketch.
Gives:   `text_of`.
Ignores: the width of the terminal; ids are short.
"""

from __future__ import annotations

from penstock.graph.drawing.sketch import CHANNEL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.graph.drawing.sketch import Arrow, Sketch


def text_of(sketch: Sketch) -> str:
    """The table; channels in brackets, `=>` where records survive the process, `->` where they are handed over."""
    names = {box.id: _plain(f"[{box.id}]" if box.kind == CHANNEL else box.id) for box in sketch.boxes}
    leaving: dict[str, list[str]] = {box.id: [] for box in sketch.boxes}
    for arrow in sketch.arrows:
        leaving[arrow.start].append(_way(arrow, names))
    rows = []
    for box in sketch.boxes:
        first, *more = leaving[box.id] or [""]
        rows.append((names[box.id], box.kind, _plain(box.detail), first))
        rows += [("", "", "", way) for way in more]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = [f"{_plain(sketch.name)}: {sketch.summary}", ""]
    lines += [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def _way(arrow: Arrow, names: dict[str, str]) -> str:
    tail = f"{arrow.tail} " if arrow.tail else ""
    head = f".{arrow.head}" if arrow.head else ""
    return f"{_plain(tail)}{'=>' if arrow.durable else '->'} {names[arrow.finish]}{_plain(head)}"


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
