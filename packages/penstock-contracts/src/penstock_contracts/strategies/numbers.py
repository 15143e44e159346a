"""Draw a number between bounds, on a grid of multiples, beside what is excluded.

Takes:   the atoms of a formula about numbers.
Gives:   an exact number that satisfies it, and that stays so when it is written as a float.
Ignores: choices (`drawing`).
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from penstock_contracts.document import exact, plain
from penstock_contracts.formula import MAX, MIN, MULT, NMULT, Node

if TYPE_CHECKING:
    from penstock_contracts.strategies.drawing import Drawing

_SAFE = 10**6  # multiples of a fraction; farther out a float could not be trusted
_TRIES = 40  # neighbours that are looked at


def draw_number(drawing: Drawing, node: Node, atoms: list[Node]) -> Any:
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
        return exact(written) == number and drawing.subject.holds(node, number) and all(_agreed(written, one) for one in factors)

    if step is None and drawing.below(3) == 2:
        drawn = _between(drawing, low, high)
        if drawn is not None and right(drawn):
            return drawn
    grid = Fraction(1) if step is None else step
    least = None if low is None else floor(low[0] / grid) + 1 if low[1] else ceil(low[0] / grid)
    most = None if high is None else ceil(high[0] / grid) - 1 if high[1] else floor(high[0] / grid)
    if grid.denominator > 1:
        least, most = _near(least, most)
    if least is None or most is None or least <= most:
        times = drawing.draw(st.integers(least, most))
        for away in range(_TRIES):
            for near in (times + away, times - away):
                number = near * grid
                if right(number := number.numerator if number.denominator == 1 else number):
                    return number
    return drawing.witness(drawing.of(4, node))


def _near(least: int | None, most: int | None) -> tuple[int, int]:
    if least is not None:
        return least, min(least + _SAFE, least + _SAFE if most is None else most)
    return (-_SAFE, _SAFE) if most is None else (most - _SAFE, most)


def _between(drawing: Drawing, low: Any, high: Any) -> Any:
    """A number that need not be whole."""
    start = -1e6 if low is None else _float(low[0])
    end = max(1e6, start + 1e6) if high is None else _float(high[0])
    if low is None and high is not None:
        start = min(-1e6, end - 1e6)
    if start is None or end is None or not start < end:
        return None
    return exact(drawing.draw(st.floats(start, end, allow_nan=False, allow_infinity=False, allow_subnormal=False)))


def _float(number: Any) -> Any:
    try:
        return float(number)
    except OverflowError:
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
        return (int(quotient) == quotient) == (Fraction(exact(written)) % factor == 0)
    except (OverflowError, TypeError):
        return False
