"""Read which names of the SDK a pack uses, without importing it.

Takes:   the folder of a package.
Gives:   `uses`: each import, attribute and call of a `penstock` name, and where it stands; `Source`, `Unread`.
Follows: imports under any name, attributes of what was imported, and of parameters annotated with it.
Leaves:  branches that no supported Python takes, and what a `try`, `hasattr` or version test looks after itself.
Ignores: whether the SDK has these names (`compare`).
"""

from __future__ import annotations

import ast
import operator
import os
from typing import TYPE_CHECKING, Any

from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

SDK = "penstock"
_PYTHONS = tuple((3, minor) for minor in range(10, 14))  # that we support; tests/arrows keeps this line true
_IMPORT_FAILS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef)


class Use(Fact):
    """One place where a pack uses a name of the SDK.

    `name` is dotted and begins with the module as it was imported; `module` is as much of it as was imported as one.
    `keywords` and `arguments` (by position; None: nobody can say) are those of a call.
    """

    name: str
    module: str
    how: str  # import, attribute or call
    at: Location
    keywords: tuple[str, ...] = ()
    arguments: int | None = None
    for_types: bool = False  # only type checkers look there


class Source(Fact):
    """What the files of a package use, their texts (path -> text), and findings about those that cannot be read."""

    uses: tuple[Use, ...]
    texts: dict[str, str]
    unread: tuple[Finding, ...] = ()


class _Bound(Fact):
    """What a name stands for: a dotted name of the SDK, or something that is annotated with it."""

    name: str
    for_types: bool = False


def uses(folder: str) -> Source:
    """All uses in the Python files of a folder and those below it, in the order of paths and lines."""
    found: list[Use] = []
    texts: dict[str, str] = {}
    unread: list[Finding] = []
    for path in _files(folder):
        try:
            with open(path, "rb") as file:
                data = file.read()
            tree = ast.parse(data, path)
            texts[path] = data.decode("utf-8-sig")
        except (SyntaxError, ValueError, RecursionError) as error:
            at = Location(path, getattr(error, "lineno", None), getattr(error, "offset", None))
            unread.append(Finding("M406", f"`{os.path.basename(path)}` cannot be read as Python: {_why(error)}", at))
        else:
            found += uses_in(tree, texts[path], path)
    return Source(tuple(found), texts, tuple(unread))


def uses_in(tree: ast.Module, text: str, path: str) -> list[Use]:
    """The uses in one file."""
    reader = _Reader(text, path)
    reader.read(tree)
    return sorted(reader.found, key=lambda use: (use.at.line or 0, use.at.column or 0))


def _files(folder: str) -> Iterator[str]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        yield from (os.path.join(here, name) for name in sorted(names) if name.endswith((".py", ".pyi")))


def _why(error: Exception) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)


class _Reader(ast.NodeVisitor):
    """Walks one file with what its names stand for at each place, innermost scope last."""

    def __init__(self, text: str, path: str) -> None:
        self.found: list[Use] = []
        self._path = path
        self._lines = text.splitlines()
        self._scopes: list[dict[str, _Bound | None]] = []
        self._modules = {SDK}
        self._for_types: set[ast.AST] = set()
        self._looked_after: set[ast.AST] = set()

    def read(self, tree: ast.Module) -> None:
        live = _Live(self._for_types, self._looked_after).visit(tree)
        for part in ast.walk(live):
            if isinstance(part, ast.Import):
                self._modules.update(start for alias in part.names for start in _starts(alias.name))
            elif isinstance(part, ast.ImportFrom):
                self._modules.update(_starts(part.module or ""))
        self._scopes.append(self._bound_in(live.body))
        self.generic_visit(live)

    def visit_Import(self, part: ast.Import) -> None:
        for alias in part.names:
            if _is_ours(alias.name):
                self._note(alias.name, "import", alias, part)

    def visit_ImportFrom(self, part: ast.ImportFrom) -> None:
        for alias in part.names:
            if part.level == 0 and _is_ours(part.module or ""):
                name = part.module or "" if alias.name == "*" else f"{part.module}.{alias.name}"
                self._note(name, "import", alias, part)

    def visit_Attribute(self, part: ast.Attribute) -> None:
        bound = self._stands_for(part)
        if bound is None:
            self.generic_visit(part)
        else:
            self._note(bound.name, "attribute", part, for_types=bound.for_types)

    def visit_Call(self, part: ast.Call) -> None:
        bound = self._stands_for(part.func)
        if bound is None:
            self.visit(part.func)
        else:
            starred = any(isinstance(given, ast.Starred) for given in part.args)
            words = tuple(given.arg for given in part.keywords if given.arg)
            count = None if starred else len(part.args)
            self._note(bound.name, "call", part.func, for_types=bound.for_types, keywords=words, arguments=count)
        for given in (*part.args, *part.keywords):
            self.visit(given)

    def visit_FunctionDef(self, part: ast.FunctionDef) -> None:
        self._function(part)

    def visit_AsyncFunctionDef(self, part: ast.AsyncFunctionDef) -> None:
        self._function(part)

    def visit_Lambda(self, part: ast.Lambda) -> None:
        self._inside({given.arg: None for given in _parameters(part.args)}, [part.body])

    def visit_ListComp(self, part: ast.ListComp) -> None:
        self._comprehension(part)

    def visit_SetComp(self, part: ast.SetComp) -> None:
        self._comprehension(part)

    def visit_DictComp(self, part: ast.DictComp) -> None:
        self._comprehension(part)

    def visit_GeneratorExp(self, part: ast.GeneratorExp) -> None:
        self._comprehension(part)

    def _function(self, part: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outside = [*part.decorator_list, part.args, *([part.returns] if part.returns else [])]
        for each in outside:
            self.visit(each)
        own = self._bound_in(part.body)
        for given in _parameters(part.args):
            own[given.arg] = None if given.arg in own else self._annotated(given.annotation)
        self._inside(own, part.body)

    def _comprehension(self, part: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        targets = (name for each in part.generators for name in ast.walk(each.target))
        own: dict[str, _Bound | None] = {name.id: None for name in targets if isinstance(name, ast.Name)}
        self._inside(own, list(ast.iter_child_nodes(part)))

    def _inside(self, scope: dict[str, _Bound | None], parts: Iterable[ast.AST]) -> None:
        self._scopes.append(scope)
        for part in parts:
            self.visit(part)
        self._scopes.pop()

    def _bound_in(self, body: Sequence[ast.stmt]) -> dict[str, _Bound | None]:
        """What the names that a scope binds stand for in it; None for all that is not an import of ours."""
        names: dict[str, _Bound | None] = {}
        for part in _own_parts(body):
            if isinstance(part, (ast.Import, ast.ImportFrom)):
                for name, bound in self._imports(part):
                    names[name] = names.get(name) or bound
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.setdefault(part.id, None)
            elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
                names.setdefault(part.name or "", None)
        return names

    def _imports(self, part: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, _Bound | None]]:
        for_types = part in self._for_types
        for alias in part.names:
            if isinstance(part, ast.Import):
                called = alias.asname or alias.name.split(".")[0]
                name = alias.name if alias.asname else called
            else:
                called, name = alias.asname or alias.name, f"{'.' * part.level}{part.module or ''}.{alias.name}"
            yield called, _Bound(name, for_types) if _is_ours(name) else None

    def _annotated(self, annotation: ast.expr | None) -> _Bound | None:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except SyntaxError:
                return None
        return self._stands_for(annotation) if annotation is not None else None

    def _stands_for(self, part: ast.expr) -> _Bound | None:
        if isinstance(part, ast.Attribute):
            whole = self._stands_for(part.value)
            return _Bound(f"{whole.name}.{part.attr}", whole.for_types) if whole else None
        if isinstance(part, ast.Name):
            return next((scope[part.id] for scope in reversed(self._scopes) if part.id in scope), None)
        return None

    def _note(
        self,
        name: str,
        how: str,
        part: ast.alias | ast.expr,
        statement: ast.stmt | None = None,
        *,
        for_types: bool = False,
        keywords: tuple[str, ...] = (),
        arguments: int | None = None,
    ) -> None:
        if part in self._looked_after or statement in self._looked_after:
            return
        module = max((known for known in self._modules if f"{name}.".startswith(f"{known}.")), key=len)
        only = for_types or part in self._for_types or statement in self._for_types
        self.found.append(Use(name, module, how, self._place(part), keywords, arguments, only))

    def _place(self, part: ast.alias | ast.expr) -> Location:
        end_line, end = part.end_lineno or part.lineno, part.end_col_offset or 0
        return Location(
            self._path,
            part.lineno,
            self._column(part.lineno, part.col_offset),
            end_line,
            self._column(end_line, end),
        )

    def _column(self, line: int, offset: int) -> int:
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return len(text.encode()[:offset].decode("utf-8", "replace")) + 1  # the tree counts bytes, and from 0


class _Live(ast.NodeTransformer):
    """Takes out the branches that no supported Python takes, and notes who is only for types or looked after."""

    def __init__(self, for_types: set[ast.AST], looked_after: set[ast.AST]) -> None:
        self._for_types = for_types
        self._looked_after = looked_after

    def visit_If(self, part: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(part)
        test, then, otherwise = part.test, part.body, part.orelse
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, then, otherwise = test.operand, part.orelse, part.body
        if _last_name(test) == "TYPE_CHECKING":
            self._for_types.update(_all_of(then))
        elif _asks_for_what_there_is(test):
            self._looked_after.update(_all_of([*then, *otherwise]))
        else:
            answers = _answers(test)
            if answers is not None and len(answers) == 1:
                return then if True in answers else otherwise
        return part

    def visit_Try(self, part: ast.Try) -> ast.AST:
        self.generic_visit(part)
        caught = {name for handler in part.handlers for name in _caught(handler)}
        inside = _all_of([*part.body, *(each for handler in part.handlers for each in handler.body)])
        if caught & _IMPORT_FAILS:
            self._looked_after.update(each for each in inside if isinstance(each, (ast.Import, ast.ImportFrom)))
        if "AttributeError" in caught:
            self._looked_after.update(inside)
        return part


def _all_of(parts: Iterable[ast.AST]) -> list[ast.AST]:
    return [each for part in parts for each in ast.walk(part)]


def _own_parts(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The parts of a scope without those of the scopes in it."""
    for part in body:
        yield part
        if not isinstance(part, _SCOPES):
            yield from _own_parts(ast.iter_child_nodes(part))


def _parameters(given: ast.arguments) -> Iterator[ast.arg]:
    yield from (*given.posonlyargs, *given.args, *given.kwonlyargs)
    yield from (rest for rest in (given.vararg, given.kwarg) if rest)


def _last_name(part: ast.expr) -> str:
    return part.attr if isinstance(part, ast.Attribute) else part.id if isinstance(part, ast.Name) else ""


def _asks_for_what_there_is(test: ast.expr) -> bool:
    names = {_last_name(part) for part in ast.walk(test) if isinstance(part, (ast.Name, ast.Attribute))}
    return bool(names & {"hasattr", "__version__"})


def _caught(handler: ast.ExceptHandler) -> Iterator[str]:
    if handler.type is None:
        yield "BaseException"
    elif isinstance(handler.type, ast.Tuple):
        yield from map(_last_name, handler.type.elts)
    else:
        yield _last_name(handler.type)


def _answers(test: ast.expr) -> set[bool] | None:
    """What `sys.version_info >= (3, 11)` says on the Pythons that we support; None for any other question."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and _last_name(test.left) == "version_info"):
        return None
    try:
        bound = ast.literal_eval(test.comparators[0])
    except ValueError:
        return None
    ask = _COMPARISONS.get(type(test.ops[0]))
    if ask is None or not isinstance(bound, tuple) or not all(isinstance(each, int) for each in bound):
        return None
    # `version_info` is longer than what it is compared with: (3, 11, 4, ...) > (3, 11)
    return {ask((*python, 4, "final", 0)[: max(len(bound), 3)], bound) for python in _PYTHONS}


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def _starts(name: str) -> Iterator[str]:
    """`a`, `a.b` and `a.b.c` of `a.b.c`."""
    words = name.split(".")
    return (".".join(words[:count]) for count in range(1, len(words) + 1))


def _is_ours(name: str) -> bool:
    return name.split(".")[0] == SDK
