"""What the formats have in common: counting words, and text that is safe to show.

Takes:   reports and text of any origin.
Gives:   `summary`, `visible`, `known`, `portable`.
Ignores: layout; each format has its own.
"""

from __future__ import annotations

from penstock_findings.finding import Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings.finding import JSON
    from penstock_findings.report import Report


def summary(report: Report) -> str:
    """How many findings of each severity, in words.

    >>> from penstock_findings.report import Report
    >>> summary(Report("check"))
    'no findings'
    """
    counts = [(report.count(severity), str(severity)) for severity in Severity]
    words = [f"{count} {name}" + ("s" if count > 1 else "") for count, name in counts if count]
    return ", ".join(words) or "no findings"


def visible(text: str) -> str:
    r"""The text on one line, with control characters written as escapes: no finding can drive a terminal.

    >>> visible("a\tb\x1b[2J")
    'a\\tb\\x1b[2J'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or ord(char) == 0x200D else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def known(**members: JSON) -> dict[str, JSON]:
    """Those members that are not None: what is not known is not said."""
    return {name: value for name, value in members.items() if value is not None}


def portable(value: object) -> JSON:
    """The value as JSON can say it: evidence that is not JSON is shown as text rather than lost."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int):
        return value if value.bit_length() < 2000 else hex(value)
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, dict):
        return {str(portable(str(key))): portable(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [portable(member) for member in value]
    return portable(str(value))
