"""Find and open the store that a command speaks of.

Takes:   the value of `--store`, or nothing.
Gives:   `store_option`, `opened`: a store to read, closed afterwards.
Ignores: what is asked of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from penstock._store.interface import StoreError
from penstock._store.sqlite import FILE, SqliteStore

HOME = ".penstock"

store_option: Callable[[Any], Any] = click.option(
    "--store",
    "directory",
    type=click.Path(file_okay=False),
    help="Directory of the store. Default: the only one below .penstock/.",
)


@contextmanager
def opened(directory: str | None) -> Iterator[SqliteStore]:
    """An existing store; `StoreError` when there is none, or several and none was named."""
    store = SqliteStore(directory or _only_one(), ack="process")
    store.attach()
    try:
        yield store
    finally:
        store.close()


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
