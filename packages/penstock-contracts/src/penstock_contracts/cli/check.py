"""The command `penstock-contracts check`.

Takes:   graphs, packs or schemas.
Gives:   every link whose payloads would be refused; every contract that is no good by itself.
Ignores: whether a graph could run; `penstock check` knows that.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from penstock_contracts.cli import options
from penstock_contracts.cli.judge import Judge, summed
from penstock_contracts.cli.opening import compared

if TYPE_CHECKING:
    from penstock_contracts.change import Outcome
    from penstock_contracts.subjects.manifest import Pack


@click.command()
@click.argument("subjects", metavar="GRAPH|PACK...", nargs=-1, required=True)
@click.option(
    "--pack", "packs", metavar="PACK", multiple=True, help="A pack that graphs use. Default: all installed ones."
)
@click.option("--queued", metavar="PACK", multiple=True, help="An older pack, whose records still wait in channels.")
@options.against
@options.retention
@options.judging
def check(
    subjects: tuple[str, ...],
    packs: tuple[str, ...],
    queued: tuple[str, ...],
    against: tuple[str, ...],
    retention: float,
    **judging: Any,
) -> int:
    """Prove every link of a graph, or check the contracts of a pack; with --against, compare the pack as well.

    A link holds when everything that the output's contract allows is accepted by the input's. Graphs and manifests
    are read as files: no pack is imported.

    \b
    Example:
      penstock-contracts check flow.graph.yaml
      penstock-contracts check flow.graph.yaml --pack packs/site --queued site_pack-0.2.0-py3-none-any.whl
      penstock-contracts check packs/site --against main
    """
    judge = Judge(**judging)
    outcomes: list[Outcome] = []
    for words in subjects:
        if _is_graph(words):
            outcomes.append(_of_graph(judge, words, packs, queued))
        else:
            outcomes.append(_alone(judge, words))
            if against:
                outcomes += compared(judge, [words], against, retention)
    return judge.ended(summed(outcomes))


def _is_graph(words: str) -> bool:
    from penstock_contracts.subjects.reading import language_of, read_document
    from penstock_contracts.subjects.trees import Folder

    if not os.path.isfile(words) or language_of(words) is None:
        return False
    if ".graph." in os.path.basename(words):
        return True
    value, _ = read_document(Folder(os.path.dirname(words) or "."), os.path.basename(words))
    return isinstance(value, dict) and "links" in value and "nodes" in value


def _of_graph(judge: Judge, words: str, packs: tuple[str, ...], queued: tuple[str, ...]) -> Outcome:
    from penstock_contracts.subjects.graph import read_links
    from penstock_contracts.subjects.open import installed_packs
    from penstock_contracts.subjects.trees import Folder

    known = [_pack(one) for one in packs] if packs else installed_packs()
    tree = Folder(os.path.dirname(words) or ".")
    links, findings, source = read_links(tree, os.path.basename(words), known, [_pack(one) for one in queued])
    gate = judge.gate()
    gate.sources[source.path] = source.text
    return gate.links(source.path, links, findings)


def _pack(words: str) -> Pack:
    from penstock_contracts.subjects.errors import NotASubject
    from penstock_contracts.subjects.open import open_baseline

    subject = open_baseline(words, ".")
    if subject.pack is None:
        raise NotASubject(words, "is no pack", "packs have a `penstock-pack.json`")
    return subject.pack


def _alone(judge: Judge, words: str) -> Outcome:
    from penstock_contracts.subjects.open import open_candidate

    return judge.gate().alone(open_candidate(words))
