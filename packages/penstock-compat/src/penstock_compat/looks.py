"""Say how what is known of a cell is shown: one sign, one word and one sentence for each way in which it can stand.

Takes:   nothing.
Gives:   `Look`, `LOOKS`, the closed list in the order of reports; `BELIEVED`, the letters of what was never tested.
Why so:  a cell that nobody tested must look like nothing else, in every format and with any colour vision.
Ignores: which cell has which look (`standing`), colours (`report/page.css`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact


class Look(Fact):
    """One way in which a cell can stand; `key` is for programs, `sign` and `word` are for people."""

    key: str
    sign: str
    word: str
    says: str


PROVEN = Look("proven", "✓", "proven", "tested here, and everything passed")
STALE = Look("stale", "◷", "proven once", "passed, but the evidence is too old or of another build")
BROKEN = Look("broken", "✗", "broken", "tested here, and it does not work")
DOOMED = Look("doomed", "⊘", "cannot work", "not tested: it was shown beforehand that it cannot work")
FAULT = Look("fault", "!", "not judged", "the test environment failed, so nothing is known of the pack")
UNTESTED = Look("untested", "○", "untested", "not tested: nothing speaks against it, and nothing proves it")
NO_TESTS = Look("no-tests", "∅", "no tests", "it installs and imports, and has no tests that could prove more")
LEFT_OUT = Look("left-out", "\u2013", "left out", "its author says that it is not meant to work here")
UNKNOWN = Look("unknown", "?", "unknown", "nobody knows")

LOOKS = (PROVEN, STALE, BROKEN, DOOMED, FAULT, NO_TESTS, UNTESTED, LEFT_OUT, UNKNOWN)
BY_KEY = {look.key: look for look in LOOKS}
BELIEVED = {"implied": "i", "static": "s", "resolves": "r", "declared": "d"}  # rung -> the letter of an untested cell
