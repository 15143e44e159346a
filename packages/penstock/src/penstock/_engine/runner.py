"""Run one node over one chunk of records, each record on its own: what it gives, or how it failed.

Takes:   a node, a context, records, the limits that policies have set.
Gives:   for each record its outputs by port, or the exception; accepted changes of state and alarms.
Ignores: what becomes of outputs and failures (`step.py`).
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any, TypeVar

from penstock._engine.context import NodeContext
from penstock._engine.overdue import Overdue
from penstock._engine.threads import Threads
from penstock.decisions import Proceed
from penstock.record import Drop, Emission, Record
from penstock.sdk import Effect, Role, Timer

T = TypeVar("T")
Outputs = list[tuple[str, Record]]  # port, record as the author left it


class Dropped(Exception):
    """Not a failure: the node gave the record up on purpose."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Behind(Exception):
    """Not a failure: on an ordered node, a record of the same key has just failed, and this one stays behind it."""


class Cancelled(Exception):
    """Something that a node waited for was cancelled, by the node itself and not by the runtime."""


Outcome = Outputs | Exception
Attempts = Callable[[int], int]  # index in the chunk -> which attempt this is
Accept = Callable[[int, Record, Outputs], Exception | None]
Keep = Callable[[NodeContext], None]
_NO_LIMITS = Proceed()


class TookTooLong(TimeoutError):
    """An attempt was given up at its deadline. What it may still do outside, it does under the same effect key."""


class BadOutput(TypeError):
    """A node handed back something that is not a record, or named a port that it does not have."""


class Runner:
    """Calls the methods of one node in the way that suits them: in line, in threads, or concurrently."""

    def __init__(self, node: Any, context: NodeContext, executor: Callable[[], Threads | None]) -> None:
        spec = node.spec
        instance = node.instance
        single, many = ("write", "write_batch") if spec.role is Role.SINK else ("process", "process_batch")
        self.node = node
        self.context = context
        self._executor = executor
        self._one: Any = getattr(instance, single, None)  # a method of the author's, of one of the shapes in the SDK
        self._batch: Any = getattr(instance, many, None)
        self.port = spec.outputs[0].name if spec.outputs else ""
        self._ports = frozenset(port.name for port in spec.outputs)
        self._sink = spec.role is Role.SINK
        self.is_async = inspect.iscoroutinefunction(self._one) or inspect.isasyncgenfunction(self._one)
        self._batch_async = inspect.iscoroutinefunction(self._batch) or inspect.isasyncgenfunction(self._batch)
        self._ordered = spec.ordered
        self._concurrency = 1 if spec.stateful else max(1, spec.concurrency)
        self._hedges = spec.effect is not Effect.EXTERNAL and not spec.stateful
        self.abandoned = 0  # calls in threads that nobody waits for any more and that have not come back
        self.hedged = 0  # attempts that were begun a second time
        self.times: list[float] | None = None  # seconds of each attempt, where somebody wants to know

    @property
    def plain(self) -> bool:
        """Whether the node is called record by record, in line."""
        return self._batch is None and not self.is_async and not self.node.spec.blocking

    @property
    def one(self) -> Callable[[Record, NodeContext], Any]:
        """The node's own method, for callers that have checked `plain`."""
        return self._one  # type: ignore[no-any-return]  # the method of its role, found when the runner was made

    async def run(
        self, records: Sequence[Record], attempt: Attempts, accept: Accept, keep: Keep, limits: Proceed = _NO_LIMITS
    ) -> list[Exception | None]:
        """Work through a chunk: for each record None, or how it failed.

        `accept` is called in order for each success, and may turn it into a failure; `keep` then takes over what
        the record has changed in state and alarms.
        """
        if not records:
            return []
        if self._batch is not None and not self._ordered and all(attempt(at) == 1 for at in range(len(records))):
            outcomes = await self._as_batch(records, limits.deadline)
            if outcomes is not None:
                return self._settle_batch(records, outcomes, accept, keep)
        if records and (self.is_async or (self.node.spec.blocking and self._executor() is not None)):
            return await self._concurrently(records, attempt, accept, keep, limits)
        failures: list[Exception | None] = []
        blocked: set[str | None] = set()
        for at, record in enumerate(records):
            if blocked and record.key in blocked:
                failures.append(Behind())
                continue
            self.context.begin(record, attempt(at))
            try:
                outcome: Outcome = called(self.outputs, await self._single(record, self.context))
            except Exception as error:  # the record's own failure, whatever it is
                outcome = error
            failures.append(self._settle(at, record, outcome, self.context, accept, keep))
            if self._ordered and record.key is not None and _is_failure(failures[-1]):
                blocked.add(record.key)
        return failures

    async def _single(self, record: Record, context: NodeContext) -> Any:
        """One record, through the batch form when the node has no other."""
        if self._one is not None:
            return called(self._one, record, context)
        answer = called(self._batch, [record], context)
        if waits(answer):
            answer = await contained(collected(answer))
        return self._alone(answer)

    def _alone(self, answer: Any) -> Any:
        """What a batch of one has answered."""
        if not self._sink:
            return answer
        verdict = self._verdicts([None], answer)[0]
        if isinstance(verdict, Exception):
            raise verdict
        return None

    @staticmethod
    def _settle(
        at: int, record: Record, outcome: Outcome, context: NodeContext, accept: Accept, keep: Keep
    ) -> Exception | None:
        failure = outcome if isinstance(outcome, Exception) else accept(at, record, outcome)
        if failure is None or isinstance(failure, Dropped):
            keep(context)  # whoever gives a record up has seen it, and may want to remember that
        else:
            context.take_changes()  # undone
        return failure

    def _settle_batch(
        self, records: Sequence[Record], outcomes: Sequence[Outcome], accept: Accept, keep: Keep
    ) -> list[Exception | None]:
        """The changes of a batch belong to all its records: they are kept when one of them has succeeded."""
        failures = [
            outcome if isinstance(outcome, Exception) else accept(at, records[at], outcome)
            for at, outcome in enumerate(outcomes)
        ]
        if any(not _is_failure(failure) for failure in failures):
            keep(self.context)
        else:
            self.context.take_changes()
        return failures

    def outputs(self, result: Any, *, whole: bool = False) -> Outputs:
        """What a method handed back, as port and record; raises `Dropped` and `BadOutput`.

        In what a whole batch has handed back nobody can tell which input a `Drop` is for, whatever else there is.
        """
        if result is None:
            return []
        kind = result.__class__
        if kind is Record or kind is Emission or kind is Drop:
            result = (result,)
        elif isinstance(result, (str, bytes, dict)) or not isinstance(result, Iterable):
            raise BadOutput(f"`{self.node.id}` handed back a `{kind.__name__}`, not a record")
        found: Outputs = []
        drop = None
        for item in result:
            if item.__class__ is Record:
                found.append((self.port, item))
            elif item.__class__ is Emission and item.record.__class__ is Record:
                found.append((item.port, item.record))
            elif item.__class__ is Drop:
                drop = item
            else:
                raise BadOutput(f"`{self.node.id}` handed back a `{type(item).__name__}`, not a record")
        for port, _ in found:
            if port not in self._ports:
                raise BadOutput(f"`{self.node.id}` has no output port `{port}`")
        if drop is not None and (whole or not found):
            raise Dropped(drop.reason)
        return found

    # -- several at once ----------------------------------------------------------------------------------------

    async def _concurrently(
        self, records: Sequence[Record], attempt: Attempts, accept: Accept, keep: Keep, limits: Proceed
    ) -> list[Exception | None]:
        """Up to `concurrency` records in flight; on an ordered node the records of one key one after the other."""
        outcomes: list[Outcome | None] = [None] * len(records)
        failures: list[Exception | None] = [None] * len(records)
        lanes = iter(self._lanes(records))
        at_once = min(self._concurrency, limits.concurrency or self._concurrency, len(records))
        overdue = Overdue(limits.deadline)
        ending = False

        async def guarded(record: Record, context: NodeContext) -> Outcome:
            try:
                if limits.hedge_after is not None and self._hedges:
                    return await self._hedged(record, context, limits.hedge_after)
                return await self._outcome(record, context)
            except asyncio.CancelledError:
                if ending:
                    raise
                if overdue.was_the_cause():
                    return TookTooLong(f"no end within {limits.deadline} s")
                return Cancelled(f"`{self.node.id}` has cancelled what it waited for")
            except Exception as error:  # the record's own failure, whatever it is
                return error

        async def worker() -> None:
            context = self.context.clone()
            for lane in lanes:
                blocked = False
                for at in lane:
                    context.begin(records[at], attempt(at))
                    began = overdue.begin()
                    outcome = Behind() if blocked else await guarded(records[at], context)
                    took = overdue.end(began)
                    if self.times is not None:
                        self.times.append(took)
                    if self._concurrency == 1:  # accept at once, so that the next record sees the state
                        failures[at] = self._settle(at, records[at], outcome, context, accept, keep)
                    else:  # such a node has no state, and order among lanes is not promised: accept later, in order
                        outcomes[at] = outcome
                    blocked = blocked or _is_failure(failures[at]) or _is_failure(outcome)
                    if isinstance(outcome, TookTooLong):  # what was given up may still use the old one
                        context = self.context.clone()

        workers = [asyncio.ensure_future(worker()) for _ in range(at_once)]
        try:  # `wait`, unlike `gather`, cancels none of them: whatever is cancelled before the end, a node has cancelled
            await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
            for task in workers:
                task.result()
        finally:
            ending = True
            overdue.stop()
            for task in workers:
                task.cancel()
        for at, outcome in enumerate(outcomes):
            if outcome is not None:
                failures[at] = self._settle(at, records[at], outcome, self.context, accept, keep)
        return failures

    async def _hedged(self, record: Record, context: NodeContext, after: float) -> Outputs:
        """The first success of two attempts, the second of which begins when the first takes long."""
        attempts = [asyncio.ensure_future(self._outcome(record, context))]
        try:
            await asyncio.wait(attempts, timeout=after)
            if not attempts[0].done():
                twin = context.clone()
                twin.begin(record, context.attempt)
                attempts.append(asyncio.ensure_future(self._outcome(record, twin)))
                self.hedged += 1
            waiting = set(attempts)
            while True:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    if not waiting or (not task.cancelled() and task.exception() is None):
                        return task.result()
        finally:
            for task in attempts:
                task.add_done_callback(_look_away)
                task.cancel()

    def _lanes(self, records: Sequence[Record]) -> Iterable[list[int]]:
        if not self._ordered:
            return ([at] for at in range(len(records)))
        lanes: dict[str | int, list[int]] = {}
        for at, record in enumerate(records):
            lanes.setdefault(at if record.key is None else record.key, []).append(at)
        return list(lanes.values())

    async def _outcome(self, record: Record, context: NodeContext) -> Outputs:
        if self.is_async:
            return self.outputs(await collected(self._one(record, context)))
        if self._one is None:
            return self.outputs(self._alone(await self._in_thread(lambda: self._listed([record], context))))
        return await self._in_thread(lambda: self.outputs(self._one(record, context)))

    async def rung(self, timer: Timer) -> Outputs:
        """What the node gives when one of its alarms rings."""
        on_timer = self.node.instance.on_timer
        if self.node.spec.blocking and self._executor() is not None:
            return await self._in_thread(lambda: self.outputs(on_timer(timer, self.context)))
        answer = called(on_timer, timer, self.context)
        found: Outputs = called(self.outputs, await contained(collected(answer)) if waits(answer) else answer)
        return found

    async def _in_thread(self, call: Callable[[], T]) -> T:
        """What a call gives, made in a thread; when nobody waits for it any more, it is counted until it is back."""
        threads = self._executor()
        assert threads is not None
        loop = asyncio.get_running_loop()
        future, result = handed_to(threads, call)

        def is_back(_: object) -> None:
            threads.abandon(False)
            with suppress(RuntimeError):  # the loop has been closed meanwhile
                loop.call_soon_threadsafe(self._count_abandoned, -1)

        try:
            await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if not future.done():  # a thread cannot be ended, so another one takes its place
                threads.abandon(True)
                self._count_abandoned(1)
                future.add_done_callback(is_back)
            raise
        return result()

    def _count_abandoned(self, more: int) -> None:
        self.abandoned += more

    # -- the batch form -----------------------------------------------------------------------------------------

    async def _as_batch(self, records: Sequence[Record], deadline: float | None) -> list[Outcome] | None:
        """One call for all; None when it failed as a whole, so that each record is tried on its own."""
        self.context.begin(None, 1)
        began = asyncio.get_running_loop().time()
        try:
            if self._batch_async:
                answer = await within(deadline, collected(self._batch(records, self.context)))
            elif self.node.spec.blocking and self._executor() is not None:
                context = self.context
                answer = await within(deadline, self._in_thread(lambda: self._listed(records, context)))
            else:
                answer = called(self._listed, records, self.context)
            if self.times is not None:
                self.times.append(asyncio.get_running_loop().time() - began)
            return self._verdicts(records, answer) if self._sink else self._attributed(records, answer)
        except TookTooLong as error:  # to try each of them alone would take as long again, so many times over
            self.context = self.context.clone()  # what was given up may still use the old one
            return [error] * len(records)
        except Exception:  # each record is asked again alone, and then tells its own failure
            self.context.take_changes()
            return None

    def _listed(self, records: Sequence[Record], context: NodeContext) -> Any:
        answer = self._batch(records, context)
        return list(answer) if isinstance(answer, Iterator) else answer

    @staticmethod
    def _verdicts(records: Sequence[Any], answer: Any) -> list[Outcome]:
        """One for each record: an exception, or anything else when it was delivered (as `asyncio.gather` tells it)."""
        verdicts = list(answer or ())
        if verdicts and len(verdicts) != len(records):
            raise BadOutput(f"`write_batch` answered {len(verdicts)} verdicts for {len(records)} records")
        return [_verdict(each) for each in verdicts] or [[] for _ in records]

    def _attributed(self, records: Sequence[Record], answer: Any) -> list[Outcome]:
        """Give each output to the input that it was derived from."""
        place = {id(record): at for at, record in enumerate(records)}
        outcomes: list[Outcome] = [[] for _ in records]
        for port, record in self.outputs(answer, whole=True):
            ancestor: Record | None = record
            while (at := place.get(id(ancestor))) is None and ancestor is not None:
                ancestor = ancestor._parent
            if at is None:
                raise BadOutput(
                    f"`process_batch` of `{self.node.id}` handed back a record that no input was derived into"
                )
            outcomes[at].append((port, record))  # type: ignore[union-attr]  # nothing but lists was put there
        return outcomes


def _look_away(task: asyncio.Future[Any]) -> None:
    """The slower of two attempts may end as it likes."""
    if not task.cancelled():
        task.exception()


def _verdict(told: Any) -> Outcome:
    if isinstance(told, Exception):
        return told
    if isinstance(told, BaseException) or (isinstance(told, type) and issubclass(told, BaseException)):
        return Cancelled(f"told by `write_batch`: {told!r}")
    return []


def _is_failure(outcome: object) -> bool:
    return isinstance(outcome, Exception) and not isinstance(outcome, Dropped)


def waits(answer: Any) -> bool:
    """Whether what a method handed back has to be awaited."""
    return inspect.isawaitable(answer) or hasattr(answer, "__aiter__")


async def collected(call: Awaitable[Any] | AsyncIterator[Any]) -> Any:
    """What an async method or async generator gives in the end."""
    if hasattr(call, "__aiter__"):
        return [item async for item in call]
    return await call


def called(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a plain call gives. It cannot be interrupted, so a cancellation that it raises is its own."""
    try:
        return call(*arguments)
    except asyncio.CancelledError as error:
        raise Cancelled(f"raised {error!r}") from error


async def contained(call: Awaitable[Any]) -> Any:
    """What an awaitable gives, awaited in a task of its own: so a cancellation inside it is told from our own."""
    task = asyncio.ensure_future(call)
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()
    try:
        return task.result()
    except asyncio.CancelledError as error:
        raise Cancelled(f"raised {error!r}") from error


async def within(deadline: float | None, call: Awaitable[Any]) -> Any:
    """What an awaitable gives, or `TookTooLong`."""
    task = asyncio.ensure_future(contained(call))
    try:
        done, _ = await asyncio.wait({task}, timeout=deadline)
        if done:
            return task.result()
    finally:
        task.cancel()
    await asyncio.wait({task}, timeout=0)
    raise TookTooLong(f"no end within {deadline} s")


async def in_thread(executor: Executor | None, call: Callable[[], T]) -> T:
    """What a call gives, made in a thread of this executor or of the loop's own."""
    work, result = _boxed(call)
    await asyncio.get_running_loop().run_in_executor(executor, work)
    return result()


def handed_to(threads: Executor, call: Callable[[], T]) -> tuple[Future[None], Callable[[], T]]:
    """A call that a thread makes, and how to ask what it gave."""
    work, result = _boxed(call)
    return threads.submit(work), result


def _boxed(call: Callable[[], T]) -> tuple[Callable[[], None], Callable[[], T]]:
    """Both ways out of a call lead through a list: a raised `StopIteration` would never arrive."""
    given: list[T] = []
    raised: list[Exception] = []

    def work() -> None:
        try:
            given.append(called(call))
        except Exception as error:  # raised again where it is waited for
            raised.append(error)

    def result() -> T:
        for error in raised:
            raise error
        return given[0]

    return work, result
