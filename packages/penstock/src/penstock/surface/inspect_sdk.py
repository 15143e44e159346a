"""Take the public surface from the SDK that is installed.

Takes:   the modules whose `__all__` is the promise.
Gives:   `present`: the `Surface` of the code, the same on every supported Python.
Ignores: annotations, whose wording is free; private names; what comes from the standard library, which differs.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from enum import Enum
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

import msgspec

from penstock._version import VERSION
from penstock.deprecation import Deprecation
from penstock.surface.model import EITHER, KEYWORD, NAMED_REST, POSITIONAL, REST, Member, Name, Parameter, Surface
from penstock_findings.fact import Fact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PUBLIC = ("penstock", "penstock.stores", "penstock.testing")
OURS = ("penstock", "penstock_findings")
_SPOKEN = ("__call__",)  # the special methods that authors use without knowing it
# an author makes a store and hands it on, or lets a store of its own begin as one: what a store does, `Store` promises
_HANDED_ON = ("penstock._store.memory", "penstock._store.sqlite")
_WITHOUT_MEMBERS = ("object", "typing.Protocol", "typing.Generic")
_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: POSITIONAL,
    inspect.Parameter.POSITIONAL_OR_KEYWORD: EITHER,
    inspect.Parameter.KEYWORD_ONLY: KEYWORD,
    inspect.Parameter.VAR_POSITIONAL: REST,
    inspect.Parameter.VAR_KEYWORD: NAMED_REST,
}


def minor_of(version: str) -> str:
    """The minor version that a version belongs to.

    >>> minor_of("0.1.3")
    '0.1'
    """
    return ".".join(version.split(".")[:2])


def present(modules: Iterable[str] = PUBLIC, version: str = VERSION) -> Surface:
    """The surface of the code that would be imported; imports it."""
    return Surface(minor_of(version), {module: _names(module) for module in modules})


def _names(module: str) -> dict[str, Name]:
    made = import_module(module)
    return {name: _name(getattr(made, name), _home(made, name)) for name in sorted(made.__all__)}


def _home(module: Any, name: str) -> str:
    value = getattr(module, name)
    if not _is_alias(value) and isinstance(value, (type, FunctionType)):
        return value.__module__
    room = getattr(module, "_HOMES", {}).get(name)  # an alias does not know where it was written
    return f"{module.__name__}.{room}" if room else str(module.__name__)


def _is_alias(value: Any) -> bool:
    return hasattr(value, "__args__")  # a union, or a generic with its parameters, which poses as a class


def _name(value: Any, home: str) -> Name:
    if _is_alias(value):
        return Name("alias", home)
    if isinstance(value, type):
        return _class(value, home)
    if callable(value) and hasattr(value, "__name__"):
        return Name("function", home, _parameters(value), deprecated=_mark(value))
    return Name("value", home)


def _class(made: type, home: str) -> Name:
    ours = [base for base in made.__mro__ if base.__module__.split(".")[0] in OURS and base is not Fact]
    others = (f"{b.__module__}.{b.__qualname__}".removeprefix("builtins.") for b in made.__bases__)
    inherited = (_class(base, home).bases for base in made.__bases__ if base in ours)
    bases = {name for name in others if name.split(".")[0] not in OURS and name not in _WITHOUT_MEMBERS}
    members: dict[str, Member] = {}
    is_handle = any(base.__module__.startswith(_HANDED_ON) for base in made.__mro__)
    for base in reversed(ours if not is_handle else ()):
        members |= dict(_members(base))
    return Name(
        "handle" if is_handle else "class",
        home,
        _of_making(made),
        dict(sorted(members.items())),
        tuple(sorted(bases.union(*inherited))),
        made.__dict__.get("__penstock_deprecated__"),
    )


def _of_making(made: type) -> tuple[Parameter, ...] | None:
    """The parameters with which an instance is made."""
    if getattr(made, "_is_protocol", False):
        return None
    if issubclass(made, Enum):
        return (Parameter("value", POSITIONAL),)
    if issubclass(made, Fact) and made.__init__ is Fact.__init__:  # compared, not called
        defaults = made._defaults
        return tuple(Parameter(f, EITHER, _text(defaults[f]) if f in defaults else None) for f in made.__match_args__)
    if issubclass(made, msgspec.Struct):  # made without `__init__`
        return _public(_of_struct(made))
    if not isinstance(made.__init__, FunctionType):  # looked at, not called
        return (Parameter("args", REST),) if issubclass(made, BaseException) else ()
    return _parameters(made)


def _of_struct(made: type[msgspec.Struct]) -> Iterator[Parameter]:
    missing = len(made.__struct_fields__) - len(made.__struct_defaults__)
    defaults = (*[msgspec.NODEFAULT] * missing, *made.__struct_defaults__)
    for name, default in zip(made.__struct_fields__, defaults, strict=True):
        kind = EITHER if name in made.__match_args__ else KEYWORD
        yield Parameter(name, kind, None if default is msgspec.NODEFAULT else _text(default))


def _members(made: type) -> Iterator[tuple[str, Member]]:
    attribute = Member("attribute")
    names = [*inspect.get_annotations(made), *getattr(made, "__members__", ()), *_set_by_init(made)]
    yield from ((name, attribute) for name in names if _is_public(name))
    for name, value in made.__dict__.items():
        if _is_public(name):
            yield name, _member(value)


def _set_by_init(made: type) -> Iterator[str]:
    """Names that `__init__` or `__post_init__` gives to `self`."""
    for method in ("__init__", "__post_init__"):
        written = inspect.unwrap(made.__dict__.get(method, made))
        if not isinstance(written, FunctionType) or written.__code__.co_filename == "<string>":
            continue  # not there, or made by `dataclass`
        for part in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(written)))):
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and _is_self(part.value):
                yield part.attr


def _is_self(part: ast.expr) -> bool:
    return isinstance(part, ast.Name) and part.id == "self"


def _member(value: Any) -> Member:
    if isinstance(value, (classmethod, staticmethod)):
        kind = "class method" if isinstance(value, classmethod) else "static method"
        return Member(kind, _parameters(value.__func__, skip=isinstance(value, classmethod)), _mark(value.__func__))
    if isinstance(value, FunctionType):
        kind = "async method" if inspect.iscoroutinefunction(inspect.unwrap(value)) else "method"
        return Member(kind, _parameters(value, skip=True), _mark(value))
    return Member("attribute", None, _mark(getattr(value, "fget", None)))


def _parameters(call: Callable[..., Any], skip: bool = False) -> tuple[Parameter, ...]:
    given = list(inspect.signature(call).parameters.values())[skip:]
    return _public(
        Parameter(one.name, _KINDS[one.kind], None if one.default is one.empty else _text(one.default)) for one in given
    )


def _public(parameters: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """The public parameters; those behind a private one can only be meant by their names."""
    found: list[Parameter] = []
    after_private = False
    for one in parameters:
        if one.name.startswith("_"):
            after_private = True
        elif after_private and one.kind == EITHER:
            found.append(Parameter(one.name, KEYWORD, one.default))
        else:
            found.append(one)
    return tuple(found)


def _text(value: Any) -> str:
    """A default in words that no version of Python changes."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return repr(value)
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_text, value)) + ")"
    if isinstance(value, (dict, list)) and not value:
        return repr(value)
    if repr(value) == "<factory>":  # how a dataclass says that the default is made
        return "<factory>"
    name = getattr(value, "__qualname__", None)
    return str(name) if name else f"<{type(value).__name__}>"


def _mark(value: Any) -> Deprecation | None:
    mark = getattr(value, "__penstock_deprecated__", None)
    return mark if isinstance(mark, Deprecation) else None


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name in _SPOKEN
