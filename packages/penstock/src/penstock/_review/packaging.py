"""Ask what the packaging of a pack says: Pythons, SDK, dependencies, licence, entry points.

Takes:   a `Material`.
Gives:   `said_of_packaging`: findings M502 to M505, M512, M513, M561 to M563.
Ignores: what the files hold (`contents`), except the syntax and the imports that a Python has to know.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from penstock._review.quality import severity_of
from penstock.manifest.project import GROUP
from penstock_findings.finding import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock._review.material import Material

_PYTHONS = tuple((3, minor) for minor in range(10, 14))  # that the SDK supports; tests/arrows keeps this line true
_YOUNG = {  # modules of the standard library -> the Python that brought them
    "tomllib": (3, 11), "wsgiref.types": (3, 11), "asyncio.taskgroups": (3, 11), "compression": (3, 14),
    "annotationlib": (3, 14), "string.templatelib": (3, 14), "concurrent.interpreters": (3, 14),
}  # fmt: skip  # a table reads better in few lines
_GONE = {  # and those that it has given up -> the first Python without them
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), (3, 12)),
    **dict.fromkeys(("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "mailcap", "msilib", "nis", "nntplib",
                     "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"), (3, 13)),
}  # fmt: skip  # a table reads better in few lines
_LICENCES = re.compile(r"(^|/)(licen[cs]e|copying|notice|unlicense)[^/]*$", re.IGNORECASE)


def said_of_packaging(material: Material) -> Iterator[Finding]:
    """Everything, in order of code."""
    yield from _entry_points(material)
    yield from _pythons(material)
    yield from _dependencies(material)
    yield from _licence(material)
    if f"{material.project.package.replace('.', '/')}/py.typed" not in material.files:
        hint = f"put an empty file `py.typed` into `{material.project.package}`"
        yield _found("M563", "the pack does not say that it is typed", Location(material.project.folder), hint)


def _entry_points(material: Material) -> Iterator[Finding]:
    at = material.metadata.at("entry-points")
    for group, named in material.metadata.entries.items():
        if group != GROUP and group.lower().rstrip("s") == GROUP:
            yield _found("M502", f"nobody reads the entry points of the group `{group}`", at, f"call it `{GROUP}`")
        for name, value in named.items():
            if wrong := _missing(material, str(value)):
                message = f"the entry point `{name}` of `{group}` names `{value}`, and {wrong}"
                yield _found("M502", message, at, "name a module of the pack, or build it into the wheel")


def _missing(material: Material, value: str) -> str:
    """What is not there of `package.module:attribute`; of other distributions nobody knows."""
    module, _, attribute = value.partition("[")[0].strip().partition(":")
    package = material.project.package
    if module.split(".")[0] != package.split(".")[0]:
        return "" if attribute else f"that is not its package `{package}`"
    if not any(name == f"{module}.__init__" or name == module for name in material.modules):
        folder = module.replace(".", "/") + "/"
        return "" if any(name.startswith(folder) for name in material.files) else "there is no such module"
    word = attribute.split(".")[0]
    tree = _tree(material, material.modules[module]) if word else None
    if tree is None or word in _names(tree):
        return ""
    return f"the module has no `{word}`"


def _names(tree: ast.Module) -> set[str]:
    """What a module may have; everything, when it takes names from elsewhere by a star."""
    found = {
        part.name for part in ast.walk(tree) if isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef))
    }
    found |= {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    for part in ast.walk(tree):
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in part.names}
    return found


def _pythons(material: Material) -> Iterator[Finding]:
    said = material.metadata.python
    at = material.metadata.at("requires-python")
    if "requires-python" in material.metadata.unsaid:
        return
    if said is None:
        hint = f'write `requires-python = ">={_dotted(_PYTHONS[0])}"`'
        yield _found("M503", "the pack does not say on which Pythons it runs", at, hint)
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(said)
    except InvalidSpecifier:
        yield _found("M504", f"`requires-python` cannot be read: `{said}`", at, 'write `">=3.10"`')
        return
    below = [python for python in ((2, 7), (3, 8), (3, 9)) if allowed.contains(f"{_dotted(python)}.99")]
    if below:
        message = f"`requires-python` allows Python {_dotted(below[-1])}, where the SDK cannot be installed"
        yield _found("M504", message, at, f'write `">={_dotted(_PYTHONS[0])}"`')
    ends = [one for one in allowed if one.operator in ("<", "<=", "==", "~=", "===")]
    future = (_PYTHONS[-1][0], _PYTHONS[-1][1] + 1)
    if ends and not allowed.contains(f"{_dotted(future)}.0"):
        message = f"`requires-python` ends before Python {_dotted(future)}: with it, installers take an older release"
        yield _found("M504", message, at, "leave the upper end open, and tell by classifiers what was tested")
    told = {
        one.rpartition(" ")[2]
        for one in material.metadata.classifiers
        if one.startswith("Programming Language :: Python :: 3.")
    }
    for version in sorted(told, key=lambda one: [int(word) for word in one.split(".") if word.isdigit()]):
        if not allowed.contains(f"{version}.99"):
            message = f"a classifier says Python {version}, and `requires-python` does not allow it"
            yield _found("M504", message, material.metadata.at("classifiers"), "make them agree")
    supported = [python for python in _PYTHONS if allowed.contains(f"{_dotted(python)}.99")]
    if supported:
        yield from _understood(material, supported[0], supported[-1])


def _understood(material: Material, oldest: tuple[int, int], newest: tuple[int, int]) -> Iterator[Finding]:
    """Syntax and modules that the oldest Python lacks, or the newest has given up."""
    for name in material.modules.values():
        text = material.file(name).read_bytes()
        try:
            tree = ast.parse(text, feature_version=oldest)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            said = error.msg if isinstance(error, SyntaxError) else str(error)
            message = f"Python {_dotted(oldest)}, which `requires-python` allows, cannot read it: {said}"
            yield _found("M504", message, material.at(name, line), "raise `requires-python`, or write it the older way")
            continue
        for module, at in _imports(tree):
            since = _bound(module, _YOUNG)
            until = _bound(module, _GONE)
            place = material.at(name, at.lineno, at.col_offset + 1)
            if since and oldest < since:
                message = (
                    f"`{module}` came with Python {_dotted(since)}, and `requires-python` allows {_dotted(oldest)}"
                )
                yield _found(
                    "M504", message, place, "raise `requires-python`, or import it behind a test of the version"
                )
            elif until and newest >= until:
                message = f"`{module}` is gone since Python {_dotted(until)}, and `requires-python` allows that"
                yield _found("M504", message, place, "use what replaced it")


def _imports(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """The imports that nothing looks after: not in a `try`, not behind a test."""
    for part in ast.iter_child_nodes(tree):
        for inner in _plain(part):
            if isinstance(inner, ast.Import):
                yield from ((alias.name, inner) for alias in inner.names)
            elif isinstance(inner, ast.ImportFrom) and inner.module and not inner.level:
                yield inner.module, inner


def _plain(part: ast.AST) -> Iterator[ast.AST]:
    if isinstance(part, (ast.If, ast.Try)):
        return
    yield part
    for inner in ast.iter_child_nodes(part):
        yield from _plain(inner)


def _bound(module: str, table: dict[str, tuple[int, int]]) -> tuple[int, int] | None:
    return next((python for name, python in table.items() if f"{module}.".startswith(f"{name}.")), None)


def _dependencies(material: Material) -> Iterator[Finding]:
    from packaging.requirements import InvalidRequirement, Requirement

    at = material.metadata.at("dependencies")
    if "dependencies" in material.metadata.unsaid:
        return
    sdk = False
    for text in material.metadata.requires:
        try:
            wanted = Requirement(text)
        except InvalidRequirement as error:
            yield _found("M561", f"the dependency `{text}` cannot be read: {error}", at, "write it as PEP 508 has it")
            continue
        low = any(one.operator in (">", ">=", "==", "~=", "===") for one in wanted.specifier)
        high = any(one.operator in ("<", "<=", "==", "~=", "===") for one in wanted.specifier)
        if wanted.name == "penstock":
            sdk = True
            if not (low and high):
                hint = f'write `"penstock>={_minor()},<{_next_minor()}"`'
                message = f"the SDK range `{text}` has no {'upper' if low else 'lower'} end"
                yield _found("M505", message, at, hint)
        elif wanted.url:
            message = f"the dependency `{text}` comes from an address, which an index refuses"
            yield _found("M561", message, at, "name a released version of it")
        elif not low:
            hint = f'write `"{wanted.name}>=...` with the oldest version that the tests have seen'
            yield _found("M561", f"the dependency `{text}` has no lower end, so any old version will do", at, hint)
        elif not high and not wanted.name.startswith("penstock"):
            hint = "end it before the version that may break you, or be ready to release when it does"
            yield _found("M562", f"the dependency `{text}` has no upper end", at, hint)
    if not sdk and material.needs_sdk:
        message = "the pack does not depend on `penstock`, so nobody knows which SDKs it works with"
        yield _found("M505", message, at, f'add `"penstock>={_minor()},<{_next_minor()}"` to its dependencies')


def _licence(material: Material) -> Iterator[Finding]:
    said = material.metadata
    if (
        said.licence is None
        and "license" not in said.unsaid
        and not any(one.startswith("License ::") for one in said.classifiers)
    ):
        hint = 'write `license = "Apache-2.0"`, or another SPDX expression'
        yield _found("M512", "the pack does not say under which licence it is", said.at("license"), hint)
    if material.of == "wheel":
        has = any(".dist-info/" in name and _LICENCES.search(name) for name in material.files)
    else:
        has = any(_LICENCES.search(path.name) for path in material.top.iterdir() if path.is_file())
    if not has:
        where = "the wheel" if material.of == "wheel" else "the project"
        hint = "put the text into a file LICENSE beside pyproject.toml; builds take it along"
        yield _found("M513", f"{where} does not carry the text of its licence", said.at("license"), hint)


def _tree(material: Material, name: str) -> ast.Module | None:
    try:
        return ast.parse(material.file(name).read_bytes())
    except (SyntaxError, ValueError):
        return None


def _found(code: str, message: str, at: Location, hint: str) -> Finding:
    return Finding(code, message, at, severity_of(code), hint)


def _dotted(python: tuple[int, int]) -> str:
    return f"{python[0]}.{python[1]}"


def _minor() -> str:
    from penstock._version import VERSION

    return ".".join(VERSION.split(".")[:2])


def _next_minor() -> str:
    major, minor = _minor().split(".")
    return f"{major}.{int(minor) + 1}" if major == "0" else str(int(major) + 1)
