"""The stores of the core itself keep what the suite of channel kinds asks about."""

from __future__ import annotations

from pathlib import Path

from penstock.stores import MemoryStore, SqliteStore
from penstock_testkit import channel_suite

_IN_MEMORY: dict[Path, MemoryStore] = {}
_DIES = "what is in memory dies with its process, and `ack` says so"
_OURS = "it is of the core, and in no manifest"

TestSqliteStore = channel_suite(SqliteStore, skip={"Q418": _OURS})
TestMemoryStore = channel_suite(
    MemoryStore,
    make=lambda folder: _IN_MEMORY.setdefault(folder, MemoryStore()),
    skip={"Q413": _DIES, "Q414": _DIES, "Q418": _OURS},
)
