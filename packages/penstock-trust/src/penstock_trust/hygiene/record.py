"""Judge a wheel's RECORD: whether it speaks of every file, of no other, and truly.

Takes:   a `Wheel` that is in order as an archive.
Gives:   `record`, `unlisted`, `absent`, `digests`.
Ignores: what the files are for (`contents`).
"""

from __future__ import annotations

import base64
import hashlib

from penstock_trust.hygiene.wheel import RECORD, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Finding
    from penstock_trust.hygiene.wheel import Row, Wheel

ALGORITHMS = ("sha256", "sha384", "sha512")
_AGAIN = "build the wheel again with a current build tool, and change nothing in it afterwards"


def record(wheel: Wheel) -> Iterator[Finding]:
    """T210: no RECORD, or one that can be read in more than one way."""
    if len(wheel.infos) != 1:
        count = len(wheel.infos)
        yield wheel.said("T210", f"the wheel has {count or 'no'} `*.dist-info` folders, not one", _AGAIN)
        if not count:
            return
    rows, wrong = wheel.record
    if wrong:
        yield wheel.said("T210", f"the wheel {wrong}", _AGAIN)
    seen: set[str] = set()
    for row in rows:
        if row.path in seen:
            yield wheel.said("T210", f"{RECORD} speaks twice of `{shown(row.path)}`", _AGAIN, row.path)
        seen.add(row.path)


def unlisted(wheel: Wheel) -> Iterator[Finding]:
    """T211: a file of which RECORD does not speak."""
    listed = {row.path for row in wheel.record[0]}
    for path in wheel.files:
        if path not in listed and wheel.record[0]:
            yield wheel.said("T211", f"`{shown(path)}` is in the wheel and not in its {RECORD}", _AGAIN, path)


def absent(wheel: Wheel) -> Iterator[Finding]:
    """T212: a file of which only RECORD speaks."""
    for row in wheel.record[0]:
        if row.path not in wheel.files:
            yield wheel.said(
                "T212", f"{RECORD} speaks of `{shown(row.path)}`, which is not in the wheel", _AGAIN, row.path
            )


def digests(wheel: Wheel) -> Iterator[Finding]:
    """T213: a digest that is missing, weak or wrong."""
    own = f"{wheel.info}/{RECORD}"
    for row in wheel.record[0]:
        if row.path in wheel.files:
            why = _wrong(wheel, row) if row.path != own else "has a digest of itself" if row.digest or row.size else ""
            if why:
                yield wheel.said("T213", f"`{shown(row.path)}` {why}", _AGAIN, row.path)


def _wrong(wheel: Wheel, row: Row) -> str:
    algorithm, equals, said = row.digest.partition("=")
    if not equals or not said:
        return f"has no digest in {RECORD}"
    if algorithm not in ALGORITHMS:
        return f"has a digest by `{shown(algorithm)}`; {', '.join(ALGORITHMS)} are accepted"
    data = wheel.content(row.path)
    found = base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).rstrip(b"=").decode()
    if found != said:
        return f"is not what {RECORD} says: its {algorithm} is {found}"
    return "" if row.size == str(len(data)) else f"has {len(data)} bytes, and {RECORD} says `{shown(row.size)}`"
