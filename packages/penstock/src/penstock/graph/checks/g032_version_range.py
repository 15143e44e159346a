"""G032: a version range cannot be read.

Why: ranges are written as for pip (PEP 440), because packs are ordinary Python distributions.
Bad:   `"^0.4"`, `"0.4.1"`, `"*"`, `"=>0.4"`.
Good:  `">=0.4,<1"`, `"==0.4.1"`, `">=0"`, `"~=0.4.1"`.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G032",
    asks=lambda draft: draft.packs,
    finds=lambda use: use.verdict == "bad-range",
    says=lambda use: f"cannot read the version range {quoted(use.wish.range or '')} of pack {quoted(use.wish.name)}",
    at=lambda use: use.wish.pointer,
    hint="write it as for pip: `>=0.4,<1`, `==0.4.1`, or `>=0` for any",
)
