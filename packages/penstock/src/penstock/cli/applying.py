"""Exchange the policies of a graph while it runs: check the files, leave an order in the store, wait for the processes.

Takes:   a store, policy files, and the graph that runs on it.
Gives:   `apply_policies`: an `Outcome`; `changes_of` and `present_of`: what the history says of exchanges;
         `started_with`, the facts of a note that every run leaves for this.
Ignores: how a process takes an order up (the engine), words and columns (`policies`).
"""

from __future__ import annotations

import getpass
import os
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from penstock._plugins.discovery import discover
from penstock._store.interface import StoreError
from penstock.cli.assembly import Assembled, ground_of, on_ground, read_files
from penstock.cli.binding import set_of
from penstock.cli.stores import opened
from penstock.cli.wishes import Wishes
from penstock.policies.orders import KIND, body_of, paths_of
from penstock_findings.errors import PenstockError
from penstock_findings.exits import Exit
from penstock_findings.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from penstock._store.facts import Note, Order
    from penstock._store.interface import Store

STARTED = "started"  # kind of the note in which a run says what it was started with
REFUSED = "order-refused"
NOTHING_THERE = "S102"  # what a store says that is asked for what is there, and nothing is
_LOOK = 0.1  # seconds between looks at the history


class CannotApply(PenstockError):
    """There is no graph to hold the files against, or it is another one. Whoever applies them is at fault."""

    code = "L120"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the files: the order that was given (0: none) and what each running process said."""

    report: Report
    order: int = 0
    digest: str = ""
    runs: Mapping[str, str] = field(default_factory=dict)  # "taken up ...", "refused: ...", "no answer", "ended"

    @property
    def exit_code(self) -> int:
        """0 when everyone has taken them up."""
        words = list(self.runs.values())
        if not self.order or any(word.startswith("refused") for word in words):
            return Exit.FINDINGS
        return Exit.UNDECIDED if "no answer" in words else Exit.CLEAN

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        findings = [{"code": f.code, "message": f.message, "at": str(f.at)} for f in self.report.findings]
        return {"order": self.order, "digest": self.digest, "runs": dict(self.runs), "findings": findings}


def started_with(path: str, wishes: Wishes, overrides: Sequence[str], made: Assembled) -> dict[str, Any]:
    """What a run was started with, so that others can check files against the same graph."""
    return {
        "graph_file": os.path.abspath(path),
        "overrides": list(overrides),
        "profile_file": wishes.profile,
        "profile": made.profile_name,
        "profile_digest": made.profile_digest,
        "policies": [file.path for file in made.composition.files] if made.composition is not None else [],
        "settings": list(wishes.settings),
        "accepted": list(wishes.accepted),
        "folder": os.getcwd(),
    }


class _Somehow(dict[str, str]):
    """An environment in which every name is set: policies do not depend on what the run has there."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name, "set" if default is None else default)


def apply_policies(
    store: Store,
    paths: Sequence[str],
    graph: str | None,
    timeout: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
) -> Outcome:
    """Check the files, give the order, and wait at most `timeout` seconds for those who are running."""
    made, digest = _checked(store, paths, graph)
    if made.report.exit_code():
        return Outcome(made.report)
    store.bury(now())
    running = [run["run"] for run in store.runs() if run["ended"] is None]
    order = store.give_order(KIND, body_of(read_files(paths), digest), _who(), now())
    until = now() + timeout
    words = _words(store, running, order)
    while "no answer" in words.values() and now() < until:
        sleep(_LOOK)
        words = _words(store, running, order)
    return Outcome(made.report, order, digest, words)


def _checked(store: Store, paths: Sequence[str], graph: str | None) -> tuple[Assembled, str]:
    """Everything as the running processes see it, with these files; and the digest of the set that comes of it."""
    facts = _last_start(store)
    path = graph or facts.get("graph_file")
    if path is None:
        raise CannotApply("no run on this store says which graph it ran", hint="name the file with `--graph`")
    if graph is None and not os.path.exists(path):
        raise CannotApply(f"the graph file `{path}` is no longer there", hint="name the file with `--graph`")
    catalog = discover()
    wishes = Wishes((), _beside(facts), tuple(facts.get("settings", ())), tuple(facts.get("accepted", ())))
    ground = ground_of(path, catalog, wishes, facts.get("overrides", ()), environment=_Somehow(os.environ))
    made = on_ground(ground, catalog, wishes, read_files(paths))
    if made.report.exit_code():
        return made, ""
    digests = [run["digest"] for run in store.runs()]
    if made.graph is not None and digests and made.graph.digest != digests[-1]:
        message = f"the graph in `{path}` is not the one that runs on this store: its topology has another digest"
        raise CannotApply(message, hint="name the right file with `--graph`, or run this one first")
    return made, set_of(made, catalog).digest


def _beside(facts: Mapping[str, Any]) -> str | None:
    """The profile that the last run named; a path was relative to the folder in which it was started."""
    from penstock.profiles.load import is_path

    named = facts.get("profile_file")
    return os.path.join(facts.get("folder", ""), named) if named and is_path(named) else named


def _last_start(store: Store) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for note in store.notes():
        if note.kind == STARTED:
            found = note.facts
    return found


def _words(store: Store, running: Sequence[str], order: int) -> dict[str, str]:
    """What each process that was running has said about the order."""
    words = dict.fromkeys(running, "no answer")
    for run in store.runs():
        if run["run"] in words and run["ended"] is not None:
            words[run["run"]] = "ended"
    for note in store.notes():
        answered = note.facts.get("order") or 0
        if note.run in words and answered >= order:  # who finds several orders takes the last one only
            if note.kind == KIND:
                words[note.run] = "taken up" if answered == order else f"taken up, and order {answered} after it"
            elif note.kind == REFUSED:
                words[note.run] = f"refused: {note.facts.get('error', '')}"
    return words


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user on this machine
        return "somebody"


@dataclass(frozen=True, slots=True)
class Change:
    """One exchange of policies, as the history tells it; `error` when it was refused."""

    time: float  # seconds since the epoch
    run: str
    by: str
    files: str
    old: str
    new: str
    error: str = ""

    @property
    def when(self) -> str:
        """`2026-01-31 14:05:09Z`."""
        return datetime.fromtimestamp(self.time, timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        made = {
            "time": self.time,
            "run": self.run,
            "by": self.by,
            "files": self.files,
            "old": self.old,
            "new": self.new,
        }
        return {**made, "error": self.error} if self.error else made


@dataclass(frozen=True, slots=True)
class Present:
    """What the running processes work with now, and what the next run takes up."""

    running: Sequence[Change]
    next: str

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"running": [change.as_json() for change in self.running], "next": self.next}


def changes_of(store: Store) -> list[Change]:
    """Every exchange, oldest first."""
    orders = {order.id: order for order in store.orders() if order.kind == KIND}
    notes = list(store.notes())
    started = {note.run: note.facts for note in notes if note.kind == STARTED}
    return [_change(note, orders, started.get(note.run, {})) for note in notes if note.kind in (KIND, REFUSED)]


def present_of(store: Store) -> Present:
    """What holds now."""
    store.bury(time.time())
    last: dict[str, Change] = {change.run: change for change in changes_of(store) if not change.error}
    running = [last[run["run"]] for run in store.runs() if run["ended"] is None and run["run"] in last]
    order = last_order(store)
    return Present(running, (", ".join(paths_of(order.body)) or "no policies") if order is not None else "no policies")


def order_on(directory: str) -> Order | None:
    """The order that the next run on this directory goes on with; None when there is none, or no store yet."""
    try:
        with opened(directory) as store:
            return last_order(store)
    except StoreError as error:
        if [finding.code for finding in error.findings] == [NOTHING_THERE]:
            return None
        raise


def last_order(store: Any) -> Order | None:
    """The order that a run without policies of its own goes on with."""
    orders = [order for order in store.orders() if order.kind == KIND]
    return orders[-1] if orders else None


def _change(note: Note, orders: Mapping[int, Order], started: Mapping[str, Any]) -> Change:
    order = orders.get(note.facts.get("order") or 0)
    files = ", ".join(paths_of(order.body) if order is not None else started.get("policies", ())) or "none"
    who = str(note.facts.get("who", "")) or (order.who if order is not None else "")
    facts = note.facts
    error = str(facts.get("error", "")) if note.kind == REFUSED else ""
    return Change(note.time, note.run, who, files, str(facts.get("old", "")), str(facts.get("new", "")), error)
