"""Import what a pack offers, after admission, and see that it is what its manifest says.

Takes:   an offer and the gate.
Gives:   the class or command; `PenstockError` with the cause when that fails, never a swallowed one.
Ignores: constructing nodes (`manifest/build.py`), and full drift, which `penstock pack check` tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_findings.errors import PenstockError
from penstock_findings.finding import Finding, Location, Related

if TYPE_CHECKING:
    from types import ModuleType

    from penstock._plugins.gate import Gate
    from penstock._plugins.packs import FoundPack, Offer
    from penstock.manifest.model import ChannelFacts, CommandFacts, NodeFacts, PolicyFacts


class ImportFailed(PenstockError):
    """Code of a pack could not be imported. The pack, or its installation, is at fault."""

    code = "P221"


class NotThere(PenstockError):
    """The import path of an offer leads to nothing, or to something else than was offered. The manifest is stale."""

    code = "P222"


class Drifted(PenstockError):
    """A class is no longer what its manifest says, so whatever was checked was checked against something else."""

    code = "P223"


def import_package(pack: FoundPack, gate: Gate) -> ModuleType:
    """The package of the pack: the module in which its hooks are."""
    gate.admit(pack)
    return _imported(pack.package, pack)


def load_node(offer: Offer[NodeFacts], gate: Gate) -> type:
    """The class of a node type, decorated with `@node` and still as its manifest says."""
    from penstock.sdk import NodeSpec

    cls = _loaded(offer, gate)
    spec = getattr(cls, "__penstock_node__", None)
    if not isinstance(cls, type) or not isinstance(spec, NodeSpec):
        raise _stale(NotThere, offer, f"`{offer.facts.import_path}` is not a node type")
    from penstock.manifest.drift import differences

    changed = differences(offer.facts, spec, offer.pack.distribution)
    if changed:
        raise _stale(
            Drifted, offer, f"node type `{offer.facts.id}` is not what its manifest says: {'; '.join(changed)}"
        )
    return cls


def load_policy(offer: Offer[PolicyFacts], gate: Gate) -> type:
    """The class of a policy type."""
    cls = _loaded(offer, gate)
    spec = getattr(cls, "__penstock_policy__", None)
    if not isinstance(cls, type) or getattr(spec, "id", None) != offer.facts.id:
        raise _stale(NotThere, offer, f"`{offer.facts.import_path}` is not the policy type `{offer.facts.id}`")
    return cls


def load_channel(offer: Offer[ChannelFacts], gate: Gate) -> type:
    """The class of a channel kind, which gives the acknowledgement levels that its manifest says."""
    cls = _loaded(offer, gate)
    spec: Any = getattr(cls, "__penstock_channel__", None)
    if not isinstance(cls, type) or getattr(spec, "id", None) != offer.facts.id:
        raise _stale(NotThere, offer, f"`{offer.facts.import_path}` is not the channel kind `{offer.facts.id}`")
    if spec.ack != offer.facts.ack:
        was, now = " ".join(offer.facts.ack), " ".join(spec.ack)
        what = f"channel kind `{offer.facts.id}` gives `{now}`, and its manifest says `{was}`"
        raise _stale(Drifted, offer, what)
    return cls


def load_command(offer: Offer[CommandFacts], gate: Gate) -> Any:
    """What runs a sub-command: a click command, or a callable that takes the arguments and gives the exit code."""
    command = _loaded(offer, gate)
    if not callable(command):
        raise _stale(NotThere, offer, f"`{offer.facts.import_path}` is not a command")
    return command


def cause_of(error: BaseException) -> str:
    """The traceback of pack code as text, without our own frames at its start."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not _is_ours(frame.filename)]
    lines = traceback.format_list(theirs) + traceback.format_exception_only(type(error), error)
    return "".join(lines)


def _loaded(offer: Offer[Any], gate: Gate) -> Any:
    gate.admit(offer.pack)
    module, _, attributes = offer.facts.import_path.partition(":")
    found: Any = _imported(module, offer.pack)
    for name in attributes.split("."):
        found = getattr(found, name, None)
        if found is None:
            raise _stale(NotThere, offer, f"`{module}` has no `{attributes}`")
    return found


def _imported(name: str, pack: FoundPack) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may even call sys.exit; it must not end us without a word
        place, line = _raised_at(error)
        finding = Finding(
            "P221",
            f"`{name}` of pack `{pack}` cannot be imported: {type(error).__name__}: {error}",
            Location(pack.location),
            related=[Related("it was raised here", Location(place, line))] if place else [],
            evidence={"cause": cause_of(error)},
        )
        raise ImportFailed(finding.message, findings=[finding]) from error


def _raised_at(error: BaseException) -> tuple[str | None, int | None]:
    import traceback

    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno
    theirs = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
    return (theirs[-1].filename, theirs[-1].lineno) if theirs else (None, None)


def _is_ours(filename: str) -> bool:
    return (
        filename == __file__ or filename.startswith("<frozen importlib") or filename.endswith("importlib/__init__.py")
    )


def _stale(error: type[PenstockError], offer: Offer[Any], message: str) -> PenstockError:
    return error(
        f"pack `{offer.pack}`: {message}",
        at=Location(offer.pack.location),
        hint="its author runs `penstock pack lock`; whoever installed it installs it again",
    )
