"""Read one JSON document (RFC 8259) as values with places.

Takes:   bytes.
Gives:   `parse`: a document, and every duplicate key, odd number, half surrogate and usual slip (a comma too many, a
         comment, `True`), because it reads on after those.
Why own: `json.loads` forgets the places, keeps the last of two equal keys, reads NaN, and recurses.
Ignores: dialects; what JSON5 allows is named and refused.
"""

from __future__ import annotations

import re

from penstock_findings import pointers
from penstock_findings._parsers.complaints import MAX_DEPTH, Complaints, EnoughError, decoded, short
from penstock_findings._parsers.numbers import integer
from penstock_findings.document import Document, Parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias

    from penstock_findings.document import Span
    from penstock_findings.finding import JSON

    # A state takes a token (kind, start, end) and names the next state; None when the document is complete.
    State: TypeAlias = "Callable[[str, int, int], State | None]"

_UNFIT = "[\x00-\x08\x0b\x0c\x0e-\x1f]"
_TOKEN = re.compile(
    r"""[ \t\n\r]*(?:
        (?P<mark>[\[\]{},:])
      | (?P<string>"[^"\\\x00-\x1f]*")
      | (?P<number>[-+.0-9][-+.0-9A-Za-z_]*)
      | (?P<word>[A-Za-z_$][A-Za-z0-9_$]*)
      | (?P<comment>\#[^\n\r]*|//[^\n\r]*|/\*)
      | (?P<quote>["'])
      | (?P<end>\Z)
      | (?P<other>.)
    )""",
    re.VERBOSE,
)
_STRING_PART = re.compile(r'[^"\\\n\r]*')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))|\t")
_PLAIN_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}
_MEANT: dict[str, str] = {
    **dict.fromkeys(("True", "TRUE", "yes", "on"), "true"),
    **dict.fromkeys(("False", "FALSE", "no", "off"), "false"),
    **dict.fromkeys(("None", "Null", "NULL", "nil", "undefined"), "null"),
}
_BEYOND = ("NaN", "Infinity", "-Infinity", "+Infinity", "nan", "inf", "-inf")


class _Frame:
    """A list or an object that is still open."""

    __slots__ = ("key", "key_end", "key_start", "keep", "spans", "start", "value")

    def __init__(self, value: Any, spans: Any, start: int) -> None:
        self.value = value
        self.spans = spans
        self.start = start
        self.key = ""  # of the member whose value comes next
        self.key_start = self.key_end = start
        self.keep = True  # False while the value of a repeated key is read


class Reader:
    """Build one document, token by token, without recursion; what is wrong goes to `complaints`."""

    def __init__(self, text: str, complaints: Complaints) -> None:
        self._text = text
        self._complaints = complaints
        self._stack: list[_Frame] = []
        self._comma = 0  # where the last comma stood
        self.root: tuple[JSON, Span] | None = None

    def read(self) -> None:
        """Read to the end of the text; `root` is set when there was a document."""
        match = _TOKEN.match
        text = self._text
        state: State | None = self._value
        at = 0
        while state is not None:
            token = match(text, at)
            if token is None:  # a line end that `.` does not match cannot be here: white space comes first
                break
            kind = token.lastgroup or ""
            start, at = token.span(kind)
            if kind == "mark":
                kind = text[start]
            elif kind == "quote":
                kind, at = "escaped", self._string_end(start)
            elif kind == "comment":
                at = self._comment(start, at)
                continue
            state = state(kind, start, at)

    # -- states

    def _value(self, kind: str, start: int, end: int) -> State | None:
        if kind == "string":
            return self._put(self._text[start + 1 : end - 1], start, end, None)
        if kind == "number":
            return self._put(self._number(start, end), start, end, None)
        if kind == "{":
            return self._open(_Frame({}, {}, start), self._first_key)
        if kind == "[":
            return self._open(_Frame([], [], start), self._first_element)
        if kind == "word":
            return self._put(self._word(start, end), start, end, None)
        if kind == "escaped":
            return self._put(self._unescaped(start, end), start, end, None)
        if kind == "]" and self._stack:  # only after a comma
            self._add("F104", "not JSON: a comma before the closing bracket", self._comma, hint="remove the comma")
            return self._after(kind, start, end)
        return self._fail("a value", kind, start, end)

    def _first_element(self, kind: str, start: int, end: int) -> State | None:
        return self._after(kind, start, end) if kind in "]}" else self._value(kind, start, end)

    def _first_key(self, kind: str, start: int, end: int) -> State | None:
        return self._after(kind, start, end) if kind == "}" else self._key(kind, start, end)

    def _key(self, kind: str, start: int, end: int) -> State | None:
        if kind == "string":
            return self._name(self._text[start + 1 : end - 1], start, end)
        if kind == "escaped":
            return self._name(self._unescaped(start, end), start, end)
        if kind in ("word", "number"):
            key = self._text[start:end]
            message = f"the key `{short(key)}` is not a string"
            self._add("F108", message, start, end, hint=f'write "{short(key)}"')
            return self._name(key, start, end)
        if kind == "}":
            self._add("F104", "not JSON: a comma before the closing bracket", self._comma, hint="remove the comma")
            return self._after(kind, start, end)
        return self._fail("a key", kind, start, end)

    def _colon(self, kind: str, start: int, end: int) -> State | None:
        if kind == ":":
            return self._member
        return self._fail("`:`", kind, start, end)

    def _member(self, kind: str, start: int, end: int) -> State | None:
        if kind in "]}":
            return self._fail("a value", kind, start, end)
        return self._value(kind, start, end)

    def _after(self, kind: str, start: int, end: int) -> State | None:
        """After a value inside a list or an object."""
        frame = self._stack[-1]
        is_list = type(frame.spans) is list
        if kind == ",":
            self._comma = start
            return self._value if is_list else self._key
        if kind == ("]" if is_list else "}"):
            self._stack.pop()
            return self._put(frame.value, frame.start, end, frame.spans)
        if kind in ("string", "number", "word", "escaped", "{", "["):
            self._add("F104", "not JSON: a comma is missing before this", start, end, hint="write `,`")
            return self._value(kind, start, end) if is_list else self._key(kind, start, end)
        return self._fail("`,` or `]`" if is_list else "`,` or `}`", kind, start, end)

    def _done(self, kind: str, start: int, end: int) -> State | None:
        """After the document."""
        if kind != "end":
            hint = "keep one document in a file"
            self._complaints.add("F111", "there is more text after the document", start, end, hint=hint)
        return None

    # -- what the states do

    def _open(self, frame: _Frame, state: State) -> State:
        if len(self._stack) >= MAX_DEPTH:
            message = f"lists and objects are nested more than {MAX_DEPTH} deep"
            self._complaints.add("F110", message, frame.start)
            raise EnoughError
        self._stack.append(frame)
        return state

    def _put(self, value: JSON, start: int, end: int, spans: Any) -> State:
        span = (start, end, spans)
        if not self._stack:
            self.root = (value, span)
            return self._done
        frame = self._stack[-1]
        if type(frame.spans) is list:
            frame.value.append(value)
            frame.spans.append(span)
        elif frame.keep:
            frame.value[frame.key] = value
            frame.spans[frame.key] = (frame.key_start, frame.key_end, span)
        return self._after

    def _name(self, key: str, start: int, end: int) -> State:
        frame = self._stack[-1]
        frame.key, frame.key_start, frame.key_end = key, start, end
        first = frame.spans.get(key)
        frame.keep = first is None
        if first is not None:
            related = [self._complaints.related(f"the first `{short(key)}`", first[0], first[1])]
            message = f"the key `{short(key)}` stands here a second time"
            self._complaints.add(
                "F105", message, start, end, hint="remove one of the two", pointer=self._pointer(), related=related
            )
        return self._colon

    def _number(self, start: int, end: int) -> JSON:
        text = self._text[start:end]
        found = _NUMBER.fullmatch(text)
        if found is None:
            if text in _BEYOND:
                self._add("F107", f"the number `{text}` has no counterpart in JSON", start, end)
            else:
                self._add("F104", f"not JSON: `{short(text)}` is not a number", start, end)
            return text
        if found.lastindex is None:
            exact = integer(text)
            if exact is not None:
                return exact
            self._add("F107", f"the number `{short(text)}` has too many digits", start, end)
            return text
        number = float(text)
        if number - number == 0:  # neither infinite nor nan
            return number
        self._add("F107", f"the number `{short(text)}` is too large for a float", start, end)
        return text

    def _word(self, start: int, end: int) -> JSON:
        word = self._text[start:end]
        if word in _WORDS:
            return _WORDS[word]
        if word in _BEYOND:
            self._add("F107", f"the number `{word}` has no counterpart in JSON", start, end)
            return word
        hint = f"write `{_MEANT[word]}`" if word in _MEANT else f'write "{short(word)}" if it is text'
        self._add("F104", f"not JSON: unknown word `{short(word)}`", start, end, hint=hint)
        return word

    def _string_end(self, start: int) -> int:
        """The end of a string that the fast pattern did not match."""
        if self._text[start] == "'":
            self._add("F104", "not JSON: a string in single quotes", start, hint='write "..."')
            raise EnoughError
        at = start + 1
        while True:
            found = _STRING_PART.match(self._text, at)
            at = found.end() if found else at
            stop = self._text[at : at + 1]
            if stop == '"':
                return at + 1
            if stop != "\\" or self._text[at + 1 : at + 2] in ("", "\n", "\r"):
                self._add("F104", "not JSON: the string that starts here has no end on its line", start)
                raise EnoughError
            at += 2

    def _unescaped(self, start: int, end: int) -> str:
        def character(found: re.Match[str]) -> str:
            high, low, single, other = found.groups()
            if high:
                return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
            at, after = start + 1 + found.start(), start + 1 + found.end()
            if single:
                char = chr(int(single, 16))
                if not "\ud800" <= char <= "\udfff":
                    return char
                self._add("F115", f"`\\u{single}` is half of a surrogate pair, and no character", at, after)
                return "\ufffd"
            if other is None:
                self._add("F115", "a tab may not stand in a string", at, after, hint="write `\\t`")
                return "\t"
            if other not in _PLAIN_ESCAPES:
                self._add(
                    "F104", f"not JSON: unknown escape `\\{other}`", at, after, hint="write `\\\\` for a backslash"
                )
            return _PLAIN_ESCAPES.get(other, other)

        return _ESCAPE.sub(character, self._text[start + 1 : end - 1])

    def _comment(self, start: int, end: int) -> int:
        self._add("F104", "not JSON: there are no comments in JSON", start, end, hint="remove the comment")
        if self._text.startswith("/*", start):
            close = self._text.find("*/", end)
            return close + 2 if close >= 0 else len(self._text)
        return end

    def _fail(self, wanted: str, kind: str, start: int, end: int) -> NoReturn:
        found = "the end of the text" if kind == "end" else f"`{short(self._text[start:end])}`"
        if kind == "other" and not self._text[start].isprintable():
            found = f"U+{ord(self._text[start]):04X}"
        related = []
        if self._stack and kind in ("end", "]", "}"):
            opening = self._stack[-1].start
            related.append(self._complaints.related(f"the `{self._text[opening]}` that is still open", opening))
        message = f"not JSON: expected {wanted}, found {found}"
        self._complaints.add("F104", message, start, end, pointer=self._pointer(), related=related)
        raise EnoughError

    def _add(self, code: str, message: str, start: int, end: int | None = None, hint: str | None = None) -> None:
        self._complaints.add(code, message, start, end, hint=hint, pointer=self._pointer())

    def _pointer(self) -> str:
        """The pointer to the value that is read now."""
        tokens = (len(frame.spans) if type(frame.spans) is list else frame.key for frame in self._stack)
        return pointers.join("", *tokens)


def parse(data: bytes, path: str, limit: int) -> Parsed:
    """Read the one document in `data`; see `load.parse_json`."""
    text, refusal = decoded(data, path, limit, _UNFIT)
    if refusal is not None:
        return refusal
    complaints = Complaints(path, text)
    reader = Reader(text, complaints)
    try:
        if text.strip(" \t\n\r"):
            reader.read()
        else:
            complaints.add("F112", f"`{path}` is empty", 0)
    except EnoughError:
        pass
    if reader.root is None:
        return Parsed(None, complaints.findings, path, text)
    value, span = reader.root
    return Parsed(Document(path, value, text, span, complaints.places), complaints.findings, path, text)
