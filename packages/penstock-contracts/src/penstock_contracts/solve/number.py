"""Decide a set of number constraints: a value that meets them all, or proof that none does.

Takes:   atoms of type number (bounds, multiples, excluded values).
Gives:   `(value,)`, `NO`, or `UNKNOWN`, in exact rationals; values are finite decimals.
Ignores: where the atoms came from, positions, wording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Any

from penstock_contracts.budget import Budget
from penstock_contracts.formula import MAX, MIN, MULT, NENUM, NMULT, Node
from penstock_contracts.solve.answer import NO, UNKNOWN, Answer

_SCAN = 20_000  # multiples that are tried one by one


def solve(atoms: Iterable[Node], budget: Budget) -> Answer:
    """A number, preferably a small whole one."""
    low = high = None
    open_low = open_high = False
    factor: Any = None
    factors: list[Any] = []
    excluded: set[Any] = set()
    for atom in atoms:
        kind, args = atom.kind, atom.args
        if kind == MIN:
            if low is None or args[0] > low or (args[0] == low and args[1]):
                low, open_low = args
        elif kind == MAX:
            if high is None or args[0] < high or (args[0] == high and args[1]):
                high, open_high = args
        elif kind == MULT:
            factor = args[0] if factor is None else _lcm(factor, args[0])
        elif kind == NMULT:
            factors.append(args[0])
        elif kind == NENUM:
            excluded.update(args[0].table)
    if low is not None and high is not None and (low > high or (low == high and (open_low or open_high))):
        return NO
    if factor is not None:
        return _multiple(factor, factors, excluded, low, open_low, high, open_high, budget)
    for value in _points(low, open_low, high, open_high, len(excluded) + 2):
        budget.step()
        if value not in excluded and not any(value % each == 0 for each in factors):
            return (value,)
    if low is not None and low == high:
        return NO
    for value in _dense(low, high, factors):
        budget.step()
        if value not in excluded and not any(value % each == 0 for each in factors):
            return (value,)
    return UNKNOWN


def _lcm(one: Any, other: Any) -> Any:
    one, other = Fraction(one), Fraction(other)
    made = Fraction(lcm(one.numerator, other.numerator), gcd(one.denominator, other.denominator))
    return made.numerator if made.denominator == 1 else made


def _multiple(
    factor: Any,
    factors: list[Any],
    excluded: set[Any],
    low: Any,
    open_low: bool,
    high: Any,
    open_high: bool,
    budget: Budget,
) -> Answer:
    """The number is `factor` times a whole number; find the whole number."""
    least = greatest = None
    if low is not None:
        least = ceil(Fraction(low) / factor)
        if open_low and least * factor == low:
            least += 1
    if high is not None:
        greatest = floor(Fraction(high) / factor)
        if open_high and greatest * factor == high:
            greatest -= 1
    if least is not None and greatest is not None and least > greatest:
        return NO
    # not a multiple of f  <=>  the whole number is not a multiple of lcm(factor, f) / factor
    periods = sorted({int(_lcm(factor, each) / Fraction(factor)) for each in factors})
    if 1 in periods:
        return NO
    for tried, times in enumerate(_from_the_middle(least, greatest)):
        budget.step()
        value = _whole(factor * times)
        if value not in excluded and not any(times % period == 0 for period in periods):
            return (value,)
        if tried > _SCAN:
            break
    else:
        return NO
    # every number that leaves 1 when divided by all the periods will do
    period = lcm(*periods) if periods else 1
    start = least if least is not None else 0
    times = start + (1 - start) % period
    for _ in range(len(excluded) + 1):
        if greatest is not None and times > greatest:
            return UNKNOWN
        if _whole(factor * times) not in excluded:
            return (_whole(factor * times),)
        times += period
    return UNKNOWN


def _whole(value: Any) -> Any:
    if type(value) is Fraction and value.denominator == 1:
        return value.numerator
    return value


def _from_the_middle(least: int | None, greatest: int | None) -> Iterator[int]:
    """Every whole number in the range once, those near 0 first."""
    if least is not None and least > 0:
        up, down = least, None
    elif greatest is not None and greatest < 0:
        up, down = None, greatest
    else:
        yield 0
        up, down = 1, -1
    while True:
        went = False
        if up is not None and (greatest is None or up <= greatest):
            yield up
            up += 1
            went = True
        if down is not None and (least is None or down >= least):
            yield down
            down -= 1
            went = True
        if not went:
            return


def _points(low: Any, open_low: bool, high: Any, open_high: bool, count: int) -> Iterator[Any]:
    """Values in the interval that read well: whole numbers near 0, the ends, halves."""

    def inside(value: Any) -> bool:
        return (low is None or value > low or (value == low and not open_low)) and (
            high is None or value < high or (value == high and not open_high)
        )

    least = None if low is None else ceil(low)
    greatest = None if high is None else floor(high)
    if least is None or greatest is None or least <= greatest:
        for given, value in enumerate(_from_the_middle(least, greatest)):
            if given > count + 20:
                break
            if inside(value):
                yield value
    for value in (low, high):
        if value is not None and inside(value):
            yield value
    base: Any = least if least is not None else greatest if greatest is not None else 0
    for half in range(1, 2 * count + 2, 2):
        for value in (base + Fraction(half, 2), base - Fraction(half, 2)):
            if inside(value):
                yield value


def _dense(low: Any, high: Any, factors: list[Any]) -> Iterator[Any]:
    """Values of an interval that has inner points; finer and finer, so that no set of multiples holds all of them."""
    if low is None and high is None:
        low, high = 0, 1
    elif low is None:
        low = high - 1
    elif high is None:
        high = low + 1
    span = Fraction(high) - Fraction(low)
    places = 1
    while Fraction(1, 10**places) * 4 > span:
        places += 1
    for more in range(6):
        step = Fraction(1, 10 ** (places + more))
        first = floor(Fraction(low) / step) + 1
        last = ceil(Fraction(high) / step) - 1
        for times in range(first, min(last, first + 200) + 1):
            yield _whole(times * step)
    # 7 to the power of -k is no decimal, so go below every factor instead
    for factor in factors:
        step = Fraction(factor)
        while step >= span / 4:
            step /= 2
        first = floor(Fraction(low) / step) + 1
        for times in range(first, first + 4):
            yield _whole(times * step)
