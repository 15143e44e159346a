"""Ask every question about a wheel, in order, and say what it would bring.

Takes:   the bytes of a wheel, its file name, and what the site lets pass.
Gives:   `check_wheel`; `CHECKS`, the questions by name; `rules_of`, what a rule of the policy lets pass.
Ignores: how a question is answered; each has a function of its own.
"""

from __future__ import annotations

import hashlib

from penstock_trust.facts import FileFact, Hygiene
from penstock_trust.hygiene import contents, names, record, structure
from penstock_trust.hygiene.archive import read_archive
from penstock_trust.hygiene.wheel import Rules, Wheel, complaint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeAlias

    from penstock_findings.finding import Finding
    from penstock_trust.policy.model import PackRule

    Check: TypeAlias = Callable[[Wheel], Iterable[Finding]]

_ARCHIVE: Mapping[str, Check] = {
    "size": structure.size,
    "zip": structure.zip_file,
    "headers": structure.headers,
    "layout": structure.layout,
    "duplicates": structure.duplicates,
    "paths": names.paths,
    "collisions": names.collisions,
    "links": names.links,
    "bomb": structure.bomb,
}
_RECORD: Mapping[str, Check] = {
    "record": record.record,
    "unlisted": record.unlisted,
    "absent": record.absent,
    "digests": record.digests,
}
_CONTENTS: Mapping[str, Check] = {
    "metadata": contents.metadata,
    "startup": contents.startup,
    "data": contents.data,
    "toplevels": contents.toplevels,
    "stdlib": contents.stdlib,
    "entrypoints": contents.entrypoints,
    "native": contents.native,
    "bytecode": contents.bytecode,
}
_STAGES = (_ARCHIVE, _RECORD, _CONTENTS)  # a stage is only entered when the one before it found nothing
CHECKS: Mapping[str, Check] = {**_ARCHIVE, **_RECORD, **_CONTENTS}
NOTHING_ELSE = Rules()  # what a site lets pass that says nothing


def check_wheel(
    data: bytes, filename: str, rules: Rules = NOTHING_ELSE, *, checks: Mapping[str, Check] = CHECKS
) -> tuple[Hygiene | None, tuple[Finding, ...]]:
    """What the wheel would bring, or None and why it must not be installed.

    All questions of a stage are asked, so that one look shows everything: archive, then RECORD, then contents.
    `checks` is for tests, which leave one out to see what it is there for.
    """
    archive = read_archive(data)
    if archive is None:
        why = "this is no zip archive, or one that was cut off"
        return None, (complaint("T202", filename, why, "fetch the wheel again", None),)
    wheel = Wheel(archive, filename, rules)
    for stage in _STAGES:
        found = tuple(finding for name in stage if name in checks for finding in checks[name](wheel))
        if found:
            return None, found
    return _hygiene(wheel), ()


def rules_of(rule: PackRule | None) -> Rules:
    """What the rule lets pass; nothing where there is none."""
    if rule is None:
        return NOTHING_ELSE
    return Rules(rule.allows("native"), rule.allows("scripts"), rule.top_levels)


def _hygiene(wheel: Wheel) -> Hygiene:
    table = {}
    for path in sorted(wheel.files):
        content = wheel.content(path)
        table[path] = FileFact(hashlib.sha256(content).hexdigest(), len(content))
    return Hygiene(table, tuple(sorted(wheel.tops)), wheel.entry_points[0], contents.natives(wheel))
