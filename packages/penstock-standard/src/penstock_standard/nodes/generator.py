"""Make records up, the same ones in every run.

Takes:   a template, a seed.
Gives:   `Generator`.
Ignores: `random.Random`, whose methods may answer differently in another Python version.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Any

from msgspec import Meta

from penstock import Context, Reading, node
from penstock_standard._pointers import Pointer, PointerText, as_text
from penstock_standard._times import as_time, iso
from penstock_standard.errors import BadSetting

Draw = Callable[[int], int]  # which leaf of the template -> 64 random bits
Make = Callable[[int, Draw], Any]  # number of the record, chance -> value
_BITS = 64


@node("generator")
class Generator:
    """Admit records made from a template: for trying a graph out, and for tests and measurements.

    Ports:    out, numbered from 0.
    Template: any JSON; in it `{$count: 1}` is the record's number, counted from 1; `{$integer: [1, 6]}` a number of
              that range, both ends included; `{$number: [0, 1]}` a fraction; `{$pick: [a, b]}` one of the values;
              `{$time: true}` the record's event time as text.
    Position: how many records were made; each depends on the seed and its own number only, so a resumed run goes on
              as if it had not stopped.
    Effects:  none.
    Errors:   N105 when the template has a `$` word that does not exist or cannot work with its argument.
    Notes:    without `count` it never ends; without `rate` it is as fast as the graph takes records.
    """

    template: Any = field(default_factory=lambda: {"n": {"$count": 0}})
    count: Annotated[int, Meta(ge=0)] | None = None
    rate: Annotated[float, Meta(gt=0)] | None = None  # records a second
    seed: int = 0
    key: PointerText | None = None  # JSON Pointer to what becomes the record's key
    start: str | None = None  # event time of record 0, RFC 3339 with zone; no event times without it
    every: Annotated[float, Meta(ge=0)] = 1.0  # seconds of event time between two records

    def __post_init__(self) -> None:
        self._start: datetime | None = None
        if self.start is not None and (as_start := as_time(self.start)) is not None:
            self._start = as_start
        elif self.start is not None:
            raise BadSetting("start", f"`{self.start}` is not a time with a zone", hint="write `2024-05-01T00:00:00Z`")
        self._key = Pointer(self.key).find if self.key is not None else None
        self._leaves = 0
        self._make = self._compile(self.template)

    def read(self, ctx: Context) -> Iterator[Reading] | AsyncIterator[Reading]:
        """Yield the records behind the committed count, at `rate` when there is one."""
        first = int(ctx.position or 0)
        return self._all(first) if self.rate is None else self._paced(first, self.rate)

    def _all(self, first: int) -> Iterator[Reading]:
        number = first
        while self.count is None or number < self.count:
            yield self._reading(number)
            number += 1

    async def _paced(self, first: int, rate: float) -> AsyncIterator[Reading]:
        clock = asyncio.get_running_loop().time
        began = clock()
        for made, reading in enumerate(self._all(first)):
            wait = began + made / rate - clock()
            if wait > 0:
                await asyncio.sleep(wait)
            yield reading

    def _reading(self, number: int) -> Reading:
        payload = self._make(number, lambda leaf: _draw(self.seed, number, leaf))
        when = self._start + timedelta(seconds=number * self.every) if self._start else None
        return Reading(payload, number + 1, as_text(self._key(payload)) if self._key else None, when)

    def _compile(self, template: Any) -> Make:
        if isinstance(template, list):
            items = [self._compile(item) for item in template]
            return lambda number, draw: [make(number, draw) for make in items]
        if not isinstance(template, dict):
            return lambda number, draw: template
        word = next((name for name in template if name.startswith("$")), None)
        if word is None:
            members = [(name, self._compile(value)) for name, value in template.items()]
            return lambda number, draw: {name: make(number, draw) for name, make in members}
        if len(template) > 1 or word not in _WORDS:
            known = ", ".join(f"`{name}`" for name in (*_WORDS,))
            raise BadSetting("template", f"an object with `{word}` is not understood", hint=f"alone, one of {known}")
        leaf, self._leaves = self._leaves, self._leaves + 1
        try:
            return _WORDS[word](self, template[word], leaf)
        except (TypeError, ValueError) as error:
            raise BadSetting("template", f"`{word}` cannot work with {template[word]!r}: {error}") from error

    def _counting(self, argument: Any, leaf: int) -> Make:
        first = int(argument)
        return lambda number, draw: first + number

    def _integer(self, argument: Any, leaf: int) -> Make:
        low, high = map(int, argument)
        if low > high:
            raise ValueError("the first is the greater one")
        return lambda number, draw: low + (draw(leaf) * (high - low + 1) >> _BITS)

    def _number(self, argument: Any, leaf: int) -> Make:
        low, high = map(float, argument)
        return lambda number, draw: low + (high - low) * (draw(leaf) / (1 << _BITS))

    def _pick(self, argument: Any, leaf: int) -> Make:
        if not isinstance(argument, list) or not argument:
            raise ValueError("it needs a list of values")
        return lambda number, draw: argument[draw(leaf) * len(argument) >> _BITS]

    def _time(self, argument: Any, leaf: int) -> Make:
        if self._start is None:
            raise ValueError("it needs the setting `start`")
        epoch = self._start.timestamp()
        return lambda number, draw: iso(epoch + number * self.every)


def _draw(seed: int, number: int, leaf: int) -> int:
    return int.from_bytes(blake2b(b"%d/%d/%d" % (seed, number, leaf), digest_size=_BITS // 8).digest(), "big")


_WORDS: dict[str, Callable[[Generator, Any, int], Make]] = {
    "$count": Generator._counting,
    "$integer": Generator._integer,
    "$number": Generator._number,
    "$pick": Generator._pick,
    "$time": Generator._time,
}
