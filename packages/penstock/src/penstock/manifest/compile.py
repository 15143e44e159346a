"""Compile what a package offers into the facts of its manifest.

Takes:   the imported package, whose hooks name the offers: node types, policies, channel kinds, commands, failures,
         profiles.
Gives:   `compile_pack`: the facts, and a finding for everything in the code that a manifest cannot say.
Ignores: files; `project` finds the package, `lock` writes the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from penstock.decisions import FailureRule
from penstock.layers import LAYERS, layer_of
from penstock.manifest.canonical import text_of
from penstock.manifest.contracts import contract_of, contract_ref
from penstock.manifest.model import (
    ChannelFacts,
    CommandFacts,
    ContractFacts,
    FailureFacts,
    Manifest,
    NodeFacts,
    PolicyFacts,
    PortFacts,
    ProfileFacts,
)
from penstock.manifest.schemas import BadDefault, NoSchema, config_schema
from penstock.sdk import ChannelKindSpec, NodeSpec
from penstock_findings.errors import PenstockError
from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location
from penstock_findings.spelling import hint_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from penstock.sdk import ConfigField, PortSpec

CAPABILITIES = ("external-effects", "filesystem", "network", "secrets", "subprocess")
POINTS = ("admit", "completion", "dispatch", "failure", "overflow", "settle")
OWN_KINDS = ("memory", "sqlite")  # channel kinds of the core itself
HOOKS = (
    "penstock_channels",
    "penstock_commands",
    "penstock_failures",
    "penstock_graph_checks",
    "penstock_nodes",
    "penstock_policies",
    "penstock_profiles",
    "penstock_run_evidence",
    "penstock_run_observers",
    "penstock_secrets",
)
_AT_LOCK = {
    "penstock_nodes",
    "penstock_policies",
    "penstock_channels",
    "penstock_commands",
    "penstock_failures",
    "penstock_profiles",
}  # what they say is in the manifest itself


class Compiled(Fact):
    """What the code says; `manifest` leaves out whatever has a finding."""

    manifest: Manifest
    findings: tuple[Finding, ...]


def compile_pack(package: ModuleType, distribution: str, version: str) -> Compiled:
    """The manifest of an imported package. Sorted by name throughout, so that equal code gives an equal file."""
    findings = list(_unknown_hooks(package))
    nodes = _nodes(package, distribution, findings)
    policies = _policies(package, findings)
    channels = _channels(package, findings)
    commands = _commands(package, findings)
    failures = _failures(package, findings)
    profiles = _profiles(package, findings)
    contracts = _contracts([spec for spec, _ in nodes], distribution, findings)
    manifest = Manifest(
        pack=distribution,
        version=version,
        capabilities=tuple(sorted({name for _, facts in nodes for name in facts.capabilities})),
        nodes=tuple(facts for _, facts in nodes),
        policies=policies,
        channels=channels,
        failures=failures,
        profiles=profiles,
        contracts=contracts,
        commands=commands,
        hooks=tuple(sorted(name for name in HOOKS if name not in _AT_LOCK and _hook(package, name))),
        deprecations={
            **{f"node {facts.id}": facts.deprecated for _, facts in nodes if facts.deprecated},
        },
    )
    return Compiled(manifest, tuple(findings))


def node_facts(spec: NodeSpec, distribution: str) -> NodeFacts:
    """What the manifest says of one node type; raises `PenstockError` when it cannot say it."""
    unknown = [name for name in spec.capabilities if name not in CAPABILITIES]
    if unknown:
        raise PenstockError(
            f"node type `{spec.id}` asks for the unknown capability `{unknown[0]}`",
            code="M211",
            at=_at(spec.cls),
            hint=hint_for(unknown[0], CAPABILITIES),
        )
    deprecated = vars(spec.cls).get("__deprecated__")  # as `warnings.deprecated` leaves it; children do not inherit it
    return NodeFacts(
        id=spec.id,
        role=spec.role.value,
        inputs=tuple(_port(port, spec, distribution) for port in spec.inputs),
        outputs=tuple(_port(port, spec, distribution) for port in spec.outputs),
        config=_config(spec.config, f"node type `{spec.id}`", spec.cls),
        effect=spec.effect.value,
        import_path=_import_path(spec.cls, f"node type `{spec.id}`"),
        doc=spec.doc.partition("\n")[0].strip(),
        stateful=spec.stateful,
        ordered=spec.ordered,
        capabilities=tuple(sorted(set(spec.capabilities))),
        deprecated=str(deprecated) if deprecated else None,
    )


def _port(port: PortSpec, spec: NodeSpec, distribution: str) -> PortFacts:
    return PortFacts(port.name, contract_ref(port, spec, distribution), port.portability.value)


def _config(fields: Iterable[ConfigField], whose: str, cls: type) -> dict[str, Any]:
    try:
        schema = config_schema(fields)
    except NoSchema as error:
        hint = "use numbers, texts, booleans, lists, dictionaries, Literal, Enum, or a dataclass of these"
        raise PenstockError(f"{whose}: {error}", code="M205", at=_at(cls), hint=hint) from error
    except BadDefault as error:
        raise PenstockError(
            f"{whose}: {error}", code="M206", at=_at(cls), hint="change the type or the default"
        ) from error
    try:
        text_of(schema).encode("utf-8")  # told here, because here we know whose it is
    except (ValueError, TypeError) as error:
        raise PenstockError(
            f"{whose}: its config holds what JSON cannot say: {error}", code="M206", at=_at(cls)
        ) from error
    return schema


def _import_path(cls: type, whose: str) -> str:
    if "<" in cls.__qualname__:
        raise PenstockError(
            f"{whose} is made inside a function, so nobody else can import it",
            code="M212",
            at=_at(cls),
            hint="move the class to the top of its module",
        )
    return f"{cls.__module__}:{cls.__qualname__}"


def _at(cls: type) -> Location:
    """Where the class is written, as far as that can be told."""
    import inspect

    try:
        path = inspect.getsourcefile(cls)
        line = inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return Location()
    return Location(path, line or None)


def _nodes(package: ModuleType, distribution: str, findings: list[Finding]) -> list[tuple[NodeSpec, NodeFacts]]:
    found: dict[str, tuple[NodeSpec, NodeFacts]] = {}
    for cls in _asked(package, "penstock_nodes", findings):
        spec = getattr(cls, "__penstock_node__", None)
        if not isinstance(spec, NodeSpec) or not isinstance(cls, type):
            findings.append(
                Finding(
                    "M204",
                    f"`penstock_nodes` offers {cls!r}, which is no node type",
                    hint="decorate it with `@node(...)`",
                )
            )
            continue
        try:
            facts = node_facts(spec, distribution)
        except PenstockError as error:
            findings += error.findings
            continue
        if spec.cls is not cls:
            message = f"`{cls.__qualname__}` is offered as node type `{spec.id}`, which is its parent"
            findings.append(Finding("M204", message, _at(cls), hint="decorate the child with `@node(...)` as well"))
        elif facts.id in found:
            findings.append(_twice("node type", facts.id, cls))
        elif _inside(facts.import_path, package, f"node type `{facts.id}`", cls, findings):
            found[facts.id] = (spec, facts)
    return [found[name] for name in sorted(found)]


def _policies(package: ModuleType, findings: list[Finding]) -> tuple[PolicyFacts, ...]:
    found: dict[str, PolicyFacts] = {}
    for cls in _asked(package, "penstock_policies", findings):
        spec: Any = getattr(cls, "__penstock_policy__", None)
        if spec is None or not isinstance(cls, type):
            findings.append(
                Finding(
                    "M204",
                    f"`penstock_policies` offers {cls!r}, which is no policy type",
                    hint="decorate it with `@policy(...)`",
                )
            )
            continue
        whose = f"policy type `{spec.id}`"
        points = sorted({str(getattr(point, "value", point)) for point in spec.points})
        unknown = [point for point in points if point not in POINTS]
        if unknown:
            message = f"{whose} answers the unknown decision point `{unknown[0]}`"
            findings.append(Finding("M211", message, _at(cls), hint=hint_for(unknown[0], POINTS)))
            continue
        try:
            facts = policy_facts(spec, tuple(points), cls)
        except PenstockError as error:
            findings += error.findings
            continue
        if facts.id in found:
            findings.append(_twice("policy type", facts.id, cls))
        elif _inside(facts.import_path, package, whose, cls, findings):
            found[facts.id] = facts
    return tuple(found[name] for name in sorted(found))


def policy_facts(spec: Any, points: tuple[str, ...], cls: type) -> PolicyFacts:
    """What the manifest says of one policy type; raises `PenstockError` when it cannot say it."""
    whose = f"policy type `{spec.id}`"
    layer = (
        layer_of(points) if set(points) <= {"overflow", "settle"} else getattr(spec, "layer", "") or layer_of(points)
    )
    if layer not in LAYERS:
        raise PenstockError(
            f"{whose} stands in the unknown layer `{layer}`", code="M211", at=_at(cls), hint=hint_for(layer, LAYERS)
        )
    drops = getattr(spec, "drops", None)
    when: dict[str, tuple[Any, ...]] = {}
    if isinstance(drops, Mapping):
        when = {field: tuple(values) for field, values in drops.items()}
        foreign = sorted(when.keys() - {field.name for field in spec.config})
        if foreign:
            message = f"{whose} drops depending on `{foreign[0]}`, which is no config field of it"
            raise PenstockError(
                message, code="M211", at=_at(cls), hint=hint_for(foreign[0], [f.name for f in spec.config])
            )
    said = "sometimes" if when else "always" if drops is True else "never" if drops is False else "unknown"
    return PolicyFacts(
        id=spec.id,
        points=points,
        config=_config(spec.config, whose, cls),
        import_path=_import_path(cls, whose),
        doc=str(getattr(spec, "doc", "") or "").partition("\n")[0].strip(),
        layer="" if layer == layer_of(points) else layer,
        drops=said,
        drops_when=when,
    )


def _channels(package: ModuleType, findings: list[Finding]) -> tuple[ChannelFacts, ...]:
    found: dict[str, ChannelFacts] = {}
    for cls in _asked(package, "penstock_channels", findings):
        spec = getattr(cls, "__penstock_channel__", None)
        if not isinstance(spec, ChannelKindSpec) or not isinstance(cls, type):
            message = f"`penstock_channels` offers {cls!r}, which is no channel kind"
            findings.append(Finding("M204", message, hint="decorate it with `@channel_kind(...)`"))
            continue
        whose = f"channel kind `{spec.id}`"
        try:
            facts = ChannelFacts(spec.id, spec.ack, _import_path(cls, whose), spec.doc.partition("\n")[0].strip())
        except PenstockError as error:
            findings += error.findings
            continue
        if spec.cls is not cls:
            message = f"`{cls.__qualname__}` is offered as {whose}, which is its parent"
            hint = "decorate the child with `@channel_kind(...)` as well"
            findings.append(Finding("M204", message, _at(cls), hint=hint))
        elif spec.id in OWN_KINDS:
            message = f"{whose} has the name of one that Penstock has itself"
            findings.append(
                Finding("M210", message, _at(cls), hint="give it a name of its own, such as that of the pack")
            )
        elif spec.id in found:
            findings.append(_twice("channel kind", spec.id, cls))
        elif _inside(facts.import_path, package, whose, cls, findings):
            found[spec.id] = facts
    return tuple(found[name] for name in sorted(found))


def _failures(package: ModuleType, findings: list[Finding]) -> tuple[FailureFacts, ...]:
    """The rules of classification, in the order in which the pack gives them: the first one that fits decides."""
    found = []
    for rule in _asked(package, "penstock_failures", findings):
        if not isinstance(rule, FailureRule):
            message = f"`penstock_failures` offers {rule!r}, which is no rule"
            hint = 'write `FailureRule(FailureClass.PERMANENT, error="acme.errors.Refused")`'
            findings.append(Finding("M204", message, hint=hint))
            continue
        low, high = rule.status or (0, 0)
        status = None if rule.status is None else str(low) if high == low + 1 else f"{low}-{high - 1}"
        found.append(FailureFacts(rule.gives.value, rule.error, status, rule.retry_after))
    return tuple(found)


def _profiles(package: ModuleType, findings: list[Finding]) -> tuple[ProfileFacts, ...]:
    """The profiles, each as its file would say it."""
    function = _hook(package, "penstock_profiles")
    try:
        offered = dict(function()) if function is not None else {}
        for name, value in offered.items():
            text_of({name: value}).encode("utf-8")
    except Exception as error:  # the author's code may raise anything, and is told so
        message = f"`{package.__name__}.penstock_profiles` raised {type(error).__name__}: {error}"
        findings.append(Finding("M204", message, _place_of(error)))
        return ()
    found = []
    for name, value in sorted(offered.items()):
        if isinstance(value, Mapping):
            found.append(ProfileFacts(name, {"format": 1, "name": name, **value}))
        else:
            message = f"`penstock_profiles` offers `{name}` as {type(value).__name__}, and a profile is a mapping"
            findings.append(Finding("M204", message, hint='write `{"name": {"description": ..., "settings": {...}}}`'))
    return tuple(found)


def _commands(package: ModuleType, findings: list[Finding]) -> tuple[CommandFacts, ...]:
    found: dict[str, CommandFacts] = {}
    for facts in _asked(package, "penstock_commands", findings):
        if not isinstance(facts, CommandFacts) or ":" not in facts.import_path:
            message = f"`penstock_commands` offers {facts!r}, which is no command with an import path"
            findings.append(
                Finding("M204", message, hint='write `CommandFacts("name", "What it does.", "package.cli:main")`')
            )
        elif facts.name in found:
            findings.append(_twice("command", facts.name, None))
        elif _inside(facts.import_path, package, f"command `{facts.name}`", None, findings):
            found[facts.name] = facts
    return tuple(found[name] for name in sorted(found))


def _contracts(specs: list[NodeSpec], distribution: str, findings: list[Finding]) -> tuple[ContractFacts, ...]:
    """Every contract of the ports, once, with the sides on which it stands."""
    found: dict[str, tuple[ContractFacts, str]] = {}
    positions: dict[str, set[str]] = {}
    for spec in specs:
        for position, port in [*(("input", p) for p in spec.inputs), *(("output", p) for p in spec.outputs)]:
            where = f"port `{port.name}` of node type `{spec.id}`"
            try:
                facts = contract_of(port, spec, distribution)
            except PenstockError as error:
                findings += error.findings
                continue
            if facts is None:
                continue
            first, at_first = found.setdefault(facts.ref, (facts, where))
            positions.setdefault(facts.ref, set()).add(position)
            if first.digest != facts.digest:
                findings.append(
                    Finding(
                        "M209",
                        f"contract `{facts.ref}` has two schemas: of {at_first}, and of {where}",
                        _at(spec.cls),
                        hint="raise the version of one, or give it a name of its own",
                    )
                )
    return tuple(
        ContractFacts(facts.name, facts.version, facts.digest, facts.schema, tuple(sorted(positions[ref])))
        for ref, (facts, _) in sorted(found.items())
    )


def _asked(package: ModuleType, hook: str, findings: list[Finding]) -> list[Any]:
    """What the hook of this package offers; a finding when it raises, or gives something else than a row of offers."""
    function = _hook(package, hook)
    if function is None:
        return []
    try:
        return list(function())
    except Exception as error:  # the author's code may raise anything, and is told so
        findings.append(
            Finding("M204", f"`{package.__name__}.{hook}` raised {type(error).__name__}: {error}", _place_of(error))
        )
        return []


def _hook(package: ModuleType, name: str) -> Any:
    function = getattr(package, name, None)
    return function if callable(function) else None


def _unknown_hooks(package: ModuleType) -> Iterable[Finding]:
    """Names that look like a hook and are none: nobody would ever call them."""
    for name in sorted(vars(package)):
        if name.startswith("penstock_") and name not in HOOKS and _is_function(getattr(package, name)):
            message = f"`{package.__name__}.{name}` is no hook, so nobody calls it"
            yield Finding("M213", message, _at(getattr(package, name)), hint=hint_for(name, HOOKS))


def _is_function(value: object) -> bool:
    return type(value).__name__ == "function"


def _inside(path: str, package: ModuleType, whose: str, cls: type | None, findings: list[Finding]) -> bool:
    """Whether the code is within the package: what a pack is admitted for must be what is imported."""
    if path.startswith((package.__name__ + ".", package.__name__ + ":")):
        return True
    findings.append(
        Finding(
            "M214",
            f"{whose} is `{path}`, outside of the package `{package.__name__}` that the pack is",
            _at(cls) if cls else Location(),
            hint="subclass it within the package, or leave it to the pack that it belongs to",
        )
    )
    return False


def _twice(kind: str, name: str, cls: type | None) -> Finding:
    return Finding(
        "M210", f"{kind} `{name}` is offered twice", _at(cls) if cls else Location(), hint="rename one of them"
    )


def _place_of(error: BaseException) -> Location:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code.co_filename == __file__:
        return Location()
    return Location(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
