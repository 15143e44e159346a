"""What every fact has in common: it is frozen, compares by value, shows its fields, has slots.

Takes:   a class body of annotated fields with defaults, as a dataclass has.
Gives:   `Fact`: the same as `@dataclass(frozen=True, slots=True)`, its face (`dataclasses.replace`, `asdict`) included.
Why not: `@dataclass` itself, where a command starts: its import and a dozen such classes cost twice what a bare
         Python start does.  Facts that are only met while a graph runs are plain dataclasses.
Ignores: what the fields mean.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_):  # noqa: D103 - for type checkers only; it must cost nothing at run time
        return lambda cls: cls


EMPTY: dict[str, Any] = {}  # the default of a field that holds a mapping; shared, so nobody writes into it


class _DataclassFields:
    """`__dataclass_fields__`, made when somebody asks, so that only they pay for the import."""

    def __get__(self, fact: Fact | None, owner: type[Fact]) -> dict[str, Any]:
        from dataclasses import field, make_dataclass

        def described(name: str) -> tuple[str, Any, Any]:
            if name not in owner._defaults:
                return name, owner.__annotations__[name], field()
            default = owner._defaults[name]
            return name, owner.__annotations__[name], field(default_factory=lambda: default)

        made: Any = make_dataclass(owner.__name__, map(described, owner.__match_args__))
        fields: dict[str, Any] = made.__dataclass_fields__
        return fields


@dataclass_transform(frozen_default=True)
class _Made(type):
    """Turns annotations into slots, and the values beside them into defaults."""

    __match_args__: tuple[str, ...] = ()
    _defaults: dict[str, Any] = {}  # noqa: RUF012 - of a class of this kind, and never written to

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        own = tuple(body.get("__annotations__", ()))
        defaults = {field: body.pop(field) for field in own if field in body}
        inherited = [base for base in bases if isinstance(base, _Made)]
        body["__slots__"] = own
        body["__match_args__"] = (*(field for base in inherited for field in base.__match_args__), *own)
        body["_defaults"] = {name: value for base in inherited for name, value in base._defaults.items()} | defaults
        return super().__new__(mcs, name, bases, body)


class Fact(metaclass=_Made):
    """A frozen record of values; two facts of one type with equal fields are equal.

    Fields with a default come last; a default that is a container is shared, and nobody may write into it.
    """

    if TYPE_CHECKING:
        __match_args__: ClassVar[tuple[str, ...]]
        _defaults: ClassVar[dict[str, Any]]
    else:
        __dataclass_fields__ = _DataclassFields()

        def __init__(self, *values, **named):
            fields = self.__match_args__
            put = object.__setattr__
            for field, value in zip(fields, values):  # noqa: B905 - defaults fill up; too many are counted below
                put(self, field, value)
            given = len(values)
            if given == len(fields) and not named:
                return
            rest = {**self._defaults, **named}
            for field in fields[given:]:
                if field not in rest:
                    raise TypeError(f"{type(self).__name__} needs `{field}`")
                put(self, field, rest.pop(field))
            wrong = [name for name in named if name not in fields[given:]]
            if wrong or given > len(fields):
                raise TypeError(f"{type(self).__name__} cannot take {wrong or values[len(fields) :]} as well")

    def _fill(self, *values: object) -> None:
        """Set all fields, in order; for an `__init__` of one's own, which may make them fit first."""
        put = object.__setattr__
        for name, value in zip(self.__match_args__, values, strict=True):
            put(self, name, value)

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self.__match_args__])

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
        return type(self), self._values()
