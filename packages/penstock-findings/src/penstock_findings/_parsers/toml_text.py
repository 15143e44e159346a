"""Read a TOML 1.0 document as JSON values with places.

Takes:   bytes. The values come from `tomllib` (`tomli` before Python 3.11), the places from `Surveyor` below.
Gives:   `parse`: a document, and every repeated key, date, infinity and nesting that JSON or Python could not bear.
Places:  a key or value that the survey did not meet is placed where its nearest parent stands; after a mistake in the
         text it stops, for then there is no document to place.
Ignores: writing TOML, and styles of it.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module

from penstock_findings import pointers
from penstock_findings._parsers.complaints import MAX_DEPTH, Complaints, EnoughError, decoded, short
from penstock_findings._parsers.numbers import MAX_DIGITS, printable
from penstock_findings.document import Document, Parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock_findings.document import Span

# By name, so that type checkers need neither the one nor the other installed.
tomllib: Any = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

_UNFIT = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")
_KEY = re.compile(r"""(?P<bare>[A-Za-z0-9_-]+)|"(?P<basic>(?:[^"\\\r\n]|\\.)*)"|'(?P<literal>[^'\r\n]*)'""")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_PLAIN_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}
_SHORT_STRING = re.compile(r""""(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'""")
_WORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#=\"'\[{]+")
_QUOTE = {'"""': re.compile(r'"""|\\(?s:.)'), "'''": re.compile("'''")}
_PLACE_IN_WORDS = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class LostError(Exception):
    """The text is not what the survey expects: a mistake, which `tomllib` will name."""


class _Open:
    """An array or table that is still open; `keys` is the dotted key of the member whose value comes next."""

    __slots__ = ("inside", "keys", "start")

    def __init__(self, inside: Any, keys: list[tuple[str, int, int]], start: int) -> None:
        self.inside = inside
        self.keys = keys
        self.start = start


class Surveyor:
    """Find where each key and value of a TOML text stands, without asking what the values are."""

    def __init__(self, text: str, complaints: Complaints) -> None:
        self._text = text
        self._complaints = complaints
        self._headed: set[int] = set()  # ids of the tables that had a `[header]`
        self._root: dict[str, Any] = {}
        self.span: Span = (0, len(text), self._root)

    def survey(self) -> None:
        """Walk through the text. Raises `LostError` at the first mistake."""
        text = self._text
        table: Any = self._root
        at = self._blank(0)
        while at < len(text):
            if text[at] == "[":
                table, at = self._header(at)
            else:
                keys, at = self._keys(at)
                at = self._value(table, keys, self._after(at, "="))
            at = self._line_end(at)
            at = self._blank(at)

    def _header(self, start: int) -> tuple[Any, int]:
        """The table that a `[header]` or `[[header]]` opens."""
        many = self._text.startswith("[[", start)
        keys, at = self._keys(start + (2 if many else 1))
        at = self._after(at, "]]" if many else "]")
        table: Any = self._root
        for key, key_start, key_end in keys[:-1]:
            table = self._table(table, key, key_start, key_end, key_end)
        key, key_start, key_end = keys[-1]
        known = table.get(key)
        if many:
            if known is None:
                known = table[key] = (key_start, key_end, (start, at, []))
            elif type(known[2][2]) is not list:
                raise LostError
            known[2][2].append((start, at, {}))
            return known[2][2][-1][2], at
        if known is None:
            known = table[key] = (key_start, key_end, (start, at, {}))
        elif type(known[2][2]) is not dict or id(known[2][2]) in self._headed:
            self._repeated(keys, known, key_start, key_end)
            return {}, at
        else:  # until now it was only known from its children: this is its place
            known = table[key] = (key_start, key_end, (start, at, known[2][2]))
        self._headed.add(id(known[2][2]))
        return known[2][2], at

    def _table(self, table: Any, key: str, start: int, end: int, value_end: int) -> Any:
        """The table under `key`, made if need be; of an array of tables, the last."""
        known = table.get(key)
        if known is None:
            known = table[key] = (start, end, (start, value_end, {}))
        inside = known[2][2]
        if type(inside) is list and inside:
            inside = inside[-1][2]
        if type(inside) is not dict:
            raise LostError
        return inside

    def _keys(self, at: int) -> tuple[list[tuple[str, int, int]], int]:
        """The parts of a dotted key and where it ends."""
        keys: list[tuple[str, int, int]] = []
        while True:
            at = self._space(at)
            found = _KEY.match(self._text, at)
            if found is None:
                raise LostError
            if len(keys) >= MAX_DEPTH:
                self._too_deep(at)
            name = _unescaped(found["basic"]) if found["basic"] is not None else found["bare"] or found["literal"] or ""
            keys.append((name, at, found.end()))
            at = self._space(found.end())
            if self._text[at : at + 1] != ".":
                return keys, at
            at += 1

    def _value(self, table: Any, keys: list[tuple[str, int, int]], at: int) -> int:
        """Walk over the value of `keys`, however deep, and say where it ends."""
        stack = [_Open(table, keys, at)]
        expects_value = True
        while expects_value or len(stack) > 1:
            if not expects_value:
                at = self._blank(at)
                comma = self._text[at : at + 1] == ","
                at, expects_value = self._member(stack, at + 1) if comma else (self._close(stack, at), False)
                continue
            at = self._space(at)
            opening = self._text[at : at + 1]
            if opening in ("[", "{"):
                if sum(len(frame.keys) or 1 for frame in stack) >= MAX_DEPTH:
                    self._too_deep(at)
                stack.append(_Open([] if opening == "[" else {}, [], at))
                at, expects_value = self._member(stack, at + 1)
            else:
                end = self._scalar(at)
                self._place(stack[-1], at, end, None)
                at, expects_value = end, False
        return at

    def _member(self, stack: list[_Open], at: int) -> tuple[int, bool]:
        """Go to the next value of an array or inline table, or past its end; say where, and whether there is a value."""
        frame = stack[-1]
        at = self._blank(at)
        if self._text[at : at + 1] in ("]", "}"):
            return self._close(stack, at), False
        if type(frame.inside) is dict:
            frame.keys, at = self._keys(at)
            at = self._after(at, "=")
        return at, True

    def _close(self, stack: list[_Open], at: int) -> int:
        frame = stack.pop()
        at = self._after(at, "]" if type(frame.inside) is list else "}")
        self._place(stack[-1], frame.start, at, frame.inside)
        return at

    def _place(self, frame: _Open, start: int, end: int, inside: Any) -> None:
        """Note where the value of an array's next element, or of a table's `keys`, stands."""
        span = (start, end, inside)
        if type(frame.inside) is list:
            frame.inside.append(span)
            return
        table = frame.inside
        for key, key_start, key_end in frame.keys[:-1]:
            table = self._table(table, key, key_start, key_end, end)
        key, key_start, key_end = frame.keys[-1]
        if key in table:
            self._repeated(frame.keys, table[key], key_start, key_end)
        else:
            table[key] = (key_start, key_end, span)

    def _scalar(self, at: int) -> int:
        text = self._text
        quotes = text[at : at + 3]
        if quotes in _QUOTE:
            return self._long_string(at, quotes)
        found = (_SHORT_STRING if quotes[:1] in ("'", '"') else _WORD).match(text, at)
        if found is None:
            raise LostError
        digits = found[0].lstrip("+-")
        if len(digits) > MAX_DIGITS and digits[0].isdigit():
            self._complaints.add("F107", f"the number `{short(found[0])}` has too many digits", at, found.end())
            raise EnoughError
        return found.end()

    def _long_string(self, start: int, quotes: str) -> int:
        at = start + 3
        while found := _QUOTE[quotes].search(self._text, at):
            at = found.end()
            if found[0] == quotes:
                extra = 2 if self._text.startswith(quotes[:2], at) else 1 if self._text.startswith(quotes[0], at) else 0
                return at + extra
        raise LostError

    def _space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _blank(self, at: int) -> int:
        found = _BLANK.match(self._text, at)
        return found.end() if found else at

    def _after(self, at: int, sign: str) -> int:
        at = self._space(at)
        if not self._text.startswith(sign, at):
            raise LostError
        return at + len(sign)

    def _line_end(self, at: int) -> int:
        at = self._space(at)
        if self._text[at : at + 1] not in ("", "\n", "\r", "#"):
            raise LostError
        return at

    def _repeated(self, keys: list[tuple[str, int, int]], first: Any, start: int, end: int) -> None:
        name = short(".".join(key for key, _, _ in keys))
        related = [self._complaints.related(f"the first `{name}`", first[0], first[1])]
        message = f"the key `{name}` stands here a second time"
        self._complaints.add("F105", message, start, end, hint="remove one of the two", related=related)

    def _too_deep(self, at: int) -> None:
        self._complaints.add("F110", f"tables and arrays are nested more than {MAX_DEPTH} deep", at)
        raise EnoughError


def _unescaped(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        if code:
            return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
        return _PLAIN_ESCAPES.get(found[3], found[3])

    return _ESCAPE.sub(character, text) if "\\" in text else text


def parse(data: bytes, path: str, limit: int) -> Parsed:
    """Read the document in `data`; see `load.parse_toml`."""
    text, refusal = decoded(data, path, limit, _UNFIT)
    if refusal is not None:
        return refusal
    complaints = Complaints(path, text)
    surveyor = Surveyor(text, complaints)
    value: dict[str, Any] | None = None
    try:
        try:
            surveyor.survey()
        except LostError:
            pass
        value = _values(text, complaints)
        if value is not None:
            _settle(value, surveyor.span, complaints)
    except EnoughError:
        value = None
    if value is None:
        return Parsed(None, complaints.findings, path, text)
    return Parsed(Document(path, value, text, surveyor.span, complaints.places), complaints.findings, path, text)


def _values(text: str, complaints: Complaints) -> dict[str, Any] | None:
    try:
        value: dict[str, Any] = tomllib.loads(text)
        return value
    except tomllib.TOMLDecodeError as error:
        if complaints.findings:  # the survey has said it with both places
            return None
        message = str(error)
        found = _PLACE_IN_WORDS.search(message)
        at = _offset(text, found)
        message = message[: found.start()] if found else message
        code = "F105" if message.startswith(("Cannot", "Duplicate")) else "F104"
        complaints.add(code, f"not TOML: {message[:1].lower()}{short(message[1:])}", at)
    except RecursionError:  # our caller was deep already
        complaints.add("F110", "arrays and tables are nested too deep to be read here", 0)
    except ValueError as error:  # a number past the limit that this interpreter was given, a date that is none
        complaints.add("F104", f"not TOML: {short(str(error))}", 0)
    return None


def _offset(text: str, found: re.Match[str] | None) -> int:
    """The offset of the place that an error of `tomllib` names in words; lines there end with LF."""
    if found is None or found[1] is None:
        return len(text)
    at = 0
    for _ in range(int(found[1]) - 1):
        at = text.find("\n", at) + 1
    return min(at + int(found[2]) - 1, len(text))


def _settle(value: dict[str, Any], span: Span, complaints: Complaints) -> None:
    """Find what JSON could not say, put its text in place of it, and see that the whole is not too deep."""
    waiting: list[tuple[Any, Any, str, int]] = [(value, span, "", 1)]
    while waiting:
        inside, (start, end, spans), pointer, depth = waiting.pop()
        if depth > MAX_DEPTH:
            complaints.add("F110", f"tables and arrays are nested more than {MAX_DEPTH} deep", start, pointer=pointer)
            raise EnoughError
        for key, member in inside.items() if type(inside) is dict else enumerate(inside):
            place = _inner(spans, key) or (start, end, None)
            kind = type(member)
            if kind is dict or kind is list:
                waiting.append((member, place, pointers.join(pointer, key), depth + 1))
            elif kind not in (str, bool, int, float) or (kind is float and member - member != 0):
                inside[key] = str(member)
                _refuse(member, place, pointers.join(pointer, key), complaints)
            elif kind is int and not printable(member):
                inside[key] = hex(member)
                message = "the number has too many digits"
                complaints.add("F107", message, place[0], place[1], pointer=pointers.join(pointer, key))


def _inner(spans: Any, key: Any) -> Any:
    if type(spans) is dict:
        member = spans.get(key)
        return member[2] if member is not None else None
    return spans[key] if type(spans) is list and key < len(spans) else None


def _refuse(member: object, place: Any, pointer: str, complaints: Complaints) -> None:
    start, end, _ = place
    if isinstance(member, float):
        complaints.add("F107", f"the number `{member}` has no counterpart in JSON", start, end, pointer=pointer)
    else:
        message = f"a date or time is no JSON value: `{member}`"
        complaints.add("F109", message, start, end, hint="write it in quotes", pointer=pointer)
