"""Places in the runtime where a test can let something go wrong, by name.

Takes:   words such as `store.commit=kill@17`, from a test (`failing`) or from the environment variable PENSTOCK_FAILPOINTS.
Gives:   `NAMES`, what there is; `failing`, `arm`, `disarm`; `hit`, which the runtime calls where `ARMED` is not empty.
Ignores: what goes wrong in nodes: a test writes nodes of its own.

While nothing is armed, a place costs one look at an empty dictionary, and no place is visited more than once a batch.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from penstock_findings import PenstockError

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "source.read": "a source has handed over a batch, and nothing was done with it",
        "step.done": "a step is done, effects included, and its commit has not begun",
        "store.begin": "a transaction is about to begin",
        "store.commit": "everything of a transaction is written, and it is not yet committed",
        "store.committed": "a transaction is committed, and nobody knows it yet",
        "store.flush": "the disk is about to be asked to confirm what was committed",
        "store.flushed": "the disk has confirmed it, and nobody was told",
        "store.lease": "records of a channel were taken, and nothing was done with them",
        "store.retain": "what was settled long ago is about to be deleted",
    }
)
VARIABLE = "PENSTOCK_FAILPOINTS"
ARMED: dict[str, _Armed] = {}  # name -> what happens there; empty, and so false, while nothing is armed
_WORDS = re.compile(
    r"(?P<name>[a-z.]+)=(?P<action>kill|exit|error(?::(?P<errno>E[A-Z0-9]+))?)(?:@(?P<at>[1-9][0-9]{0,8}))?"
)


class BadFailpoint(PenstockError):
    """Words that name no place, or nothing that can go wrong there."""

    code = "R401"
    exit_code = 2


class _Armed:
    """What happens at one place, at which of its visits."""

    def __init__(self, action: str, error: int, at: int) -> None:
        self.action = action
        self.error = error
        self.at = at
        self.visits = 0


def arm(words: str) -> None:
    """Arm places: `NAME=ACTION[@N]`, several with `;` between them. Raises `BadFailpoint`, and arms nothing then.

    ACTION is `kill` (SIGKILL), `exit` (at once, with code 1), `error` or `error:ENOSPC` (an exception, as the operating
    system or the database would raise it). It happens at the N-th visit, the first unless said otherwise, and once.
    """
    made = {}
    for word in filter(None, (part.strip() for part in words.split(";"))):
        found = _WORDS.fullmatch(word)
        if found is None:
            raise BadFailpoint(f"`{word}` is no failpoint", hint="write `store.commit=kill@17`, `step.done=error:EIO`")
        name = found["name"]
        if name not in NAMES:
            near = get_close_matches(name, NAMES, 1)
            raise BadFailpoint(
                f"there is no failpoint `{name}`",
                hint=f"did you mean `{near[0]}`?" if near else f"there are {', '.join(NAMES)}",
            )
        number = getattr(errno, found["errno"] or "EIO", None)
        if not isinstance(number, int):
            raise BadFailpoint(
                f"there is no error `{found['errno']}`", hint="names are those of `errno`: EIO, ENOSPC, EROFS"
            )
        if name in made:
            raise BadFailpoint(f"`{name}` is armed twice", hint="say one action for each place, and run once for each")
        made[name] = _Armed(found["action"].partition(":")[0], number, int(found["at"] or 1))
    ARMED.update(made)


def disarm() -> None:
    """Nothing goes wrong any more."""
    ARMED.clear()


@contextmanager
def failing(words: str) -> Iterator[None]:
    """Arm places for the time of a `with` block; whatever was armed before is not, inside of it."""
    before = dict(ARMED)
    ARMED.clear()
    try:
        arm(words)
        yield
    finally:
        ARMED.clear()
        ARMED.update(before)


def hit(name: str, kind: type[Exception] = OSError) -> None:
    """For the runtime: this place is visited; `kind` is what an error looks like there."""
    armed = ARMED.get(name)
    if armed is None:
        return
    armed.visits += 1
    if armed.visits != armed.at:
        return
    if armed.action == "kill":
        import signal

        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    if armed.action == "exit":
        os._exit(1)
    text = f"{os.strerror(armed.error)} (failpoint {name})"
    arguments: tuple[Any, ...] = (armed.error, text) if issubclass(kind, OSError) else (text,)
    raise kind(*arguments)


__all__ = ["ARMED", "NAMES", "VARIABLE", "BadFailpoint", "arm", "disarm", "failing", "hit"]
