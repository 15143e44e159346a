"""Find the version of a dependency at which a pack stops working, or the lowest with which it works.

Takes:   a way to try a cell with some versions held fast, and the versions that there are.
Gives:   `bisect`: `Breaks`, the first version that breaks the pack; `lowest`: `Works`, the lowest that it works with.
Why so:  a version that cannot be tried (it resolves to nothing, has no wheel) tells nothing; the search goes around it
         and, where nothing else is left, says between which versions the answer lies.
Ignores: how a cell is run (`trials`), and where versions come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from penstock_compat.facts import Result, State

Pins = Mapping[str, str]  # distribution -> version that is held fast
Trial = Callable[[Pins], Result]
Versions = Callable[[str], Sequence[str]]  # every version of a distribution, lowest first

_UNTRIED = {State.RESOLVE_FAILED, State.NO_WHEEL, State.BUILD_FAILED, State.UNKNOWN, State.SKIPPED}


@dataclass(frozen=True, slots=True)
class Breaks:
    """With `good` the pack works, with `bad` it does not; the versions in `untried` lie between them."""

    dependency: str
    good: str
    bad: str
    result: Result  # what came of `bad`
    untried: tuple[str, ...] = ()
    trials: int = 0


@dataclass(frozen=True, slots=True)
class Works:
    """The lowest version with which the pack works, and the one below it with which it does not (if there is one)."""

    dependency: str
    lowest: str
    below: str = ""
    untried: tuple[str, ...] = ()
    trials: int = 0
    above: str = ""  # the newest that can be tried, where the pack does not work with that


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is nothing to tell."""

    why: str
    trials: int = 0


class Tried:
    """Remembers what came of each trial."""

    def __init__(self, trial: Trial, told: Callable[[Pins, Result], None] | None = None) -> None:
        self._trial = trial
        self._told = told
        self._known: dict[tuple[tuple[str, str], ...], Result] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __call__(self, pins: Pins) -> Result:
        key = tuple(sorted(pins.items()))
        if key not in self._known:
            self._known[key] = self._trial(pins)
            if self._told is not None:
                self._told(pins, self._known[key])
        return self._known[key]

    def works(self, pins: Pins) -> bool | None:
        """Whether the pack works with these versions; None when that could not be tried."""
        state = self(pins).state
        return None if state in _UNTRIED else state in (State.PASSED, State.NO_TESTS)


def bisect(tried: Tried, lowest: Trial, versions: Versions, dependency: str = "") -> Breaks | NoAnswer:
    """The first version that breaks the pack in a cell. `lowest` tries the same cell with the lowest versions.

    Without a dependency, the one to blame is looked for among those that differ between the two.
    """
    broken = tried({})
    if tried.works({}) is not False:
        return NoAnswer(f"the cell is {broken.state}: there is nothing that broke", len(tried))
    if dependency:
        return _between(tried, dependency, versions(dependency), _version(broken, dependency))
    fine = lowest({})
    if fine.state is not State.PASSED:
        return NoAnswer(
            f"with the lowest versions the cell is {fine.state}, so there is nothing to compare with", len(tried)
        )
    suspects = _suspects(broken, fine)
    for name in suspects:
        if tried.works({name: _version(fine, name)}):
            return _between(tried, name, versions(name), _version(broken, name), _version(fine, name))
    return _together(tried, fine, suspects, versions, broken)


def lowest(tried: Tried, dependency: str, versions: Versions) -> Works | NoAnswer:
    """The lowest version of a dependency with which the pack works.

    Between it and the newest that works everything is taken to work. Where the newest of all does not, one that does is
    looked for in strides that double, and `above` names the newest.
    """
    known = list(versions(dependency))
    if not known:
        return NoAnswer(f"nobody offers any version of {dependency}")
    good = len(known) - 1
    while good >= 0 and tried.works({dependency: known[good]}) is None:
        good -= 1
    if good < 0:
        return NoAnswer(f"no version of {dependency} can be tried", len(tried))
    above = "" if tried.works({dependency: known[good]}) else known[good]
    if above:
        good = _a_good_one(tried, dependency, known, good)
    if good < 0:
        return NoAnswer(f"it works with no version of {dependency} that was tried", len(tried))
    bad = _edge(lambda at: tried.works({dependency: known[at]}), -1, good)
    first = _next_good(tried, dependency, known, bad, good)
    below = known[bad] if bad >= 0 else ""
    return Works(dependency, known[first], below, tuple(known[bad + 1 : first]), len(tried), above)


def _between(tried: Tried, name: str, versions: Sequence[str], bad: str, good: str = "") -> Breaks | NoAnswer:
    known = list(versions)
    if bad not in known:
        return NoAnswer(f"{name} {bad or '(not installed)'} is none of the versions that are offered", len(tried))
    last = known.index(bad)
    first = known.index(good) if good in known else _a_good_one(tried, name, known, last)
    if first < 0:
        return NoAnswer(f"no version of {name} below {bad} works either", len(tried))
    at = _edge(lambda place: _not(tried.works({name: known[place]})), last, first, rising=False)
    low = next(place for place in range(at - 1, first - 1, -1) if tried.works({name: known[place]}) or place == first)
    return Breaks(name, known[low], known[at], tried({name: known[at]}), tuple(known[low + 1 : at]), len(tried))


def _a_good_one(tried: Tried, name: str, known: Sequence[str], last: int) -> int:
    """The place of a version that works, looked for in strides that double, from the newest down."""
    stride, at = 1, last - 1
    while at >= 0:
        if tried.works({name: known[at]}):
            return at
        at, stride = (at - stride if at - stride >= 0 or at == 0 else 0), stride * 2
    return -1


def _edge(holds: Callable[[int], bool | None], out: int, inside: int, *, rising: bool = True) -> int:
    """Halve the way between a place where it does not hold and one where it does, around what cannot be told.

    Rising: the last place where it does not hold. Else `out` is where it holds, and the first such place is found.
    """
    low, high = (out, inside) if rising else (inside, out)
    while high - low > 1:
        middle = _decided(holds, low, high)
        if middle is None:
            break
        if holds(middle):
            high = middle
        else:
            low = middle
    return low if rising else high


def _decided(holds: Callable[[int], bool | None], low: int, high: int) -> int | None:
    """The place nearest to the middle of an open range about which something can be told."""
    middle = (low + high) // 2
    for place in sorted(range(low + 1, high), key=lambda place: (abs(place - middle), place)):
        if holds(place) is not None:
            return place
    return None


def _next_good(tried: Tried, name: str, known: Sequence[str], bad: int, good: int) -> int:
    return next((at for at in range(bad + 1, good) if tried.works({name: known[at]})), good)


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _suspects(broken: Result, fine: Result) -> list[str]:
    """What differs between the two environments; what the failure speaks of comes first."""
    assert broken.evidence is not None
    assert fine.evidence is not None
    now, then = broken.evidence.environment, fine.evidence.environment
    names = [name for name in sorted(now) if name in then and now[name][0] != then[name][0]]
    text = f"{broken.failure.summary} {dict(broken.failure.detail)}".lower() if broken.failure else ""
    return sorted(names, key=lambda name: (name.replace("-", "_") not in text.replace("-", "_"), name))


def _together(
    tried: Tried, fine: Result, suspects: Sequence[str], versions: Versions, broken: Result
) -> Breaks | NoAnswer:
    """No single version helps: let go of one after the other while the pack works, until only those needed are held."""
    held = {name: _version(fine, name) for name in suspects}
    if not suspects or not tried.works(held):
        return NoAnswer("holding every dependency at its lowest version does not help", len(tried))
    for name in suspects:
        fewer = {one: version for one, version in held.items() if one != name}
        if tried.works(fewer):
            held = fewer
    names = ", ".join(f"{name} {version}" for name, version in sorted(held.items()))
    return NoAnswer(f"it works only with several held back together: {names}", len(tried))


def _version(result: Result, name: str) -> str:
    if result.evidence is None:
        return ""
    return result.evidence.environment.get(name, ("", ""))[0]
