"""Write a picture as SVG, without a browser and without anything that runs or is fetched.

Takes:   a sketch.
Gives:   `svg_of`: the same bytes for the same sketch, everywhere.
Ignores: where things go (`layout`).
"""

from __future__ import annotations

from penstock.graph.drawing.layout import SLOT, Size, Wire, arrange
from penstock.graph.drawing.sketch import CHANNEL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.graph.drawing.layout import Point
    from penstock.graph.drawing.sketch import Arrow, Box, Sketch

MARGIN = 28
HEAD = 58  # room for the title
FOOT = 44  # room for the legend
HEIGHT = 46  # of a box
BULGE = 9.0  # of the round ends of a pipe
LETTER = 7.83  # width of a letter of 13 pixels in a fixed pitch; of smaller ones in proportion
SMALL = 6.63  # 11 pixels
LONGEST = 34  # letters of a name before it is cut; the whole name stays in the title of its box
LEGEND = 470  # width of the legend
TIP = 7  # length of the tip of an arrow

_STYLE = """\
svg{background:#fff}
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
.name{font-size:13px;font-weight:600;fill:#1b2430;text-anchor:middle}
.detail{font-size:11px;fill:#5b6776;text-anchor:middle}
.title{font-size:16px;font-weight:700;fill:#1b2430}
.summary,.key{font-size:11px;fill:#5b6776}
.word{font-size:11px;fill:#3a4656;stroke:#fff;stroke-width:3px;stroke-linejoin:round;paint-order:stroke}
.box{stroke-width:1.5}
.source{fill:#e9f6ee;stroke:#2f8555}
.transform{fill:#edf3fb;stroke:#3c6fae}
.sink{fill:#fdf1e7;stroke:#b9692b}
.channel{fill:#f1eefa;stroke:#6a55a8}
.wire{fill:none;stroke:#8592a3;stroke-width:1.5}
.durable{stroke:#6a55a8;stroke-width:2.6}"""


def svg_of(sketch: Sketch) -> str:
    """The picture as an SVG document."""
    number = {box.id: index for index, box in enumerate(sketch.boxes)}
    sizes = _sizes(sketch)
    wires = [
        Wire(number[a.start], number[a.finish], _width(a.tail) + _width(a.head), a.tail, a.head) for a in sketch.arrows
    ]
    layout = arrange(sizes, wires)
    title = max(len(sketch.name) * LETTER * 16 / 13, len(sketch.summary) * SMALL)
    width = round(max(layout.width, title, LEGEND) + 2 * MARGIN)
    height = round(layout.height + HEAD + MARGIN + FOOT)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{_escaped(sketch.name)}: {sketch.summary}</title>",
        f"<style>{_STYLE}</style>",
        "<defs>",
        _tip("tip", "#8592a3"),
        _tip("durable-tip", "#6a55a8"),
        "</defs>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text class="title" x="{MARGIN}" y="{MARGIN + 6}">{_escaped(sketch.name)}</text>',
        f'<text class="summary" x="{MARGIN}" y="{MARGIN + 23}">{sketch.summary}</text>',
        f'<g transform="translate({MARGIN} {HEAD + MARGIN // 2})">',
    ]
    for arrow, points in zip(sketch.arrows, layout.wires, strict=True):
        lines.append(_wire(arrow, points))
    for box, place, size in zip(sketch.boxes, layout.boxes, sizes, strict=True):
        lines.append(_box(box, place, size))
    for arrow, points in zip(sketch.arrows, layout.wires, strict=True):
        lines += _words(arrow, points)
    lines += ["</g>", _legend(height - FOOT / 2), "</svg>"]
    return "\n".join(lines) + "\n"


def _sizes(sketch: Sketch) -> list[Size]:
    """Boxes as wide as their words, and as high as the points want where arrows touch them."""
    tails: dict[str, set[str]] = {}
    heads: dict[str, set[str]] = {}
    for arrow in sketch.arrows:
        tails.setdefault(arrow.start, set()).add(arrow.tail)
        heads.setdefault(arrow.finish, set()).add(arrow.head)
    sizes = []
    for box in sketch.boxes:
        points = max(len(tails.get(box.id, ())), len(heads.get(box.id, ())))
        letters = max(_columns(_cut(box.id)) * LETTER, _columns(_cut(box.detail)) * SMALL)
        pipe = 2 * BULGE if box.kind == CHANNEL else 0.0
        sizes.append(Size(max(96.0, round(letters) + 36.0 + pipe), max(float(HEIGHT), points * SLOT + 12)))
    return sizes


def _width(words: str) -> float:
    return _columns(_cut(words)) * SMALL


def _box(box: Box, place: Point, size: Size) -> str:
    (x, y), width, height = place, size.width, size.height
    middle, centre = y + height / 2, x + (width - (BULGE if box.kind == CHANNEL else 0)) / 2
    return (
        f"<g><title>{_escaped(box.id)}: {_escaped(box.detail)} ({box.kind})</title>"
        f'<path class="box {_kind(box)}" d="{_outline(_kind(box), x, y, width, height)}"/>'
        f'<text class="name" x="{_n(centre)}" y="{_n(middle - 2)}">{_escaped(_cut(box.id))}</text>'
        f'<text class="detail" x="{_n(centre)}" y="{_n(middle + 14)}">{_escaped(_cut(box.detail))}</text></g>'
    )


def _kind(box: Box) -> str:
    return box.kind if box.kind in ("source", "transform", "sink", CHANNEL) else "transform"


def _outline(kind: str, x: float, y: float, width: float, height: float) -> str:
    """Sources are round on the left, sinks on the right, transforms square, and a channel is a pipe seen from the side."""
    left, right, top, bottom = x, x + width, y, y + height
    if kind == CHANNEL:
        round_ = f"{_n(min(BULGE, height / 3))} {_n(height / 2)} 0 0"
        left, right = left + min(BULGE, height / 3), right - min(BULGE, height / 3)
        return (  # once round the pipe, then the edge of its near end, there and back so that nothing is filled twice
            f"M{_n(left)} {_n(top)}H{_n(right)}A{round_} 1 {_n(right)} {_n(bottom)}H{_n(left)}A{round_} 1 {_n(left)} {_n(top)}Z"
            f"M{_n(right)} {_n(top)}A{round_} 0 {_n(right)} {_n(bottom)}A{round_} 1 {_n(right)} {_n(top)}"
        )
    near = min(22.0, height / 2) if kind == "source" else 5.0
    far = min(22.0, height / 2) if kind == "sink" else 5.0
    return (
        f"M{_n(left + near)} {_n(top)}H{_n(right - far)}a{_n(far)} {_n(far)} 0 0 1 {_n(far)} {_n(far)}"
        f"V{_n(bottom - far)}a{_n(far)} {_n(far)} 0 0 1 {_n(-far)} {_n(far)}"
        f"H{_n(left + near)}a{_n(near)} {_n(near)} 0 0 1 {_n(-near)} {_n(-near)}"
        f"V{_n(top + near)}a{_n(near)} {_n(near)} 0 0 1 {_n(near)} {_n(-near)}Z"
    )


def _wire(arrow: Arrow, points: Sequence[Point]) -> str:
    """A line that is level where it leaves and arrives, under the words there, and where it passes a layer."""
    (x, y), *rest = points
    path = [f"M{_n(x)} {_n(y)}"]
    if arrow.tail:
        x += _width(arrow.tail) + 12
        path.append(f"H{_n(x)}")
    for index, (to_x, to_y) in enumerate(rest):
        if index == len(rest) - 1:
            to_x -= TIP + (_width(arrow.head) + 12 if arrow.head else 0)
        if y == to_y or index % 2:
            path.append(f"L{_n(to_x)} {_n(to_y)}")
        else:
            bend = (x + to_x) / 2
            path.append(f"C{_n(bend)} {_n(y)} {_n(bend)} {_n(to_y)} {_n(to_x)} {_n(to_y)}")
        x, y = to_x, to_y
    if arrow.head:
        path.append(f"H{_n(points[-1][0] - TIP)}")
    classes, tip = ("wire durable", "durable-tip") if arrow.durable else ("wire", "tip")
    return f'<path class="{classes}" marker-end="url(#{tip})" d="{"".join(path)}"/>'


def _words(arrow: Arrow, points: Sequence[Point]) -> list[str]:
    (x, y), (to_x, to_y) = points[0], points[-1]
    lines = []
    if arrow.tail:
        lines.append(f'<text class="word" x="{_n(x + 8)}" y="{_n(y - 6)}">{_escaped(_cut(arrow.tail))}</text>')
    if arrow.head:
        style = 'style="text-anchor:end"'
        lines.append(
            f'<text class="word" {style} x="{_n(to_x - 12)}" y="{_n(to_y - 6)}">{_escaped(_cut(arrow.head))}</text>'
        )
    return lines


def _tip(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8Z" fill="{colour}"/></marker>'
    )


def _legend(y: float) -> str:
    """What the shapes and lines mean."""
    x = float(MARGIN)
    parts = []
    for kind in ("source", "transform", "sink", CHANNEL):
        parts.append(f'<path class="box {kind}" d="{_outline(kind, x, y - 7, 26, 14)}"/>')
        parts.append(f'<text class="key" x="{_n(x + 33)}" y="{_n(y + 4)}">{kind}</text>')
        x += 33 + len(kind) * SMALL + 16
    parts.append(f'<path class="wire durable" d="M{_n(x)} {_n(y)}h26"/>')
    parts.append(f'<text class="key" x="{_n(x + 33)}" y="{_n(y + 4)}">durable</text>')
    return "".join(parts)


def _columns(text: str) -> int:
    """How many letters wide a text is; letters of East Asia count twice."""
    if text.isascii():
        return len(text)
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _escaped(text: str) -> str:
    """The text as XML may hold it; what XML has no way to say becomes a replacement character."""
    made = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return "".join(letter if _is_xml(letter) else "\ufffd" for letter in made)


def _is_xml(letter: str) -> bool:
    return letter in "\t\n" or " " <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter >= "\U00010000"


def _n(number: float) -> str:
    """A number with one decimal at most, and never `-0`."""
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
