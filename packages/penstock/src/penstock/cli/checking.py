"""Check graph files, and print what is wrong with them.

Takes:   paths, the format to print in, and what stands beside the graphs.
Gives:   `check_graphs`, `from_words`: exit codes.
Why so:  a check is what editors and hooks call all day, so its plain form does without click (`commands`).
Ignores: what is checked (`graph/`).
"""

from __future__ import annotations

import os
import sys

from penstock._version import VERSION
from penstock.cli.wishes import NO_WISHES, Wishes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock._plugins.discovery import Catalog
    from penstock.graph.model import Graph
    from penstock_findings.finding import Finding
    from penstock_findings.report import Report

_PACK_WANTED = frozenset({"G030", "G033", "G101"})  # findings that a broken pack may be the reason of
_UNREADABLE = "F101"
_SUFFIXES = (".yaml", ".yml", ".json", ".toml")


def from_words(words: Sequence[str]) -> int | None:
    """The exit code when the words are paths and at most a format; None when click has to look at them."""
    paths: list[str] = []
    given: dict[str, list[str]] = {"--format": [], "--policy": [], "--profile": []}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in given:
            given[name].append(value if equals else next(rest, "-"))
        elif word.startswith("-") or not word:
            return None
        else:
            paths.append(word)
    if not paths or any(value.startswith("-") or not value for values in given.values() for value in values):
        return None
    from penstock_findings.reporters import NAMES

    fmt = given["--format"][-1] if given["--format"] else "text"
    wishes = Wishes(tuple(given["--policy"]), given["--profile"][-1] if given["--profile"] else None)
    return check_graphs(paths, fmt, wishes=wishes) if fmt in NAMES else None


def check_graphs(
    paths: Sequence[str], fmt: str = "text", *, pack_checks: bool = False, wishes: Wishes = NO_WISHES
) -> int:
    """Print all findings about these graphs in one report; 0 when none of them has an error."""
    from penstock._plugins.discovery import discover
    from penstock.graph.load import load_graph
    from penstock_findings.report import Report
    from penstock_findings.reporters import write

    catalog = discover()
    findings: list[Finding] = []
    sources: dict[str, str] = {}
    clean: list[str] = []
    for path in paths:
        alone = _alone(path, catalog)
        if alone is not None:
            findings += alone.findings
            sources.update(alone.sources)
            if not alone.findings:
                clean.append(f"{path}: no mistakes, as far as can be told without a graph\n")
            continue
        loaded = load_graph(path, catalog, environment=os.environ)
        told = loaded.report
        if wishes:
            from penstock.cli.assembly import assemble

            told = assemble(path, catalog, wishes, loaded=loaded).report
        known = set(findings) if wishes else ()  # of several graphs, each tells the same of a policy file
        findings += [finding for finding in told.findings if finding not in known]
        sources.update(told.sources)
        if pack_checks and loaded.graph is not None:
            findings += of_packs(loaded.graph, catalog)
        if not told.findings:
            clean.append(f"{path}: no mistakes\n")
    if any(finding.code in _PACK_WANTED for finding in findings):
        findings += catalog.findings  # perhaps it is there, and broken
    report = Report("penstock check", findings, sources, VERSION)
    write(report, fmt, sys.stdout)
    if fmt == "text":
        sys.stdout.write("".join(clean))
    return exit_code_of(report)


def _alone(path: str, catalog: Catalog) -> Report | None:
    """What can be said of a policy file or a profile that is checked without a graph; None when it is neither."""
    stem, suffix = os.path.splitext(path)
    kind = os.path.splitext(stem)[1] if suffix in _SUFFIXES else ""
    if kind == ".policy":
        from penstock.policies.load import load_policies

        return load_policies([path], catalog, None).report
    if kind == ".profile":
        from penstock.profiles.load import load_profile

        return load_profile(path, catalog).report
    return None


def exit_code_of(report: Report) -> int:
    """2 when a file could not even be read, else what the findings make it."""
    from penstock_findings.exits import Exit

    unreadable = any(finding.code == _UNREADABLE for finding in report.findings)
    return Exit.MISUSE if unreadable else report.exit_code()


def of_packs(graph: Graph, catalog: Catalog) -> list[Finding]:
    """What the checks that packs bring say about the graph; this imports the packs that bring some."""
    from penstock._plugins.hooks import Hooks, raised

    answers = Hooks(catalog).ask("penstock_graph_checks")
    found = list(answers.findings)
    for pack, checks in answers.values:
        try:
            found += [finding for check in checks for finding in check(graph)]
        except Exception as error:  # a pack's check may raise anything; the others go on
            found.append(raised("penstock_graph_checks", pack, error))
    return found
