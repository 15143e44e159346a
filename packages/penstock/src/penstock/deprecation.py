"""Mark a name of the SDK that is on its way out: whoever uses it is told what to use instead.

Takes:   a function, a method or a class, the version since which, and what to write instead.
Gives:   `deprecated`, the decorator; `Deprecation`, the mark that it leaves.
Ignores: how long a name may stay (`surface/lifetime.py`) and who uses it (`surface/compare.py`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")


class Deprecation(Fact):
    """Since which minor version a name is deprecated, `0.2`, and what to write instead of it."""

    since: str
    instead: str


def deprecated(*, since: str, instead: str) -> Callable[[T], T]:
    """Let a function, a method or the making of a class warn (`DeprecationWarning`) where it is used.

    Below `@property`, above `@dataclass`.  Raises `TypeError` for what could not warn: a `msgspec.Struct` is made
    without `__init__`, and a value is not called at all.

    >>> @deprecated(since="0.2", instead="`penstock.new`")
    ... def old() -> None: ...
    >>> old.__penstock_deprecated__.since
    '0.2'
    """
    mark = Deprecation(since, instead)

    def decorate(what: T) -> T:
        made: Any = what
        if isinstance(made, type):
            if hasattr(made, "__struct_fields__"):
                raise TypeError(f"`{made.__name__}` is a msgspec.Struct, and could not warn")
            own: Any = made  # mypy has an opinion about `__init__` of a type
            own.__init__ = _warning(own.__init__, own.__name__, mark)
        elif callable(made):
            made = _warning(made, made.__name__, mark)
        else:
            raise TypeError(f"`{what!r}` cannot warn: only functions, methods and classes can")
        made.__penstock_deprecated__ = mark
        return made  # type: ignore[no-any-return]  # the same type, as it was handed in

    return decorate


def _warning(call: Callable[..., Any], name: str, mark: Deprecation) -> Callable[..., Any]:
    from functools import wraps
    from warnings import warn

    @wraps(call)
    def warned(*args: Any, **named: Any) -> Any:
        text = f"`{name}` is deprecated since penstock {mark.since}: use {mark.instead}"
        warn(text, DeprecationWarning, stacklevel=2)
        return call(*args, **named)

    return warned
