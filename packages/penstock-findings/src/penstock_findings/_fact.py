"""What every fact here has in common: it is frozen, compares by value, and shows its fields.

Takes:   a subclass that names its fields, in order, in `__match_args__` and `__slots__`, and fills them in `__init__`.
Gives:   equality, hash, repr, pickling, and the face of a dataclass (`dataclasses.replace`, `asdict`, `fields`).
Why not: `@dataclass` itself: importing `dataclasses` costs a third of the start-up time that a whole check may take.
Ignores: what the fields mean; a fact that decides something has lost its way.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_):
        return lambda cls: cls


class _DataclassFields:
    """`__dataclass_fields__`, made when somebody asks, so that only they pay for the import."""

    def __get__(self, fact: Fact | None, owner: type[Fact]) -> dict[str, Any]:
        from dataclasses import fields, make_dataclass

        return {field.name: field for field in fields(make_dataclass(owner.__name__, owner.__match_args__))}


@dataclass_transform(frozen_default=True, kw_only_default=False)
class Fact:
    """A frozen record of values; two facts of one type with equal fields are equal."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    if not TYPE_CHECKING:
        __dataclass_fields__ = _DataclassFields()

    def _fill(self, *values: object) -> None:
        """Set all fields, in the order of `__match_args__`; for `__init__` only."""
        put = object.__setattr__
        for name, value in zip(self.__match_args__, values, strict=True):
            put(self, name, value)

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot set `{name}`: a {type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete `{name}`: a {type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *(tuple(v) if isinstance(v, dict) else v for v in self._values())))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({shown})"

    def __replace__(self, **changes: Any) -> Self:  # what `copy.replace` calls
        kept = {name: getattr(self, name) for name in self.__match_args__}
        return type(self)(**{**kept, **changes})

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._values())


def _rebuild(cls: type[Fact], values: tuple[Any, ...]) -> Fact:
    return cls(**dict(zip(cls.__match_args__, values, strict=True)))
