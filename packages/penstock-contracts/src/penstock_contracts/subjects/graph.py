"""Read a graph as a file, and the manifests of the packs that it uses: which contract meets which at every link.

Takes:   a tree and the name of a graph file, the packs that are known.
Gives:   `read_links`: links with a contract at both ends, and findings about everything that cannot be looked up.
Ignores: whether the graph could run (`penstock check` knows), and what the contracts say (`gate`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock_contracts.contract import Link, Source
from penstock_contracts.subjects.errors import CannotRead
from penstock_contracts.subjects.reading import read_document
from penstock_contracts.subjects.shape import Field, misfits
from penstock_findings.finding import Finding, Severity
from penstock_findings.spelling import hint_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from penstock_contracts.subjects.manifest import Node, Pack, Port
    from penstock_contracts.subjects.trees import Tree

SHAPE = Field(
    "object",
    is_open=True,
    members={
        "format": Field("integer"),
        "nodes": Field(
            "object",
            required=True,
            values=Field("object", is_open=True, members={"type": Field("text", required=True)}),
        ),
        "channels": Field("object", values=Field("object")),
        "links": Field(
            "list",
            items=Field(
                "object",
                members={
                    "from": Field("text", required=True),
                    "to": Field("text", required=True),
                    "group": Field("text"),
                },
            ),
        ),
    },
)


@dataclass(frozen=True, slots=True)
class _End:
    """An end of a link: a port of a node, or a channel."""

    port: Port | None = None
    called: str = ""
    channel: str | None = None


def read_links(
    tree: Tree, name: str, packs: Sequence[Pack], queued: Sequence[Pack] = ()
) -> tuple[list[Link], list[Finding], Source]:
    """All links of the graph, through channels as well. `queued`: packs whose records may still lie in channels.

    Raises `CannotRead` when the file has no shape that links could be read from.
    """
    value, source = read_document(tree, name)
    wrong = list(misfits(value, SHAPE, source))
    if wrong:
        raise CannotRead(f"`{source.path}` is no graph", findings=wrong, sources={source.path: source.text})
    reader = _Reader(value, source, packs)
    return [*reader.links(), *reader.queued(queued)], reader.findings, source


class _Reader:
    """One graph of the right shape; `findings` gathers the names that lead nowhere."""

    def __init__(self, value: dict[str, Any], source: Source, packs: Iterable[Pack]) -> None:
        self._source = source
        self._channels: Mapping[str, Any] = value.get("channels") or {}
        self._written: Mapping[str, Any] = value["nodes"]
        self._types: dict[str, tuple[Node, Pack]] = {}
        for pack in packs:
            for id, node in pack.nodes.items():
                self._types[id] = (node, pack)
                self._types[f"{pack.name}/{id}"] = (node, pack)
        self.findings: list[Finding] = []
        self._nodes = {id: self._node(id, facts["type"]) for id, facts in self._written.items()}
        self._joins = [self._join(place, row) for place, row in enumerate(value.get("links") or ())]
        self._said: set[tuple[str, str]] = set()

    def links(self) -> Iterator[Link]:
        """Links between nodes, and through channels: every producer of one with every consumer."""
        for pointer, start, finish in self._joins:
            if start.port is not None and finish.port is not None:
                yield from self._link(pointer, start, finish, "")
        for channel in self._channels:
            for _, start, finish in self._joins:
                if finish.channel == channel and start.port is not None:
                    for pointer, other, reader in self._joins:
                        if other.channel == channel and reader.port is not None:
                            yield from self._link(pointer, start, reader, f" (`{channel}`)")

    def queued(self, packs: Iterable[Pack]) -> Iterator[Link]:
        """What older packs wrote into channels meets the readers of today."""
        for pack in packs:
            for pointer, start, finish in list(self._joins):
                old = self._older(pack, start)
                if finish.channel is None or old is None or old.contract is None:
                    continue
                for _, other, reader in self._joins:
                    if other.channel == finish.channel and reader.port is not None and reader.port.contract is not None:
                        writer = f"{start.called} of {pack}"
                        yield Link(
                            f"{writer} -> {reader.called} (queued in `{finish.channel}`)",
                            writer, reader.called, old.contract, reader.port.contract, self._source.at(pointer), queued=True,
                        )  # fmt: skip

    def _older(self, pack: Pack, end: _End) -> Port | None:
        if end.port is None or end.port.node not in pack.nodes:
            return None
        return pack.nodes[end.port.node].port("outputs", end.port.name)

    def _node(self, id: str, type: str) -> Node | None:
        found = self._types.get(type)
        if found is None:
            at = self._source.at(f"/nodes/{id}/type")
            hint = hint_for(type, [name for name in self._types if "/" not in name]) or "name its pack with --pack"
            self.findings.append(Finding("K522", f"no pack offers the node type `{type}`", at, hint=hint))
            return None
        return found[0]

    def _join(self, place: int, row: Mapping[str, str]) -> tuple[str, _End, _End]:
        pointer = f"/links/{place}"
        return (
            pointer,
            self._end(row["from"], "outputs", f"{pointer}/from"),
            self._end(row["to"], "inputs", f"{pointer}/to"),
        )

    def _end(self, written: str, side: str, pointer: str) -> _End:
        name, dot, port = written.partition(".")
        if name in self._channels and not dot:
            return _End(channel=name, called=name)
        if name not in self._nodes:
            known = [*self._nodes, *self._channels]
            message = f"there is no node or channel `{name}`"
            self.findings.append(Finding("K522", message, self._source.at(pointer), hint=hint_for(name, known)))
            return _End()
        node = self._nodes[name]
        if node is None:
            return _End()
        found = node.port(side, port if dot else None)
        if found is None:
            known = [one.name for one in node.ports if one.side == side]
            message = (
                f"`{name}` has no {side[:-1]} `{port}`"
                if dot
                else f"`{name}` has not one {side[:-1]} to link, but {len(known)}"
            )
            self.findings.append(Finding("K522", message, self._source.at(pointer), hint=hint_for(port, known)))
            return _End()
        return _End(found, f"{name}.{found.name}")

    def _link(self, pointer: str, start: _End, finish: _End, through: str) -> Iterator[Link]:
        assert start.port is not None  # the callers looked
        assert finish.port is not None
        if finish.port.contract is None:
            return  # a port without a contract takes anything
        id = f"{start.called} -> {finish.called}{through}"
        at = self._source.at(pointer)
        if start.port.contract is None:
            if (start.called, finish.called) not in self._said:
                self._said.add((start.called, finish.called))
                message = f"nothing is promised about what `{start.called}` writes, and `{finish.called}` is particular"
                hint = "give the output a contract; until then records are only checked when they arrive"
                self.findings.append(Finding("K521", message, at, Severity.WARNING, hint))
            return
        yield Link(id, start.called, finish.called, start.port.contract, finish.port.contract, at)
