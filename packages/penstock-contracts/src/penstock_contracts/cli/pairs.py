"""Open two schemas for a command that asks about nothing else.

Takes:   two words.
Gives:   `two_contracts`, as the engine wants them; `engine_for`; `FORMATS`.
Ignores: packs and folders, which hold more than one contract.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_contracts.asking import Asked, Engine, asked
from penstock_contracts.subjects.errors import NoBaseline, NotASubject
from penstock_contracts.subjects.open import open_baseline, open_candidate

if TYPE_CHECKING:
    from penstock_contracts.contract import Contract

FORMATS = {"annotate": "annotation", "assert": "assertion"}


def two_contracts(a: str, b: str) -> tuple[Asked, Asked]:
    """The two schemas. Raises `NotASubject` when one of the words names several."""
    return asked(_one(a, b)), asked(_one(b, a))


def engine_for(seconds: float, formats: str) -> Engine:
    """An engine whose questions end in time."""
    return Engine(seconds, formats, safely=True)


def _one(words: str, other: str) -> Contract:
    try:
        subject = open_baseline(words, other)
    except NoBaseline:  # neither of the two is one: a name that leads nowhere is a mistake like any other
        subject = open_candidate(words)
    if len(subject.contracts) != 1:
        raise NotASubject(words, "holds more than one contract", "name one of them, as `FILE#/pointer`")
    return subject.contracts[0]
