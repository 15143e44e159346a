"""Answer what people ask of a matrix: can I run this here, what stands in the way there, which version is best.

Takes:   standings, a `Place`, names of packs.
Gives:   `can_i_run`, `what_blocks`, `best`: answers with the cells that they rest on.
Why so:  an answer is yes only when every cell that it is about is proven; whatever nobody tested makes it less than yes.
Ignores: files, wording for terminals (`cli`), the clock (`standing.Freshness` was told the time).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from penstock_compat.looks import BROKEN, DOOMED, LEFT_OUT, NO_TESTS, PROVEN
from penstock_compat.place import CORE, Place, normalised
from penstock_compat.report.compile import obstacles, why
from penstock_compat.report.model import Obstacle
from penstock_compat.standing import Standing
from penstock_compat.versions import in_order
from penstock_findings.fact import Fact

_BAD = frozenset({BROKEN.key, DOOMED.key, LEFT_OUT.key})
_MOST = 5  # differences that are told


class Verdict(str, Enum):
    """What can be answered; `UNKNOWN` is never a yes."""

    YES = "yes"  # every cell is proven
    PARTLY = "partly"  # some are proven, others are not
    NO = "no"  # none is proven, and some were shown not to work
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return str(self.value)


class Answer(Fact):
    """The answer about one version of one pack in one place, the standings it rests on, and what else is to be said.

    `broken` says whether something was shown not to work; where nothing was, more evidence may make it a yes.
    """

    pack: str
    version: str
    verdict: Verdict
    standings: tuple[Standing, ...] = ()
    reasons: tuple[str, ...] = ()
    broken: bool = False


class Best(Fact):
    """The newest version that is proven in a place, if there is one, and why each newer one is not the answer."""

    pack: str
    version: str | None
    answer: Answer | None
    newer: tuple[Answer, ...] = ()


def can_i_run(standings: Iterable[Standing], place: Place, packs: Sequence[str] = ()) -> tuple[Answer, ...]:
    """One answer for each pack, by name: about its installed version where the place knows it, else its newest.

    `packs` are names, or `name==version`; none asks about every pack of the results.  A pack that the results do not
    have is unknown.
    """
    by_pack = _versions(standings)
    names = packs or sorted(by_pack)
    return tuple(_answer(name, by_pack, place) for name in names)


def what_blocks(
    standings: Iterable[Standing], place: Place, packs: Sequence[str] = ()
) -> tuple[tuple[Answer, ...], tuple[Obstacle, ...]]:
    """The answers that are not yes, and what stands in the way of them, the gravest first."""
    answers = [answer for answer in can_i_run(standings, place, packs) if answer.verdict is not Verdict.YES]
    in_the_way = obstacles(standing for answer in answers for standing in answer.standings)
    return tuple(answers), in_the_way


def best(standings: Iterable[Standing], pack: str, place: Place) -> Best:
    """The newest version of the pack whose every cell of that place is proven."""
    versions = _versions(standings).get(normalised(pack), {})
    newer: list[Answer] = []
    for version in sorted(versions, key=in_order, reverse=True):
        answer = judged(normalised(pack), version, versions[version], place)
        if answer.verdict is Verdict.YES:
            return Best(normalised(pack), version, answer, tuple(newer))
        newer.append(answer)
    return Best(normalised(pack), None, None, tuple(newer))


def judged(pack: str, version: str, standings: Iterable[Standing], place: Place) -> Answer:
    """The answer about one version.

    Where it is known what is installed in the place, only the cells count whose tested environment is most like it.
    """
    about = tuple(one for one in standings if place.has(one.cell) and not _had_another_core(one, place))
    if not about:
        return Answer(pack, version, Verdict.UNKNOWN, (), (f"no result is about {place}",))
    about, apart = nearest(about, place)
    proven = [standing for standing in about if standing.look is PROVEN]
    bad = [standing for standing in about if standing.look.key in _BAD]
    if len(proven) == len(about):
        return Answer(pack, version, Verdict.YES, about, apart)
    verdict = Verdict.PARTLY if proven else Verdict.NO if bad else Verdict.UNKNOWN
    rest = sorted((standing for standing in about if standing.look is not PROVEN), key=_gravest)
    reasons = dict.fromkeys(f"{standing.look.word}: {why(standing)}" for standing in rest)
    return Answer(pack, version, verdict, about, (*reasons, *apart), bool(bad))


def _had_another_core(standing: Standing, place: Place) -> bool:
    """Whether a cell without a core axis was tested with another core than the one that is asked about.

    What is installed in the place and differs is told as a difference instead (`nearest`).
    """
    evidence = standing.result.evidence
    if not place.core or standing.cell.core or evidence is None or place.core == place.installed.get(CORE):
        return False
    return evidence.environment.get(CORE, (place.core, ""))[0] != place.core


def nearest(about: tuple[Standing, ...], place: Place) -> tuple[tuple[Standing, ...], tuple[str, ...]]:
    """The tested cells whose environment is most like what is installed in the place, and how it differs from theirs.

    All cells, and no difference, where nothing is known of one side. Only distributions that were there in the test
    and are here too can differ.
    """
    tested = [standing for standing in about if standing.result.evidence is not None]
    if not place.installed or not tested:
        return about, ()
    apart = [_differences(standing, place) for standing in tested]
    least = min(map(len, apart))
    chosen = [at for at, found in enumerate(apart) if len(found) == least]
    told = apart[chosen[0]]
    rest = [f"and {least - _MOST} more differences"] if least > _MOST else []
    return tuple(tested[at] for at in chosen), (*told[:_MOST], *rest)


def _differences(standing: Standing, place: Place) -> list[str]:
    evidence = standing.result.evidence
    tested = evidence.environment if evidence is not None else {}
    versions = {normalised(name): version for name, (version, _) in tested.items()}
    return [
        f"{name} {place.installed[name]} is installed here, {version} was tested"
        for name, version in sorted(versions.items())
        if place.installed.get(name, version) != version
    ]


def _versions(standings: Iterable[Standing]) -> dict[str, dict[str, list[Standing]]]:
    """Pack -> version -> its standings."""
    found: dict[str, dict[str, list[Standing]]] = {}
    for standing in standings:
        found.setdefault(normalised(standing.cell.pack), {}).setdefault(standing.cell.version, []).append(standing)
    return found


def _answer(name: str, by_pack: dict[str, dict[str, list[Standing]]], place: Place) -> Answer:
    pack, _, version = name.partition("==")
    pack = normalised(pack)
    versions = by_pack.get(pack, {})
    version = version or place.installed.get(pack, "")
    if not version and versions:
        version = max(versions, key=in_order)
    if not versions:
        return Answer(pack, version, Verdict.UNKNOWN, (), ("no result is about this pack",))
    if version not in versions:
        tested = ", ".join(sorted(versions, key=in_order, reverse=True)[:_MOST])
        return Answer(
            pack, version, Verdict.UNKNOWN, (), (f"no result is about this version; there are some of {tested}",)
        )
    return judged(pack, version, versions[version], place)


def _gravest(standing: Standing) -> tuple[bool, bool, str]:
    return standing.look.key not in _BAD, standing.look is NO_TESTS, standing.cell.id
