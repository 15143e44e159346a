"""Draw a number between bounds, on a grid of multiples, beside what is excluded.

Takes:   the atoms of a formula about numbers.
Gives:   an exact number that satisfies it, and that stays so when it is written as a float.
Ignores: choices (`drawing`).
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Any

from hypothesis import strategies as st

from penstock_contracts.document import exact, plain
from penstock_contracts.formula import MAX, MIN, MULT, NMULT, Node
from penstock_contracts.strategies.drawing import Drawing

_SAFE = 10**6  # multiples of a fraction; farther out a float could not be trusted
_PLACES, _FINEST = 3, 30  # decimal places that are drawn by chance, and that a narrow interval may need
_TRIES = 40  # neighbours that are looked at


def draw_number(drawing: Drawing, node: Node, atoms: list[Node], depth: int) -> Any:
    """See the module."""
    low = high = None
    step: Fraction | None = None
    factors = []
    for atom in atoms:
        if atom.kind == MIN:
            low = atom.args
        elif atom.kind == MAX:
            high = atom.args
        elif atom.kind in (MULT, NMULT):
            factors.append(atom.args[0])
            if atom.kind == MULT:
                step = Fraction(atom.args[0]) if step is None else _common(step, Fraction(atom.args[0]))

    def right(number: Any) -> bool:
        written = plain(number)
        return (
            exact(written) == number
            and drawing.subject.holds(node, number)
            and all(_agreed(written, one) for one in factors)
        )

    if step is None and drawing.below(3) == 2:
        drawn = _between(drawing, low, high)
        if drawn is not None and right(drawn):
            return drawn
    grid = Fraction(1) if step is None else step
    least = None if low is None else floor(low[0] / grid) + 1 if low[1] else ceil(low[0] / grid)
    most = None if high is None else ceil(high[0] / grid) - 1 if high[1] else floor(high[0] / grid)
    if grid.denominator > 1:
        least, most = _near(least, most, _SAFE)
    if least is None or most is None or least <= most:
        times = drawing.draw(st.integers(least, most))
        for away in range(_TRIES):
            for near in (times + away, times - away):
                number = near * grid
                if right(number := number.numerator if number.denominator == 1 else number):
                    return number
    return drawing.witness(drawing.of(4, node))


def _near(least: int | None, most: int | None, far: int) -> tuple[int, int]:
    """Bounds that are not farther apart than that, near to zero if they may be."""
    if least is None and most is None:
        return -far, far
    low = least if least is not None else min(most or 0, far) - far
    high = most if most is not None else max(low, -far) + far
    if high - low > 2 * far:
        low, high = (
            (max(low, -far), min(high, far))
            if low <= 0 <= high
            else (low, low + far)
            if low > 0
            else (high - far, high)
        )
    return low, high


def _between(drawing: Drawing, low: Any, high: Any) -> Any:
    """A number that need not be whole: a decimal of few places, or of as many as it takes."""
    start = None if low is None else Fraction(low[0])
    end = None if high is None else Fraction(high[0])
    for places in range(1 + drawing.below(_PLACES), _FINEST, _PLACES):
        scale = 10**places
        least = None if start is None else ceil(start * scale)
        most = None if end is None else floor(end * scale)
        if least is None or most is None or least <= most:
            number = Fraction(drawing.draw(st.integers(*_near(least, most, _SAFE * scale))), scale)
            return number.numerator if number.denominator == 1 else number
    return None


def _common(one: Fraction, other: Fraction) -> Fraction:
    """The least number that is a multiple of both."""
    return Fraction(lcm(one.numerator, other.numerator), gcd(one.denominator, other.denominator))


def _agreed(written: Any, factor: Any) -> bool:
    """Whether floats see it as exact arithmetic does; the reference validator divides floats."""
    if isinstance(factor, int):
        return True
    try:
        quotient = written / float(factor)
        return bool(int(quotient) == quotient) is (Fraction(exact(written)) % factor == 0)
    except (OverflowError, TypeError):
        return False
