"""Read a pack as Python would import it, and tell which uses of the core's surface fit.

Takes:   the pack's tree, the surface of a core, a target, the modules that an import begins with.
Gives:   `Reading`: the reasons, and how many uses were looked at.
Why so:  guards, `try ... except ImportError` and `hasattr` are followed as the interpreter would, so that a pack
         which already copes with the other core is not called broken.
Ignores: what values do at run time, and every distribution but the core.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from penstock_compat.static.expressions import Expressions, Problems
from penstock_compat.static.guards import dotted
from penstock_compat.static.names import absolute, targets
from penstock_compat.static.scope import Derived, Own, Place, Problem, Scope, Value
from penstock_compat.static.stdlib import is_stdlib, module_span, name_span, outside
from penstock_compat.static.surface import Surface, Thing, Unsure, brings, parse
from penstock_compat.static.syntax import Wrong, too_new
from penstock_compat.static.target import Target
from penstock_compat.static.tree import Tree
from penstock_compat.static.verdict import Reason, When


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found: reasons in the order of the source, each once."""

    reasons: tuple[Reason, ...]
    uses: int


def read_uses(
    tree: Tree, surface: Surface, where: Target, roots: tuple[str, ...], requires: frozenset[str] | None = None
) -> Reading:
    """Read a pack from its roots, then what they do not reach; `requires` are the distributions that it asks for."""
    statements = Statements(tree, surface, where, requires)
    problems: Problems = []
    for root in roots:
        statements.import_own(root, Place(root), problems)
    statements.drain()
    for module in sorted(tree.modules):
        if module not in statements.own and module.partition(".")[0] in tree.top and not _is_test(module):
            statements.import_own(module, Place(module, depth=1), problems)
    statements.drain()
    found = {problem.reason: None for problem in (*problems, *statements.deferred_problems)}
    return Reading(tuple(found), statements.uses)


class Statements(Expressions):
    """Reads statements, module by module."""

    def __init__(self, tree: Tree, surface: Surface, where: Target, requires: frozenset[str] | None = None) -> None:
        super().__init__(tree, surface, where)
        self.requires = requires
        self.deferred_problems: Problems = []
        self._problems_of: dict[str, Problems] = {}
        self._depth_of: dict[str, int] = {}

    def drain(self) -> None:
        """Read the bodies of functions that were met so far."""
        while self.later:
            self.later.pop(0)()

    # modules

    def import_own(self, module: str, place: Place, out: Problems) -> None:
        """Read a module of the pack, after its parents; what goes wrong in it goes wrong for whoever imports it."""
        parts = module.split(".")
        for count in range(1, len(parts) + 1):
            name = ".".join(parts[:count])
            if self._depth_of.get(name, place.depth + 1) > place.depth:
                self._depth_of[name] = place.depth
                self.own[name] = Scope()
                self._problems_of[name] = []
                self._run_module(place.within(name), self._problems_of[name])
            out.extend(self._problems_of[name])

    def _run_module(self, place: Place, out: Problems) -> None:
        source = self.tree.source(place.module)
        if source is None:
            return
        module = parse(source)
        wrong = too_new(source, module, self.where)
        if wrong is not None:
            out.append(self._syntax(wrong, place))
        if module is not None:
            here = replace(place, lazy=_has_lazy_annotations(module))
            try:
                self.block(module.body, self.own[place.module], here, out)
            except RecursionError:
                out.append(self._too_deep(place))

    def _too_deep(self, place: Place) -> Problem:
        text = f"`{place.module}` is nested too deep to be read"
        return self.problem(place, ast.Pass(lineno=1, col_offset=0), "C420", text, "", sure=False)

    def _syntax(self, wrong: Wrong, place: Place) -> Problem:
        marker = ast.Pass(lineno=wrong.line, col_offset=0)
        subject = "python" if wrong.newer else ""
        return self.problem(place, marker, "C415", wrong.text, "SyntaxError", sure=wrong.sure, subject=subject)

    # blocks

    def block(self, body: list[ast.stmt], scope: Scope, place: Place, out: Problems) -> None:
        """Read statements in order; after one that leaves, nothing is read."""
        for statement in body:
            self.statement(statement, scope, place, out)
            if isinstance(statement, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
                return

    def statement(self, node: ast.stmt, scope: Scope, place: Place, out: Problems) -> None:
        """Read one statement."""
        name = type(node).__name__.lower()
        method = getattr(self, f"_do_{name.removeprefix('async')}", None)
        if method is not None:
            method(node, scope, place, out)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope, place, out)

    # imports

    def _do_import(self, node: ast.Import, scope: Scope, place: Place, out: Problems) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self._load(alias.name, node, place, out)
            bound = alias.name if alias.asname else top
            scope.names[alias.asname or top] = self._module_value(bound)

    def _do_importfrom(self, node: ast.ImportFrom, scope: Scope, place: Place, out: Problems) -> None:
        package = place.module if self.tree.is_package(place.module) else place.module.rpartition(".")[0]
        module = absolute(node, package)
        before = len(out)
        self._load(module, node, place, out)
        failed = len(out) > before
        for alias in node.names:
            if alias.name == "*":
                self._star(module, scope)
                continue
            value = None if failed else self._imported(module, alias.name, node, place, out)
            scope.names[alias.asname or alias.name] = value

    def _load(self, module: str, node: ast.stmt, place: Place, out: Problems) -> None:
        if self.surface.owns(module):
            self._load_core(module, node, place, out)
        elif self.tree.has(module):
            self.import_own(module, place, out)
        elif is_stdlib(module):
            self._span(module_span(module), f"`{module}`", "ModuleNotFoundError", node, place, out)
        elif self.requires is not None and not brings(self.requires | self.surface.requires, module):
            text = f"the pack imports `{module}`, and neither it nor the core asks for a distribution of that name"
            out.append(self.problem(place, node, "C420", text, "ModuleNotFoundError", sure=False, subject=module))

    def _load_core(self, module: str, node: ast.stmt, place: Place, out: Problems) -> None:
        answer = self.surface.module(module)
        self.uses += 1
        if isinstance(answer, Thing):
            loaded, doubts = self.surface.loads(module)
            if place.certain:
                self.loaded |= loaded
            for doubt in doubts[:1]:
                text = f"it cannot be told whether `{module}` can be imported: {doubt}"
                out.append(self.problem(place, node, "C420", text, "ImportError", sure=False, subject=module))
            return
        sure = not isinstance(answer, Unsure)
        out.append(self.problem(place, node, "C413", answer.why, "ModuleNotFoundError", sure=sure, subject=module))

    def _imported(self, module: str, name: str, node: ast.stmt, place: Place, out: Problems) -> Value:
        if self.surface.owns(module):
            answer = self.surface.name(module, name)
            if isinstance(answer, Thing) and not answer.name:
                self._load_core(answer.module, node, place, out)
            return self.answered(answer, place, node, "ImportError", f"{module}.{name}", out)
        if self.tree.has(module):
            below = f"{module}.{name}"
            if name not in self.own[module].names and self.tree.has(below):
                self.import_own(below, place, out)
                return Own(below)
            return self.own[module].get(name)
        if is_stdlib(module):
            self._span(name_span(module, name), f"`{module}.{name}`", "ImportError", node, place, out)
        return None

    def _span(self, span: tuple[str, str], what: str, raises: str, node: ast.stmt, place: Place, out: Problems) -> None:
        """A module or name of the library that this Python lacks; what went may have been brought back by a distribution."""
        why = outside(span, self.where.python)
        if why:
            back = why.startswith("went") and raises == "ModuleNotFoundError"
            out.append(
                self.problem(place, node, "C414", f"{what} {why}", raises, sure=not back, subject=what.strip("`"))
            )

    def _module_value(self, module: str) -> Value:
        if self.surface.owns(module):
            return Thing(module) if isinstance(self.surface.module(module), Thing) else None
        return Own(module) if self.tree.has(module) else None

    def _star(self, module: str, scope: Scope) -> None:
        if self.tree.has(module) and module in self.own:
            for name, value in self.own[module].names.items():
                if not name.startswith("_"):
                    scope.names[name] = value

    # definitions

    def _do_functiondef(self, node: ast.FunctionDef, scope: Scope, place: Place, out: Problems) -> None:
        for decorator in node.decorator_list:
            self._decorated(decorator, scope, place, out)
        args = node.args
        for default in (*args.defaults, *(each for each in args.kw_defaults if each)):
            self.value(default, scope, place, out)
        for each in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
            self._annotation(each.annotation if each else None, scope, place, out)
        self._annotation(node.returns, scope, place, out)
        scope.names[node.name] = None
        outer = scope
        while getattr(outer, "is_class", False) and outer.outer is not None:
            outer = outer.outer
        self.later.append(lambda: self._body(node, outer, place))

    def _body(self, node: ast.FunctionDef, scope: Scope, place: Place) -> None:
        inner, there = self.deferred(node, scope, place)
        try:
            self.block(node.body, inner, there, self.deferred_problems)
        except RecursionError:
            self.deferred_problems.append(self._too_deep(there))

    def _decorated(self, node: ast.expr, scope: Scope, place: Place, out: Problems) -> None:
        self.value(node, scope, place, out)

    def _annotation(self, node: ast.expr | None, scope: Scope, place: Place, out: Problems) -> None:
        if node is not None and not place.lazy and self.where.python < (3, 14):
            self.value(node, scope, place, out)

    def _do_classdef(self, node: ast.ClassDef, scope: Scope, place: Place, out: Problems) -> None:
        bases = [self.value(base, scope, place, out) for base in node.bases]
        for keyword in node.keywords:
            self.value(keyword.value, scope, place, out)
        for decorator in node.decorator_list:
            self._decorated(decorator, scope, place, out)
        base = bases[0] if len(bases) == 1 else None
        core = base if isinstance(base, Thing) and isinstance(base.node, ast.ClassDef) else None
        inner = ClassScope({}, scope)
        self.block(node.body, inner, replace(place, base=core), out)
        scope.names[node.name] = Derived(core, node) if core is not None else None

    # assignments

    def _do_assign(self, node: ast.Assign, scope: Scope, place: Place, out: Problems) -> None:
        value = self.value(node.value, scope, place, out)
        for target in node.targets:
            self._bind(target, value, scope, place, out)

    def _do_annassign(self, node: ast.AnnAssign, scope: Scope, place: Place, out: Problems) -> None:
        if place.when is not When.CALL:
            self._annotation(node.annotation, scope, place, out)
        if node.value is not None:
            self._bind(node.target, self.value(node.value, scope, place, out), scope, place, out)

    def _do_augassign(self, node: ast.AugAssign, scope: Scope, place: Place, out: Problems) -> None:
        self.value(node.value, scope, place, out)
        self._bind(node.target, None, scope, place, out)

    def _bind(self, target: ast.expr, value: Value, scope: Scope, place: Place, out: Problems) -> None:
        if isinstance(target, ast.Name):
            scope.names[target.id] = value
            return
        for name in targets(target):
            scope.names[name] = None
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            self.value(target, scope, place, out)

    def _do_global(self, node: ast.Global, scope: Scope, place: Place, out: Problems) -> None:
        for name in node.names:
            self.own[place.module].names[name] = None

    # branches

    def _do_if(self, node: ast.If, scope: Scope, place: Place, out: Problems) -> None:
        holds = self.truth(node.test, scope, place)
        self.value(node.test, scope, place, [] if holds is not None else out)
        if holds is not None:
            self.block(node.body if holds else node.orelse, scope, place, out)
            return
        with scope.tentatively():
            self.block(node.body, scope, place.perhaps(), out)
        with scope.tentatively():
            self.block(node.orelse, scope, place.perhaps(), out)

    def _do_for(self, node: ast.For, scope: Scope, place: Place, out: Problems) -> None:
        self.value(node.iter, scope, place, out)
        with scope.tentatively():
            self._bind(node.target, None, scope, place, out)
            self.block(node.body, scope, place.perhaps(), out)
            self.block(node.orelse, scope, place.perhaps(), out)

    def _do_while(self, node: ast.While, scope: Scope, place: Place, out: Problems) -> None:
        self.value(node.test, scope, place, out)
        with scope.tentatively():
            self.block([*node.body, *node.orelse], scope, place.perhaps(), out)

    def _do_match(self, node: ast.Match, scope: Scope, place: Place, out: Problems) -> None:
        self.value(node.subject, scope, place, out)
        for case in node.cases:
            with scope.tentatively():
                for each in ast.walk(case.pattern):
                    if isinstance(each, (ast.MatchAs, ast.MatchStar)) and each.name:
                        scope.names[each.name] = None
                self.block(case.body, scope, place.perhaps(), out)

    def _do_with(self, node: ast.With, scope: Scope, place: Place, out: Problems) -> None:
        caught: list[ast.expr] = []
        for item in node.items:
            self.value(item.context_expr, scope, place, out)
            for name in targets(item.optional_vars) if item.optional_vars else ():
                scope.names[name] = None
            if isinstance(item.context_expr, ast.Call) and dotted(item.context_expr.func).endswith(
                ("suppress", "raises")
            ):
                caught += item.context_expr.args
        if caught:
            handler = ast.ExceptHandler(ast.Tuple(caught, ast.Load()), None, [])
            self._attempt(node.body, [handler], [], scope, place, out)
        else:
            self.block(node.body, scope, place, out)

    def _do_try(self, node: ast.Try, scope: Scope, place: Place, out: Problems) -> None:
        self._attempt(node.body, node.handlers, node.orelse, scope, place, out)
        self.block(node.finalbody, scope, place, out)

    _do_trystar = _do_try

    def _attempt(
        self,
        body: list[ast.stmt],
        handlers: list[ast.ExceptHandler],
        orelse: list[ast.stmt],
        scope: Scope,
        place: Place,
        out: Problems,
    ) -> None:
        """Read a body under handlers: what surely fails goes to its handler, what may fail leaves both ways open."""
        tried: Problems = []
        for statement in body:
            before = len(tried)
            self.statement(statement, scope, place, tried)
            sure = next((each for each in tried[before:] if each.sure and each.depth == place.depth), None)
            handler = next((each for each in handlers if sure and catches(each, sure.raises)), None)
            if handler is not None:
                kept = tried[:before]
                out += [each for each in kept if not any(catches(h, each.raises) for h in handlers)]
                for name in _bound_by(statement):
                    scope.names[name] = None
                self._handle(handler, scope, place, out)
                return
        doubtful = [each for each in tried if any(catches(h, each.raises) and not _raises(h) for h in handlers)]
        out += [each for each in tried if each not in doubtful]
        if not doubtful and all(self._harmless(each) for each in body):
            self.block(orelse, scope, place, out)
            return
        with scope.tentatively():
            self.block(orelse, scope, place.perhaps() if doubtful else place, out)
        for handler in handlers:
            with scope.tentatively():
                self._handle(handler, scope, place.perhaps(), out)

    def _handle(self, handler: ast.ExceptHandler, scope: Scope, place: Place, out: Problems) -> None:
        if handler.name:
            scope.names[handler.name] = None
        self.block(handler.body, scope, place, out)

    def _harmless(self, node: ast.stmt) -> bool:
        """Whether a statement that fits cannot fail: an import of the core, the library or the pack, or a plain value."""
        if isinstance(node, ast.Import):
            return all(self._at_home(alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            return bool(node.level) or self._at_home(node.module or "")
        return isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.Name))

    def _at_home(self, module: str) -> bool:
        return self.surface.owns(module) or is_stdlib(module) or self.tree.has(module)

    def _do_raise(self, node: ast.Raise, scope: Scope, place: Place, out: Problems) -> None:
        self.value(node.exc, scope, place, out)
        if place.when is When.CALL or not place.certain:
            return
        called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        raised = dotted(called).rpartition(".")[2] if called is not None else "ImportError"
        said = f"`{raised}`" if raised else "an exception"
        out.append(
            self.problem(
                place,
                node,
                "C416",
                f"the pack itself refuses to be imported, with {said}",
                raised or "Exception",
                sure=True,
            )
        )


def _is_test(module: str) -> bool:
    """Whether a module is there to test the pack, and no part of what it does."""
    *folders, last = module.split(".")
    return bool({"tests", "test"} & {*folders, last}) or last.startswith(("test_", "conftest"))


class ClassScope(Scope):
    """The names in the body of a class, which its methods do not see."""

    is_class = True


_CATCH_ALL = {"Exception", "BaseException"}
_PARENTS = {"ModuleNotFoundError": "ImportError", "NotImplementedError": "RuntimeError"}


def catches(handler: ast.ExceptHandler, raised: str) -> bool:
    """Whether a handler catches an exception of that name."""
    if handler.type is None:
        return True
    listed = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {dotted(each).rpartition(".")[2] for each in listed}
    return bool(names & (_CATCH_ALL | {raised, _PARENTS.get(raised, raised)}))


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(each, ast.Raise) for each in handler.body)


def _has_lazy_annotations(module: ast.Module) -> bool:
    return any(
        isinstance(each, ast.ImportFrom)
        and each.module == "__future__"
        and "annotations" in [name.name for name in each.names]
        for each in module.body
    )


def _bound_by(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign):
        return [name for target in node.targets for name in targets(target)]
    return []
