"""Make and open stores by their kind: the only place that does.

Takes:   a graph's kind and a place; or the value of `--store`, or nothing.
Gives:   `made`, a store of a kind, not yet open; `store_option`, `opened`: a store to read, closed afterwards; `opened_file`,
         for what only looks into the file of the core's own kind.
Ignores: what is asked of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from penstock._plugins.discovery import Catalog, discover
from penstock._store.interface import Store, StoreError
from penstock._store.sqlite import FILE, SqliteStore
from penstock._store.sqlite_file import UNREADABLE, unreadable
from penstock_findings.finding import Finding

HOME = ".penstock"

store_option: Callable[[Any], Any] = click.option(
    "--store",
    "directory",
    metavar="DIR",
    help="Directory of the store, or KIND:PLACE for a kind that a pack brings. Default: the only one below .penstock/.",
)


def _in_memory(place: str, ack: str) -> Store:
    from penstock._store.memory import MemoryStore

    return MemoryStore()


_OWN: dict[str, Callable[[str, str], Store]] = {
    "memory": _in_memory,
    "sqlite": lambda place, ack: SqliteStore(place, ack=ack),
}


def made(kind: str, place: str, ack: str, catalog: Catalog) -> Store:
    """A store of a kind, not yet open; imports the pack of a kind that is not the core's own, after admission.

    Raises `PenstockError`: what `Catalog.load_node` raises, and `StoreError` when the class cannot be made.
    """
    if kind in _OWN:
        return _OWN[kind](place, ack)
    cls: Any = catalog.load_channel(kind)
    levels = cls.__penstock_channel__.ack
    if ack not in levels:
        hint = f"say `ack: {levels[0]}` in the settings of the graph, or of the profile"
        raise StoreError(f"channel kind `{kind}` cannot give `ack: {ack}`", code="S113", hint=hint)
    try:
        store: Store = cls(place, ack=ack)
    except StoreError:
        raise
    except Exception as error:  # the author's code may raise anything
        said = f"channel kind `{kind}` cannot be made for `{place}`: {type(error).__name__}: {error}"
        from penstock._plugins.loading import cause_of

        raise StoreError(said, findings=[Finding("S112", said, evidence={"cause": cause_of(error)})]) from error
    return store


def beside(kind: str, place: str) -> str:
    """What `--store` of the other commands says for a store of this kind and place."""
    return place if kind in _OWN else f"{kind}:{place}"


@contextmanager
def opened(directory: str | None) -> Iterator[Store]:
    """An existing store; `StoreError` when there is none, or several and none was named."""
    store = _named(directory) if directory else SqliteStore(_only_one(), ack="process")
    store.attach()
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_file(directory: str | None) -> Iterator[SqliteStore]:
    """The same, of the core's own kind, or one that begins as it."""
    with opened(directory) as store:
        if not isinstance(store, SqliteStore):
            hint = "look after it by the means of the pack that it is from"
            raise StoreError("this store is not kept in a file of Penstock's own", code="S114", hint=hint)
        try:
            yield store
        except UNREADABLE as error:
            raise unreadable(store.path, error) from error


def _named(directory: str) -> Store:
    kind, colon, place = directory.partition(":")
    if colon and place and len(kind) > 1 and not os.path.isdir(directory):  # one letter is a drive
        catalog = discover()
        if kind not in _OWN:
            cls: Any = catalog.load_channel(kind)
            return made(kind, place, cls.__penstock_channel__.ack[-1], catalog)
        directory = place
    return SqliteStore(directory, ack="process")


def _only_one() -> str:
    names = sorted(os.listdir(HOME)) if os.path.isdir(HOME) else []
    found = [path for name in names if os.path.isfile(os.path.join(path := os.path.join(HOME, name), FILE))]
    if len(found) != 1:
        what = f"{len(found)} stores below `{HOME}`" if found else f"no store below `{HOME}`"
        hint = (
            f"name one with `--store`: {', '.join(found)}"
            if found
            else "name the directory that `penstock run` used with `--store`"
        )
        raise StoreError(what, code="S102", hint=hint)
    return found[0]
