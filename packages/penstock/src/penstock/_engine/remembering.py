"""What policies remember: for the life of a run, or, where they ask for it, in the store.

Takes:   a store.
Gives:   `Memories`: the memory of one binding on one subject; what was written and is not durable yet.
Ignores: what policies do with it, and when it is committed (`driver.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import msgspec

from penstock._engine.failure import is_name
from penstock._store.codec import portable
from penstock._store.interface import Store
from penstock.bindings import Bound
from penstock.points import Memory

OWNER = "policy:"  # how the store tells what a policy remembers from what a node does
_parse = msgspec.json.decode


class DurableMemory(MutableMapping[str, Any]):
    """JSON values in the store; what is written waits for the commit of the step in which it was decided."""

    def __init__(self, owner: str, store: Store, written: dict[tuple[str, str], bytes | None]) -> None:
        self.owner = owner
        self._store = store
        self._written = written
        self._pending: dict[str, bytes | None] = {}

    def __getitem__(self, key: str) -> Any:
        # nothing is kept beside what is pending: another process may have written since
        value = self._pending[key] if key in self._pending else self._store.state(self.owner, key)
        if value is None:
            raise KeyError(key)
        return _parse(value)

    def __setitem__(self, key: str, value: Any) -> None:
        if not is_name(key):
            raise TypeError(f"a key of memory is text, not {key!r}")
        self._write(key, portable(value))

    def __delitem__(self, key: str) -> None:
        self[key]
        self._write(key, None)

    def _write(self, key: str, value: bytes | None) -> None:
        self._pending[key] = self._written[self.owner, key] = value

    def __iter__(self) -> Iterator[str]:
        known = {*self._store.state_keys(self.owner), *self._pending}
        return iter(sorted(key for key in known if key not in self._pending or self._pending[key] is not None))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def committed(self, key: str, value: bytes | None) -> None:
        """A written value is in the store now."""
        if key in self._pending and self._pending[key] is value:
            del self._pending[key]

    def forget(self) -> None:
        """Drop everything that the store does not vouch for."""
        self._pending.clear()


class Memories:
    """All that policies of a run remember, by name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._of_run: dict[str, dict[str, Any]] = {}
        self._durable: dict[str, DurableMemory] = {}
        self.written: dict[tuple[str, str], bytes | None] = {}  # (owner, key) -> JSON, since it was last taken

    def of(self, bound: Bound, subject: str) -> Memory:
        """The memory of a binding on a subject: the one that was there before, whenever it has the same name."""
        name = _name(bound, subject)
        spec = getattr(bound.policy, "__penstock_policy__", None)
        if spec is not None and spec.durable:
            owner = f"{OWNER}{name}"
            return self._durable.setdefault(owner, DurableMemory(owner, self._store, self.written))
        return self._of_run.setdefault(name, {})

    def keep(self, wanted: list[Memory]) -> None:
        """Let go of what no binding asks for any more; what is durable stays where it is."""
        ids = set(map(id, wanted))
        self._of_run = {name: memory for name, memory in self._of_run.items() if id(memory) in ids}

    def take(self) -> dict[tuple[str, str], bytes | None]:
        """What was written since the last call."""
        taken = dict(self.written)
        self.written.clear()
        return taken

    def committed(self, owner: str, key: str, value: bytes | None) -> None:
        """A written value is in the store now."""
        self._durable[owner].committed(key, value)

    def forget(self) -> None:
        """Drop everything that the store does not vouch for."""
        self.written.clear()
        for memory in self._durable.values():
            memory.forget()


def _name(bound: Bound, subject: str) -> str:
    """`TYPE:NAME` where a policy shares its memory by name, else a name of this binding and subject alone."""
    shares = getattr(bound.policy, "memory_name", None)
    shared = shares(subject) if callable(shares) else None
    if shared is None:
        return f"{bound.name}@{subject}"
    if not is_name(shared):
        raise TypeError(f"the name of a memory is text, not {shared!r}")
    spec = getattr(bound.policy, "__penstock_policy__", None)
    return f"{spec.id if spec else type(bound.policy).__name__}:{shared}"
