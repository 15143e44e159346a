"""{{ cookiecutter.id }}: write each record to a file of its own, which a second delivery replaces by the same."""

import json
import os
from pathlib import Path
from typing import Any

from penstock import Context, Contract, In, Record, node


@node("{{ cookiecutter.id }}", effect="idempotent", capabilities=["filesystem", "external-effects"])
class {{ cookiecutter.cls }}:
    """Write each record to a file below `folder`.

    Ports:   in.
    State:   none.
    Effects: one file for each record, named by its effect key: a record that is delivered again writes the same file.
    Errors:  what the system says of the folder; tried again as the policy has it.
    """

    folder: str

    in_: In[Any] = In(
        contract=Contract(
            "{{ cookiecutter.name }}/{{ cookiecutter.id }}-in",
            file="../contracts/{{ cookiecutter.module }}_in.schema.json",
        ),
    )

    def write(self, record: Record, ctx: Context) -> None:
        """Write beside, make it last, then put it in its place: a reader sees the whole file or none."""
        place = Path(self.folder, f"{ctx.effect_key}.json")
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_suffix(".new")
        with open(beside, "w", encoding="utf-8") as file:
            json.dump(record.payload, file, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
