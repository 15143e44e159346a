"""Find the values behind the secret references of a graph, once, at the start of a run, and keep them out of its logs.

Takes:   a graph, the environment, and functions of packs for the schemes that are not our own.
Gives:   `resolve_secrets`: what each node is handed that says that it uses secrets; `redact_logs`.
Ignores: who may ask for which secret: a node gets those that the graph gives to it, and no other's.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from penstock._engine.checks import CannotStart
from penstock.graph.model import Graph
from penstock_findings import Finding, PenstockError
from penstock_findings.secret import Secret, any_alive, conceal, redacted

OWN = ("env", "file")
Scheme = Callable[[str], str]  # what stands behind the colon -> the value; raises `PenstockError` or `LookupError`


def resolve_secrets(
    graph: Graph, environment: Mapping[str, str], schemes: Mapping[str, Scheme] | None = None
) -> dict[str, dict[str, Secret]]:
    """Node id -> name -> secret. Raises `CannotStart` with every reference that leads nowhere; values are never told.

    A node whose type did not declare the capability `secrets` is handed none (G028 says so when the graph is checked).
    """
    found: dict[str, dict[str, Secret]] = {}
    missing: list[Finding] = []
    for node in graph.nodes.values():
        for name, reference in node.secrets.items() if "secrets" in node.type.capabilities else ():
            try:
                value = _value(reference, environment, schemes or {})
            except PenstockError as error:
                conceal(error)
                said = f"secret `{name}` of node `{node.id}` is not there: {error}"
                missing.append(Finding("R204", said, hint=error.findings[0].hint or "set it before the run"))
                continue
            except LookupError:
                said = f"secret `{name}` of node `{node.id}` is not there: `{reference}`"
                missing.append(Finding("R204", said, hint=_hint(reference, schemes or {})))
                continue
            found.setdefault(node.id, {})[name] = Secret(value, _label(reference))
    if missing:
        raise CannotStart(missing[0].message, findings=missing)
    if found:
        redact_logs()
    return found


def redact_logs() -> None:
    """From now on no log record of this process holds a secret that is alive, whoever writes it."""
    made: Any = logging.getLogRecordFactory()
    if getattr(made, "redacts", False):
        return

    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        one: logging.LogRecord = made(*args, **kwargs)
        if any_alive():
            _redact(one)
        return one

    record.redacts = True  # type: ignore[attr-defined]  # so that it is put in place once
    logging.setLogRecordFactory(record)


def _redact(one: logging.LogRecord) -> None:
    try:
        said = one.getMessage()
    except Exception:  # its arguments do not fit it: the handler would say so, and tell them as they are
        said = _unfitting(one)
    if (clean := redacted(said)) != said:
        one.msg, one.args = clean, ()
    if one.exc_info and one.exc_info[0] is not None:
        text = logging.Formatter().formatException(one.exc_info)
        if (clean := redacted(text)) != text:
            one.exc_text, one.exc_info = clean, None


def _unfitting(one: logging.LogRecord) -> str:
    try:
        return f"{one.msg} {one.args!r}"
    except Exception:  # they give no text at all
        one.msg, one.args = "a message that gives no text", ()
        return str(one.msg)


def _value(reference: str, environment: Mapping[str, str], schemes: Mapping[str, Scheme]) -> str:
    scheme, _, place = reference.partition(":")
    if scheme == "env":
        return environment[place]
    if scheme == "file":
        return _read(place)
    return schemes[scheme](place)


def _read(path: str) -> str:
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LookupError(path) from error


def _label(reference: str) -> str:
    """What is shown in the place of the value; of a command only its program."""
    return reference.split(" ", 1)[0] if reference.startswith("cmd:") else reference


def _hint(reference: str, schemes: Mapping[str, Scheme]) -> str:
    scheme = reference.partition(":")[0]
    if scheme in OWN or scheme in schemes:
        return "set it before the run"
    return f"no pack that is installed knows `{scheme}:`; `penstock-trust` brings it"
