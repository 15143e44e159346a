"""Write a picture in the language of Mermaid, which many places turn into a picture by themselves.

Takes:   a sketch.
Gives:   `mermaid_of`.
Ignores: layout; Mermaid has its own.
"""

from __future__ import annotations

from penstock.graph.drawing.sketch import CHANNEL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.graph.drawing.sketch import Arrow, Sketch

# The brackets that make the shape of a box; a channel is a cylinder.
_SHAPES = {"source": ("([", "])"), "transform": ("[", "]"), "sink": ("[[", "]]"), CHANNEL: ("[(", ")]")}


def mermaid_of(sketch: Sketch) -> str:
    """The flowchart; thick arrows where records survive the process."""
    keys = {box.id: f"b{number}" for number, box in enumerate(sketch.boxes)}  # an id may be a word of the language
    lines = ["---", f'title: "{_escaped(sketch.name)}"', "---", "flowchart LR"]
    for box in sketch.boxes:
        left, right = _SHAPES.get(box.kind, _SHAPES["transform"])
        lines.append(f'  {keys[box.id]}{left}"{_escaped(box.id)}<br/><small>{_escaped(box.detail)}</small>"{right}')
    lines += [f"  {keys[arrow.start]} {_line(arrow)} {keys[arrow.finish]}" for arrow in sketch.arrows]
    return "\n".join(lines) + "\n"


def _line(arrow: Arrow) -> str:
    words = " to ".join(word for word in (arrow.tail, arrow.head) if word)
    line = "==>" if arrow.durable else "-->"
    return f'{line}|"{_escaped(words)}"|' if words else line


def _escaped(text: str) -> str:
    """Everything but letters, digits and a few harmless signs as a numbered entity of Mermaid."""
    return "".join(
        character if character.isalnum() or character in " -_,.()" else f"#{ord(character)};" for character in text
    )
