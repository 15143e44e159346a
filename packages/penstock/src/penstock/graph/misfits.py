"""Decide where a node's config does not fit the schema of its type, and say it in the words of the config.

Takes:   a schema (JSON Schema 2020-12), a config, and the pointers of texts whose value is not known.
Gives:   `misfits_of`: what is wrong, most of all where; `BadSchema` when the schema itself is at fault.
Ignores: positions in the file; which node and which pack it is about.
"""

from __future__ import annotations

from penstock.graph.config_wording import path_of, sentence_about
from penstock.graph.fit import surely_fits
from penstock.graph.wording import quoted, suggestion
from penstock_findings.fact import Fact
from penstock_findings.pointers import join, split

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
                Misfit("value", pointer, *sentence_about(pointer, kind, facts, value, self._guesses))
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
                yield Misfit("unknown", join(pointer, key), f"{path_of(join(pointer, key))} is not known", hint)

    def _missing(self, errors: _Errors) -> Iterator[Misfit]:
        for pointer, keys in errors.missing.items():
            known = self._keys_at(pointer)
            meant = {
                self._guesses.nearest("config " + " ".join(known), key, known)
                for key in errors.unknown.get(pointer, ())
            }
            for key in keys:
                if key not in meant:  # it is there, but misspelt, and that has been said
                    yield Misfit("missing", pointer, f"{path_of(join(pointer, key))} is missing", f"add {quoted(key)}")

    def _keys_at(self, pointer: str) -> list[str]:
        """The keys that the schema names for the mapping at `pointer`, sorted; none when that is not plain to see."""
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
