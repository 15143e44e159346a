"""Decide a set of string constraints: a text that meets them all, or proof that none does.

Takes:   atoms of type string (lengths, patterns, formats, excluded values).
Gives:   `(text,)`, `NO`, or `UNKNOWN` and the reason.
Ignores: how languages are joined (`regular`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice, product

from penstock_contracts.budget import Budget
from penstock_contracts.formula import FORMAT, MAXLEN, MINLEN, NENUM, NFORMAT, NPATTERN, PATTERN, Node
from penstock_contracts.regular.budget import OutOfSteps
from penstock_contracts.regular.formats import EXACT, format_language
from penstock_contracts.regular.language import ALL as EVERY
from penstock_contracts.regular.language import PLAIN, Language, literal, parse
from penstock_contracts.regular.pattern import Unsupported
from penstock_contracts.solve.answer import NO, UNKNOWN, Answer
from penstock_contracts.verdict import Reason

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST = 200_000
_STEPS = 150_000  # of the theory of languages for one set of constraints; some seconds at the most

SAMPLES = {
    "date": ["2024-01-31"],
    "date-time": ["2024-01-31T12:00:00Z"],
    "duration": ["P1D"],
    "email": ["a@example.com"],
    "hostname": ["example.com"],
    "idn-email": ["a@example.com"],
    "idn-hostname": ["example.com"],
    "ipv4": ["192.0.2.1"],
    "ip-address": ["192.0.2.1"],
    "ipv6": ["2001:db8::1"],
    "iri": ["http://example.com/"],
    "iri-reference": ["http://example.com/", "a"],
    "json-pointer": ["", "/a"],
    "regex": ["a", ""],
    "relative-json-pointer": ["0", "1/a"],
    "time": ["12:00:00Z", "12:00:00"],
    "uri": ["http://example.com/"],
    "uri-reference": ["http://example.com/", "a"],
    "uri-template": ["http://example.com/{a}", "a"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000"],
    "color": ["red"],
}

Note = Callable[[Reason, str], None]


class Steps:
    """A share of the question's budget for one set of constraints."""

    def __init__(self, budget: Budget, steps: int = _STEPS) -> None:
        self.budget = budget
        self.left = steps

    def spend(self, steps: int, /) -> None:
        self.left -= steps
        self.budget.step()
        if self.left < 0:
            raise OutOfSteps("the patterns have too many states to decide this")


def solve(atoms: Iterable[Node], budget: Budget, conforms: Callable[[str, str], bool], note: Note) -> Answer:
    """A text, as short and readable as may be."""
    low, high = 0, -1
    patterns: list[tuple[str, bool]] = []
    formats: list[tuple[str, bool]] = []
    exact: list[tuple[Language, bool]] = []
    excluded: dict[str, str] = {}
    for atom in atoms:
        kind, args = atom.kind, atom.args
        if kind == MINLEN:
            low = max(low, args[0])
        elif kind == MAXLEN:
            high = args[0] if high < 0 else min(high, args[0])
        elif kind in (PATTERN, NPATTERN):
            patterns.append((args[0], kind == PATTERN))
        elif kind in (FORMAT, NFORMAT) and args[0] in EXACT:
            exact.append((format_language(args[0]) or EVERY, kind == FORMAT))
        elif kind in (FORMAT, NFORMAT):
            formats.append((args[0], kind == FORMAT))
        elif kind == NENUM:
            excluded.update(args[0].table)
    if 0 <= high < low:
        return NO
    if low > _LONGEST:
        note("budget", f"a text of at least {low} characters")
        return UNKNOWN
    if formats:
        return _formatted(low, high, patterns, exact, formats, excluded, conforms, note, budget)
    if not patterns and not exact:
        return _free(low, high, excluded)
    return _patterned(low, high, patterns, exact, excluded, budget, note)


def _free(low: int, high: int, excluded: dict[str, str]) -> Answer:
    for word in _words(low, high):
        if word not in excluded:
            return (word,)
    return NO


def _words(low: int, high: int) -> Iterator[str]:
    """Every length in turn; enough words of each that a set of excluded ones cannot hold them all, if it is at all possible."""
    for length in count(low):
        if 0 <= high < length:
            return
        if length == 0:
            yield ""
            continue
        fill = "a" * max(length - 4, 0)
        for letters in product(_LETTERS, repeat=min(length, 4)):
            yield fill + "".join(letters)
        for point in range(0x4E00, 0x9FFF):
            yield "a" * (length - 1) + chr(point)


def _patterned(
    low: int,
    high: int,
    patterns: list[tuple[str, bool]],
    exact: list[tuple[Language, bool]],
    excluded: dict[str, str],
    budget: Budget,
    note: Note,
) -> Answer:
    try:
        language: Language = EVERY
        for one, wanted in exact:
            language = language & one if wanted else language - one
        for pattern, wanted in patterns:
            one = parse(pattern)
            language = language & one if wanted else language - one
    except Unsupported as error:
        note("unsupported", f"pattern: {error}")
        return UNKNOWN
    except OutOfSteps as error:
        note("budget", f"pattern: {error}")
        return UNKNOWN
    try:
        steps = Steps(budget)
        if low or high >= 0:
            language = language.between(low, high if high >= 0 else None)
        relevant = [word for word in excluded if language.contains(word, steps)] if excluded else []
        if relevant:
            language = language - literal(*relevant)
        for sample in (text for name in sorted(EXACT) for text in SAMPLES[name]) if exact else ():
            if language.contains(sample, steps):
                return (sample,)  # reads better than the shortest
        word = language.shortest(budget=steps)
        if word is None:
            return NO
        if not word.isascii() or not word.isprintable():
            plainer = (language & PLAIN).shortest(budget=steps)
            word = word if plainer is None else plainer
        return (word,)
    except OutOfSteps as error:
        note("budget", f"pattern: {error}")
        return UNKNOWN


def _spelled(
    low: int,
    high: int,
    languages: list[tuple[Language, bool]],
    formats: list[tuple[str, bool]],
    excluded: dict[str, str],
    steps: Steps,
) -> Iterator[str]:
    """A few words of the languages of the formats. No proof that there are no others: a checker may be laxer than the RFC."""
    language = EVERY.between(low, high if high >= 0 else None) - literal(*excluded)
    for one, wanted in languages:
        language = language & one if wanted else language - one
    for name, wanted in formats:
        known = format_language(name)
        if known is None:
            return
        language = language & known if wanted else language - known
    yield from islice((language & PLAIN).words(steps), 5)


def _formatted(
    low: int,
    high: int,
    patterns: list[tuple[str, bool]],
    exact: list[tuple[Language, bool]],
    formats: list[tuple[str, bool]],
    excluded: dict[str, str],
    conforms: Callable[[str, str], bool],
    note: Note,
    budget: Budget,
) -> Answer:
    """Formats that checkers read in their own ways: try samples; what none of them meets stays unknown."""
    rest = (
        _patterned(low, high, patterns, exact, excluded, budget, note)
        if patterns or exact
        else _free(low, high, excluded)
    )
    if rest == NO:
        return NO
    try:
        languages = [*exact, *((parse(pattern), wanted) for pattern, wanted in patterns)]
        samples = [text for name, _ in formats for text in SAMPLES.get(name, [])]
        samples += [text for texts in SAMPLES.values() for text in texts]
        samples += ["", "a", "0", "a b", "{", "%", "\u00e9"]
        samples += [sample + "a" for sample in samples[:3]]
        samples += [word for word, _ in zip(_words(low, high), range(3), strict=False)]
        if rest:
            samples.append(rest[0])
        for text in samples:
            if (
                low <= len(text)
                and (high < 0 or len(text) <= high)
                and text not in excluded
                and all(conforms(name, text) == wanted for name, wanted in formats)
                and all(language.contains(text, Steps(budget)) == wanted for language, wanted in languages)
            ):
                return (text,)
        for text in _spelled(low, high, languages, formats, excluded, Steps(budget)):
            if all(conforms(name, text) == wanted for name, wanted in formats):
                return (text,)
    except (Unsupported, OutOfSteps):
        pass
    note("unsupported", "format: " + ", ".join(sorted({name for name, _ in formats})))
    return UNKNOWN
