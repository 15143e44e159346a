"""What a pack author writes with: `node`, ports, effect and portability classes, and the shapes a node may have.

Takes:   a small annotated class.
Gives:   the same class, made constructible from its config fields, with a `NodeSpec` that says all about it; `policy` and
         `channel_kind` do the like for what decides and for what keeps records.
Ignores: graphs, discovery, running.  The JSON Schema of a config is made in `manifest/`.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, get_args, get_origin

from penstock.layers import LAYERS, layer_of
from penstock.points import POINTS
from penstock.record import Drop, Emission, Reading, Record, Undecodable
from penstock_findings.secret import Secret as Secret

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_):  # noqa: D103 - for type checkers only; it must cost nothing at run time
        return lambda decorator: decorator


P = TypeVar("P")
C = TypeVar("C", bound=type)

Result = None | Record | Emission | Drop | Iterable[Record | Emission | Drop]


class Role(str, Enum):
    """What a node is for; told from the method that it has."""

    SOURCE = "source"  # read
    TRANSFORM = "transform"  # process
    SINK = "sink"  # write


class Effect(str, Enum):
    """What happens to the outside world when a node sees the same record twice."""

    NONE = "none"  # nothing: it may run again
    IDEMPOTENT = "idempotent"  # nothing new, as long as the effect key is the same
    EXTERNAL = "external"  # it happens again: never repeat it silently


class Portability(str, Enum):
    """How far a payload may travel."""

    JSON = "json"  # any channel, any process
    LOCAL = "local"  # memory links of one process only
    REF = "ref"  # a verified pointer to bytes kept elsewhere; itself JSON


@dataclass(frozen=True, slots=True)
class Contract:
    """What payloads of a port look like: a JSON Schema file beside the code, or a Python type.

    `file` is relative to the package that holds the node.  `name` and `version` are what others refer to.
    """

    name: str
    version: str = "1.0"
    file: str | None = None
    type: Any = None


class In(Generic[P]):
    """An input port.  `reading: In[Detection]` names it and types its payload."""

    def __init__(self, name: str = "", contract: Contract | None = None, portability: Portability | None = None):
        self.name = name
        self.contract = contract
        self.portability = portability


class Out(Generic[P]):
    """An output port; call it to say that a record leaves there: `yield self.alarms(record)`."""

    def __init__(self, name: str = "", contract: Contract | None = None, portability: Portability | None = None):
        self.name = name
        self.contract = contract
        self.portability = portability

    def __call__(self, record: Record) -> Emission:
        return Emission(self.name, record)


@dataclass(frozen=True, slots=True)
class PortSpec:
    """One port as declared: name, payload type or contract, how far its payloads may travel."""

    name: str
    type: Any = None  # a Python type, or None for anything
    contract: Contract | None = None
    portability: Portability = Portability.JSON


@dataclass(frozen=True, slots=True)
class ConfigField:
    """One setting of a node: its annotated type and, unless it must be given, its default."""

    name: str
    type: Any
    default: Any = dataclasses.MISSING

    @property
    def required(self) -> bool:
        """Whether a graph has to give a value."""
        return self.default is dataclasses.MISSING


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """Everything that the runtime and the manifest need to know of a node type."""

    id: str
    role: Role
    inputs: tuple[PortSpec, ...]
    outputs: tuple[PortSpec, ...]
    config: tuple[ConfigField, ...]
    effect: Effect
    blocking: bool  # its methods wait without `await`: give them a thread
    concurrency: int  # async calls in flight at most
    ordered: bool  # records of one key stay in order, also behind one that is being retried
    stateful: bool  # it uses keyed state or timers: one process at a time
    capabilities: tuple[str, ...]
    doc: str
    cls: type = field(repr=False)


class Timers(Protocol):
    """Durable alarms of one node, one per key; set and cancelled in the same transaction as outputs and state."""

    def set(self, key: str, at: float, payload: Any = None) -> None:
        """Call `on_timer` once at `at` (seconds since the epoch) or soon after; a second set moves it."""

    def cancel(self, key: str) -> None:
        """Forget the alarm of `key`, if there is one."""


@dataclass(frozen=True, slots=True)
class Timer:
    """An alarm that went off: its key, when it was due (seconds since the epoch), and what was left with it."""

    key: str
    due: float
    payload: Any = None


class Logger(Protocol):
    """Text for people; carries node and record id by itself."""

    def debug(self, message: str, **facts: Any) -> None: ...
    def info(self, message: str, **facts: Any) -> None: ...
    def warning(self, message: str, **facts: Any) -> None: ...
    def error(self, message: str, **facts: Any) -> None: ...


class Context(Protocol):
    """What the runtime lends to a node while it works. Use nothing else for time, chance, memory or secrets."""

    @property
    def now(self) -> float:
        """Seconds since the epoch, from the run's clock; one value for a whole batch, and what it is now for a source."""

    @property
    def time(self) -> datetime:
        """`now` as a zone-aware datetime (UTC)."""

    @property
    def node(self) -> str:
        """Id of this node in its graph."""

    @property
    def attempt(self) -> int:
        """1 for the first attempt of this delivery, 2 for the next ..."""

    @property
    def random(self) -> Random:
        """Chance, seeded by node and record: the same for every attempt and every run."""

    @property
    def state(self) -> MutableMapping[str, Any]:
        """Keyed state of this node: JSON values, committed together with the outputs of the record."""

    @property
    def timers(self) -> Timers:
        """Durable alarms of this node."""

    @property
    def log(self) -> Logger:
        """Text for people."""

    @property
    def position(self) -> Any:
        """For a source: the last position that was committed, None at first."""

    @property
    def effect_key(self) -> str:
        """The idempotency key of the present record at this node: the same in every attempt and every run."""

    def effect_key_of(self, record: Record) -> str:
        """The idempotency key of one record at this node; for the batch form, which has several in hand."""

    def secret(self, name: str) -> Secret:
        """The secret behind a reference that the graph gives to this node, `.reveal()` its value; `KeyError` when it gives none.

        A node type has to declare the capability `secrets`, or it is handed none.
        """


class Source(Protocol):
    """Brings data in.  `read` may be a plain or an async generator; it starts behind `ctx.position`.

    Also possible: `open(ctx)`, `close(ctx)`, sync or async.
    """

    def read(self, ctx: Context) -> Iterator[Reading | Undecodable] | AsyncIterator[Reading | Undecodable]:
        """Yield what there is, each with the position to resume from after it."""


class Transform(Protocol):
    """Makes records from records.  `process` returns or yields; nothing means: filtered.

    Also possible: `process_batch(records, ctx)`, `on_timer(timer, ctx)`, `open(ctx)`, `close(ctx)`.
    """

    def process(self, record: Record, ctx: Context) -> Result | Awaitable[Result]:
        """Turn one record into none, one or many."""


class Sink(Protocol):
    """Hands records to the outside world.  What it returns from is delivered; what it raises on is not.

    Also possible: `write_batch(records, ctx) -> list[Exception | None] | None`, `open(ctx)`, `close(ctx)`.
    """

    def write(self, record: Record, ctx: Context) -> None | Awaitable[None]:
        """Deliver one record."""


Node = Source | Transform | Sink

_METHODS = {
    Role.SOURCE: ("read",),
    Role.TRANSFORM: ("process", "process_batch"),
    Role.SINK: ("write", "write_batch"),
}
_DEFAULT_EFFECT = {Role.SOURCE: Effect.NONE, Role.TRANSFORM: Effect.NONE, Role.SINK: Effect.EXTERNAL}


class BadNode(TypeError):
    """A class that cannot be a node; raised where it is decorated, because only its author can mend it."""


@dataclass_transform(eq_default=False)
def node(
    id: str,
    *,
    effect: Effect | str | None = None,
    blocking: bool = False,
    concurrency: int = 16,
    ordered: bool = False,
    stateful: bool = False,
    capabilities: Sequence[str] = (),
) -> Callable[[C], C]:
    """Make a class a node type named `id`.

    Annotated fields become its config (with `dataclass` semantics), `In[...]` and `Out[...]` fields its ports;
    without any it has one port `in` and one port `out`, as its role wants.  The role follows from the method:
    `read`, `process` or `write`.  `stateful` must be said by a node that uses `ctx.state` or `ctx.timers`:
    the runtime then gives it to one process at a time.

    `capabilities` are what it needs of the machine: "network", "filesystem", "subprocess", "secrets", "external-effects".
    Raises `BadNode` when the class has no such method, or more than one kind.
    """

    def decorate(cls: C) -> C:
        spec = _spec(cls, id, effect, blocking, concurrency, ordered, stateful, tuple(capabilities))
        cls.__penstock_node__ = spec  # type: ignore[attr-defined]  # the one mark by which a node type is known
        return cls

    return decorate


def spec_of(cls: type | object) -> NodeSpec:
    """The `NodeSpec` of a node type or of an instance; `BadNode` when it was never decorated."""
    spec = getattr(cls, "__penstock_node__", None)
    if not isinstance(spec, NodeSpec):
        raise BadNode(f"`{cls!r}` is not a node type: decorate the class with `@node(...)`")
    return spec


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """Everything that the runtime and the manifest need to know of a policy type."""

    id: str
    points: tuple[str, ...]  # decision points that it answers, in the order of `POINTS`
    config: tuple[ConfigField, ...]
    doc: str
    cls: type = field(repr=False)
    layer: str = "retry"  # where it stands among others, of `LAYERS`
    durable: bool = False  # what it remembers is kept in the store
    drops: bool | Mapping[str, Sequence[Any]] | None = None  # whether it may answer `DropIt`; None: not said


@dataclass_transform(eq_default=False)
def policy(
    id: str,
    *,
    points: Sequence[str] = (),
    layer: str | None = None,
    drops: bool | Mapping[str, Sequence[Any]] | None = None,
    durable: bool = False,
) -> Callable[[C], C]:
    """Make a class a policy type named `id`; its annotated fields become its config.

    It has one method for each decision point that it answers, named like the point: `admit`, `overflow`, `dispatch`,
    `failure`, `completion`, `settle`.  Each is handed the facts of its point (`penstock.points`) and gives an
    `Answer`.  A policy of one kind of answer may have `decide(facts)` instead and name its `points` (`failure` alone
    when it names none).  It depends on nothing but what it is handed.

    `layer` says where it stands among others (`penstock.layers`); without one that follows from its points.
    `drops` says whether it may answer `DropIt`, or with which values of which config fields: what `check` warns of.
    What it remembers goes into `facts.memory`: for the run, or, when it is `durable`, as JSON in the store.  Each
    binding has a memory of its own for each subject, unless the policy has a method `memory_name(subject)`: where that
    gives the same name, and not None, for policies of one type, they share it.

    Raises `BadNode` when it answers no point, or names a point or a layer that does not exist.
    """

    def decorate(cls: C) -> C:
        named = tuple(points) or (("failure",) if callable(getattr(cls, "decide", None)) else ())
        unknown = [point for point in named if point not in POINTS]
        if unknown:
            raise BadNode(f"policy `{id}` has the unknown decision point `{unknown[0]}`")
        if named and not callable(getattr(cls, "decide", None)):
            raise BadNode(f"policy `{id}` has no method `decide`")
        answered = tuple(p for p in POINTS if p in named or callable(getattr(cls, p, None)))
        if not answered:
            raise BadNode(f"policy `{id}` has no method for a decision point: give it one of {', '.join(POINTS)}")
        stands = layer or layer_of(answered)
        if stands not in LAYERS:
            raise BadNode(f"policy `{id}` names the unknown layer `{stands}`: choose one of {', '.join(LAYERS)}")
        for point in named:
            if not callable(getattr(cls, point, None)):
                setattr(cls, point, cls.decide)  # type: ignore[attr-defined]  # looked for above
        doc = inspect.cleandoc(cls.__doc__ or "").strip()  # before `dataclass` makes one up
        dataclasses.dataclass(eq=False)(cls)  # changes the class in place
        cls.__penstock_policy__ = PolicySpec(id, answered, _config(cls), doc, cls, stands, durable, drops)  # type: ignore[attr-defined]  # the one mark of a policy type
        return cls

    return decorate


ACKS = ("power", "process")  # what a commit of a durable store survives, the stronger one first


@dataclass(frozen=True, slots=True)
class ChannelKindSpec:
    """Everything that the runtime and the manifest need to know of a channel kind."""

    id: str
    ack: tuple[str, ...]  # the levels that it can give, in the order of `ACKS`
    doc: str
    cls: type = field(repr=False)


def channel_kind(id: str, *, ack: Sequence[str]) -> Callable[[C], C]:
    """Make a class a channel kind named `id`: a store (`penstock.stores.Store`) that holds all durable channels of a graph.

    It is made as `cls(place, ack=level)`: `place` is what `--store` says, a directory below `.penstock` by default, and
    `level` is one of `ack`, the acknowledgement levels that it can give: "power" (what was committed survives a power
    cut) and "process" (it survives a killed process).

    Raises `BadNode` when it names no level, or one that does not exist, or when the class cannot commit.
    """

    def decorate(cls: C) -> C:
        unknown = [level for level in ack if level not in ACKS]
        if unknown or not ack:
            named = f"names the unknown acknowledgement level `{unknown[0]}`" if unknown else "names no level"
            raise BadNode(f"channel kind `{id}` {named}: choose of {', '.join(ACKS)}")
        if not callable(getattr(cls, "commit", None)):
            raise BadNode(f"channel kind `{id}` has no method `commit`: it is to be a `penstock.stores.Store`")
        doc = inspect.cleandoc(cls.__dict__.get("__doc__") or "").strip()  # that of its parent says another thing
        cls.__penstock_channel__ = ChannelKindSpec(id, tuple(level for level in ACKS if level in ack), doc, cls)  # type: ignore[attr-defined]  # the one mark of a channel kind
        return cls

    return decorate


def _config(made: type) -> tuple[ConfigField, ...]:
    hints = typing.get_type_hints(made, include_extras=True)
    return tuple(ConfigField(f.name, hints[f.name], _default(f)) for f in dataclasses.fields(made) if f.init)


def _spec(
    cls: type,
    id: str,
    effect: Effect | str | None,
    blocking: bool,
    concurrency: int,
    ordered: bool,
    stateful: bool,
    capabilities: tuple[str, ...],
) -> NodeSpec:
    roles = [role for role, methods in _METHODS.items() if any(callable(getattr(cls, m, None)) for m in methods)]
    if len(roles) != 1:
        raise BadNode(f"node `{id}` needs exactly one of `read`, `process` and `write`, it has {len(roles)}")
    role = roles[0]
    inputs, outputs, config_names = _fields(cls)
    if not inputs and role is not Role.SOURCE:
        inputs = (PortSpec("in"),)
    if not outputs and role is not Role.SINK:
        outputs = (PortSpec("out"),)
    if (role is Role.SOURCE and inputs) or (role is Role.SINK and outputs):
        raise BadNode(f"node `{id}` is a {role.value} and cannot have {'input' if inputs else 'output'} ports")
    doc = inspect.cleandoc(cls.__doc__ or "").strip()  # before `dataclass` makes one up
    dataclasses.dataclass(eq=False)(cls)  # changes the class in place
    return NodeSpec(
        id=id,
        role=role,
        inputs=inputs,
        outputs=outputs,
        config=tuple(f for f in _config(cls) if f.name in config_names),
        effect=Effect(effect) if effect else _DEFAULT_EFFECT[role],
        blocking=blocking,
        concurrency=concurrency,
        ordered=ordered,
        stateful=stateful or callable(getattr(cls, "on_timer", None)),
        capabilities=capabilities,
        doc=doc,
        cls=cls,
    )


def _default(of: dataclasses.Field[Any]) -> Any:
    return of.default_factory() if of.default_factory is not dataclasses.MISSING else of.default


def _fields(cls: type) -> tuple[tuple[PortSpec, ...], tuple[PortSpec, ...], list[str]]:
    """Ports in, ports out, and the names of config fields; port annotations become class attributes."""
    inputs: list[PortSpec] = []
    outputs: list[PortSpec] = []
    config: list[str] = []
    for owner in reversed(cls.__mro__):
        for name in list(inspect.get_annotations(owner)):
            hint = typing.get_type_hints(owner, include_extras=True)[name]
            port = get_origin(hint) or hint
            if port in (In, Out):
                declared = owner.__dict__.get(name)
                made = declared if isinstance(declared, (In, Out)) else port()
                made.name = made.name or name.rstrip("_")
                spec = PortSpec(made.name, *_payload(hint, made))
                (inputs if port is In else outputs).append(spec)
                setattr(owner, name, made)
                owner.__annotations__[name] = ClassVar[Any]
            elif (
                get_origin(hint) is not ClassVar
                and hint is not ClassVar
                and not isinstance(owner.__dict__.get(name), (In, Out))
            ):
                config.append(name) if name not in config else None
    return tuple(inputs), tuple(outputs), config


def _payload(hint: Any, port: In[Any] | Out[Any]) -> tuple[Any, Contract | None, Portability]:
    arguments = get_args(hint)
    payload = arguments[0] if arguments and arguments[0] is not Any else None
    if isinstance(payload, TypeVar):
        payload = None
    return payload, port.contract, port.portability or Portability.JSON


SecretRef = (
    str  # how a graph names a secret: "env:NAME", "file:PATH", "keyring:SERVICE/USER", "cmd:..."; never the value
)
Secrets = Mapping[str, SecretRef]
