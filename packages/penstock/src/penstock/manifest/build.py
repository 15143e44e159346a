"""Make a node, or a policy, of a class and a config.

Takes:   a class made by `@node` or `@policy`, the config as a file gives it, its name there.
Gives:   `build_node`, `build_policy`: the instance; or `PenstockError` with everything that is wrong with the config.
Ignores: opening the node (the engine does) and where in a file the config stands (`graph/`).
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import msgspec

from penstock.manifest.schemas import BadDefault, NoSchema, config_schema
from penstock.sdk import spec_of
from penstock_findings.errors import PenstockError
from penstock_findings.finding import Finding, Location
from penstock_findings.pointers import join
from penstock_findings.spelling import hint_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock.sdk import ConfigField


class BadConfig(PenstockError):
    """The config of a node does not fit its type. The graph file is at fault."""

    code = "P231"


class NotBuilt(PenstockError):
    """The constructor of a node raised; the cause is kept."""

    code = "P234"


def build_node(cls: type, config: Mapping[str, Any], node_id: str) -> Any:
    """An instance of the node type with this config; what the config leaves out has its default, made afresh.

    Raises `BadConfig` with one finding for each mistake (pointers are into the config), and `NotBuilt` when the
    class's own constructor raises, whatever it raises.
    """
    return _built(cls, spec_of(cls).config, config, f"node `{node_id}`")


def build_policy(cls: type, config: Mapping[str, Any], name: str) -> Any:
    """An instance of the policy type with this config; raises as `build_node` does."""
    spec: Any = getattr(cls, "__penstock_policy__", None)
    if spec is None:
        raise TypeError(f"`{cls!r}` is not a policy type: decorate the class with `@policy(...)`")
    return _built(cls, spec.config, config, f"policy `{name}`")


def _built(cls: type, fields: Sequence[ConfigField], config: Mapping[str, Any], who: str) -> Any:
    findings = _mistakes(cls, fields, config, who)
    values: dict[str, Any] = {}
    for field in fields if not findings else ():
        if field.name in config:
            try:
                values[field.name] = _converted(config[field.name], field)
            except msgspec.ValidationError as error:
                findings.append(_misfit(field, error, who))
        elif not field.required:
            values[field.name] = copy.deepcopy(field.default)
    if findings:
        raise BadConfig(f"{who} cannot be made: its config does not fit", findings=findings)
    try:
        return cls(**values)
    except KeyboardInterrupt:
        raise
    except PenstockError as error:
        raise _with_name(error, who) from error
    except BaseException as error:  # a constructor may raise anything, and none of it may be swallowed
        raise _raised(error, cls, who) from error


_validators: dict[type, Any] = {}


def _mistakes(cls: type, fields: Sequence[ConfigField], config: Mapping[str, Any], who: str) -> list[Finding]:
    """What the schema of the config says; it is the one in the manifest, so a check and a run agree."""
    if not isinstance(config, dict):
        config = dict(config)
    validator = _validators.get(cls)
    if validator is None:
        from jsonschema_rs import Draft202012Validator

        try:
            schema = config_schema(fields)
        except (NoSchema, BadDefault) as error:
            code = "M205" if isinstance(error, NoSchema) else "M206"
            raise NotBuilt(f"{who} cannot be made: {error}", code=code) from error
        validator = _validators[cls] = Draft202012Validator(schema)
    if validator.is_valid(config):
        return []
    found: list[Finding] = []
    for mistake in validator.iter_errors(config):
        found += _findings(mistake, fields, who)
    return found


def _findings(error: Any, fields: Sequence[ConfigField], who: str) -> list[Finding]:
    pointer = join("", *error.instance_path)
    where = f"{who}: "
    known = [field.name for field in fields] if not pointer else []
    if error.kind.name == "additionalProperties":
        return [
            Finding(
                "P231",
                f"{where}there is no config field `{key}`" + (f" in `{pointer}`" if pointer else ""),
                Location(pointer=join(pointer, key)),
                hint=hint_for(key, known),
            )
            for key in error.kind.unexpected
        ]
    if error.kind.name == "required":
        key = error.kind.property
        message = f"{where}the config field `{key}` is missing" + (f" in `{pointer}`" if pointer else "")
        return [Finding("P232", message, Location(pointer=pointer), hint=f"give `{key}` a value")]
    message = f"{where}config field `{pointer.lstrip('/')}`: {error.message}"
    return [Finding("P233", message, Location(pointer=pointer))]


def _converted(value: Any, field: ConfigField) -> Any:
    try:
        return msgspec.convert(value, field.type, str_keys=True)
    except msgspec.ValidationError:
        whole = _whole(value)
        if repr(whole) == repr(value):
            raise
        return msgspec.convert(whole, field.type, str_keys=True)


def _whole(value: Any) -> Any:
    """The value with 5.0 as 5: in JSON they are one number, and a schema takes either for an integer."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    return value


def _misfit(field: ConfigField, error: msgspec.ValidationError, who: str) -> Finding:
    """What the schema allows and the type does not, such as a date that is none."""
    text = str(error).partition(" - at ")[0]
    message = f"{who}: config field `{field.name}`: {text[:1].lower()}{text[1:]}"
    return Finding("P233", message, Location(pointer=join("", field.name)))


def _with_name(error: PenstockError, who: str) -> NotBuilt:
    """A constructor's own findings, each told of whom it speaks."""
    findings = [
        Finding(f.code, f"{who}: {f.message}", f.at, f.severity, f.hint, f.related, f.evidence) for f in error.findings
    ]
    return NotBuilt(f"{who} cannot be made: {error}", findings=findings, sources=error.sources)


def _raised(error: BaseException, cls: type, who: str) -> NotBuilt:
    import traceback

    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    cause = "".join(traceback.format_list(frames) + traceback.format_exception_only(type(error), error))
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    message = f"{who} of type `{cls.__qualname__}` cannot be made: {said}"
    return NotBuilt(message, findings=[Finding("P234", message, evidence={"cause": cause})])
