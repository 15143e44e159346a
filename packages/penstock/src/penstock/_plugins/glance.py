"""See at a glance which sub-commands the installed packs add, for the help of `penstock`.

Takes:   folders, as in `sys.path`.
Gives:   `commands_at_a_glance`: name -> one line.
Why not: `discover`: it judges whole manifests, which is more than a help page may wait for.  Whoever calls a command
         goes through the catalog, and hears there what is wrong.
Ignores: packs without commands, and everything that looks odd.
"""

from __future__ import annotations

import os
import sys

from penstock._plugins.bytes_of import read_small
from penstock._plugins.entry_points import claims, is_id
from penstock._plugins.location import folders_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penstock._plugins.entry_points import Claim

_LIMIT = 16 << 20  # bytes of a manifest


def commands_at_a_glance(path: Sequence[str] | None = None) -> dict[str, str]:
    """What each sub-command of an installed pack does; of two that claim one name, neither, as in the catalog."""
    found: dict[str, str] = {}
    clashing: set[str] = set()
    for claim in claims(sys.path if path is None else path)[0]:
        for name, doc in _commands(claim, path):
            if name in found:
                clashing.add(name)
            found[name] = doc
    return {name: found[name] for name in sorted(found) if name not in clashing}


def _commands(claim: Claim, path: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    for folder in folders_of(claim.package, path)[:1]:
        try:
            data = read_small(os.path.join(folder, "penstock-pack.json"), _LIMIT)
        except OSError:
            return
        if b'"commands"' not in data:
            return  # the usual case, and the JSON parser is never imported
        import json

        try:
            for command in json.loads(data).get("commands", ()):
                if is_id(command["name"]):
                    yield command["name"], str(command.get("doc", "")).partition("\n")[0]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return
