"""Ask in a process of its own, so that limits of time and memory hold whatever happens inside.

Takes:   the same questions as `inclusion`, and its `Options`.
Gives:   `ask_safely`, and `SafeComparison` for many questions about the same two documents; workers are kept for the next.
Ignores: what the questions mean. A worker that runs late or dies is killed and told as `Undecided("budget")`.

The time limit is `options.seconds` and half a second of grace; the memory limit is `options.memory` bytes of address
space, where the system has such limits (POSIX). Run as a program, this module is the worker.
"""

from __future__ import annotations

import atexit
import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Literal

from penstock_contracts.verdict import Found, Nothing, Proven, Refuted, Undecided, Verdict

if TYPE_CHECKING:
    from penstock_contracts.inclusion import Options

GRACE = 0.5  # seconds beyond the budget until a worker is killed
_START = 30.0  # seconds that a worker may take to start on a busy machine
_PATIENCE = 10  # times the budget that may pass between two answers of `breaks`
_HEAD = struct.Struct(">Q")
_END, _GONE = "end", "gone"  # after the last answer: ready for the next question, or about to leave


def ask_safely(
    question: Literal["includes", "equivalent", "satisfiable", "breaks"], *schemas: Any, options: Options | None = None
) -> Any:
    """The same answer as `inclusion.<question>(*schemas)`, from a worker; for `breaks` a list.

    Raises nothing that the question would not raise; `ValueError` for a question that there is not.
    """
    if question == "satisfiable":
        verdict = SafeComparison(schemas[0], False, options=options).includes()
        if isinstance(verdict, Refuted):
            return Found(verdict.witness)
        return Nothing() if isinstance(verdict, Proven) else verdict
    comparison = SafeComparison(schemas[0], schemas[-1], options=options)
    if question == "includes":
        return comparison.includes()
    if question == "equivalent":
        return comparison.equivalent()
    if question == "breaks":
        return list(comparison.breaks())
    raise ValueError(f"there is no question `{question}`")


class SafeComparison:
    """Two documents that are asked about in a worker. The documents travel once, as long as the same worker answers."""

    def __init__(self, a: Any, b: Any, *, options: Options | None = None) -> None:
        from penstock_contracts.inclusion import DEFAULT

        self.options = options or DEFAULT
        self._documents = (a, b)
        self._pickled: bytes | None = None
        self._worker: _Worker | None = None

    def includes(self, a_pointer: str = "", b_pointer: str = "") -> Verdict:
        """Whether the first document's sub-schema at a pointer lies inside the second's."""
        answer: Verdict = self._one("includes", a_pointer, b_pointer)
        return answer

    def equivalent(self) -> Verdict:
        """Whether both documents accept the same."""
        answer: Verdict = self._one("equivalent", "", "")
        return answer

    def breaks(self, a_pointer: str = "", b_pointer: str = "") -> Iterator[Refuted | Undecided]:
        """Every way in which the first is not inside the second."""
        yield from self._ask("breaks", a_pointer, b_pointer)

    def _one(self, question: str, a_pointer: str, b_pointer: str) -> Any:
        answers = list(self._ask(question, a_pointer, b_pointer))
        return answers[-1] if answers else Undecided("budget", "the worker gave no answer")

    def _ask(self, question: str, a_pointer: str, b_pointer: str) -> Iterator[Any]:
        if self._pickled is None:
            try:
                self._pickled = pickle.dumps((*self._documents, self.options), protocol=5)
            except (RecursionError, MemoryError):
                yield from _here(question, *self._documents, self.options, a_pointer, b_pointer)
                return
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                yield Undecided("invalid-schema", f"no JSON: {error}")
                return
        patience = (
            self.options.seconds * (2 if question == "equivalent" else _PATIENCE if question == "breaks" else 1) + GRACE
        )
        worker = _take(self._worker)
        self._worker = worker
        done = False
        try:
            worker.send(self._pickled, question, a_pointer, b_pointer, self.options.memory)
            while True:
                answer = worker.receive(patience)
                if answer in (_END, _GONE):
                    done = answer == _END
                    return
                yield answer
        except _Late:
            yield Undecided("budget", f"more than {self.options.seconds:g} s")
        except (OSError, EOFError):
            yield Undecided("budget", "the worker died; it may have used too much memory")
        finally:
            _give_back(worker, done)


class _Late(Exception):
    """The worker has not answered in time."""


class _Worker:
    """One process, with pipes to it. `holds` is the pickled pair of documents that it knows."""

    def __init__(self) -> None:
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "penstock_contracts.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
        )
        self.holds: bytes | None = None
        self.owner = os.getpid()
        self.answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin: IO[bytes] = self.process.stdin
        threading.Thread(target=_listen, args=(self.process.stdout, self.answers), daemon=True).start()
        self.started = False

    def send(self, documents: bytes, question: str, a_pointer: str, b_pointer: str, memory: int) -> None:
        """Put a question; the documents only if they are new to it."""
        if not self.started:
            self.receive(_START)
            self.started = True
        carried = None if self.holds is documents else documents
        _write(self.stdin, (carried, question, a_pointer, b_pointer, memory))
        self.holds = documents

    def receive(self, seconds: float) -> Any:
        """The next answer; raises `_Late` or `EOFError`."""
        try:
            answer = self.answers.get(timeout=seconds)
        except queue.Empty:
            raise _Late from None
        if answer is None:
            raise EOFError
        return answer

    def kill(self) -> None:
        """End the process and close what leads to it."""
        self.process.kill()
        self.process.wait()
        try:
            self.stdin.close()
        except OSError:
            pass


def _listen(source: IO[bytes], answers: queue.SimpleQueue[Any]) -> None:
    with source:
        while True:
            try:
                answers.put(_read(source))
            except (EOFError, OSError, pickle.UnpicklingError, ValueError):
                answers.put(None)
                return


_idle: list[_Worker] = []
_lock = threading.Lock()


def _take(wanted: _Worker | None) -> _Worker:
    """An idle worker, the wanted one if it is among them; or a new one."""
    with _lock:
        mine = [worker for worker in _idle if worker.owner == os.getpid() and worker.process.poll() is None]
        if mine:
            worker = wanted if wanted in mine else mine[-1]
            assert worker is not None
            _idle.remove(worker)
            return worker
    return _Worker()


def _give_back(worker: _Worker, usable: bool) -> None:
    if usable:
        with _lock:
            _idle.append(worker)
    else:
        worker.kill()


def close_workers() -> None:
    """End all idle workers of this process; the next question starts a new one."""
    with _lock:
        mine = [worker for worker in _idle if worker.owner == os.getpid()]
        _idle.clear()
    for worker in mine:
        worker.kill()


atexit.register(close_workers)


def _write(sink: IO[bytes], value: Any) -> None:
    data = pickle.dumps(value, protocol=5)
    sink.write(_HEAD.pack(len(data)))
    sink.write(data)
    sink.flush()


def _read(source: IO[bytes]) -> Any:
    head = source.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    data = source.read(_HEAD.unpack(head)[0])
    return pickle.loads(data)


def _here(question: str, a: Any, b: Any, options: Options, a_pointer: str, b_pointer: str) -> Iterator[Any]:
    """Answer in this process."""
    from penstock_contracts.inclusion import Comparison

    yield from _answers(Comparison(a, b, options), question, a_pointer, b_pointer)


def _answers(comparison: Any, question: str, a_pointer: str, b_pointer: str) -> Iterator[Any]:
    if question == "breaks":
        yield from comparison.breaks(a_pointer, b_pointer)
    elif question == "equivalent":
        yield comparison.equivalent()
    else:
        yield comparison.includes(a_pointer, b_pointer)


# ---------------------------------------------------------------- the worker itself


def _limit(memory: int) -> None:
    """Limit the address space; silently not, where the system knows no such limit."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (ValueError, OSError):
        pass


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer questions until there are no more."""
    from penstock_contracts import witness
    from penstock_contracts.inclusion import Comparison

    _write(sink, witness.__name__)  # ready, with everything imported
    comparison: Any = None
    while True:
        try:
            carried, question, a_pointer, b_pointer, memory = _read(source)
        except EOFError:
            return
        _limit(memory)
        try:
            if carried is not None:
                comparison = None
                comparison = Comparison(*pickle.loads(carried))
                del carried
            for answer in _answers(comparison, question, a_pointer, b_pointer):
                _write(sink, answer)
        except MemoryError:
            comparison = None
            _write(sink, Undecided("budget", "memory"))
            _write(sink, _GONE)
            return
        except Exception as error:  # a bug of ours: told as what it is, not as a lack of memory
            comparison = None
            _write(sink, Undecided("disagreement", f"the engine failed: {type(error).__name__}: {error}"[:300]))
            _write(sink, _GONE)
            return
        _write(sink, _END)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
