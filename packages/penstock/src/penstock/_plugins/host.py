"""Read what the machine's owner decided: the host configuration, `penstock.toml`.

Takes:   the environment; PENSTOCK_CONFIG names the file, else it is $XDG_CONFIG_HOME/penstock/penstock.toml.
Gives:   `Host`: who is asked for admission, and whether somebody has to say yes.
Why not: a `penstock.toml` in the working directory: whoever can write a graph there must not decide what may run.
Ignores: settings of a run; those are in the graph file and on the command line.
"""

from __future__ import annotations

import os

from penstock_findings.errors import PenstockError
from penstock_findings.finding import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from penstock_findings.document import Document

LIMIT = 1 << 18  # bytes
_TABLES = {"admission": {"providers": list, "required": bool}}


class HostError(PenstockError):
    """The host configuration cannot be used, so nothing is admitted. Its file is at fault."""

    code = "P213"


class Host:
    """Who is asked before a pack is imported (`module:object`, in order), and whether one of them must say yes."""

    __slots__ = ("path", "providers", "required")

    def __init__(self, providers: tuple[str, ...] = (), required: bool | None = None, path: str | None = None) -> None:
        self.providers = providers
        self.required = bool(providers) if required is None else required
        self.path = path


def host_path(environment: Mapping[str, str]) -> str:
    """Where the host configuration is, or would be."""
    named = environment.get("PENSTOCK_CONFIG")
    if named:
        return named
    home = environment.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(home, "penstock", "penstock.toml")


def read_host(environment: Mapping[str, str] | None = None) -> Host:
    """The host configuration; the default one when there is no file and none was named.

    Raises `HostError` with every mistake in it: a half-understood rule about what may run is none.
    """
    environment = os.environ if environment is None else environment
    path = host_path(environment)
    if not environment.get("PENSTOCK_CONFIG") and not os.path.lexists(path):
        return Host()
    from penstock_findings.load import load

    parsed = load(path, limit=LIMIT)
    findings = list(parsed.findings)
    if parsed.document is not None:
        findings += _mistakes(parsed.document)
    if findings or parsed.document is None:
        raise HostError(
            f"the host configuration `{path}` cannot be used", findings=findings, sources={path: parsed.text}
        )
    value: Any = parsed.document.value
    table = value.get("admission", {})
    return Host(tuple(table.get("providers", ())), table.get("required"), path)


def _mistakes(document: Document) -> list[Finding]:
    from penstock_findings.pointers import join
    from penstock_findings.spelling import hint_for

    found: list[Finding] = []
    tables: Any = document.value
    for name, table in tables.items():
        at = join("", name)
        if name not in _TABLES:
            found.append(Finding("P212", f"unknown key `{name}`", document.key_at(at), hint=hint_for(name, _TABLES)))
        elif not isinstance(table, dict):
            found.append(Finding("P213", f"`{name}` is a table: write `[{name}]`", document.at(at)))
        else:
            known: dict[str, type] = _TABLES[name]
            for key, value in table.items():
                inner = join(at, key)
                if key not in known:
                    hint = hint_for(key, known)
                    found.append(
                        Finding("P212", f"unknown key `{key}` in `[{name}]`", document.key_at(inner), hint=hint)
                    )
                elif not isinstance(value, known[key]):
                    wanted = "true or false" if known[key] is bool else "a list of texts"
                    found.append(Finding("P213", f"`{key}` is {wanted}", document.at(inner)))
                elif isinstance(value, list):
                    found += [
                        Finding("P213", "a provider is named like `module:object`", document.at(join(inner, place)))
                        for place, item in enumerate(value)
                        if not _is_import_path(item)
                    ]
    return found


def _is_import_path(item: Any) -> bool:
    if not isinstance(item, str):
        return False
    module, colon, attribute = item.partition(":")
    words = [*module.split("."), *(attribute.split(".") if colon else [])]
    return all(word.isidentifier() for word in words)
