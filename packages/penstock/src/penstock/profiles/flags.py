"""Read settings given on the command line.

Takes:   texts `name=value`, `NODE.concurrency=value`, `CHANNEL.capacity=value`; the graph, for the names in them.
Gives:   `read_flags`: what was asked for. Findings L210 and those of `Values`. The command line is a file named
         `--setting`, a line for each text.
Ignores: which value wins (`resolve`).
"""

from __future__ import annotations

from penstock.graph.complaints import Complaints
from penstock.graph.guesses import Guesses
from penstock.graph.places import Places
from penstock.graph.values import Values
from penstock.graph.wording import quoted, suggestion
from penstock.policies import fields as of_policies
from penstock.profiles.fields import SETTINGS
from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from penstock.graph.model import Graph

PATH = "--setting"
RULE = "write `--setting NAME=VALUE`, `NODE.concurrency=VALUE` or `CHANNEL.capacity=VALUE`"


class Flag(Fact):
    """One setting; `subject` is a node or a channel, empty for the run."""

    subject: str
    name: str
    value: Any
    at: Location


class Flags(Fact):
    """What the command line said: the settings that could be read, and its text, for excerpts."""

    asked: tuple[Flag, ...] = ()
    findings: tuple[Finding, ...] = ()
    text: str = ""


def read_flags(texts: Sequence[str], graph: Graph) -> Flags:
    """Read all of them; the bad ones become findings."""
    asked: list[Flag] = []
    findings: list[Finding] = []
    plain = [" ".join(text.encode("utf-8", "replace").decode().split()) for text in texts]
    for line, text in enumerate(plain, start=1):
        flag, wrong = _flag(text, line, graph)
        findings += wrong
        if flag is not None:
            asked.append(flag)
    return Flags(tuple(asked), tuple(findings), "\n".join(plain))


def _flag(text: str, line: int, graph: Graph) -> tuple[Flag | None, list[Finding]]:
    path, equals, value = text.partition("=")
    subject, dot, name = path.rpartition(".")
    if not equals or not name or (dot and not subject):
        return None, [Finding("L210", f"{quoted(text)} is no setting", _at(line, 1, text), hint=RULE)]
    if subject:
        kind = "node" if subject in graph.nodes else "channel" if subject in graph.channels else ""
        if not kind:
            names = [*graph.nodes, *graph.channels]
            hint = suggestion(Guesses().nearest("flag", subject, names), names)
            message = f"there is no node or channel {quoted(subject)}"
            return None, [Finding("L210", message, _at(line, 1, subject), hint=hint)]
        kinds = {each: of_policies.SET[each] for each, of in of_policies.SET_OF.items() if of == kind}
    else:
        kinds = dict(SETTINGS)
    if name not in kinds:
        hint = suggestion(Guesses().nearest("setting", name, kinds), kinds)
        message = f"there is no setting {quoted(name)}" + (f" of {kind} {quoted(subject)}" if subject else " of a run")
        return None, [Finding("L210", message, _at(line, len(path) - len(name) + 1, name), hint=hint)]
    from penstock_findings.load import parse_yaml

    source = "\n" * (line - 1) + " " * (len(path) + 1) + (value if value.strip() else '""')
    parsed = parse_yaml(source.encode(), PATH)
    if parsed.document is None or parsed.findings:
        return None, list(parsed.findings)
    complaints = Complaints(Places(parsed.document))
    read = _Reader(complaints, Guesses()).value(kinds[name], "", parsed.document.value, quoted(path))
    if complaints.findings:
        return None, complaints.findings
    return Flag(subject, name, read, _at(line, 1, text)), []


class _Reader(Values):
    letter = "L"
    written_out = "the shell can fill in what the environment has"


def _at(line: int, column: int, text: str) -> Location:
    return Location(PATH, line, column, line, column + len(text))
