"""Read values given on the command line, and put them into the configs of nodes.

Takes:   texts `node.field=value`, the value being a YAML scalar or flow collection; the nodes of a graph.
Gives:   `read_overrides`: what was asked for; `applied`: the configs with it, and the patches that say where it stands.
         Findings G013 to G015, and those of the YAML parser. The command line is a file named `--set`, a line for each text.
Ignores: whether a value fits its node; the checks of configs judge overrides like everything else.
"""

from __future__ import annotations

from penstock.graph.places import Patch
from penstock.graph.wording import kind_of, quoted, suggestion
from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location
from penstock_findings.pointers import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from penstock.graph.guesses import Guesses
    from penstock_findings.document import Document

PATH = "--set"
DEPTH = 20  # mappings within each other that an override may reach into
RULE = "write `--set node.field=value`"


class Override(Fact):
    """One value for one field of one node; `fields` has several names when the field is inside another."""

    node: str
    fields: tuple[str, ...]
    document: Document
    line: int


class Overrides(Fact):
    """What the command line said: the overrides that could be read, and its text, for excerpts."""

    asked: tuple[Override, ...]
    findings: tuple[Finding, ...]
    text: str


def read_overrides(texts: Sequence[str]) -> Overrides:
    """Read all of them; the bad ones become findings."""
    asked: list[Override] = []
    findings: list[Finding] = []
    shown: list[str] = []
    line = 1
    for given in texts:
        text = given.encode("utf-8", "replace").decode()
        is_text = text == given
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        shown.append(text)
        path, equals, value = text.partition("=")
        node, *fields = path.split(".")
        if not is_text:
            hint = "give it in a terminal that speaks UTF-8"
            message = f"cannot read the override {quoted(path)}: it is not UTF-8"
            findings.append(Finding("G013", message, _at(line, 1, len(path)), hint=hint))
        elif not equals or not 0 < len(fields) <= DEPTH or not all((node, *fields)) or "\n" in path:
            message = f"cannot read the override {quoted(path)}" if path else "cannot read an override without a name"
            findings.append(Finding("G013", message, _at(line, 1, max(len(path), 1)), hint=RULE))
        else:
            document, wrong = _value(value, line, len(path) + 1)
            findings += wrong
            if document is not None:
                asked.append(Override(node, tuple(fields), document, line))
        line += 1 + text.count("\n")
    return Overrides(tuple(asked), tuple(findings), "\n".join(shown))


def _value(text: str, line: int, before: int) -> tuple[Document | None, tuple[Finding, ...]]:
    """Parse a value as if the text before it were blank, so that its places are right as they come."""
    from penstock_findings.load import parse_yaml

    source = "\n" * (line - 1) + " " * before + (text if text.strip() else '""')
    parsed = parse_yaml(source.encode(), PATH)
    return (None if parsed.findings else parsed.document), parsed.findings


def applied(
    asked: Iterable[Override], configs: Mapping[str, tuple[str, Mapping[str, Any]]], guesses: Guesses
) -> tuple[dict[str, Mapping[str, Any]], tuple[Patch, ...], tuple[Finding, ...]]:
    """The changed configs by node, patches for `Places`, and findings. `configs`: node -> pointer and value of its config."""
    changed: dict[str, Any] = {}
    patches: list[Patch] = []
    findings: list[Finding] = []
    for override in asked:
        if override.node not in configs:
            guess = guesses.nearest("override", override.node, configs)
            message = f"there is no node {quoted(override.node)} to override"
            at = _at(override.line, 1, len(override.node))
            findings.append(Finding("G014", message, at, hint=suggestion(guess, configs)))
            continue
        pointer, written = configs[override.node]
        config, wrong = _with(changed.get(override.node, written), override)
        if wrong is not None:
            findings.append(wrong)
            continue
        changed[override.node] = config
        column = len(override.node) + 2
        name_at = _at(override.line, column, len(".".join(override.fields)))
        patches.append(Patch(join(pointer, *override.fields), override.document, name_at))
    return changed, tuple(patches), tuple(findings)


def _with(config: Mapping[str, Any], override: Override) -> tuple[dict[str, Any], Finding | None]:
    """A copy of the config that holds the override; what the override does not touch is shared."""
    changed: dict[str, Any] = dict(config)
    inside = changed
    *above, last = override.fields
    column = len(override.node) + 2
    for field in above:
        part = inside.get(field, {})
        if type(part) is not dict:
            message = (
                f"cannot set anything inside {quoted(field)} of node {quoted(override.node)}: it is {kind_of(part)}"
            )
            at = _at(override.line, column, len(field))
            return changed, Finding("G015", message, at, hint=f"set {quoted(field)} as a whole")
        inside[field] = dict(part)
        inside = inside[field]
        column += len(field) + 1
    inside[last] = override.document.value
    return changed, None


def _at(line: int, column: int, length: int) -> Location:
    return Location(PATH, line, column, line, column + length)
