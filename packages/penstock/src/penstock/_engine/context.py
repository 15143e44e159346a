"""What the runtime lends to a node while it works: time, chance, memory, alarms, secrets, a log.

Takes:   the node's place in a run, and the record in hand.
Gives:   `NodeContext` (the SDK's `Context`), `SourceContext`; `NodeMemory`: keyed state with what is not yet committed.
Ignores: when a record begins, is accepted or is undone: `runner.py` says so.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from penstock._engine.clock import Clock, as_time
from penstock._engine.failure import is_name
from penstock._store.codec import portable
from penstock._store.facts import Alarm
from penstock.record import Record, derive_id
from penstock_findings.secret import Secret

_parse = msgspec.json.decode
_CACHE = 20_000  # keys kept beside what is not committed, per node


class NodeMemory:
    """Keyed state of one node: what units not yet committed have written, over what the store holds."""

    def __init__(self, node: str, load: Callable[[str, str], bytes | None], keys: Callable[[str], list[str]]) -> None:
        self.node = node
        self._load = load
        self._keys = keys
        self.pending: dict[str, bytes | None] = {}
        self._known: dict[str, bytes | None] = {}

    def get(self, key: str) -> bytes | None:
        """The value as JSON text, or None."""
        if key in self.pending:
            return self.pending[key]
        if key not in self._known:
            if len(self._known) >= _CACHE:
                self._known.clear()
            self._known[key] = self._load(self.node, key)
        return self._known[key]

    def keys(self) -> list[str]:
        """All keys that have a value, sorted."""
        stored = {*self._keys(self.node), *self.pending}
        return sorted(key for key in stored if self.get(key) is not None)

    def committed(self, key: str, value: bytes | None) -> None:
        """A written value is in the store now."""
        self._known[key] = value
        if self.pending.get(key) is value:
            self.pending.pop(key, None)

    def forget(self) -> None:
        """Drop everything that the store does not vouch for."""
        self.pending.clear()
        self._known.clear()


class State(MutableMapping[str, Any]):
    """A node's state during one record: writes wait until the record is accepted."""

    def __init__(self, memory: NodeMemory) -> None:
        self._memory = memory
        self.writes: dict[str, bytes | None] = {}

    def __getitem__(self, key: str) -> Any:
        value = self.writes[key] if key in self.writes else self._memory.get(key)
        if value is None:
            raise KeyError(key)
        return _parse(value)

    def __setitem__(self, key: str, value: Any) -> None:
        if not is_name(key):
            raise TypeError(f"a key of state is text, not {key!r}")
        self.writes[key] = portable(value)

    def __delitem__(self, key: str) -> None:
        self[key]
        self.writes[key] = None

    def __iter__(self) -> Iterator[str]:
        merged = dict.fromkeys(self._memory.keys()) | dict.fromkeys(self.writes)
        return iter(sorted(key for key in merged if key not in self.writes or self.writes[key] is not None))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Alarms:
    """A node's alarms during one record: changes wait until the record is accepted."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self.changes: list[Alarm] = []

    def set(self, key: str, at: float, payload: Any = None) -> None:
        """Call `on_timer` at `at`; a second set moves it."""
        if not is_name(key):
            raise TypeError(f"the key of an alarm is text, not {key!r}")
        as_time(at)  # raises for what is no time, or none that a calendar has
        portable(payload)
        setter = self._context.record  # None in the batch form, where nobody can say which record it was
        of = ("", "") if setter is None else (setter.id, setter.correlation)
        self.changes.append(Alarm(self._context.place, key, float(at), payload, *of))

    def cancel(self, key: str) -> None:
        """Forget the alarm of `key`."""
        self.changes.append(Alarm(self._context.place, key, None))


class NodeLog:
    """Text for people, through `logging.getLogger("penstock.node.<id>")`."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._logger = logging.getLogger(f"penstock.node.{context.node}")

    def _say(self, level: int, message: str, facts: dict[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            if self._context.record is not None:
                facts["record"] = self._context.record.id
            tail = " ".join(f"{name}={value!r}" for name, value in facts.items())
            self._logger.log(level, "%s %s", message, tail)

    def debug(self, message: str, **facts: Any) -> None:
        """For whoever writes the node."""
        self._say(logging.DEBUG, message, facts)

    def info(self, message: str, **facts: Any) -> None:
        """For whoever runs the graph."""
        self._say(logging.INFO, message, facts)

    def warning(self, message: str, **facts: Any) -> None:
        """Something that should be looked at."""
        self._say(logging.WARNING, message, facts)

    def error(self, message: str, **facts: Any) -> None:
        """Something that must be looked at."""
        self._say(logging.ERROR, message, facts)


class NodeContext:
    """The SDK's `Context` for one node; one record at a time."""

    def __init__(self, node: str, memory: NodeMemory | None, secrets: Mapping[str, Secret]) -> None:
        self.node = node  # as it was written, whichever copy this is
        self.place = memory.node if memory is not None else node  # what the store keeps its state and alarms under
        self.now = 0.0
        self.attempt = 1
        self.position: Any = None
        self.record: Record | None = None
        self._memory = memory
        self._secrets = secrets
        self._random: tuple[Record | None, random.Random] | None = None  # drawn for one record
        self._state = State(memory) if memory else None
        self._alarms = Alarms(self)
        self.log = NodeLog(self)

    def clone(self) -> NodeContext:
        """Another of the same node, for a record that is worked on at the same time."""
        twin = NodeContext(self.node, self._memory, self._secrets)
        twin.now, twin.position = self.now, self.position
        return twin

    def begin(self, record: Record | None, attempt: int) -> None:
        """Take the next record in hand."""
        self.record = record
        self.attempt = attempt
        self._random = None

    @property
    def touched(self) -> bool:
        """Whether the record in hand has changed state or alarms."""
        return bool((self._state is not None and self._state.writes) or self._alarms.changes)

    def take_changes(self) -> tuple[dict[str, bytes | None], list[Alarm]]:
        """What the record in hand has changed; the slate is clean afterwards."""
        writes = self._state.writes if self._state is not None else {}  # an empty state is falsy, its writes count
        if self._state is not None:
            self._state.writes = {}
        changes, self._alarms.changes = self._alarms.changes, []
        return writes, changes

    @property
    def time(self) -> datetime:
        """`now` as a zone-aware datetime (UTC)."""
        return as_time(self.now)

    @property
    def random(self) -> random.Random:
        """Chance, seeded by node and record."""
        if self._random is None or self._random[0] is not self.record:
            name = f"{self.node}\0{self.record.id if self.record else ''}"
            self._random = (self.record, random.Random(blake2b(name.encode(), digest_size=16).hexdigest()))
        return self._random[1]

    @property
    def state(self) -> State:
        """Keyed state of this node."""
        if self._state is None:
            raise RuntimeError(f"node `{self.node}` uses state: declare it with `@node(..., stateful=True)`")
        return self._state

    @property
    def timers(self) -> Alarms:
        """Durable alarms of this node."""
        if self._state is None:
            raise RuntimeError(f"node `{self.node}` uses timers: declare it with `@node(..., stateful=True)`")
        return self._alarms

    @property
    def effect_key(self) -> str:
        """The idempotency key of the record in hand at this node."""
        if self.record is None:
            raise RuntimeError("there is no record in hand")
        return self.effect_key_of(self.record)

    def effect_key_of(self, record: Record) -> str:
        """The idempotency key of one record of a batch at this node."""
        return derive_id(record.id, b"effect\0" + self.node.encode(), 0)

    def secret(self, name: str) -> Secret:
        """The secret behind a reference of this node."""
        return self._secrets[name]


class SourceContext(NodeContext):
    """The same for a source: nobody hands it records, so the time goes on by itself while it reads."""

    def __init__(self, node: str, memory: NodeMemory | None, secrets: Mapping[str, Secret], clock: Clock) -> None:
        self._clock = clock
        super().__init__(node, memory, secrets)

    @property
    def now(self) -> float:
        """What the run's clock says whenever it is asked."""
        return self._clock.now()

    @now.setter
    def now(self, now: float) -> None:
        """A clock is not set by those who look at it."""
