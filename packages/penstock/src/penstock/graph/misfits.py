"""Decide where a node's config does not fit the schema of its type, and say it in the words of the config.

Takes:   a schema (JSON Schema 2020-12), a config, and the pointers of texts whose value is not known.
Gives:   `misfits_of`: what is wrong, most of all where; `BadSchema` when the schema itself is at fault.
Ignores: positions in the file; which node and which pack it is about.
"""

from __future__ import annotations

from penstock.graph.fit import surely_fits
from penstock.graph.secrecy import looks_secret
from penstock.graph.wording import kind_of, listed, quoted, suggestion
from penstock_findings.fact import Fact
from penstock_findings.pointers import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from typing import Any

    from penstock.graph.guesses import Guesses


class Misfit(Fact):
    """One thing that is wrong with a config. `kind` is `value`, `unknown` (a key) or `missing` (a key of the pointer)."""

    kind: str
    pointer: str  # into the config
    message: str  # continues "`node`: "
    hint: str | None = None


class BadSchema(Exception):
    """The schema that a pack ships for a node type cannot be used; the message says why."""


class _Errors(Fact):
    """What the validator said about one config, sorted by place."""

    unknown: Mapping[str, tuple[str, ...]]  # pointer of a mapping -> keys that it may not have
    missing: Mapping[str, tuple[str, ...]]  # pointer of a mapping -> keys that it has to have
    wrong: Mapping[str, tuple[str, Any, Any]]  # pointer -> kind of error, the error's facts, value


def misfits_of(
    schema: Any, config: Mapping[str, Any], unknown_texts: Collection[str], guesses: Guesses
) -> list[Misfit]:
    """Everything that is wrong with `config`. What hangs on a text whose value is not known is not judged."""
    if not unknown_texts and surely_fits(schema, config):
        return []
    return _Teller(schema, config, guesses).tell(_errors(schema, config), unknown_texts)


def _errors(schema: Any, config: Mapping[str, Any]) -> _Errors:
    import jsonschema_rs

    unknown: dict[str, set[str]] = {}
    missing: dict[str, set[str]] = {}
    wrong: dict[str, tuple[str, Any, Any]] = {}
    try:
        validator = jsonschema_rs.Draft202012Validator(schema, retriever=_refuse)
        found = list(validator.iter_errors(config))
    except ValueError as cause:  # ValidationError (the schema breaks the meta-schema) and ReferencingError are children
        raise BadSchema(" ".join(str(cause).split())[:200]) from cause
    for error in [plain for whole in found for plain in _plain(whole)]:
        kind, pointer = type(error.kind).__name__, join("", *error.instance_path)
        if kind in ("AdditionalProperties", "UnevaluatedProperties"):
            unknown.setdefault(pointer, set()).update(error.kind.unexpected)
        elif kind == "Required":
            missing.setdefault(pointer, set()).add(str(error.kind.property))
        elif pointer not in wrong or kind == "Type":  # one finding for a value; its type comes first
            wrong[pointer] = (kind, error.kind, error.instance)
    crowded = {pointer for pointer, (kind, _, _) in wrong.items() if kind in ("MaxItems", "AdditionalItems")}
    return _Errors(
        {pointer: tuple(sorted(keys)) for pointer, keys in sorted(unknown.items())},
        {pointer: tuple(sorted(keys)) for pointer, keys in sorted(missing.items())},
        {
            pointer: fact
            for pointer, fact in sorted(wrong.items())
            if fact[0] != "FalseSchema" or pointer.rpartition("/")[0] not in crowded
        },
    )


def _plain(error: Any) -> Iterator[Any]:
    """The error; instead of "none of the forms fits", what is wrong with the one form that was probably meant."""
    if type(error.kind).__name__ in ("AnyOf", "OneOfNotValid"):
        meant = [form for form in error.kind.context if not any(_is_other_type(inner, error) for inner in form)]
        if len(meant) == 1 and meant[0]:
            for inner in meant[0]:
                yield from _plain(inner)
            return
    yield error


def _is_other_type(inner: Any, error: Any) -> bool:
    return type(inner.kind).__name__ == "Type" and inner.instance_path == error.instance_path


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} is outside of the pack")


class _Teller:
    """Turns errors into misfits."""

    def __init__(self, schema: Any, config: Mapping[str, Any], guesses: Guesses) -> None:
        self._schema = schema
        self._config = config
        self._guesses = guesses

    def tell(self, errors: _Errors, unknown_texts: Collection[str]) -> list[Misfit]:
        return [
            *self._unknown(errors),
            *self._missing(errors),
            *(
                Misfit("value", pointer, *_sentence(pointer, kind, facts, value, self._guesses))
                for pointer, (kind, facts, value) in errors.wrong.items()
                if not _hangs_on(pointer, unknown_texts)
            ),
        ]

    def _unknown(self, errors: _Errors) -> Iterator[Misfit]:
        for pointer, keys in errors.unknown.items():
            for key in keys:
                known = self._keys_at(pointer)
                guess = self._guesses.nearest("config " + " ".join(known), key, known) if known else None
                hint = suggestion(guess, known) or "remove it"
                yield Misfit("unknown", join(pointer, key), f"{_path(join(pointer, key))} is not known", hint)

    def _missing(self, errors: _Errors) -> Iterator[Misfit]:
        for pointer, keys in errors.missing.items():
            known = self._keys_at(pointer)
            meant = {
                self._guesses.nearest("config " + " ".join(known), key, known)
                for key in errors.unknown.get(pointer, ())
            }
            for key in keys:
                if key not in meant:  # it is there, but misspelt, and that has been said
                    yield Misfit("missing", pointer, f"{_path(join(pointer, key))} is missing", f"add {quoted(key)}")

    def _keys_at(self, pointer: str) -> list[str]:
        """The keys that the schema names for the mapping at `pointer`, sorted; none when that is not plain to see."""
        from penstock_findings.pointers import split

        schema = self._followed(self._schema)
        for token in split(pointer):
            if type(schema) is not dict:
                return []
            named = schema.get("properties")
            inner = schema.get("items") if token.isdecimal() and "items" in schema else None
            schema = self._followed(named[token] if type(named) is dict and token in named else inner)
        named = schema.get("properties") if type(schema) is dict else None
        return sorted(named) if type(named) is dict else []

    def _followed(self, schema: Any) -> Any:
        definitions = self._schema.get("$defs") if type(self._schema) is dict else None
        for _ in range(20):
            reference = schema.get("$ref") if type(schema) is dict else None
            if type(reference) is not str or type(definitions) is not dict:
                break
            schema = definitions.get(reference.removeprefix("#/$defs/"))
        return schema


def _hangs_on(pointer: str, texts: Iterable[str]) -> bool:
    return any(text == pointer or text.startswith(pointer + "/") for text in texts)


def _path(pointer: str) -> str:
    """The pointer as people write it: `retry.first`, `rules[0].at`."""
    from penstock_findings.pointers import split

    text = ""
    for token in split(pointer):
        text += f"[{token}]" if token.isdecimal() and text else f".{token}" if text else token
    return quoted(text) if text else "the config"


_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "empty",
}

# Kind of error -> what must be, with the name under which the error keeps the bound.
_BOUNDS = {
    "Minimum": "must be at least {limit}",
    "Maximum": "must be at most {limit}",
    "ExclusiveMinimum": "must be more than {limit}",
    "ExclusiveMaximum": "must be less than {limit}",
    "MinLength": "must have at least {limit} characters",
    "MaxLength": "must have at most {limit} characters",
    "MinItems": "must have at least {limit} elements",
    "MaxItems": "must have at most {limit} elements",
    "MinProperties": "must have at least {limit} keys",
    "MaxProperties": "must have at most {limit} keys",
    "MultipleOf": "must be a multiple of {multiple_of}",
    "UniqueItems": "must not hold the same element twice",
    "FalseSchema": "may not be given",
    "AdditionalItems": "has too many elements",
    "PropertyNames": "has a key that it may not have",
}


def _sentence(pointer: str, kind: str, facts: Any, value: Any, guesses: Guesses) -> tuple[str, str | None]:
    """What to say about a wrong value, and a hint. The value is repeated only when it had to be one of a few words."""
    where = _path(pointer)
    if kind == "Type":
        return _type_sentence(where, facts.types, value)
    if kind == "Enum":
        return _enum_sentence(where, pointer, facts, value, guesses)
    if kind == "MinLength" and value == "":
        return f"{where} must not be empty", None
    if kind in _BOUNDS:
        numbers = {name: _number(getattr(facts, name, None)) for name in ("limit", "multiple_of")}
        return f"{where} {_BOUNDS[kind].format(**numbers)}", None
    if kind == "Pattern":
        return f"{where} does not match the pattern {quoted(str(facts.pattern))}", None
    if kind == "Constant":
        return f"{where} can only be {quoted(_json(facts.expected_value))}", None
    if kind in ("AnyOf", "OneOfNotValid"):
        types = [getattr(inner.kind, "types", ()) for form in facts.context for inner in form[:1]]
        if types and all(types):
            return _type_sentence(where, [name for names in types for name in names], value)
        return f"{where} has none of the forms that it may have", None
    if kind == "OneOfMultipleValid":
        return f"{where} has more than one of the forms that it may have", None
    return f"{where} does not fit the schema of its node type ({kind})", None


def _type_sentence(where: str, types: Iterable[str], value: Any) -> tuple[str, str | None]:
    types = list(dict.fromkeys(types))
    wanted = " or ".join(_TYPES.get(name, name) for name in types)
    is_ = "a fraction" if type(value) is float and "integer" in types else kind_of(value)
    hint = None
    if type(value) is str:
        if "number" in types and _is_duration(value):
            hint = f"this is in plain numbers: write {_seconds(value)}, if seconds are meant"
        elif "number" in types or "integer" in types:
            hint = "write it without quotes; a value from the environment is always text"
        elif "boolean" in types:
            hint = "write `true` or `false`: YAML 1.2 has no yes and no"
    elif "string" in types and type(value) in (int, float, bool):
        hint = "put it in quotes"
    return f"{where} is {is_}, and must be {wanted}", hint


def _enum_sentence(where: str, pointer: str, facts: Any, value: Any, guesses: Guesses) -> tuple[str, str | None]:
    options = [option if type(option) is str else _json(option) for option in facts.options]
    if type(value) is not str or looks_secret(pointer.rpartition("/")[2], value):
        return f"{where} can only be one of {listed(options)}", None
    guess = guesses.nearest("enum " + " ".join(options), value, options)
    return f"{where} cannot be {quoted(value)}", suggestion(guess, options)


def _number(limit: Any) -> str:
    return str(int(limit)) if type(limit) is float and limit.is_integer() else str(limit)


def _is_duration(value: str) -> bool:
    from penstock.graph.grammar import seconds

    return seconds(value) is not None


def _seconds(value: str) -> str:
    from penstock.graph.grammar import seconds

    return _number(seconds(value))


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
