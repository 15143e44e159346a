"""{{ cookiecutter.id }}: admit numbers, in order, from where the last run stopped."""

from collections.abc import Iterator
from typing import Any

from penstock import Context, Contract, Out, Reading, node


@node("{{ cookiecutter.id }}")
class {{ cookiecutter.cls }}:
    """Admit the numbers from 0 to `count`.

    Ports:    out, in order.
    Position: how many numbers were admitted.
    Effects:  none.
    """

    out: Out[Any] = Out(
        contract=Contract(
            "{{ cookiecutter.name }}/{{ cookiecutter.id }}-out",
            file="../contracts/{{ cookiecutter.module }}_out.schema.json",
        ),
    )

    count: int = 10

    def read(self, ctx: Context) -> Iterator[Reading]:
        """Go on behind `ctx.position`, and hand over with each reading the position to resume from after it."""
        for number in range(ctx.position or 0, self.count):
            yield Reading({"number": number}, position=number + 1)
