"""Q112: a node leaves a thread, a task, a file or a socket behind when it is closed.

Why: A graph is opened and closed many times in the life of a server, and in tests; what is left behind adds up until
something runs out. A thread that goes on may also write where nobody expects it any more.
Bad:   `threading.Thread(target=self.poll).start()` in `open`, and nothing in `close`.
Good:  tell it to end in `close`, and wait for it.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import warnings

from penstock_testkit.life import live
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject

_FILES = "/proc/self/fd"
_PATIENCE = 1.0  # seconds that a thread may take to end after `close`


def examine(subject: Subject, port: str, records: Records) -> None:
    """Count before and after a life."""
    asyncio.run(
        live(subject.elsewhere("first").make(), records, subject.secrets)
    )  # what is made once and kept is no leak
    before, files = set(threading.enumerate()), _files()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        tasks = asyncio.run(_life(subject.elsewhere("second"), records))
        gc.collect()
    for task in tasks:
        raise Broken(f"a task is left: {task}", hint="cancel it in `close`, and wait for it", records=records)
    for thread in set(threading.enumerate()) - before:
        thread.join(_PATIENCE)
        if thread.is_alive() and not thread.name.startswith("asyncio"):
            raise Broken(
                f"the thread `{thread.name}` is left", hint="end it in `close`, and wait for it", records=records
            )
    for warning in told:
        if issubclass(warning.category, ResourceWarning):
            raise Broken(f"{warning.message}", hint="close it in `close`", records=records)
    if left := _files() - files:
        names = ", ".join(sorted(left))
        raise Broken(f"files or sockets are left open: {names}", hint="close them in `close`", records=records)


async def _life(subject: Subject, records: Records) -> list[str]:
    await live(subject.make(), records, subject.secrets)
    await asyncio.sleep(0)
    return [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def _files() -> set[str]:
    """What the process has open, by name; nothing where the system does not tell."""
    if not os.path.isdir(_FILES):
        return set()
    found = set()
    for number in os.listdir(_FILES):
        try:
            found.add(f"{number} -> {os.readlink(f'{_FILES}/{number}')}")
        except OSError:  # it was the listing's own
            continue
    return found


CHECK = Check("Q112", "leaves nothing behind", examine, generated=False)
