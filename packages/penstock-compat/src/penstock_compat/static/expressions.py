"""Read the expressions of a pack, and note every use of the core's surface in them.

Takes:   a syntax tree, a scope, the place, and where problems are put.
Gives:   what is known of the value.
Ignores: statements, imports and the order of things (`uses`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from penstock_compat.static.guards import dotted, truth
from penstock_compat.static.names import targets
from penstock_compat.static.scope import Derived, Instance, Own, Place, Plain, Problem, Scope, Value, locals_of
from penstock_compat.static.signatures import (
    bound,
    free_variables,
    is_class_method,
    is_static,
    misfit,
    misplaced,
    shape_of,
    signature_of,
)
from penstock_compat.static.surface import Absent, Answer, Surface, Thing, Unsure
from penstock_compat.static.target import Target
from penstock_compat.static.tree import Tree
from penstock_compat.static.verdict import Reason, Verdict, When

Problems = list[Problem]
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


class Expressions:
    """Reads expressions; `uses` counts what was looked up in the core."""

    def __init__(self, tree: Tree, surface: Surface, where: Target) -> None:
        self.tree = tree
        self.surface = surface
        self.where = where
        self.uses = 0
        self.loaded: set[str] = set()  # modules of the core that the pack has surely imported
        self.patched: set[str] = set()  # paths in the core that the pack itself assigns
        self.later: list[Callable[[], None]] = []  # bodies of functions, read at the end
        self.own: dict[str, Scope] = {}  # modules of the pack that have been read

    def problem(
        self, place: Place, node: ast.AST, code: str, message: str, raises: str, *, sure: bool, subject: str = ""
    ) -> Problem:
        """A problem at a node; broken when it is sure, surely reached, and met as the pack is imported."""
        broken = sure and place.certain and place.when is not When.CALL
        at = self.tree.at(place.module, getattr(node, "lineno", None), getattr(node, "col_offset", 0) + 1)
        if not place.certain:
            message += ", where it is not sure that this is reached"
        verdict = Verdict.BROKEN if broken else Verdict.UNKNOWN
        return Problem(Reason(code, message, verdict, place.when, at, subject), raises, sure, place.depth)

    def answered(self, answer: Answer, place: Place, node: ast.AST, raises: str, path: str, out: Problems) -> Value:
        """Take an answer of the surface: the thing, or nothing and a problem."""
        self.uses += 1
        if isinstance(answer, Thing):
            return answer if answer.path not in self.patched and path not in self.patched else None
        if path in self.patched:
            return None
        code = "C411" if isinstance(answer, Absent) else "C420"
        text = answer.why if isinstance(answer, Absent) else f"it cannot be told whether `{path}` exists: {answer.why}"
        out.append(self.problem(place, node, code, text, raises, sure=isinstance(answer, Absent), subject=path))
        return None

    def value(self, node: ast.expr | None, scope: Scope, place: Place, out: Problems) -> Value:
        """What is known of an expression's value; uses inside it are noted."""
        if node is None:
            return None
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            found: Value = method(node, scope, place, out)
            return found
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope, place, out)
        return None

    def known(self, scope: Scope, place: Place) -> Callable[[ast.expr], bool | None]:
        """A look-up for guards: what the scope and the surface know."""

        def look(test: ast.expr) -> bool | None:
            if isinstance(test, ast.Call) and dotted(test.func) == "hasattr" and len(test.args) == 2:
                return self._has(test, scope, place)
            if isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.Is, ast.IsNot)):
                right = test.comparators[0]
                left = self._quiet(test.left, scope, place)
                if left is None or not (isinstance(right, ast.Constant) and right.value is None):
                    return None
                return (isinstance(left, Plain) and left.value is None) is isinstance(test.ops[0], ast.Is)
            if isinstance(test, (ast.Name, ast.Attribute)):
                found = self._quiet(test, scope, place)
                if isinstance(found, Plain):
                    return bool(found.value)
                return (
                    True if isinstance(found, (Thing, Derived, Own)) and getattr(found, "node", 1) is not None else None
                )
            return None

        return look

    def truth(self, test: ast.expr, scope: Scope, place: Place) -> bool | None:
        """Whether a test holds, as far as the target, the scope and the surface tell."""
        return truth(test, self.where, self.known(scope, place))

    def deferred(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, place: Place
    ) -> tuple[Scope, Place]:
        """The scope and place in which a function's body is read."""
        inner = Scope(dict.fromkeys(locals_of(node)), scope)
        for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            inner.names[each.arg] = self._annotated(each.annotation, scope, place)
        return inner, replace(place, when=When.CALL)

    def _annotated(self, node: ast.expr | None, scope: Scope, place: Place) -> Value:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError):
                return None
        found = self._quiet(node, scope, place) if isinstance(node, (ast.Name, ast.Attribute)) else None
        return Instance(found) if isinstance(found, Thing) and isinstance(found.node, ast.ClassDef) else None

    def _quiet(self, node: ast.expr, scope: Scope, place: Place) -> Value:
        before = self.uses
        found = self.value(node, scope, place, []) if dotted(node) else None
        self.uses = before
        return found

    def _has(self, test: ast.Call, scope: Scope, place: Place) -> bool | None:
        name = test.args[1]
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            return None
        owner = self._quiet(test.args[0], scope, place)
        answer: Answer | None = None
        if isinstance(owner, Thing) and not owner.name:
            answer = self._of_module(owner, name.value)
        elif isinstance(owner, Thing) and isinstance(owner.node, ast.ClassDef):
            answer = self.surface.member(owner, name.value, instance=False)
        if answer is None or isinstance(answer, Unsure):
            return None
        return isinstance(answer, Thing)

    # one method for each kind of expression that is more than its parts

    def _constant(self, node: ast.Constant, scope: Scope, place: Place, out: Problems) -> Value:
        return Plain(node.value)

    def _name(self, node: ast.Name, scope: Scope, place: Place, out: Problems) -> Value:
        return scope.get(node.id)

    def _attribute(self, node: ast.Attribute, scope: Scope, place: Place, out: Problems) -> Value:
        owner = self.value(node.value, scope, place, out)
        if not isinstance(node.ctx, ast.Load):
            if isinstance(owner, Thing):
                self.patched.add(f"{owner.path}.{node.attr}")
            return None
        return self._attribute_of(owner, node.attr, node, place, out)

    def _attribute_of(self, owner: Value, name: str, node: ast.AST, place: Place, out: Problems) -> Value:
        if isinstance(owner, Thing) and not owner.name:
            answer = self._of_module(owner, name)
            return self.answered(answer, place, node, "AttributeError", f"{owner.module}.{name}", out)
        if isinstance(owner, Thing) and isinstance(owner.node, ast.ClassDef):
            answer = self.surface.member(owner, name, instance=False)
            return self.answered(answer, place, node, "AttributeError", f"{owner.path}.{name}", out)
        if isinstance(owner, Instance):
            answer = self.surface.member(owner.of, name, instance=True)
            return self.answered(answer, place, node, "AttributeError", f"{owner.of.path}.{name}", out)
        if isinstance(owner, Derived):
            return self._of_derived(owner, name, node, place, out)
        if isinstance(owner, Own):
            return self.own[owner.module].get(name) if owner.module in self.own else None
        return None

    def _of_module(self, owner: Thing, name: str) -> Answer:
        answer = self.surface.name(owner.module, name, imported=False)
        below = f"{owner.module}.{name}"
        if isinstance(answer, Unsure) and below in self.loaded:
            return Thing(below)
        return answer

    def _of_derived(self, owner: Derived, name: str, node: ast.AST, place: Place, out: Problems) -> Value:
        bound_here = {
            each.id for each in ast.walk(owner.node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        defined = {
            each.name
            for each in ast.walk(owner.node)
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        }
        if name in bound_here | defined or owner.node.decorator_list or owner.node.keywords:
            return None
        answer = self.surface.member(owner.base, name, instance=False)
        self.answered(answer, place, node, "AttributeError", f"{owner.base.path}.{name}", out)
        return None

    def _call(self, node: ast.Call, scope: Scope, place: Place, out: Problems) -> Value:
        called = self._called(node, scope, place, out)
        for arg in node.args:
            self.value(arg, scope, place, out)
        for keyword in node.keywords:
            self.value(keyword.value, scope, place, out)
        if isinstance(called, Thing):
            self._check(called, node, place, out)
            return Instance(called) if isinstance(called.node, ast.ClassDef) else None
        if isinstance(called, Derived) and not _makes_itself(called.node):
            self._check(called.base, node, place, out)
        return None

    def _called(self, node: ast.Call, scope: Scope, place: Place, out: Problems) -> Value:
        """What is called; a few functions of Python that reach into modules are followed."""
        name = dotted(node.func)
        first = node.args[0] if node.args else None
        text = node.args[-1].value if node.args and isinstance(node.args[-1], ast.Constant) else None
        if name == "getattr" and len(node.args) == 2 and isinstance(text, str) and first is not None:
            self._attribute_of(self._quiet(first, scope, place), text, node, place, out)
            return None
        if isinstance(node.func, ast.Attribute) and _is_super(node.func.value):
            return self._super(node.func, place, out)
        found = self.value(node.func, scope, place, out)
        if isinstance(found, Thing) and found.owner is not None and isinstance(node.func, ast.Attribute):
            owner = self._quiet(node.func.value, scope, place)
            bare = isinstance(owner, Thing) and not is_static(found.node) and not is_class_method(found.node)
            return None if bare else found  # `Class.method(...)`: whether an instance is handed over is not read
        return found

    def _super(self, node: ast.Attribute, place: Place, out: Problems) -> Value:
        if place.base is None or (node.attr.startswith("__") and node.attr != "__init__"):
            return None
        if node.attr == "__init__":
            return place.base
        found = self._attribute_of(Instance(place.base), node.attr, node, place, out)
        return found if isinstance(found, Thing) else None

    def _check(self, thing: Thing, node: ast.Call, place: Place, out: Problems) -> None:
        signature = signature_of(self.surface, thing)
        if signature is None:
            return
        if thing.owner is not None and not isinstance(thing.node, ast.ClassDef) and not is_static(thing.node):
            signature = bound(signature)
        wrong = misfit(signature, shape_of(node))
        odd = misplaced(signature, node, self._free(thing)) if not wrong and place.when is not When.CALL else ""
        self.uses += 1
        if wrong or odd:
            text = f"`{thing.path}` {wrong or odd}"
            out.append(self.problem(place, node, "C412", text, "TypeError", sure=bool(wrong), subject=thing.path))

    def _lambda(self, node: ast.Lambda, scope: Scope, place: Place, out: Problems) -> Value:
        for default in (*node.args.defaults, *(each for each in node.args.kw_defaults if each)):
            self.value(default, scope, place, out)
        inner, there = self.deferred(node, scope, place)
        self.later.append(lambda: self._read(node.body, inner, there, out))
        return None

    def _free(self, thing: Thing) -> frozenset[str]:
        return free_variables(self.surface.parsed(thing.module))

    def _subscript(self, node: ast.Subscript, scope: Scope, place: Place, out: Problems) -> Value:
        owner = self.value(node.value, scope, place, out)
        self.value(node.slice, scope, place, out)
        if isinstance(owner, Thing) and isinstance(owner.node, ast.ClassDef) and isinstance(node.ctx, ast.Load):
            self.uses += 1
            fits = self.surface.generic(owner)
            if not fits:
                text = f"`{owner.path}` is not generic, and takes no parameters in brackets"
                out.append(self.problem(place, node, "C412", text, "TypeError", sure=fits is False, subject=owner.path))
            return owner
        return None

    def _read(self, node: ast.expr, scope: Scope, place: Place, out: Problems) -> None:
        try:
            self.value(node, scope, place, out)
        except RecursionError:
            out.append(self.problem(place, node, "C420", "it is nested too deep to be read", "", sure=False))

    def _boolop(self, node: ast.BoolOp, scope: Scope, place: Place, out: Problems) -> Value:
        here = place
        for each in node.values:
            holds = self.truth(each, scope, here)
            self.value(each, scope, here, out)
            if holds is isinstance(node.op, ast.Or):
                break
            here = here if holds is not None else here.perhaps()
        return None

    def _ifexp(self, node: ast.IfExp, scope: Scope, place: Place, out: Problems) -> Value:
        holds = self.truth(node.test, scope, place)
        self.value(node.test, scope, place, out)
        if holds is not None:
            return self.value(node.body if holds else node.orelse, scope, place, out)
        self.value(node.body, scope, place.perhaps(), out)
        self.value(node.orelse, scope, place.perhaps(), out)
        return None

    def _comprehension(self, node: ast.ListComp, scope: Scope, place: Place, out: Problems) -> Value:
        inner = Scope({name: None for each in node.generators for name in targets(each.target)}, scope)
        self.value(node.generators[0].iter, scope, place, out)
        for number, each in enumerate(node.generators):
            for part in (*([each.iter] if number else []), *each.ifs):
                self.value(part, inner, place.perhaps(), out)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for part in parts:
            self.value(part, inner, place.perhaps(), out)
        return None

    _listcomp = _setcomp = _generatorexp = _dictcomp = _comprehension

    def _namedexpr(self, node: ast.NamedExpr, scope: Scope, place: Place, out: Problems) -> Value:
        self.value(node.value, scope, place, out)
        scope.names[node.target.id] = None
        return None


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func) == "super" and not node.args


def _makes_itself(node: ast.ClassDef) -> bool:
    names = {getattr(each, "name", "") for each in node.body}
    return bool(names & {"__init__", "__new__"} or node.decorator_list or node.keywords)
