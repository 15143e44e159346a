"""What a check is: one question about one node or policy, and the complaint when the answer is no.

Takes:   nothing.
Gives:   `Check`, `PolicyCheck`, `Broken`; a question about a channel kind is a `StoreCheck` (`keeping.py`).
Ignores: what the questions are (`checks/`), and when they are asked (`suite.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.testing import NodeSpec

if TYPE_CHECKING:
    from penstock_testkit.subject import Subject
    from penstock_testkit.telling import PolicySubject, Story

Records = Sequence[Any]  # payloads, in the order in which they are delivered


class Broken(AssertionError):
    """A node, a policy or a channel kind does not keep a promise: which one, how it showed, with what records, what to do."""

    def __init__(self, how: str, *, hint: str = "", records: Records | None = None) -> None:
        super().__init__(how)
        self.how = how
        self.hint = hint
        self.records = records


def always(spec: NodeSpec) -> bool:
    """Every node is asked."""
    return True


def as_test(title: str) -> str:
    """`leaves its input as it was` -> `test_leaves_its_input_as_it_was`."""
    return "test_" + "".join(letter if letter.isalnum() else "_" for letter in title.lower())


@dataclass(frozen=True, slots=True)
class Check:
    """One question. `examine` raises `Broken` when the answer is no, and returns when it is yes."""

    code: str
    title: str  # what a node does that passes: "leaves its input as it was"
    examine: Callable[[Subject, str, Records], None]  # the node, an input port ("" for a source), payloads for it
    asks: Callable[[NodeSpec], bool] = always  # of which nodes the question makes sense
    generated: bool = True  # whether other records may give another answer; otherwise it is asked once
    attempts: int = 25  # how many lists of records are tried in the quick profile


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """One question about a policy. `examine` is told a story, and raises `Broken` when the answer is no."""

    code: str
    title: str
    examine: Callable[[PolicySubject, Story], None]
    attempts: int = 60  # how many stories are tried in the quick profile
    shrinks: bool = True  # whether a story that fails is made small; where a failure takes long, it is told as it is
