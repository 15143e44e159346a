"""{{ cookiecutter.id }}: say of each value whether it is over a limit."""

from typing import Any

from penstock import Context, Contract, In, Out, Record, node


@node("{{ cookiecutter.id }}")
class {{ cookiecutter.cls }}:
    """Say of each `value` whether it is over `limit`.

    Ports:   in -> out, 1 record out for each one in, order kept.
    State:   none.
    Effects: none, so replay may run it again.
    Errors:  none; the contract of `in` asks for a number.
    """

    in_: In[Any] = In(
        contract=Contract(
            "{{ cookiecutter.name }}/{{ cookiecutter.id }}-in",
            file="../contracts/{{ cookiecutter.module }}_in.schema.json",
        ),
    )
    out: Out[Any] = Out(
        contract=Contract(
            "{{ cookiecutter.name }}/{{ cookiecutter.id }}-out",
            file="../contracts/{{ cookiecutter.module }}_out.schema.json",
        ),
    )

    limit: float = 0.0

    def process(self, record: Record, ctx: Context) -> Record:
        """Make the record with the answer; the one that came in stays as it was."""
        return record.derive({**record.payload, "over": record.payload["value"] > self.limit})
