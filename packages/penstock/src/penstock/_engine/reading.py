"""Pull batches out of a source, however it reads: in line, in a thread, or asynchronously.

Takes:   the generator that a source's `read` gives.
Gives:   `Reader.pull`: items in order, whether it ended, what it raised.
Ignores: records, positions, commits.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import force_setattr

from penstock.record import Reading, Undecodable

if TYPE_CHECKING:
    from penstock._engine.context import NodeContext
    from penstock._engine.plan import NodePlan
    from penstock.graph.model import Settings

Item = Reading | Undecodable
Pulled = tuple[list[Item], bool, BaseException | None]

# What a source may raise of its own: its failures. A cancellation of the run never arrives through what it hands over.
OWN_FAILURES = (Exception, asyncio.CancelledError, GeneratorExit)


class Reader(Protocol):
    """One way of reading."""

    async def pull(self, limit: int, stopping: Callable[[], bool]) -> Pulled:
        """At most `limit` items; fewer when the source has no more for now."""

    async def close(self) -> None:
        """Let go of the generator."""


def reader_for(node: NodePlan, context: NodeContext, settings: Settings, *, threads: bool) -> Reader:
    """The reader that suits a source."""
    items: Any = node.instance.read(context)
    if hasattr(items, "__anext__"):
        return AsyncReader(items, settings.linger)
    if node.spec.blocking and threads:
        return ThreadReader(iter(items), settings.linger)
    return InlineReader(iter(items))


_KINDS = frozenset((Reading, Undecodable))


def _is_item(item: Any) -> Item:
    if type(item) not in _KINDS:
        raise _no_item(item)
    return item  # type: ignore[no-any-return]  # checked in the line above


def _kept(item: Any) -> Any:
    """The item, with a position of its own: a source may hand over one dictionary of offsets and go on changing it."""
    if type(item) in _KINDS and type(item.position) in (dict, list):
        force_setattr(item, "position", _copy(item.position))
    return item


def _copy(position: Any) -> Any:
    """A deep copy of what JSON has; `copy.deepcopy`, which thinks of everything, costs ten times as much."""
    if type(position) is dict:
        return {name: _copy(value) for name, value in position.items()}
    return [_copy(value) for value in position] if type(position) is list else position


def _no_item(item: object) -> TypeError:
    return TypeError(f"a source hands over `Reading` or `Undecodable`, not `{type(item).__name__}`")


class InlineReader:
    """A plain generator that does not wait."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items
        self._keeps = True  # whether positions have to be copied, as far as is known

    async def pull(self, limit: int, stopping: Callable[[], bool]) -> Pulled:
        """The next `limit` items."""
        found: list[Item] = []
        failure: BaseException | None = None
        items = map(_kept, self._items) if self._keeps else self._items
        try:
            found.extend(islice(items, limit))  # keeps what came before an exception
        except OWN_FAILURES as error:
            failure = error
        if not _KINDS.issuperset(map(type, found)):
            wrong = next(at for at, item in enumerate(found) if type(item) not in _KINDS)
            return found[:wrong], False, _no_item(found[wrong])
        self._keeps = any(type(item.position) in (dict, list) for item in found[-1:])
        return found, failure is None and len(found) < limit, failure

    async def close(self) -> None:
        """Run the generator's own clean-up."""
        close = getattr(self._items, "close", None)
        if close:
            close()


class AsyncReader:
    """An async generator: a task of its own reads ahead by at most one batch.

    A batch is closed `linger` seconds after its first item came.
    """

    def __init__(self, items: AsyncIterator[Any], linger: float) -> None:
        self._items = items
        self._linger = linger
        self._loop = asyncio.get_running_loop()
        self._found: list[Item] = []
        self._since = 0.0  # when the first of them came
        self._limit = 1  # of them, before the source has to wait
        self._end: tuple[bool, BaseException | None] | None = None
        self._room = asyncio.Event()
        self._puller: asyncio.Future[None] | None = None  # waits for news
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def _read(self) -> None:
        try:
            async for item in self._items:
                self._found.append(_is_item(_kept(item)))
                if len(self._found) == 1:
                    self._since = self._loop.time()
                    self._tell()
                while len(self._found) >= self._limit and not self._closed:
                    self._tell()
                    self._room.clear()
                    await self._room.wait()
                if self._closed:  # it took no notice of being cancelled
                    return
            self._end = True, None
        except OWN_FAILURES as error:
            self._end = False, error
        self._tell()

    def _tell(self) -> None:
        if self._puller is not None and not self._puller.done():
            self._puller.set_result(None)

    async def pull(self, limit: int, stopping: Callable[[], bool]) -> Pulled:
        """What comes within the linger time of the first item."""
        self._limit = limit
        if self._task is None:
            self._task = asyncio.ensure_future(self._read())
        while len(self._found) < limit and self._end is None and not stopping():
            if self._task.done():  # it raised what no source may: that is told as it is, and ends the run
                self._task.result()
            wait = self._since + self._linger - self._loop.time() if self._found else 0.1
            if wait <= 0:
                break
            self._puller = self._loop.create_future()
            timer = self._loop.call_later(wait, self._tell)
            try:
                await self._puller
            finally:
                timer.cancel()
        found, self._found = self._found[:limit], self._found[limit:]
        self._room.set()
        if self._end is not None and not self._found:
            return found, *self._end
        return found, False, None

    async def close(self) -> None:
        """Cancel what is awaited and run the generator's own clean-up."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._task
        close = getattr(self._items, "aclose", None)
        if close:
            await close()


class ThreadReader:
    """A generator that blocks: a thread reads ahead by at most one batch."""

    def __init__(self, items: Iterator[Any], linger: float) -> None:
        self._items = items
        self._linger = linger
        self._queue: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=256)
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._read, name="penstock-source", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for item in self._items:
                self._put("item", _kept(item))
                if self._closed:
                    return
            self._put("end", None)
        except BaseException as error:  # told to whoever pulls; in a thread nobody else would hear of it
            self._put("error", error)

    def _put(self, kind: str, value: Any) -> None:
        while not self._closed:
            try:
                self._queue.put((kind, value), timeout=0.5)
            except queue.Full:
                continue
            with suppress(RuntimeError):  # the loop has been closed meanwhile
                self._loop.call_soon_threadsafe(self._news.set)
            return

    async def pull(self, limit: int, stopping: Callable[[], bool]) -> Pulled:
        """What comes within the linger time of the first item."""
        found: list[Item] = []
        deadline: float | None = None
        while len(found) < limit:
            self._news.clear()
            try:
                kind, value = self._queue.get_nowait()
            except queue.Empty:
                wait = 0.1 if deadline is None else deadline - self._loop.time()
                if (deadline is not None and wait <= 0) or stopping():
                    break
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._news.wait(), wait)
                continue
            if kind == "end":
                return found, True, None
            if kind == "error":
                return found, False, value
            try:
                found.append(_is_item(value))
            except TypeError as error:
                return found, False, error
            deadline = deadline or self._loop.time() + self._linger
        return found, False, None

    async def close(self) -> None:
        """Tell the thread to end; it does so after the item in hand."""
        self._closed = True
