"""Read the document of a graph file into facts, and complain about everything that has the wrong shape.

Takes:   a document's value; pointers lead back into it.
Gives:   `read_graph`: `Written`, or None when it is not a graph of format 1 at all. Findings G001, G016, G025, and those
         of `values`.
Ignores: what names mean. A key that is misspelt is complained about once, then read as the one it was meant to be.
"""

from __future__ import annotations

from penstock.graph import fields
from penstock.graph.grammar import ID_RULE, VARIABLE_RULE, is_id, is_variable
from penstock.graph.secrecy import REFERENCE_RULE, is_reference
from penstock.graph.values import Values
from penstock.graph.wording import kind_of, quoted
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
from penstock_findings.pointers import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.graph.complaints import Complaints
    from penstock.graph.guesses import Guesses
    from penstock.graph.values import Members

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


class _Reader(Values):
    """One file, section by section. Channels are read before links, which may name them."""

    def __init__(self, complaints: Complaints, guesses: Guesses) -> None:
        super().__init__(complaints, guesses)
        self._hidden: list[str] = []
        self._channels_read: dict[str, WrittenChannel] = {}
        self._names_known = True
        self._links_known = True

    def graph(self, value: dict[str, Any]) -> Written:
        top = self.members(value, "", fields.TOP, fields.TOP_REQUIRED, "the graph")
        name = self.id_text(*top["name"], "the name of the graph") if "name" in top else None
        if "description" in top and type(top["description"][1]) is not str:
            self.wrong_type(*top["description"], "`description`", "text")
        requires = self.words(top, "requires", "a list of feature names")
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
            used=frozenset(self.used),
            hidden=tuple(self._hidden),
        )

    def _packs(self, top: Members) -> tuple[PackWish, ...]:
        packs = self.mapping(top, "packs", 'a mapping such as `{penstock-standard: ">=0.1"}`')
        wishes = []
        for name, (pointer, value) in packs.items():
            range_ = self.text(pointer, value, f"the version range of {quoted(name)}", 'write it in quotes: ">=0.1,<1"')
            wishes.append(PackWish(pointer, name, range_))
        return tuple(wishes)

    def _environment(self, top: Members) -> dict[str, Declared]:
        if "environment" in top and type(top["environment"][1]) is list:
            words = self.words(top, "environment", "a list of names")
            named = [Declared(pointer, name, None, on_key=False) for pointer, name in words]
        else:
            wanted = "a list of names, or a mapping from names to defaults"
            members = self.mapping(top, "environment", wanted)
            named = [self._declared(name, pointer, value) for name, (pointer, value) in members.items()]
        for declared in named:
            if not is_variable(declared.name):
                message = f"{quoted(declared.name)} cannot be the name of an environment variable"
                self.add("G005", message, declared.pointer, on_key=declared.on_key, hint=VARIABLE_RULE)
        return {declared.name: declared for declared in named if is_variable(declared.name)}

    def _declared(self, name: str, pointer: str, value: Any) -> Declared:
        if value is None:
            return Declared(pointer, name, None, on_key=True)
        default = self.text(pointer, value, f"the default of {quoted(name)}", "put it in quotes")
        return Declared(pointer, name, default, on_key=True, is_sound=default is not None)

    def _settings(self, top: Members) -> dict[str, Any]:
        pointer, value = self.section(top, "settings")
        members = self.members(value, pointer, tuple(fields.SETTINGS), (), "`settings`")
        return self.fields(members, fields.SETTINGS, "")

    def _channels(self, top: Members) -> dict[str, WrittenChannel]:
        channels = self._channels_read
        if "channels" in top and type(top["channels"][1]) not in (dict, type(None)):
            self._names_known = False
        for name, (pointer, value) in self.mapping(top, "channels", "a mapping from names to channels").items():
            self.check_id(name, pointer, "a channel", on_key=True)
            what = f"channel {quoted(name)}"
            if type(value) is not dict:
                self.wrong_type(pointer, value, what, "a mapping", "write `{}` when nothing is to be set")
                value = {}
            members = self.members(value, pointer, tuple(fields.CHANNEL), (), what)
            settings = self.fields(members, fields.CHANNEL, f" of {what}")
            channels[name] = WrittenChannel(pointer, name, settings, self._groups(members, what))
        return channels

    def _groups(self, members: Members, what: str) -> dict[str, WrittenGroup] | None:
        if "groups" not in members:
            return None
        pointer, value = members["groups"]
        if type(value) is not dict:
            hint = "write `groups: {name: compete}`"
            self.wrong_type(pointer, value, f"`groups` of {what}", "a mapping from names to modes", hint)
            return None
        groups = {}
        for name, mode in value.items():
            at = join(pointer, name)
            self.check_id(name, at, "a group", on_key=True)
            groups[name] = WrittenGroup(at, name, self._mode(at, mode, f"group {quoted(name)} of {what}"))
        return groups

    def _mode(self, pointer: str, value: Any, what: str) -> str:
        if type(value) is dict:
            members = self.members(value, pointer, fields.GROUP, (), what)
            if "mode" not in members:
                return "compete"
            pointer, value = members["mode"]
        elif type(value) is not str:
            self.wrong_type(pointer, value, what, "a mode or a mapping", "write `compete` or `broadcast`")
            return "compete"
        return str(self.value(fields.MODES, pointer, value, f"the mode of {what}") or "compete")

    def _nodes(self, top: Members) -> dict[str, WrittenNode]:
        wanted = "a mapping from ids to nodes"
        members = self.mapping(top, "nodes", wanted, "write `id: {type: ...}` for each node, without dashes")
        if "nodes" not in top or type(top["nodes"][1]) is not dict:
            self._names_known = False
        elif not members:
            hint = "add a source and a sink"
            self.add("G016", "the graph has no nodes", top["nodes"][0], hint=hint)
        return {id: self._node(id, pointer, value) for id, (pointer, value) in members.items()}

    def _node(self, id: str, pointer: str, value: Any) -> WrittenNode:
        self.check_id(id, pointer, "a node", on_key=True)
        what = f"node {quoted(id)}"
        if type(value) is not dict:
            hint = f"write `{{type: {value}}}`" if type(value) is str and is_id(value) else "write `{type: ...}`"
            self.wrong_type(pointer, value, what, "a mapping", hint)
            return WrittenNode(pointer, id, None, pointer, {}, join(pointer, "config"), {}, None, ())
        members = self.members(value, pointer, fields.NODE, fields.NODE_REQUIRED, what)
        type_pointer, type_ = members.get("type", (pointer, None))
        config_pointer, config = members.get("config", (join(pointer, "config"), {}))
        if type(config) is not dict:
            self.wrong_type(config_pointer, config, f"`config` of {what}", "a mapping")
            config = {}
        secrets_pointer = members["secrets"][0] if "secrets" in members else None
        return WrittenNode(
            pointer=pointer,
            id=id,
            type=self.text(type_pointer, type_, f"`type` of {what}") if "type" in members else None,
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
        for name, (pointer, value) in self.mapping(members, "secrets", "a mapping from names to references").items():
            if not is_id(name.lower()):
                message = f"{quoted(name)} cannot be the name of a secret of {what}"
                self.add("G005", message, pointer, on_key=True, hint=ID_RULE)
            if type(value) is str and is_reference(value) and "${" not in value:
                references[name] = value
                continue
            self._hidden.append(pointer)  # whatever stands there may be the secret itself: it is not repeated
            if type(value) is not str or not self.is_interpolated(pointer, value, f"secret {quoted(name)} of {what}"):
                message = f"secret {quoted(name)} of {what} is not a reference"
                self.add("G025", message, pointer, hint=REFERENCE_RULE)
        return references

    def _tags(self, members: Members, what: str) -> tuple[str, ...]:
        tags = self.words(members, "tags", "a list of words")
        for pointer, tag in tags:
            self.check_id(tag, pointer, f"a tag of {what}")
        return tuple(tag for _, tag in tags)

    def _links(self, top: Members) -> tuple[WrittenLink, ...]:
        if "links" not in top:
            return ()
        pointer, value = top["links"]
        if type(value) is not list:
            self._links_known = False
            self.wrong_type(pointer, value, "`links`", "a list", "write `- {from: a, to: b}` for each link")
            return ()
        return tuple(self._link(join(pointer, index), link, index + 1) for index, link in enumerate(value))

    def _link(self, pointer: str, value: Any, number: int) -> WrittenLink:
        what = f"link {number}"
        if type(value) is not dict:
            self._links_known = False
            self.wrong_type(pointer, value, what, "a mapping", "write `{from: a, to: b}`")
            return WrittenLink(pointer, None, None, None, None)
        members = self.members(value, pointer, fields.LINK, fields.LINK_REQUIRED, what)
        start, finish = self._end(members, "from", what), self._end(members, "to", what)
        if start is None or finish is None:
            self._links_known = False
        group_pointer, group = members.get("group", (None, None))
        if group_pointer is not None:
            group = self.text(group_pointer, group, f"`group` of {what}")
            channel = self._channels_read.get(start.text) if start is not None else None
            if group is not None and channel is not None and not channel.groups:
                self.check_id(group, group_pointer, "a group")
        return WrittenLink(pointer, start, finish, group, group_pointer)

    def _end(self, members: Members, key: str, what: str) -> WrittenEnd | None:
        if key not in members:
            return None
        pointer, value = members[key]
        text = self.text(pointer, value, f"`{key}` of {what}")
        return None if text is None else WrittenEnd(pointer, text)
