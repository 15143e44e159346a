"""Read one YAML document by the core schema of YAML 1.2, as JSON values with places.

Takes:   the events of libyaml's parser (of the slower Python one where libyaml is missing).
Gives:   `parse`: a document, and every duplicate key, alias, tag and number that JSON could not say.
Why own: PyYAML composes by YAML 1.1 (`on` is true, `1_000` a number), by recursion, and forgets the places.
Ignores: writing YAML.
"""

from __future__ import annotations

import yaml

from penstock_findings import pointers
from penstock_findings._parsers.complaints import MAX_DEPTH, Complaints, EnoughError, decoded, short
from penstock_findings._parsers.core_schema import NotJSONError, may_be_other, resolve
from penstock_findings.document import Document, Parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from penstock_findings.document import Span
    from penstock_findings.finding import JSON

    class Events(Protocol):
        """What both of PyYAML's parsers are to us."""

        def get_event(self) -> Any: ...


MAX_ALIASED = 10_000  # values that aliases may add to a document, all told
WEIGHTY = 100  # characters of text that weigh as much as one more value
MAX_TAG_DIRECTIVES = 1000  # libyaml compares each with all before it

# Clause 5.1 of YAML 1.2 allows printable characters, tab and line ends. Not allowed here are also NEL, LS and PS,
# which end a line in YAML 1.1 (and for libyaml) and do not in 1.2, and a byte order mark inside the text.
_UNFIT = "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML was built without libyaml
    PARSER: type[Any] = yaml.Loader
else:
    PARSER = CParser

_CORE = "tag:yaml.org,2002:"


class _Frame:
    """A list or a mapping that is still open."""

    __slots__ = (
        "anchor",
        "end",
        "flow",
        "height",
        "key",
        "key_end",
        "key_start",
        "keep",
        "nodes",
        "spans",
        "start",
        "value",
    )

    def __init__(self, value: Any, spans: Any, start: int, flow: bool, anchor: str | None) -> None:
        self.value = value
        self.spans = spans
        self.start = self.end = start
        self.flow = flow
        self.anchor = anchor
        self.key: str | None = None  # of the member whose value comes next
        self.key_start = self.key_end = start
        self.keep = True  # False while a member is read that must not go into the mapping
        self.nodes = 1
        self.height = 1


class _Node:
    """A finished value that an alias may name; `height` is 0 for a scalar."""

    __slots__ = ("height", "nodes", "span", "value")

    def __init__(self, value: JSON, span: Span, nodes: int, height: int) -> None:
        self.value = value
        self.span = span
        self.nodes = nodes
        self.height = height


class Composer:
    """Build one document from events, without recursion; what is wrong goes to `complaints`."""

    def __init__(self, text: str, complaints: Complaints) -> None:
        self._text = text
        self._complaints = complaints
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Node | None] = {}  # None while the value is still open
        self._aliased = 0
        self.root: tuple[JSON, Span] | None = None

    def compose(self, events: Events) -> None:
        """Read events to the end of the stream, or to the second document."""
        next_event = events.get_event
        scalar, mapping_end, mapping, sequence_end, sequence, alias = (
            yaml.ScalarEvent,
            yaml.MappingEndEvent,
            yaml.MappingStartEvent,
            yaml.SequenceEndEvent,
            yaml.SequenceStartEvent,
            yaml.AliasEvent,
        )
        while True:
            event = next_event()
            kind = type(event)
            if kind is scalar:
                self._scalar(event)
            elif kind is mapping_end or kind is sequence_end:
                self._close(event.end_mark.index)
            elif kind is mapping:
                self._open({}, {}, event, "map")
            elif kind is sequence:
                self._open([], [], event, "seq")
            elif kind is alias:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent and self.root is not None:
                message = "a second document starts here"
                self._complaints.add("F111", message, event.start_mark.index, hint="keep one document in a file")
                return
            elif event is None or kind is yaml.StreamEndEvent:
                return

    def _scalar(self, event: Any) -> None:
        text, start, end = event.value, event.start_mark.index, event.end_mark.index
        frame = self._stack[-1] if self._stack else None
        plain = not event.style
        if frame is not None and frame.key is None and type(frame.spans) is dict:
            self._key(frame, text, plain and event.tag is None, event)
            return
        value: JSON = text
        if event.tag is not None:
            value = self._tagged(text, event.tag, start, end)
        elif plain:
            try:
                value = resolve(text)
            except NotJSONError as error:
                self._unfit(text, error, start, end)
        elif not text.isascii():
            value = self._whole(text, start, end)
        span: Span = (start, end, None)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Node(value, span, 1 + len(text) // WEIGHTY, 0)
        if frame is None:
            self.root = (value, span)
        else:
            self._put(frame, value, span, 1 + len(text) // WEIGHTY)

    def _whole(self, text: str, start: int, end: int) -> str:
        """The text without halves of surrogate pairs, which only PyYAML's own parser lets through."""
        try:
            text.encode()
        except UnicodeEncodeError:
            message = "half of a surrogate pair is no character"
            self._complaints.add("F115", message, start, end, pointer=self._pointer())
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def _tagged(self, text: str, tag: str, start: int, end: int) -> JSON:
        if tag in ("!", _CORE + "str"):
            return text
        wanted = {_CORE + "int": int, _CORE + "float": float, _CORE + "bool": bool, _CORE + "null": type(None)}.get(tag)
        try:
            value = resolve(text)
        except NotJSONError as error:
            self._unfit(text, error, start, end)
            return text
        if wanted is float and type(value) is int:
            try:
                return float(value)
            except OverflowError:
                self._unfit(text, NotJSONError("is too large for a float"), start, end)
                return text
        if wanted is None or type(value) is not wanted:
            self._foreign(tag, start, end)
        return value

    def _key(self, frame: _Frame, text: str, plain: bool, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor is not None:
            self._anchors[event.anchor] = _Node(text, (start, end, None), 1 + len(text) // WEIGHTY, 0)
        if event.tag is not None and event.tag not in ("!", _CORE + "str"):
            self._foreign(event.tag, start, end)
        if plain:
            if text == "<<":
                self._complaints.add(
                    "F113",
                    "merge keys are not supported",
                    start,
                    end,
                    hint="write the members out",
                    pointer=self._pointer(),
                )
                frame.key, frame.keep = text, False
                return
            if may_be_other(text):
                self._string_only(text, start, end)
        elif not text.isascii():
            text = self._whole(text, start, end)
        self._name(frame, text, start, end)

    def _string_only(self, text: str, start: int, end: int) -> None:
        try:
            value = resolve(text)
        except NotJSONError:
            value = 0.0
        if type(value) is not str:
            kind = {type(None): "null", bool: "a boolean"}.get(type(value), "a number")
            message = f"the key `{short(text)}` is {kind}, and keys are strings" if text else "a key is missing"
            self._complaints.add("F108", message, start, end, hint=f'write "{short(text)}"', pointer=self._pointer())

    def _name(self, frame: _Frame, key: str, start: int, end: int) -> None:
        frame.key, frame.key_start, frame.key_end, frame.keep = key, start, end, True
        frame.end = end
        frame.nodes += len(key) // WEIGHTY
        if key in frame.spans:
            first = frame.spans[key]
            frame.keep = False
            self._complaints.add(
                "F105",
                f"the key `{short(key)}` stands here a second time",
                start,
                end,
                hint="remove one of the two",
                pointer=self._pointer(),
                related=[self._complaints.related(f"the first `{short(key)}`", first[0], first[1])],
            )

    def _put(self, frame: _Frame, value: JSON, span: Span, nodes: int = 1, height: int = 0) -> None:
        """Hand a finished value to the list or mapping it stands in."""
        frame.nodes += nodes
        if height >= frame.height:
            frame.height = height + 1
        frame.end = span[1]
        if type(frame.spans) is list:
            frame.value.append(value)
            frame.spans.append(span)
        elif frame.key is None:
            text = short(self._text[span[0] : span[1]])
            self._complaints.add("F108", f"the key `{text}` is not a string", span[0], span[1], pointer=self._pointer())
            frame.key, frame.keep = text, False
        else:
            if frame.keep:
                frame.value[frame.key] = value
                frame.spans[frame.key] = (frame.key_start, frame.key_end, span)
            frame.key = None

    def _open(self, value: Any, spans: Any, event: Any, tag: str) -> None:
        start = event.start_mark.index
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep(start)
        if event.tag not in (None, "!", _CORE + tag):
            self._foreign(event.tag, start, event.end_mark.index)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Frame(value, spans, start, event.flow_style, event.anchor))

    def _close(self, end: int) -> None:
        frame = self._stack.pop()
        span: Span = (frame.start, end if frame.flow else frame.end, frame.spans)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _Node(frame.value, span, frame.nodes, frame.height)
        if self._stack:
            self._put(self._stack[-1], frame.value, span, frame.nodes, frame.height)
        else:
            self.root = (frame.value, span)

    def _alias(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        node = self._anchors.get(event.anchor)
        if node is None:
            known = event.anchor in self._anchors
            message = (
                f"`*{event.anchor}` stands inside `&{event.anchor}`"
                if known
                else f"no anchor `&{event.anchor}` before this"
            )
            self._complaints.add("F106", message, start, end, pointer=self._pointer())
            node = _Node(None, (start, end, None), 1, 0)
        self._aliased += node.nodes
        if self._aliased > MAX_ALIASED:
            message = f"the aliases up to here stand for more than {MAX_ALIASED} values"
            self._complaints.add("F106", message, start, end, hint="write fewer aliases", pointer=self._pointer())
            raise EnoughError
        if len(self._stack) + node.height > MAX_DEPTH:
            self._too_deep(start)
        frame = self._stack[-1] if self._stack else None
        if frame is None:  # the whole document is an alias, and there can be no anchor before it
            self.root = (None, (start, end, None))
        elif frame.key is None and type(frame.spans) is dict and type(node.value) is str:
            self._name(frame, node.value, start, end)
        else:
            self._put(frame, _copy(node.value), (start, end, node.span[2]), node.nodes, node.height)

    def _pointer(self) -> str:
        """The pointer to the value that is read now."""
        pointer = ""
        for frame in self._stack:
            if type(frame.spans) is list:
                pointer = pointers.join(pointer, len(frame.spans))
            elif frame.key is not None:
                pointer = pointers.join(pointer, frame.key)
        return pointer

    def _unfit(self, text: str, error: NotJSONError, start: int, end: int) -> None:
        self._complaints.add(
            "F107",
            f"the number `{short(text)}` {error}",
            start,
            end,
            hint="quote it if it is text",
            pointer=self._pointer(),
        )

    def _foreign(self, tag: str, start: int, end: int) -> None:
        name = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
        self._complaints.add(
            "F109",
            f"the tag `{short(name)}` does not fit here",
            start,
            end,
            hint="remove the tag",
            pointer=self._pointer(),
        )

    def _too_deep(self, start: int) -> None:
        message = f"lists and mappings are nested more than {MAX_DEPTH} deep"
        self._complaints.add("F110", message, start)
        raise EnoughError


def _copy(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _copy(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_copy(member) for member in value]
    return value


def parse(data: bytes, path: str, limit: int, parser: Callable[[str], Events] = PARSER) -> Parsed:
    """Read the one document in `data`; see `load.parse_yaml`. `parser` makes events of a text."""
    text, refusal = decoded(data, path, limit, _UNFIT)
    if refusal is not None:
        return refusal
    complaints = Complaints(path, text)
    composer = Composer(text, complaints)
    if text.count("%TAG") > MAX_TAG_DIRECTIVES:
        complaints.add("F104", f"not YAML: more than {MAX_TAG_DIRECTIVES} tag directives", 0)
        return Parsed(None, complaints.findings, path, text)
    broken = False
    try:
        composer.compose(parser(text))
    except EnoughError:
        broken = composer.root is None
    except yaml.MarkedYAMLError as error:
        broken = True
        _syntax(error, complaints, text)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the Python parser meets "\UFFFFFFFF" with ValueError
        broken = True
        complaints.add("F104", f"not YAML: {short(str(error))}", 0)
    value, span = composer.root or (None, (0, 0, None))
    if span[0] == span[1] and not complaints.findings:  # no document, or nothing after its `---`
        complaints.add("F112", f"`{path}` is empty", span[0])
        broken = True
    if broken:
        return Parsed(None, complaints.findings, path, text)
    return Parsed(Document(path, value, text, span, complaints.places), complaints.findings, path, text)


def _syntax(error: yaml.MarkedYAMLError, complaints: Complaints, text: str) -> None:
    mark = error.problem_mark or error.context_mark
    at = min(mark.index, len(text)) if mark is not None else 0
    problem = error.problem or error.context or "a mistake"
    related = []
    if error.context and error.context_mark is not None and error.context_mark.index != at:
        related.append(complaints.related(error.context, min(error.context_mark.index, len(text))))
    try:
        complaints.add("F104", f"not YAML: {problem}", at, hint=_way_out(problem, text[at : at + 1]), related=related)
    except EnoughError:
        pass


def _way_out(problem: str, char: str) -> str | None:
    """What helps against the mistakes that people make most."""
    if char == "\t":
        return "indent with spaces: YAML allows no tabs there"
    if problem.startswith("mapping values are not allowed"):
        return "quote a text that holds `: `; else check the indentation"
    if problem.startswith("found character") and "cannot start any token" in problem:
        return f"quote a text that begins with `{char}`"
    if problem.startswith(("did not find expected key", "did not find expected '-' indicator", "expected <block end>")):
        return "check the indentation of this line and of the one before"
    return None
