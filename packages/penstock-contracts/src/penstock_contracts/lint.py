"""Find what is wrong inside one schema: keywords with values that they cannot have, references that lead nowhere.

Takes:   a contract.
Gives:   `lint`: findings with line and column, all at once.
Ignores: what the schema accepts (`inclusion`), and other files that it refers to beyond whether they are there.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from penstock_contracts.keywords import ANNOTATIONS, KINDS, KNOWN, TYPES, draft_of
from penstock_contracts.uris import joined, parted_uri
from penstock_findings.finding import Finding, Severity
from penstock_findings.pointers import join, split
from penstock_findings.spelling import hint_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock_contracts.contract import Contract

_CLOSE = 0.85  # how alike a word and a keyword are before we think that the one was meant to be the other
_MANY = 200  # findings about one schema; who made more mistakes than that has made one mistake
_WORDS = {
    "schema": "a schema: an object, `true` or `false`",
    "schemas": "a list of schemas, not empty",
    "schema or schemas": "a schema, or a list of schemas",
    "named schemas": "an object whose members are schemas",
    "dependencies": "an object whose members are schemas or lists of names",
    "named names": "an object whose members are lists of names",
    "names": "a list of names",
    "types": "one of " + ", ".join(f"`{name}`" for name in TYPES) + ", or a list of these",
    "list": "a list",
    "number": "a number",
    "positive number": "a number above 0",
    "count": "a whole number, 0 or more",
    "boolean": "`true` or `false`",
    "text": "text",
}


def lint(contract: Contract) -> list[Finding]:
    """Everything that is wrong with the schema itself; errors, and warnings for what is only odd."""
    draft = draft_of(contract.schema, _fallback(contract))
    findings: list[Finding] = []
    if draft is None:
        said = contract.schema.get("$schema")
        message = f"`{contract.name}` is written in the dialect `{said}`, which is not known here"
        hint = "drafts 4, 6, 7, 2019-09 and 2020-12 are; other dialects may mean anything"
        findings.append(Finding("K105", message, contract.at("/$schema"), Severity.WARNING, hint))
    seen: set[int] = set()
    stack: list[tuple[Any, str, str]] = [(_inside(contract.schema, contract.start), contract.start, contract.base)]
    while stack and len(findings) < _MANY:
        schema, pointer, base = stack.pop()
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        base = _rebased(schema, base)
        findings += _about(contract, schema, pointer, base, draft or 2020)
        stack += [(inner, join(pointer, *tokens), base) for inner, tokens in subschemas(schema)]
        target = _local(schema.get("$ref"))
        if contract.start and target is not None:
            stack.append((_found(contract.schema, target), target, base))
    return findings


def subschemas(schema: dict[str, Any]) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    """The schemas directly inside of a schema, with the tokens that lead to them; misfits are left out."""
    for keyword, value in schema.items():
        kind = KINDS.get(keyword, "")
        if isinstance(value, (dict, bool)) and kind in ("schema", "schema or schemas"):
            yield value, (keyword,)
        elif isinstance(value, list) and kind in ("schemas", "schema or schemas"):
            yield from ((inner, (keyword, place)) for place, inner in enumerate(value))
        elif isinstance(value, dict) and kind in ("named schemas", "dependencies"):
            yield from ((inner, (keyword, name)) for name, inner in value.items() if not isinstance(inner, list))


def _about(contract: Contract, schema: dict[str, Any], pointer: str, base: str, draft: int) -> Iterator[Finding]:
    if "$ref" in schema and draft <= 7:
        ignored = sorted(set(schema) & set(KINDS) - {"$ref", "$id", "$schema", "definitions", "$defs"})
        if ignored:
            names = ", ".join(f"`{name}`" for name in ignored)
            message = f"draft {draft} ignores what stands beside a `$ref`: {names}"
            place = contract.key_at(join(pointer, ignored[0]))
            yield Finding("K104", message, place, Severity.WARNING, 'write `"allOf": [{"$ref": ...}]`')
    for keyword, value in schema.items():
        at = join(pointer, keyword)
        kind = KINDS.get(keyword)
        if kind is None:
            if keyword not in KNOWN and (near := _meant(keyword)):
                message = f"the keyword `{keyword}` means nothing, and looks like `{near}`"
                yield Finding("K106", message, contract.key_at(at), Severity.WARNING, f"write `{near}`")
        elif not _fits(kind, value, draft, keyword):
            yield _misfit(contract, keyword, kind, value, at)
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield from _reference(contract, reference, join(pointer, "$ref"), base)


def _misfit(contract: Contract, keyword: str, kind: str, value: Any, pointer: str) -> Finding:
    hint = None
    if kind == "types":
        wrong = value if isinstance(value, str) else next((one for one in _listed(value) if one not in TYPES), None)
        hint = hint_for(wrong, TYPES) if isinstance(wrong, str) else None
        if isinstance(value, list) and isinstance(wrong, str):
            pointer = join(pointer, value.index(wrong))
    message = f"`{keyword}` has to be {_WORDS[kind]}"
    return Finding("K101", message, contract.at(pointer), hint=hint)


def _reference(contract: Contract, reference: str, pointer: str, base: str) -> Iterator[Finding]:
    uri, fragment = parted_uri(joined(base, reference))
    if uri in ("", base, contract.base) and uri in (contract.base, ""):
        root = contract.schema
    elif uri in contract.documents:
        root = contract.documents[uri].value
    elif _has_id(contract, uri):
        return
    elif uri.startswith("file:") or not uri:
        message = f"the reference `{reference}` leads to a file that is not there"
        yield Finding("K102", message, contract.at(pointer))
        return
    else:
        message = f"the reference `{reference}` leads out of this place, and is never fetched"
        hint = "keep a copy beside the schema, and refer to that"
        yield Finding("K103", message, contract.at(pointer), Severity.WARNING, hint)
        return
    if fragment.startswith("/") or not fragment:
        try:
            _inside(root, unquote(fragment))
        except LookupError:
            message = f"the reference `{reference}` leads nowhere"
            yield Finding("K102", message, contract.at(pointer), hint=_near(root, fragment))


def _near(root: Any, fragment: str) -> str | None:
    if not isinstance(root, dict):
        return None
    known = [join("#", home, name) for home in ("$defs", "definitions") for name in _named(root.get(home))]
    return hint_for("#" + fragment, known) if known else None


def _named(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _has_id(contract: Contract, uri: str) -> bool:
    """Whether the URI is the `$id` of something in the document, which the engine can find and we need not."""
    stack: list[tuple[Any, str]] = [(contract.schema, contract.base)]
    while stack:
        schema, base = stack.pop()
        if not isinstance(schema, dict):
            continue
        own = _rebased(schema, base)
        if own != base and parted_uri(own)[0] == uri:
            return True
        stack += [(inner, own) for inner, _ in subschemas(schema)]
    return False


def _rebased(schema: dict[str, Any], base: str) -> str:
    said = schema.get("$id", schema.get("id"))
    return parted_uri(joined(base, said))[0] if isinstance(said, str) and not said.startswith("#") else base


def _local(reference: Any) -> str | None:
    return unquote(reference[1:]) if isinstance(reference, str) and reference.startswith("#/") else None


def _found(root: Any, pointer: str) -> Any:
    """What stands at the pointer, or None."""
    try:
        return _inside(root, pointer)
    except LookupError:
        return None


def _inside(root: Any, pointer: str) -> Any:
    """What stands at the pointer. Raises `LookupError`."""
    for token in split(pointer):
        if isinstance(root, dict):
            root = root[token]
        elif isinstance(root, list) and token.isdecimal() and token.isascii():
            root = root[int(token[:9])]
        else:
            raise LookupError(pointer)
    return root


def _fallback(contract: Contract) -> int:
    return draft_of({"$schema": contract.dialect}) or 2020 if contract.dialect else 2020


@lru_cache(maxsize=4096)
def _meant(keyword: str) -> str | None:
    from difflib import get_close_matches

    if keyword.startswith(("x-", "x_")):
        return None
    found = get_close_matches(keyword, sorted(set(KINDS) - ANNOTATIONS), n=1, cutoff=_CLOSE)
    return found[0] if found else None


def _fits(kind: str, value: Any, draft: int, keyword: str) -> bool:
    if keyword in ("exclusiveMinimum", "exclusiveMaximum") and draft == 4:
        return isinstance(value, bool)
    return _TESTS[kind](value)


def _is_schema(value: Any) -> bool:
    return isinstance(value, (dict, bool))


def _is_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_schema, value))


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _is_map_of(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


_TESTS: dict[str, Callable[[Any], bool]] = {
    "schema": _is_schema,
    "schemas": _is_schemas,
    "schema or schemas": lambda value: _is_schema(value) or value == [] or _is_schemas(value),
    "named schemas": _is_map_of(_is_schema),
    "dependencies": _is_map_of(lambda value: _is_schema(value) or _is_names(value)),
    "named names": _is_map_of(_is_names),
    "names": _is_names,
    "types": lambda value: (
        value in TYPES
        if isinstance(value, str)
        else isinstance(value, list) and bool(value) and all(isinstance(one, str) and one in TYPES for one in value)
    ),
    "list": lambda value: isinstance(value, list),
    "number": _is_number,
    "positive number": lambda value: _is_number(value) and value > 0,
    "count": lambda value: _is_number(value) and value >= 0 and value == int(value),
    "boolean": lambda value: isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
    "anything": lambda value: True,
}
