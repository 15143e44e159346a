"""Answer what a core's modules and classes offer, from their sources alone.

Takes:   the core's tree, the names of the distributions it requires, a target.
Gives:   `Surface`: `module`, `name`, `member`, `loads`; each answer is found, absent or unsure, with its reason.
Why so:  absent is only said where every way in which the name could still appear has been looked at.
Ignores: who asks (`uses`), and how a thing may be called (`signatures`).
"""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass

from penstock_compat.static.guards import dotted
from penstock_compat.static.names import Binding, Imported, Names, read
from penstock_compat.static.stdlib import is_stdlib, module_span, outside
from penstock_compat.static.target import Target
from penstock_compat.static.tree import Tree

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Thing:
    """Something of the core: a module when `name` is empty, else what its module knows by that name."""

    module: str
    name: str = ""
    node: Definition | None = None  # where it is one function or class for sure
    owner: ast.ClassDef | None = None  # the class whose member it is

    @property
    def path(self) -> str:
        """The thing, as a dotted path."""
        return f"{self.module}.{self.name}" if self.name else self.module


@dataclass(frozen=True, slots=True)
class Absent:
    """It is not there, and cannot come to be there."""

    why: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may or may not be there."""

    why: str


Answer = Thing | Absent | Unsure

# What installs under another name than it is imported by, as far as cores commonly use it.
_IMPORTED_AS = {
    "yaml": "pyyaml", "dateutil": "python-dateutil", "jwt": "pyjwt", "attr": "attrs", "bs4": "beautifulsoup4",
    "dotenv": "python-dotenv", "pkg_resources": "setuptools", "markdown_it": "markdown-it-py", "slugify": "python-slugify",
    "OpenSSL": "pyopenssl", "PIL": "pillow", "sklearn": "scikit-learn", "multipart": "python-multipart",
    "googleapiclient": "google-api-python-client",
}  # fmt: skip
# What a distribution has always required without a condition, so that whoever asks for the one has the other.
_ALONG = {"jinja2": ("markupsafe",), "requests": ("urllib3", "certifi", "idna"), "pandas": ("numpy", "python-dateutil")}
_PLAIN_BASES = {
    "object",
    "ABC",
    "abc.ABC",
    "Generic",
    "Protocol",
    "typing.Generic",
    "typing.Protocol",
    "t.Generic",
    "t.Protocol",
}


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Surface:
    """What the sources of one core offer on one target. Answers are kept."""

    def __init__(self, tree: Tree, where: Target, requires: frozenset[str] = frozenset()) -> None:
        self.tree = tree
        self.where = where
        self.requires = requires
        self._parsed: dict[str, ast.Module | None] = {}
        self._names: dict[str, Names | None] = {}
        self._answers: dict[tuple[str, str], Answer] = {}
        self._loads: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {}

    def owns(self, module: str) -> bool:
        """Whether a dotted name lies in this core."""
        return module.partition(".")[0] in self.tree.top

    def module(self, module: str) -> Answer:
        """Whether a module of that name can be imported."""
        if module in self.tree.modules or module in self.tree.native or module in self.tree.folders:
            return Thing(module)
        parent = module.rpartition(".")[0]
        while parent and not self.tree.has(parent):
            parent = parent.rpartition(".")[0]
        names = self.names(parent) if parent else None
        if names is not None and self._makes_modules(parent):
            return Unsure(f"`{parent}` may make modules as it runs")
        return Absent(f"the core has no module `{module}`")

    def name(self, module: str, name: str, *, imported: bool = True) -> Answer:
        """What `from module import name` gives, or `module.name` when not `imported`."""
        key = (module, name if imported else f".{name}")
        if key not in self._answers:
            self._answers[key] = Unsure("it is defined in a circle")
            self._answers[key] = self._name(module, name, imported)
        return self._answers[key]

    def names(self, module: str) -> Names | None:
        """What a module's body binds; nothing where its source cannot be read."""
        if module not in self._names:
            tree = self.parsed(module)
            package = module if self.tree.is_package(module) else module.rpartition(".")[0]
            self._names[module] = None if tree is None else read(tree, self.where, package)
        return self._names[module]

    def parsed(self, module: str) -> ast.Module | None:
        """The syntax tree of a module; nothing where there is none."""
        if module not in self._parsed:
            self._parsed[module] = parse(self.tree.source(module))
        return self._parsed[module]

    def loads(self, module: str) -> tuple[frozenset[str], tuple[str, ...]]:
        """Which modules of the core an import of this one loads, and what could keep it from succeeding."""
        if module not in self._loads:
            seen: set[str] = set()
            doubts: list[str] = []
            top = module.partition(".")[0]
            if module != top:  # whether the core itself can be imported is what its control cell shows
                seen |= self.loads(top)[0]
                self._load(module, seen, doubts)
            else:
                self._load(module, seen, [])
            self._loads[module] = (frozenset(seen), tuple(dict.fromkeys(doubts)))
        return self._loads[module]

    def member(self, thing: Thing, name: str, *, instance: bool) -> Answer:
        """What an attribute of a class of the core, or of its instances, is."""
        assert isinstance(thing.node, ast.ClassDef)
        doubt = ""
        for each in self.ancestors(thing):
            if isinstance(each, str):
                doubt = doubt or each
                continue
            node = each.node
            assert isinstance(node, ast.ClassDef)
            body = read(node, self.where)
            if name in body.sure:
                found = body.sure[name]
                return Thing(each.module, f"{each.name}.{name}", None if isinstance(found, Imported) else found, node)
            if name in body.all_of() or name in _declared(node) or (instance and name in _own_attributes(node)):
                return Thing(each.module, f"{each.name}.{name}", None, node)
            doubt = doubt or _openness(node, each.name, instance)
        if hasattr(object, name):
            return Thing(thing.module, f"{thing.name}.{name}")
        if doubt:
            return Unsure(doubt)
        if self._mentions(name):
            return Unsure(f"`{name}` is assigned somewhere else in the core")
        return Absent(f"`{thing.path}` has no attribute `{name}`")

    def ancestors(self, thing: Thing) -> list[Thing | str]:
        """The class and its bases, nearest first; a text stands for a base that cannot be looked into."""
        found: list[Thing | str] = []
        queue = [thing]
        while queue and len(found) < 64:
            each = queue.pop(0)
            if each in found:
                continue
            found.append(each)
            assert isinstance(each.node, ast.ClassDef)
            for base in each.node.bases:
                known = self._base(each.module, base)
                if isinstance(known, Thing):
                    queue.append(known)
                elif known:
                    found.append(known)
        return found

    def generic(self, thing: Thing) -> bool | None:
        """Whether a class takes parameters in brackets; None where a base or a metaclass may decide that."""
        unsure = False
        for each in self.ancestors(thing):
            if isinstance(each, str):
                unsure = True
                continue
            assert isinstance(each.node, ast.ClassDef)
            bases = [
                dotted(base.value) if isinstance(base, ast.Subscript) else dotted(base) for base in each.node.bases
            ]
            if any(base.rpartition(".")[2] in ("Generic", "Protocol") for base in bases) or _has_parameters(each.node):
                return True
            if "__class_getitem__" in read(each.node, self.where).all_of():
                return True
            unsure = unsure or bool(_openness(each.node, each.name, False))
        return None if unsure else False

    def resolve(self, module: str, path: str) -> Answer:
        """What a dotted expression in the body of a module of the core means."""
        head, *rest = path.split(".")
        here = self.name(module, head, imported=False)
        for part in rest:
            if not isinstance(here, Thing):
                return here
            if here.name:
                return Unsure(f"`{path}` is an attribute of a value")
            here = self.name(here.module, part, imported=False)
        return here

    def _base(self, module: str, base: ast.expr) -> Thing | str:
        plain = base.value if isinstance(base, ast.Subscript) else base
        path = dotted(plain)
        if path in _PLAIN_BASES:
            return ""
        found = self.resolve(module, path) if path else None
        if isinstance(found, Thing) and isinstance(found.node, ast.ClassDef):
            return found
        return f"its base `{ast.unparse(base)}` cannot be looked into"

    def _name(self, module: str, name: str, imported: bool) -> Answer:
        names = self.names(module)
        if names is None:
            if module in self.tree.folders:
                return self._submodule(module, name, imported) or Absent(f"`{module}` has no module `{name}`")
            return Unsure(f"the source of `{module}` cannot be read")
        if name in names.sure:
            return self._bound(module, name, names.sure[name])
        if name.startswith("__") and name in (
            "__name__",
            "__file__",
            "__doc__",
            "__path__",
            "__spec__",
            "__dict__",
            "__package__",
            "__loader__",
        ):
            return Thing(module, name)
        if names.lazy is not None and name in names.lazy and isinstance(names.typed.get(name), Imported):
            return self._bound(module, name, names.typed[name])
        below = self._submodule(module, name, imported)
        if isinstance(below, Thing):
            return below
        return self._starred(module, name, names) or below or self._missing(module, name, names)

    def _bound(self, module: str, name: str, binding: Binding) -> Answer:
        if not isinstance(binding, Imported):
            return Thing(module, name, binding)
        if not self.owns(binding.module):
            return Thing(module, name)  # of another distribution, or of the library
        if not binding.name:
            return Thing(binding.module)
        below = f"{binding.module}.{binding.name}"
        if binding.module == module and self.tree.has(below):
            return Thing(below)  # a package that imports a module of its own
        found = self.name(binding.module, binding.name)
        return found if isinstance(found, Thing) else Unsure(f"`{module}` itself imports it, and {found.why}")

    def _submodule(self, module: str, name: str, imported: bool) -> Answer | None:
        below = f"{module}.{name}"
        if not self.tree.has(below):
            return None
        if imported or below in self.loads(module)[0]:
            return Thing(below)
        return Unsure(f"`{below}` is a module that `{module}` may not have imported yet")

    def _starred(self, module: str, name: str, names: Names) -> Answer | None:
        for star in names.stars:
            if not self.owns(star):
                return Unsure(f"`{module}` imports everything of `{star}`")
            public = self._public(star)
            if public is None:
                return Unsure(f"`{module}` imports everything of `{star}`, whose names are not plain")
            if name in public:
                found = self.name(star, name)
                return Unsure(found.why) if isinstance(found, Absent) else found
        return None

    def _missing(self, module: str, name: str, names: Names) -> Answer:
        if name in names.maybe:
            return Unsure(f"`{module}` defines `{name}` only under a condition")
        if names.dynamic or name in (names.lazy or ()):
            return Unsure(f"`{module}` may define names as it runs")
        if self._mentions(name):
            return Unsure(f"`{name}` is assigned somewhere else in the core")
        return Absent(f"`{module}` has no `{name}`")

    def _public(self, module: str) -> set[str] | None:
        names, tree = self.names(module), self.parsed(module)
        if names is None or tree is None:
            return None
        listed = [node for node in tree.body if isinstance(node, ast.Assign) and "__all__" in map(dotted, node.targets)]
        if "__all__" in names.all_of():
            literal = listed[-1].value if len(listed) == 1 else None
            if not isinstance(literal, (ast.List, ast.Tuple)) or "__all__" in _changed(tree):
                return None
            return {str(each.value) for each in literal.elts if isinstance(each, ast.Constant)}
        inner = [self._public(star) if self.owns(star) else None for star in names.stars]
        if None in inner or names.maybe or names.dynamic:
            return None
        return {name for name in names.sure if not name.startswith("_")}.union(*(each or set() for each in inner))

    def _load(self, module: str, seen: set[str], doubts: list[str]) -> None:
        for name in _with_parents(module):
            if name in seen or not self.tree.has(name):
                continue
            seen.add(name)
            names = self.names(name)
            if names is None:
                if name not in self.tree.folders:
                    doubts.append(f"the source of `{name}` cannot be read")
                continue
            for imported in names.loads:
                if self.owns(imported):
                    self._load(imported, seen, doubts)
                else:
                    self._doubt(name, imported, doubts)
            for binding in names.sure.values():
                if isinstance(binding, Imported) and binding.name and self.owns(binding.module):
                    below = f"{binding.module}.{binding.name}"
                    if below in self.tree.modules and self._is_submodule(binding):
                        self._load(below, seen, doubts)

    def _is_submodule(self, binding: Imported) -> bool:
        names = self.names(binding.module)
        return (
            names is not None and names.sure.get(binding.name, binding) == binding and binding.name not in names.maybe
        )

    def _doubt(self, module: str, imported: str, doubts: list[str]) -> None:
        top = imported.partition(".")[0]
        if is_stdlib(imported):
            gone = outside(module_span(imported), self.where.python)
            if gone:
                doubts.append(f"`{module}` imports `{imported}`, which {gone}")
        elif not brings(self.requires, top):
            doubts.append(f"`{module}` imports `{top}`, which the core does not surely bring along")

    def _mentions(self, name: str) -> bool:
        escaped = re.escape(name.encode())
        pattern = re.compile(rb"\." + escaped + rb"\s*(:[^=\n]+)?=[^=]|setattr\([^)]*['\"]" + escaped + rb"['\"]")
        return any(pattern.search(self.tree.source(module) or b"") for module in self.tree.modules)

    def _makes_modules(self, package: str) -> bool:
        return b"sys.modules" in (self.tree.source(package) or b"")


def brings(requires: frozenset[str], module: str) -> bool:
    """Whether one of the distributions is likely the one that holds a module: by its usual name, or by a name within a name."""
    top = module.partition(".")[0]
    name = normal(_IMPORTED_AS.get(top, top)).strip("-")
    along = {more for each in requires for more in _ALONG.get(each, ())}
    return any(
        name == each
        or name in each.split("-")
        or each in name.split("-")
        or name.replace("-", "") == each.replace("-", "")
        for each in requires | along
    )


def parse(source: bytes | None) -> ast.Module | None:
    """The syntax tree of some bytes; nothing when this Python cannot read them."""
    if source is None:
        return None
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in somebody's text is not ours to tell
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _has_parameters(node: ast.ClassDef) -> bool:
    return bool(getattr(node, "type_params", ()))


def _with_parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


def _changed(tree: ast.Module) -> set[str]:
    """Names that the module changes after it has assigned them."""
    augmented = {dotted(node.target) for node in ast.walk(tree) if isinstance(node, ast.AugAssign)}
    called = (
        node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )
    return augmented | {dotted(func).rpartition(".")[0] for func in called}


def _declared(node: ast.ClassDef) -> set[str]:
    return {dotted(each.target) for each in node.body if isinstance(each, ast.AnnAssign)}


def _own_attributes(node: ast.ClassDef) -> set[str]:
    """Attributes that methods of the class set on themselves."""
    found: set[str] = set()
    for method in node.body:
        if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and method.args.args:
            me = method.args.args[0].arg
            for each in ast.walk(method):
                if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store) and dotted(each.value) == me:
                    found.add(each.attr)
    return found


def _openness(node: ast.ClassDef, name: str, instance: bool) -> str:
    """Why a class may have more attributes than its body shows; empty when it has not."""
    methods = {each.name for each in node.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))}
    if methods & {"__getattr__", "__getattribute__"}:
        return f"`{name}` answers for attributes itself"
    if node.keywords and not all(dotted(each.value) in ("ABCMeta", "abc.ABCMeta") for each in node.keywords):
        return f"`{name}` has a metaclass"
    if any(
        dotted(each) not in _TAME_CLASS_DECORATORS and dotted(getattr(each, "func", each)) not in _TAME_CLASS_DECORATORS
        for each in node.decorator_list
    ):
        return f"`{name}` is decorated"
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in ("setattr", "vars", "locals", "exec"):
            return f"`{name}` sets attributes as it runs"
        if isinstance(each, ast.Attribute) and each.attr in ("__dict__", "__slots__"):
            return f"`{name}` sets attributes as it runs"
    return ""


_TAME_CLASS_DECORATORS = frozenset(
    {"dataclass", "dataclasses.dataclass", "final", "typing.final", "total_ordering", "functools.total_ordering",
     "runtime_checkable", "typing.runtime_checkable"}
)  # fmt: skip
BUILTINS = frozenset(vars(builtins))
