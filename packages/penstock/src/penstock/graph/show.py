"""Draw a graph: as text, as Mermaid, or as SVG.

Takes:   a graph, and the name of a format.
Gives:   `show`: text that is the same for the same graph, on every machine.
Ignores: files and terminals; whoever asked writes it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.graph.model import Graph

FORMATS = ("text", "mermaid", "svg")


def show(graph: Graph, fmt: str = "text") -> str:
    """The graph in one of `FORMATS`; `ValueError` for any other."""
    from penstock.graph.drawing.sketch import sketch_of

    sketch = sketch_of(graph)
    if fmt == "text":
        from penstock.graph.drawing.as_text import text_of

        return text_of(sketch)
    if fmt == "mermaid":
        from penstock.graph.drawing.as_mermaid import mermaid_of

        return mermaid_of(sketch)
    if fmt == "svg":
        from penstock.graph.drawing.as_svg import svg_of

        return svg_of(sketch)
    raise ValueError(f"cannot draw a graph as {fmt!r}: choose one of {', '.join(FORMATS)}")
