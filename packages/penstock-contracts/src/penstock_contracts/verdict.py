"""What can be answered: proven, refuted by a witness, or undecided for a stated reason.

Takes:   nothing; these are facts.
Gives:   `Proven`, `Refuted`, `Undecided`, and for one schema alone `Found` and `Nothing`.
Ignores: how the answer was found, and how it is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Union

Reason = Literal[
    "budget",  # time, steps, memory or depth ran out
    "remote-reference",  # a `$ref` leads to a document that the caller did not give; nothing is ever fetched
    "unknown-dialect",  # `$schema` names a dialect that is none of drafts 4, 6, 7, 2019-09, 2020-12
    "unsupported",  # a pattern or a combination that the solver has no theory for
    "disagreement",  # the reference validator does not confirm our witness
    "invalid-schema",  # a keyword has a value that its dialect does not allow, or a reference leads nowhere
]


@dataclass(frozen=True, slots=True)
class Proven:
    """Every instance of the first schema is one of the second."""


@dataclass(frozen=True, slots=True)
class Refuted:
    """A value that is valid under the first schema and not under the second.

    `witness` is a JSON value of plain Python types; a number is an `int`, else a `float` if that is exact, else a `Decimal`.
    The pointers lead into the schemas (RFC 6901; into the document where a reference was followed), to the place that decides.
    """

    witness: Any
    a_pointer: str = ""
    b_pointer: str = ""
    keyword: str = ""  # of the second schema, the one that refuses
    exotic: bool = False  # only a line terminator, a surrogate or the dialect of a pattern shows the difference


@dataclass(frozen=True, slots=True)
class Undecided:
    """No answer, and why; never a guess."""

    reason: Reason
    detail: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A value that is valid under the schema."""

    instance: Any


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value at all is valid under the schema."""


Verdict = Union[Proven, Refuted, Undecided]  # noqa: UP007 - evaluated at run time on 3.10, where a reader may ask isinstance
