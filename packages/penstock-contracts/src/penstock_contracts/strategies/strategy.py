"""A hypothesis strategy for the instances of a schema.

Takes:   a schema of draft 4, 6, 7, 2019-09 or 2020-12.
Gives:   `instances(schema)`: a strategy whose every value is valid to the reference validator.
Ignores: how a value is drawn (`drawing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from hypothesis import strategies as st

from penstock_contracts.budget import CannotDecide
from penstock_contracts.document import plain
from penstock_contracts.formula import ARR, NUM, OBJ, STR
from penstock_contracts.strategies.arrays import draw_array
from penstock_contracts.strategies.drawing import Drawing, Dry
from penstock_contracts.strategies.numbers import draw_number
from penstock_contracts.strategies.objects import draw_object
from penstock_contracts.strategies.subject import Subject
from penstock_contracts.strategies.texts import draw_text

_TRIES = 3
_PAINTERS = {NUM: draw_number, STR: draw_text, ARR: draw_array, OBJ: draw_object}


def instances(
    schema: Any,
    *,
    formats: Literal["annotation", "assertion"] = "annotation",
    dialect: str = "2020-12",
    documents: Mapping[str, Any] | None = None,
    seconds: float = 5.0,
) -> st.SearchStrategy[Any]:
    """Every value is valid under the schema, and every way to be valid comes up.

    `dialect` is for schemas without `$schema`; `documents` (URI -> schema) are what references may lead to, since nothing
    is fetched; `seconds` is for the questions behind one value. Numbers that are not whole are floats.
    Raises `NoInstance` if no value is valid, and `CannotDraw` if that cannot be worked out.

    >>> from hypothesis import find
    >>> find(instances({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "minimum": 3}}}), lambda _: True)
    {'id': 3}
    """
    subject = Subject(schema, formats=formats, dialect=dialect, documents=documents or {}, seconds=seconds)
    return _drawn(subject)


@st.composite
def _drawn(draw: Callable[[Any], Any], subject: Subject) -> Any:
    subject.rested()
    for _ in range(_TRIES):
        try:
            value = plain(Drawing(subject, draw, _PAINTERS).value(subject.root))
        except (Dry, CannotDecide, ValueError):
            continue
        if subject.valid(value):
            return value
    return _copied(subject.simplest)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(member) for key, member in value.items()}
    return [_copied(member) for member in value] if isinstance(value, list) else value
