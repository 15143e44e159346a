"""A report for people: place, code, sentence, the line at fault with carets, and a hint.

Takes:   a report and whether to colour.
Gives:   `render`: text with a summary line, or nothing when there are no findings. `lines_of` a single finding, for
         tools that say more about each.
Ignores: terminals; `reporters.write` knows whether there is one.
"""

from __future__ import annotations

from penstock_findings.document import line_starts
from penstock_findings.reporters._words import summary, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penstock_findings.finding import Finding, Location
    from penstock_findings.report import Report

_PAINT = {"error": "1;31", "warning": "1;33", "note": "1;36"}
_WIDEST = 120  # terminal cells of a source line; of a longer one, the part around the place is shown
_BEFORE = 40  # cells of a long line to show before the place
_FAR = 4 * _WIDEST  # characters of a line to look at on either side of the place
_TAB = "    "


def render(report: Report, color: bool = False) -> str:
    """All findings and a last line that counts them; the empty text when there are none."""
    sources = Sources(report.sources)
    lines = [line for finding in report.findings for line in lines_of(finding, sources, color)]
    if lines:
        lines.append(summary(report))
    return "".join(f"{line}\n" for line in lines)


class Sources:
    """The texts that findings point into, by path; each is cut into lines once, when it is first wanted."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._cut: dict[str, _Source] = {}

    def get(self, path: str | None) -> _Source | None:
        """The text of that path, in lines; None when there is none."""
        if path is None or path not in self._texts:
            return None
        if path not in self._cut:
            self._cut[path] = _Source(self._texts[path])
        return self._cut[path]


class _Source:
    """A text and its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = line_starts(text)

    def line(self, number: int) -> str | None:
        if not 0 < number <= len(self.starts):
            return None
        end = self.starts[number] if number < len(self.starts) else None
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")


def lines_of(finding: Finding, sources: Sources, color: bool = False) -> Iterator[str]:
    """One finding: its place and sentence, the line at fault, what is related, the hint."""
    source = sources.get(finding.at.path)
    severity = str(finding.severity)
    label = f"{severity} {visible(finding.code)}"
    if color:
        label = f"\x1b[{_PAINT[severity]}m{label}\x1b[0m"
    place = visible(str(finding.at))
    yield (f"{place}: " if place else "") + f"{label}: {visible(finding.message)}"
    if source is not None:
        yield from _excerpt(finding.at, source, _PAINT[severity] if color else "")
    for related in finding.related:
        place = visible(str(related.at))
        yield f"  see {place}: {visible(related.message)}" if place else f"  see: {visible(related.message)}"
    if finding.hint:
        yield f"  hint: {visible(finding.hint)}"


def _excerpt(at: Location, source: _Source, paint: str) -> Iterator[str]:
    line = source.line(at.line) if at.line is not None else None
    if line is None or not line.strip():
        return
    shown, before, width = _window(line, at)
    yield f"{at.line:>5} | {shown}".rstrip()
    if at.column is not None:
        carets = "^" * width
        yield f"{'':5} | {' ' * before}" + (f"\x1b[{paint}m{carets}\x1b[0m" if paint else carets)


def _window(line: str, at: Location) -> tuple[str, int, int]:
    """The line as shown, the cells before the place, the cells under it."""
    start = min((at.column or 1) - 1, len(line))
    same_line = at.end_line in (None, at.line)
    end = max(start, min((at.end_column or 0) - 1, len(line))) if same_line else len(line)
    if at.end_column is None and start < len(line):
        end = start + 1
    # only so many characters are looked at: a line may have millions, or many without width
    parts = line[max(0, start - _FAR) : start], line[start:end][:_FAR], line[end : end + _FAR]
    left, place, right = (_cells(part) for part in parts)
    before, width = _width(left), max(1, _width(place))
    if before + width + _width(right) > _WIDEST or len(line) > _FAR:
        if before > _BEFORE or start > _FAR:
            left = "..." + _last(left, _BEFORE - 3)
            before = _width(left)
        if before + width + _width(right) > _WIDEST or len(line) - start > _FAR:
            cut = _first(place + right, _WIDEST - before - 3)
            return f"{left}{cut}...", before, min(width, max(1, _width(cut)))
    return left + place + right, before, width


def _cells(text: str) -> str:
    return visible(text.replace("\t", _TAB))


def _width(text: str) -> int:
    """Cells that a terminal gives to the text."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(char) in ("Mn", "Me", "Cf") else 2 if east_asian_width(char) in ("W", "F") else 1 for char in text
    )


def _first(text: str, cells: int) -> str:
    """As much of the start of the text as fits."""
    if text.isascii():
        return text[: max(0, cells)]
    end = 0
    while end < len(text) and (cells := cells - _width(text[end])) >= 0:
        end += 1
    return text[:end]


def _last(text: str, cells: int) -> str:
    return _first(text[::-1], cells)[::-1]
