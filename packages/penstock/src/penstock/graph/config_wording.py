"""Say what is wrong with a value of a config, in the words of the config.

Takes:   the pointer, and the kind of error with its facts, as the validator tells them.
Gives:   `sentence_about`: a sentence and a hint; `path_of`, a pointer as people write it.
Ignores: how errors are found (`misfits`). Values are repeated only where one of a few words had to stand.
"""

from __future__ import annotations

from penstock.graph.grammar import seconds
from penstock.graph.secrecy import looks_secret
from penstock.graph.wording import kind_of, listed, quoted, suggestion
from penstock_findings.pointers import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from penstock.graph.guesses import Guesses


def path_of(pointer: str) -> str:
    """The pointer as people write it: `retry.first`, `rules[0].at`."""
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


def sentence_about(pointer: str, kind: str, facts: Any, value: Any, guesses: Guesses) -> tuple[str, str | None]:
    """What to say about a wrong value, and a hint. The value is repeated only when it had to be one of a few words."""
    where = path_of(pointer)
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
        duration = seconds(value)
        if "number" in types and duration is not None:
            hint = f"this is in plain numbers: write {_number(duration)}, if seconds are meant"
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


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
