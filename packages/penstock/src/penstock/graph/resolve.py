"""Look up every name of a written graph: packs, types, ports, groups, environment; and judge the configs.

Takes:   `Written`, a catalog, the environment.
Gives:   `resolve`: a `Draft`. A name that cannot be looked up is a fact in it, with a guess where there is one.
Ignores: which of those facts are mistakes, and how to say so (`checks`).
"""

from __future__ import annotations

from penstock.graph import draft as why
from penstock.graph.bonds import bonds_of
from penstock.graph.draft import Draft, DraftNode, End, Join, Literal, PackUse, Text
from penstock.graph.fields import FEATURES, KINDS
from penstock.graph.grammar import split_end
from penstock.graph.interpolation import interpolate
from penstock.graph.misfits import BadSchema, misfits_of
from penstock.graph.secrecy import looks_secret
from penstock.graph.versions import BadRange, BadVersion, fits
from penstock.graph.wording import MANY
from penstock_findings.pointers import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from penstock.graph.draft import Catalog
    from penstock.graph.guesses import Guesses
    from penstock.graph.misfits import Misfit
    from penstock.graph.written import Declared, Written, WrittenChannel, WrittenEnd, WrittenLink, WrittenNode
    from penstock.manifest.model import PortFacts


def resolve(written: Written, catalog: Catalog, environment: Mapping[str, str], guesses: Guesses) -> Draft:
    """Everything in `written`, looked up."""
    values = _values(written.environment, environment)
    configs = _Configs(catalog, values, guesses)
    nodes = {id: configs.node(node) for id, node in written.nodes.items()}
    for declared in written.environment.values():
        if declared.default is not None:
            configs.literal(declared.pointer, declared.name, declared.default)
    ends = _Ends(written, nodes, guesses)
    joins = tuple(ends.join(link) for link in written.links)
    sound = tuple(joined for joined in joins if _is_sound(joined))
    lost = any(end.problem == why.FORM or (end.problem == why.NAME and end.guess is None) for end in ends.made)
    group_guesses = _group_guesses(joins, guesses)
    declared_names = sorted(written.environment)
    used = {name for text in configs.texts for name in text.names}
    kind_names = tuple(sorted({*KINDS.own, *catalog.channels}))
    kinds = {
        channel.kind: catalog.channels.get(channel.kind)
        for channel in written.channels.values()
        if channel.kind not in KINDS.own
    }
    return Draft(
        written=written,
        nodes=nodes,
        joins=joins,
        sound=sound,
        bonds=bonds_of(nodes, joins, sound, group_guesses),
        packs=_packs(written, catalog, guesses),
        texts=tuple(configs.texts),
        literals=tuple(configs.literals),
        environment=values,
        type_names=tuple(sorted(catalog.nodes)),
        clashes={name: packs for (kind, name), packs in catalog.clashes.items() if kind == "node type"},
        kinds=kinds,
        kind_names=kind_names,
        kind_guesses=_guessed(guesses, "kind", {name for name, offer in kinds.items() if offer is None}, kind_names),
        kind_clashes={name: packs for (kind, name), packs in catalog.clashes.items() if kind == "channel kind"},
        name_guesses=_guessed(guesses, "variable", used - set(declared_names), declared_names),
        group_guesses=group_guesses,
        feature_guesses=_guessed(guesses, "feature", {f.name for f in written.requires} - set(FEATURES), FEATURES),
        links_known=written.links_known and written.names_known and not lost,
    )


def _values(declared: Mapping[str, Declared], environment: Mapping[str, str]) -> dict[str, str]:
    values = {}
    for name, declaration in declared.items():
        value = environment.get(name, declaration.default)
        if value is not None:
            values[name] = value
    return values


def _guessed(guesses: Guesses, sort: str, wrong: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    known = list(known)
    found = {name: guesses.nearest(sort, name, known) for name in sorted(wrong)}
    return {name: guess for name, guess in found.items() if guess is not None}


# packs


def normalised(distribution: str) -> str:
    """The name of a distribution as indexes and catalogs write it: lower case, `-` between words.

    >>> normalised("Acme_Vision..Pack")
    'acme-vision-pack'
    """
    words = distribution.lower().replace("_", "-").replace(".", "-").split("-")
    return "-".join(word for word in words if word)


def _packs(written: Written, catalog: Catalog, guesses: Guesses) -> tuple[PackUse, ...]:
    installed = {pack.distribution: pack for pack in catalog.packs}
    short = {pack.name: pack.distribution for pack in catalog.packs}
    uses = []
    for wish in written.packs:
        name = normalised(wish.name)
        pack = installed.get(name)
        guess = None if pack else short.get(wish.name) or _nearest_pack(name, installed, guesses)
        verdict = (
            "" if pack is None or pack.manifest is None or wish.range is None else _verdict(wish.range, pack.version)
        )
        uses.append(PackUse(wish, pack, guess, verdict))
    return tuple(uses)


def _nearest_pack(name: str, installed: Iterable[str], guesses: Guesses) -> str | None:
    """The distribution most like `name`; the `penstock-` that so many have in common makes none alike."""
    plain = {distribution.removeprefix("penstock-"): distribution for distribution in installed}
    return plain.get(guesses.nearest("pack", name.removeprefix("penstock-"), plain) or "")


def _verdict(range_: str, version: str) -> str:
    try:
        return "yes" if fits(range_, version) else "no"
    except BadRange:
        return "bad-range"
    except BadVersion:
        return "bad-version"


# nodes


class _Configs:
    """Fills configs from the environment and holds them against the schemas of their types."""

    def __init__(self, catalog: Catalog, values: Mapping[str, str], guesses: Guesses) -> None:
        self._catalog = catalog
        self._values = values
        self._guesses = guesses
        self.texts: list[Text] = []
        self.literals: list[Literal] = []

    def node(self, written: WrittenNode) -> DraftNode:
        unknown: list[str] = []
        config = self._filled(written.config, written.config_pointer, "", unknown) if written.config else {}
        offer = self._catalog.nodes.get(written.type) if written.type is not None else None
        guess = bad_schema = None
        misfits: tuple[Misfit, ...] = ()
        if offer is not None:
            start = len(written.config_pointer)
            try:
                misfits = tuple(misfits_of(offer.facts.config, config, [at[start:] for at in unknown], self._guesses))
            except BadSchema as error:
                bad_schema = str(error)
        elif written.type is not None:
            tail = written.type.rpartition("/")[2]
            known = self._catalog.nodes
            guess = tail if tail in known else self._guesses.nearest("type", written.type, known)
        return DraftNode(written, offer, guess, config, misfits, bad_schema)

    def literal(self, pointer: str, name: str, text: str) -> None:
        """Remember a text that may be a secret."""
        if looks_secret(name, text):
            self.literals.append(Literal(pointer, name, True))

    def _filled(self, value: Any, pointer: str, name: str, unknown: list[str]) -> Any:
        """A copy with the environment in it; `unknown` collects the pointers of texts that have no value."""
        if type(value) is dict:
            return {key: self._filled(member, join(pointer, key), key, unknown) for key, member in value.items()}
        if type(value) is list:
            return [self._filled(member, join(pointer, index), name, unknown) for index, member in enumerate(value)]
        if type(value) is not str:
            return value
        self.literal(pointer, name, value)
        if "${" not in value:
            return value
        made = interpolate(value, self._values)
        if made.names or made.broken:
            self.texts.append(Text(pointer, made.names, made.broken))
        if made.text is None:
            unknown.append(pointer)
            return value
        return made.text


# links


class _Ends:
    """Looks up the ends of links."""

    def __init__(self, written: Written, nodes: Mapping[str, DraftNode], guesses: Guesses) -> None:
        self._nodes = nodes
        self._channels = written.channels
        self._names_known = written.names_known
        self._names = {**nodes, **written.channels}
        self._some_names = tuple(sorted(self._names)[: MANY + 1])
        self._guesses = guesses
        self.made: list[End] = []

    def join(self, link: WrittenLink) -> Join:
        start = None if link.start is None else self._end(link.start, True)
        finish = None if link.finish is None else self._end(link.finish, False)
        group = None
        if start is not None and start.channel is not None:
            group = link.group
            if group is None and link.group_pointer is None and finish is not None and finish.node is not None:
                group = finish.node.id
        return Join(link.pointer, start, finish, group, link.group_pointer)

    def _end(self, written: WrittenEnd, is_start: bool) -> End:
        end = self._looked_up(written, is_start)
        self.made.append(end)
        return end

    def _looked_up(self, written: WrittenEnd, is_start: bool) -> End:
        name, port = written.text, None
        if name not in self._names:  # a name that breaks the rules was complained about where it is given
            parts = split_end(name)
            if parts is None:
                return _end(written, is_start, why.FORM)
            name, port = parts
        if name in self._nodes:
            return self._port(written, is_start, self._nodes[name], port)
        if name in self._channels:
            problem = why.CHANNEL_PORT if port is not None else ""
            return _end(written, is_start, problem, channel=self._channels[name])
        if not self._names_known:
            return _end(written, is_start, why.UNDECIDED)
        guess = self._guesses.nearest("name", name, self._names)
        node, channel = self._nodes.get(guess or ""), self._channels.get(guess or "")
        whole = f"{guess}.{port}" if guess is not None and port is not None else guess
        return _end(written, is_start, why.NAME, node=node, channel=channel, guess=whole, known=self._some_names)

    def _port(self, written: WrittenEnd, is_start: bool, node: DraftNode, port: str | None) -> End:
        if node.type is None:
            return _end(written, is_start, why.UNDECIDED, node=node)
        here, there = node.type.outputs, node.type.inputs
        if not is_start:
            here, there = there, here
        known = tuple(f"{node.id}.{facts.name}" for facts in here)
        if port is None:
            if len(here) == 1:
                return _end(written, is_start, "", node=node, port=here[0])
            problem = why.AMBIGUOUS if here else why.DIRECTION
            return _end(written, is_start, problem, node=node, known=known)
        for facts in here:
            if facts.name == port:
                return _end(written, is_start, "", node=node, port=facts)
        if any(facts.name == port for facts in there):
            wrong_way = next(facts for facts in there if facts.name == port)
            return _end(written, is_start, why.DIRECTION, node=node, port=wrong_way, known=known)
        if not here:
            return _end(written, is_start, why.DIRECTION, node=node, known=known)
        names = [facts.name for facts in here]
        guess = self._guesses.nearest("port " + " ".join(names), port, names)
        guessed = next((facts for facts in here if facts.name == guess), None)
        whole = None if guess is None else f"{node.id}.{guess}"
        return _end(written, is_start, why.PORT, node=node, port=guessed, guess=whole, known=known)


def _end(
    written: WrittenEnd,
    is_start: bool,
    problem: str,
    *,
    node: DraftNode | None = None,
    channel: WrittenChannel | None = None,
    port: PortFacts | None = None,
    guess: str | None = None,
    known: tuple[str, ...] = (),
) -> End:
    return End(written.pointer, written.text, is_start, problem, node, channel, port, guess, known)


def _is_sound(joined: Join) -> bool:
    start, finish = joined.start, joined.finish
    if start is None or finish is None or start.problem or finish.problem:
        return False
    if start.channel is None:
        return True
    return finish.channel is None and joined.group is not None


def _group_guesses(joins: Iterable[Join], guesses: Guesses) -> dict[tuple[str, str], str]:
    found = {}
    for joined in joins:
        channel = joined.start.channel if joined.start is not None else None
        if channel is not None and channel.groups and joined.group is not None and joined.group not in channel.groups:
            guess = guesses.nearest(f"group of {channel.name}", joined.group, channel.groups)
            if guess is not None:
                found[channel.name, joined.group] = guess
    return found
