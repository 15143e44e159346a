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
from penstock._plugins.entry_points import claims, is_command
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
            return  # the usual case
        found = _as_locked(data)
        if found is not None:
            yield from found
            return
        import json

        try:
            for command in json.loads(data).get("commands", ()):
                if is_command(command["name"]):
                    yield command["name"], str(command.get("doc", "")).partition("\n")[0]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return


def _as_locked(data: bytes) -> list[tuple[str, str]] | None:
    """The commands of a manifest that is written as `penstock pack lock` writes it; None when it may be otherwise.

    Importing the JSON parser takes half as long as a bare Python start, and a help page is waiting.
    """
    _, begins, rest = data.partition(b'\n  "commands": [\n')
    listed, ends, _ = rest.partition(b"\n  ],\n")
    if not begins or not ends or b"\\" in listed or not data.startswith(b"{\n"):
        return None
    found: list[tuple[str, str]] = []
    fields: dict[str, str] = {}
    for line in listed.decode("utf-8", "replace").split("\n"):
        if line.startswith("    }"):
            if not is_command(fields.get("name", "")):
                return None
            found.append((fields["name"], fields.get("doc", "")))
            fields = {}
        elif line != "    {":
            name, colon, value = line.strip().removesuffix(",").partition(": ")
            if not colon or len(name) < 2 or len(value) < 2 or not name[0] == name[-1] == value[0] == value[-1] == '"':
                return None
            fields[name[1:-1]] = value[1:-1]
    return found
