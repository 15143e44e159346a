"""Read the document of a graph file into facts, and complain about everything that has the wrong shape.

Takes:   a document's value; pointers lead back into it.
Gives:   `read_graph`: `Written`, or None when it is not a graph of format 1 at all. Findings G001 to G009, G012, G016,
         G024 and G025.
Ignores: what names mean. A key that is misspelt is complained about once, then read as the one it was meant to be.
"""

from __future__ import annotations

from penstock.graph import fields
from penstock.graph.fields import Choice, Duration, Flag, Whole
from penstock.graph.grammar import DURATION_RULE, ID_RULE, VARIABLE_RULE, is_id, is_variable, seconds
from penstock.graph.interpolation import interpolate
from penstock.graph.secrecy import REFERENCE_RULE, is_reference
from penstock.graph.wording import kind_of, quoted, suggestion
from penstock.graph.written import (
    Declared,
    Feature,
    PackWish,
    Written,
    WrittenChannel,
    WrittenEnd,
    WrittenGroup,
    WrittenLink,
    WrittenNode,
)
from penstock_findings.finding import Severity
from penstock_findings.pointers import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any, TypeAlias

    from penstock.graph.complaints import Complaints
    from penstock.graph.fields import Kind
    from penstock.graph.guesses import Guesses

    Members: TypeAlias = dict[str, tuple[str, Any]]  # key as it was meant -> pointer, value

FORMAT = 1


def read_graph(value: Any, complaints: Complaints, guesses: Guesses) -> Written | None:
    """The graph that stands in `value`, as far as it can be read."""
    if type(value) is not dict:
        hint = "begin with `format: 1`, `name: ...` and `nodes:`"
        complaints.add("G003", f"a graph is a mapping, and this file holds {kind_of(value)}", "", hint=hint)
        return None
    if "format" not in value:
        hint = "begin the file with `format: 1`"
        complaints.add("G001", "the file does not say which format of graph files it has", "", hint=hint)
        return None
    found = value["format"]
    if type(found) is not int or found != FORMAT:
        later = type(found) is int and FORMAT < found < 1000
        message = f"cannot read {f'format {found}' if later else 'this format'}: this version reads format {FORMAT}"
        hint = "install a newer penstock" if later else f"write `format: {FORMAT}`"
        complaints.add("G001", message, "/format", hint=hint)
        return None
    return _Reader(complaints, guesses).graph(value)


class _Reader:
    def __init__(self, complaints: Complaints, guesses: Guesses) -> None:
        self._add = complaints.add
        self._places = complaints.places
        self._guesses = guesses
        self._used: set[str] = set()
        self._hidden: list[str] = []
        self._channels_read: dict[str, WrittenChannel] = {}
        self._names_known = True
        self._links_known = True

    # sections

    def graph(self, value: dict[str, Any]) -> Written:
        top = self._members(value, "", fields.TOP, fields.TOP_REQUIRED, "the graph")
        name = self._id(*top["name"], "the name of the graph") if "name" in top else None
        if "description" in top and type(top["description"][1]) is not str:
            self._wrong_type(*top["description"], "`description`", "text")
        requires = self._words(top, "requires", "a list of feature names")
        return Written(
            name=name,
            requires=tuple(Feature(pointer, text) for pointer, text in requires),
            packs=self._packs(top),
            environment=self._environment(top),
            settings=self._settings(top),
            channels=self._channels(top),
            nodes=self._nodes(top),
            links=self._links(top),
            names_known=self._names_known,
            links_known=self._links_known,
            used=frozenset(self._used),
            hidden=tuple(self._hidden),
        )

    def _packs(self, top: Members) -> tuple[PackWish, ...]:
        packs = self._mapping(top, "packs", 'a mapping such as `{penstock-standard: ">=0.1"}`')
        wishes = []
        for name, (pointer, value) in packs.items():
            range_ = self._text(
                pointer, value, f"the version range of {quoted(name)}", 'write it in quotes: ">=0.1,<1"'
            )
            wishes.append(PackWish(pointer, name, range_))
        return tuple(wishes)

    def _environment(self, top: Members) -> dict[str, Declared]:
        if "environment" in top and type(top["environment"][1]) is list:
            words = self._words(top, "environment", "a list of names")
            named = [Declared(pointer, name, None, on_key=False) for pointer, name in words]
        else:
            wanted = "a list of names, or a mapping from names to defaults"
            members = self._mapping(top, "environment", wanted)
            named = [self._declared(name, pointer, value) for name, (pointer, value) in members.items()]
        for declared in named:
            if not is_variable(declared.name):
                message = f"{quoted(declared.name)} cannot be the name of an environment variable"
                self._add("G005", message, declared.pointer, on_key=declared.on_key, hint=VARIABLE_RULE)
        return {declared.name: declared for declared in named if is_variable(declared.name)}

    def _declared(self, name: str, pointer: str, value: Any) -> Declared:
        if value is None:
            return Declared(pointer, name, None, on_key=True)
        default = self._text(pointer, value, f"the default of {quoted(name)}", "put it in quotes")
        return Declared(pointer, name, default, on_key=True, is_sound=default is not None)

    def _settings(self, top: Members) -> dict[str, Any]:
        pointer, value = self._section(top, "settings")
        members = self._members(value, pointer, tuple(fields.SETTINGS), (), "`settings`")
        return self._fields(members, fields.SETTINGS, "")

    def _channels(self, top: Members) -> dict[str, WrittenChannel]:
        channels = self._channels_read
        for name, (pointer, value) in self._mapping(top, "channels", "a mapping from names to channels").items():
            self._check_id(name, pointer, "a channel", on_key=True)
            what = f"channel {quoted(name)}"
            if type(value) is not dict:
                self._wrong_type(pointer, value, what, "a mapping", "write `{}` when nothing is to be set")
                value = {}
            members = self._members(value, pointer, tuple(fields.CHANNEL), (), what)
            settings = self._fields(members, fields.CHANNEL, f" of {what}")
            channels[name] = WrittenChannel(pointer, name, settings, self._groups(members, what))
        return channels

    def _groups(self, members: Members, what: str) -> dict[str, WrittenGroup] | None:
        if "groups" not in members:
            return None
        pointer, value = members["groups"]
        if type(value) is not dict:
            hint = "write `groups: {name: compete}`"
            self._wrong_type(pointer, value, f"`groups` of {what}", "a mapping from names to modes", hint)
            return None
        groups = {}
        for name, mode in value.items():
            at = join(pointer, name)
            self._check_id(name, at, "a group", on_key=True)
            groups[name] = WrittenGroup(at, name, self._mode(at, mode, f"group {quoted(name)} of {what}"))
        return groups

    def _mode(self, pointer: str, value: Any, what: str) -> str:
        if type(value) is dict:
            members = self._members(value, pointer, fields.GROUP, (), what)
            if "mode" not in members:
                return "compete"
            pointer, value = members["mode"]
        elif type(value) is not str:
            self._wrong_type(pointer, value, what, "a mode or a mapping", "write `compete` or `broadcast`")
            return "compete"
        return str(self._value(fields.MODES, pointer, value, f"the mode of {what}") or "compete")

    def _nodes(self, top: Members) -> dict[str, WrittenNode]:
        wanted = "a mapping from ids to nodes"
        members = self._mapping(top, "nodes", wanted, "write `id: {type: ...}` for each node, without dashes")
        if "nodes" not in top or type(top["nodes"][1]) is not dict:
            self._names_known = False
        elif not members:
            hint = "add a source and a sink"
            self._add("G016", "the graph has no nodes", top["nodes"][0], hint=hint)
        return {id: self._node(id, pointer, value) for id, (pointer, value) in members.items()}

    def _node(self, id: str, pointer: str, value: Any) -> WrittenNode:
        self._check_id(id, pointer, "a node", on_key=True)
        what = f"node {quoted(id)}"
        if type(value) is not dict:
            hint = f"write `{{type: {value}}}`" if type(value) is str and is_id(value) else "write `{type: ...}`"
            self._wrong_type(pointer, value, what, "a mapping", hint)
            return WrittenNode(pointer, id, None, pointer, {}, join(pointer, "config"), {}, None, ())
        members = self._members(value, pointer, fields.NODE, fields.NODE_REQUIRED, what)
        type_pointer, type_ = members.get("type", (pointer, None))
        config_pointer, config = members.get("config", (join(pointer, "config"), {}))
        if type(config) is not dict:
            self._wrong_type(config_pointer, config, f"`config` of {what}", "a mapping")
            config = {}
        secrets_pointer = members["secrets"][0] if "secrets" in members else None
        return WrittenNode(
            pointer=pointer,
            id=id,
            type=self._text(type_pointer, type_, f"`type` of {what}") if "type" in members else None,
            type_pointer=type_pointer,
            config=config,
            config_pointer=config_pointer,
            secrets=self._secrets(members, what),
            secrets_pointer=secrets_pointer,
            tags=self._tags(members, what),
        )

    def _secrets(self, members: Members, what: str) -> dict[str, str]:
        references = {}
        if "secrets" in members and type(members["secrets"][1]) is not dict:
            self._hidden.append(members["secrets"][0])
        for name, (pointer, value) in self._mapping(members, "secrets", "a mapping from names to references").items():
            if not is_id(name.lower()):
                message = f"{quoted(name)} cannot be the name of a secret of {what}"
                self._add("G005", message, pointer, on_key=True, hint=ID_RULE)
            if type(value) is str and is_reference(value) and "${" not in value:
                references[name] = value
                continue
            self._hidden.append(pointer)  # whatever stands there may be the secret itself: it is not repeated
            if type(value) is not str or not self._is_interpolated(pointer, value, f"secret {quoted(name)} of {what}"):
                message = f"secret {quoted(name)} of {what} is not a reference"
                self._add("G025", message, pointer, hint=REFERENCE_RULE)
        return references

    def _tags(self, members: Members, what: str) -> tuple[str, ...]:
        tags = self._words(members, "tags", "a list of words")
        for pointer, tag in tags:
            self._check_id(tag, pointer, f"a tag of {what}")
        return tuple(tag for _, tag in tags)

    def _links(self, top: Members) -> tuple[WrittenLink, ...]:
        if "links" not in top:
            return ()
        pointer, value = top["links"]
        if type(value) is not list:
            self._links_known = False
            self._wrong_type(pointer, value, "`links`", "a list", "write `- {from: a, to: b}` for each link")
            return ()
        return tuple(self._link(join(pointer, index), link, index + 1) for index, link in enumerate(value))

    def _link(self, pointer: str, value: Any, number: int) -> WrittenLink:
        what = f"link {number}"
        if type(value) is not dict:
            self._links_known = False
            self._wrong_type(pointer, value, what, "a mapping", "write `{from: a, to: b}`")
            return WrittenLink(pointer, None, None, None, None)
        members = self._members(value, pointer, fields.LINK, fields.LINK_REQUIRED, what)
        start, finish = self._end(members, "from", what), self._end(members, "to", what)
        if start is None or finish is None:
            self._links_known = False
        group_pointer, group = members.get("group", (None, None))
        if group_pointer is not None:
            group = self._text(group_pointer, group, f"`group` of {what}")
            channel = self._channels_read.get(start.text) if start is not None else None
            if group is not None and channel is not None and not channel.groups:
                self._check_id(group, group_pointer, "a group")
        return WrittenLink(pointer, start, finish, group, group_pointer)

    def _end(self, members: Members, key: str, what: str) -> WrittenEnd | None:
        if key not in members:
            return None
        pointer, value = members[key]
        text = self._text(pointer, value, f"`{key}` of {what}")
        return None if text is None else WrittenEnd(pointer, text)

    # values

    def _members(
        self, value: dict[str, Any], pointer: str, known: Collection[str], required: Collection[str], what: str
    ) -> Members:
        """Known key -> pointer and value; complains about unknown keys, guesses what they meant, then about missing ones."""
        found: Members = {key: (join(pointer, key), value[key]) for key in value if key in known}
        for key in value:
            if key not in known:
                self._unknown(key, value, pointer, known, found, what)
        for key in required:
            if key not in found:
                self._add("G004", f"{what} has no `{key}`", pointer, on_key=True, hint=f"add `{key}`")
        return found

    def _unknown(
        self, key: str, value: dict[str, Any], pointer: str, known: Collection[str], found: Members, what: str
    ) -> None:
        guess = self._guesses.nearest(" ".join(known), key, known)
        at = join(pointer, key)
        message = f"{what} has an unknown key {quoted(key)}"
        self._add("G002", message, at, on_key=True, hint=suggestion(guess, known))
        if guess is not None and guess not in found:
            found[guess] = (at, value[key])

    def _section(self, members: Members, key: str) -> tuple[str, dict[str, Any]]:
        """The pointer and the value of a mapping; an empty one when it is missing or something else."""
        pointer, value = members.get(key, (join("", key), {}))
        if type(value) is not dict:
            self._wrong_type(pointer, value, f"`{key}`", "a mapping")
            value = {}
        return pointer, value

    def _mapping(self, members: Members, key: str, wanted: str, hint: str | None = None) -> Members:
        """Every key of a mapping with free keys -> pointer and value."""
        if key not in members:
            return {}
        pointer, value = members[key]
        if type(value) is not dict:
            if key == "channels":
                self._names_known = value is None
            self._wrong_type(pointer, value, f"`{key}`", wanted, hint)
            return {}
        return {name: (join(pointer, name), member) for name, member in value.items()}

    def _words(self, members: Members, key: str, wanted: str) -> list[tuple[str, str]]:
        """Pointer and text of every element of a list of texts; complains about one that stands there twice."""
        if key not in members:
            return []
        pointer, value = members[key]
        if type(value) is not list:
            hint = f"write `[{value}]`" if type(value) is str and is_variable(value) else None
            self._wrong_type(pointer, value, f"`{key}`", wanted, hint)
            return []
        words: dict[str, str] = {}
        for index, element in enumerate(value):
            at = join(pointer, index)
            text = self._text(at, element, f"element {index + 1} of `{key}`")
            if text in words:
                message = f"{quoted(text)} stands in `{key}` twice"
                self._add("G012", message, at, hint="remove one of the two", severity=Severity.WARNING)
            elif text is not None:
                words[text] = at
        return [(at, text) for text, at in words.items()]

    def _id(self, pointer: str, value: Any, what: str) -> str | None:
        text = self._text(pointer, value, what)
        if text is not None:
            self._check_id(text, pointer, what, article="")
        return text

    def _check_id(
        self, text: str, pointer: str, what: str, *, on_key: bool = False, article: str = "the name of "
    ) -> None:
        if not is_id(text):
            self._add("G005", f"{quoted(text)} cannot be {article}{what}", pointer, on_key=on_key, hint=ID_RULE)

    def _text(self, pointer: str, value: Any, what: str, hint: str | None = None) -> str | None:
        """The text at a place where nothing is interpolated; None, and a complaint, when it is none."""
        if type(value) is not str:
            if hint is None and type(value) in (int, float, bool):
                hint = "put it in quotes"
            self._wrong_type(pointer, value, what, "text", hint)
            return None
        return None if self._is_interpolated(pointer, value, what) else value

    def _is_interpolated(self, pointer: str, text: str, what: str) -> bool:
        if "${" not in text:
            return False
        read = interpolate(text, {})
        if read.names or read.broken:
            self._used.update(read.names)
            hint = "write it out; `${...}` is for texts inside `config`"
            self._add("G024", f"{what} cannot come from the environment", pointer, hint=hint)
            return True
        return False

    def _fields(self, members: Members, kinds: Mapping[str, Kind | None], of: str) -> dict[str, Any]:
        values = {}
        for key, (pointer, value) in members.items():
            kind = kinds[key]
            if kind is not None:
                made = self._value(kind, pointer, value, f"`{key}`{of}")
                if made is not None:
                    values[key] = made
        return values

    def _value(self, kind: Kind, pointer: str, value: Any, what: str) -> Any:
        """The value as the model wants it; None, and a complaint, when it is wrong."""
        if type(value) is str and self._is_interpolated(pointer, value, what):
            return None
        if isinstance(kind, Whole):
            return self._whole(kind, pointer, value, what)
        if isinstance(kind, Duration):
            return self._duration(kind, pointer, value, what)
        if isinstance(kind, Choice):
            return self._choice(kind, pointer, value, what)
        return self._flag(kind, pointer, value, what)

    def _whole(self, kind: Whole, pointer: str, value: Any, what: str) -> int | None:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int:
            plain = value.replace("_", "").strip() if type(value) is str else ""
            hint = f"write {plain}" if plain.isascii() and plain.isdigit() and len(plain) < 20 else None
            self._wrong_type(pointer, value, what, "a whole number", hint, fraction=type(value) is float)
            return None
        return value if self._in_range(kind, pointer, value, what, "") else None

    def _duration(self, kind: Duration, pointer: str, value: Any, what: str) -> float | None:
        if type(value) is str:
            made = seconds(value)
            if made is None:
                self._add("G006", f"{what} is no duration: {quoted(value)}", pointer, hint=DURATION_RULE)
                return None
            value = made
        elif type(value) not in (int, float):
            self._wrong_type(pointer, value, what, "a duration", DURATION_RULE)
            return None
        return float(value) if self._in_range(kind, pointer, value, what, " seconds") else None

    def _in_range(self, kind: Whole | Duration, pointer: str, value: int | float, what: str, unit: str) -> bool:
        if kind.low <= value <= kind.high:
            return True
        side = f"at least {kind.low}" if value < kind.low else f"at most {kind.high}"
        self._add(
            "G008", f"{what} must be {side}{unit}", pointer, hint=f"write a value from {kind.low} to {kind.high}{unit}"
        )
        return False

    def _choice(self, kind: Choice, pointer: str, value: Any, what: str) -> str | None:
        if type(value) is not str:
            self._wrong_type(pointer, value, what, "a word", suggestion(None, kind.options))
            return None
        if value not in kind.options:
            guess = self._guesses.nearest(" ".join(kind.options), value, kind.options)
            self._add("G007", f"{what} cannot be {quoted(value)}", pointer, hint=suggestion(guess, kind.options))
            return None
        return value

    def _flag(self, kind: Flag, pointer: str, value: Any, what: str) -> bool | None:
        if type(value) is not bool:
            self._wrong_type(
                pointer, value, what, "true or false", "write `true` or `false`: YAML 1.2 has no yes and no"
            )
            return None
        return value

    def _wrong_type(
        self, pointer: str, value: Any, what: str, wanted: str, hint: str | None = None, *, fraction: bool = False
    ) -> None:
        is_ = "a fraction" if fraction else kind_of(value)
        if value is None and hint is None:
            hint = "give it a value, or remove the key"
        self._add("G003", f"{what} is {is_}, and must be {wanted}", pointer, hint=hint)
