"""Read how a function or class of the core may be called.

Takes:   a surface and a thing of it.
Gives:   `Signature`, or nothing where the sources do not tell for sure.
Why so:  griffe reads parameters, overloads and decorators of whole modules; where it and the syntax tree do not
         speak of the same definition, nothing is said.
Ignores: types of arguments.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from penstock_compat.static.guards import dotted
from penstock_compat.static.names import read
from penstock_compat.static.surface import Surface, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable

_POSITIONAL = ("positional-only", "positional or keyword")
_KEYWORD = ("keyword-only", "positional or keyword")
_TAME = frozenset(
    {"staticmethod", "classmethod", "abstractmethod", "abc.abstractmethod", "final", "typing.final", "override",
     "typing.override", "typing_extensions.override", "contextmanager", "contextlib.contextmanager", "cache",
     "functools.cache", "lru_cache", "functools.lru_cache", "asynccontextmanager", "contextlib.asynccontextmanager"}
)  # fmt: skip
_TAME_CLASSES = frozenset(
    {
        "final",
        "typing.final",
        "runtime_checkable",
        "typing.runtime_checkable",
        "total_ordering",
        "functools.total_ordering",
    }
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `kind` is in griffe's words."""

    name: str
    kind: str
    required: bool
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a call may hand over."""

    parameters: tuple[Parameter, ...]

    def names(self, kinds: Iterable[str]) -> list[str]:
        """The parameters of some kinds, in order."""
        return [each.name for each in self.parameters if each.kind in kinds]

    def has(self, kind: str) -> bool:
        """Whether there is a parameter of that kind."""
        return any(each.kind == kind for each in self.parameters)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a call is written: how many positional arguments, which keywords, and whether more may be unpacked."""

    positional: int
    keywords: tuple[str, ...]
    unpacks: bool = False
    unpacks_keywords: bool = False


def shape_of(call: ast.Call) -> Shape:
    """The shape of a call in somebody's source."""
    plain = [each for each in call.args if not isinstance(each, ast.Starred)]
    named = [each.arg for each in call.keywords if each.arg is not None]
    return Shape(len(plain), tuple(named), len(plain) < len(call.args), len(named) < len(call.keywords))


def misfit(signature: Signature, shape: Shape) -> str:
    """Why a call surely fails with that signature, in words; empty when it does not."""
    places = signature.names(_POSITIONAL)
    if shape.positional > len(places) and not signature.has("variadic positional"):
        return f"takes {len(places)} positional arguments, and is given {shape.positional}"
    keywords = signature.names(_KEYWORD)
    if not signature.has("variadic keyword"):
        for name in shape.keywords:
            if name not in keywords:
                return f"has no parameter `{name}`"
    taken = set(places[: shape.positional])
    for name in shape.keywords:
        if name in taken and name in keywords:
            return f"is given `{name}` twice"
    given = taken | set(shape.keywords)
    for each in signature.parameters:
        reachable = shape.unpacks_keywords or (shape.unpacks and each.kind in _POSITIONAL)
        if each.required and each.name not in given and not each.kind.startswith("variadic") and not reachable:
            return f"needs `{each.name}`"
    return ""


def misplaced(signature: Signature, call: ast.Call, free: frozenset[str] = frozenset()) -> str:
    """Why a constant in a call may not be what its parameter wants, in words; empty when none stands out.

    `free` are the names of type variables that stand for anything.
    """
    places = [each for each in signature.parameters if each.kind in _POSITIONAL]
    by_name = {each.name: each for each in signature.parameters}
    pairs = [
        *zip(places, call.args, strict=False),
        *((by_name.get(word.arg or ""), word.value) for word in call.keywords),
    ]
    for parameter, given in pairs:
        if (
            parameter is not None
            and isinstance(given, ast.Constant)
            and not _suits(given.value, parameter.annotation, free)
        ):
            return f"is given `{given.value!r}` for `{parameter.name}: {parameter.annotation}`"
    return ""


def free_variables(tree: ast.Module | None) -> frozenset[str]:
    """The type variables of a module that have neither a bound nor constraints."""
    found = set()
    for node in tree.body if tree is not None else ():
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and dotted(node.value.func).endswith("TypeVar")
        ):
            bounded = len(node.value.args) > 1 or any(each.arg == "bound" for each in node.value.keywords)
            found |= set() if bounded else {dotted(target) for target in node.targets}
    return frozenset(found)


def _suits(value: object, annotation: str, free: frozenset[str]) -> bool:
    words = set(re.findall(r"\w+", annotation))
    kind = type(value).__name__
    wider = {"bool": {"int", "float"}, "int": {"float"}, "NoneType": {"None", "Optional"}}.get(kind, set())
    return not words or bool(words & ({kind, "Any", "object", "Literal"} | wider | free))


def signature_of(surface: Surface, thing: Thing) -> Signature | None:
    """How a thing may be called; nothing where that is not certain."""
    if isinstance(thing.node, ast.ClassDef):
        return _of_class(surface, thing)
    if isinstance(thing.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return _of_function(surface, thing)
    return None


def bound(signature: Signature) -> Signature:
    """The signature once its first parameter is bound."""
    first = signature.parameters[0] if signature.parameters else None
    if first is None or first.kind not in _POSITIONAL:
        return signature
    return Signature(signature.parameters[1:])


def is_static(node: ast.AST | None) -> bool:
    """Whether a member is a static method."""
    return "staticmethod" in _decorators(node)


def is_class_method(node: ast.AST | None) -> bool:
    """Whether a member is a class method."""
    return "classmethod" in _decorators(node)


def available() -> bool:
    """Whether griffe is installed, so that signatures can be read."""
    from importlib.util import find_spec

    return find_spec("griffe") is not None


def _of_function(surface: Surface, thing: Thing) -> Signature | None:
    if not set(_decorators(thing.node)) <= _TAME:
        return None
    found = _visited(surface, thing.module, thing.name)
    if found is None or not found.is_function or thing.node is None:
        return None
    lines = {thing.node.lineno, *(each.lineno for each in thing.node.decorator_list)}
    if found.lineno not in lines:
        return None
    return Signature(
        tuple(
            Parameter(each.name, each.kind.value, each.required, str(each.annotation or ""))
            for each in found.parameters
        )
    )


def _of_class(surface: Surface, thing: Thing) -> Signature | None:
    ancestors = surface.ancestors(thing)
    for each in ancestors:
        if isinstance(each, str):
            return None
        node = each.node
        assert isinstance(node, ast.ClassDef)
        plain = set(_decorators(node)) <= _TAME_CLASSES
        if not plain or any(dotted(word.value) not in ("ABCMeta", "abc.ABCMeta") for word in node.keywords):
            return None
        body = read(node, surface.where)
        if "__new__" in body.all_of():
            return None
        if "__init__" in body.all_of():
            maker = body.sure.get("__init__")
            if not isinstance(maker, ast.FunctionDef) or any(_makes(later) for later in ancestors):
                return None
            whole = _of_function(surface, Thing(each.module, f"{each.name}.__init__", maker, node))
            return None if whole is None else bound(whole)
    return Signature(())


def _makes(thing: Thing | str) -> bool:
    """Whether a class may decide itself how its instances come to be."""
    return isinstance(thing, str) or any(
        getattr(each, "name", "") == "__new__" for each in getattr(thing.node, "body", ())
    )


def _decorators(node: ast.AST | None) -> list[str]:
    found: list[ast.expr] = getattr(node, "decorator_list", [])
    return [dotted(each.func if isinstance(each, ast.Call) else each) or "?" for each in found]


def _visited(surface: Surface, module: str, path: str) -> Any | None:
    tree = _module(surface, module)
    try:
        found = None if tree is None else tree[path]
    except KeyError:
        return None
    return None if found is None or found.is_alias else found


@lru_cache(maxsize=512)
def _module(surface: Surface, module: str) -> Any | None:
    source = surface.tree.source(module)
    if source is None or not available():
        return None
    from pathlib import Path

    import griffe

    try:
        return griffe.visit(module, filepath=Path(surface.tree.modules[module]), code=source.decode("utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError, RecursionError):
        return None
