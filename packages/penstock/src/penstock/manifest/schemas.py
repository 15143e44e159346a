"""Turn Python types into JSON Schema (2020-12).

Takes:   annotations: of the config fields of a node, of a port's payload.
Gives:   `config_schema`, closed against unknown keys; `payload_schema`, as open as its type is.
Ignores: where the types come from (`compile`), and values (`build`).
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

import msgspec

from penstock.manifest.canonical import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.sdk import ConfigField

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class NoSchema(TypeError):
    """A type has no JSON form; the message says which, and for what."""


class BadDefault(ValueError):
    """A default is not a value of its own field's type."""


def config_schema(fields: Iterable[ConfigField]) -> dict[str, Any]:
    """The schema of a config object: one property a field, defaults included, nothing else allowed at any depth.

    Raises `NoSchema` for a type that JSON cannot say, `BadDefault` for a default that does not fit its field.
    """
    known = tuple(fields)
    properties, shared = _components(known)
    schema: dict[str, Any] = {"$schema": DIALECT, "type": "object", "properties": {}, "additionalProperties": False}
    for field, said in zip(known, properties, strict=True):
        if not field.required:
            said["default"] = _in_order(_plain_default(field), said, shared)
        schema["properties"][field.name] = said
    required = [field.name for field in known if field.required]
    if required:
        schema["required"] = required
    if shared:
        schema["$defs"] = {name: _closed(_settled(definition, shared)) for name, definition in shared.items()}
    return schema


def payload_schema(payload: Any) -> dict[str, Any]:
    """The schema of a payload type: msgspec Struct, dataclass, TypedDict, a pydantic model, or a type made of JSON ones.

    Raises `NoSchema` for a type that JSON cannot say.
    """
    if hasattr(payload, "model_json_schema"):  # pydantic is not imported: whoever has such a class has done so
        try:
            return {"$schema": DIALECT, **payload.model_json_schema()}
        except Exception as error:  # pydantic has several, and its module is not ours to name
            raise NoSchema(f"`{_name(payload)}` has no JSON form: {_first_line(error)}") from error
    try:
        (schema,), shared = msgspec.json.schema_components([payload])
    except (TypeError, NotImplementedError) as error:
        raise NoSchema(f"`{_name(payload)}` has no JSON form: {_first_line(error)}") from error
    if shared:
        schema["$defs"] = {name: _settled(definition, shared) for name, definition in shared.items()}
    return {"$schema": DIALECT, **schema}


def _plain_default(field: ConfigField) -> Any:
    """The default of a field as JSON."""
    try:
        plain = msgspec.to_builtins(field.default, str_keys=True)
        msgspec.convert(plain, field.type, str_keys=True)
    except (msgspec.ValidationError, TypeError, NotImplementedError) as error:
        raise BadDefault(f"the default of `{field.name}` does not fit its type: {_first_line(error)}") from error
    return plain


def _components(fields: tuple[ConfigField, ...]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    try:
        schemas, shared = msgspec.json.schema_components([field.type for field in fields])
    except (TypeError, NotImplementedError):
        for field in fields:  # one by one, to say which
            try:
                msgspec.json.schema_components([field.type])
            except (TypeError, NotImplementedError) as error:
                message = f"the type of `{field.name}`, `{_name(field.type)}`, has no JSON form: {_first_line(error)}"
                raise NoSchema(message) from error
        raise
    return list(schemas), shared


def _closed(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition without room for unknown keys: in a config, those are misspelt ones."""
    if "properties" in definition:
        definition.setdefault("additionalProperties", False)
    return definition


def _settled(definition: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """The definition as every run and every Python writes it.

    Python 3.13 takes the indentation out of docstrings by itself, others do not; sets have no order of their own.
    """
    if "description" in definition:
        definition["description"] = inspect.cleandoc(definition["description"]).strip()
    for member in definition.get("properties", {}).values():
        if "default" in member:
            member["default"] = _in_order(member["default"], member, shared)
    return definition


def _in_order(value: Any, schema: Any, shared: dict[str, Any]) -> Any:
    """The value with whatever its schema knows to be a set in order of its members' text."""
    if not isinstance(schema, dict):
        return value
    if "$ref" in schema:
        return _in_order(value, shared.get(schema["$ref"].rpartition("/")[2]), shared)
    for option in schema.get("anyOf", ()):
        value = _in_order(value, option, shared)
    if isinstance(value, dict):
        members, others = schema.get("properties", {}), schema.get("additionalProperties")
        return {key: _in_order(one, members.get(key, others), shared) for key, one in value.items()}
    if isinstance(value, list):
        value = [_in_order(one, schema.get("items"), shared) for one in value]
        return sorted(value, key=text_of) if schema.get("uniqueItems") else value
    return value


def _name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(":.") or type(error).__name__


def is_record_like(payload: Any) -> bool:
    """Whether the type has fields of its own, and so a name that is worth giving to its contract."""
    if not isinstance(payload, type):
        return False
    return (
        issubclass(payload, msgspec.Struct)
        or dataclasses.is_dataclass(payload)
        or hasattr(payload, "__total__")  # a TypedDict
        or hasattr(payload, "_fields")  # a NamedTuple
        or hasattr(payload, "model_json_schema")
    )
