"""Durable dataflow graphs from plugin packs: what pack authors and embedding programs import.

A table of contents: each name is imported from its room when it is first used, so `import penstock` costs nothing.
"""

from penstock._version import VERSION as __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock._plugins.admission import Admission as Admission
    from penstock._plugins.packs import FoundPack as FoundPack
    from penstock.decisions import Answer as Answer
    from penstock.decisions import DeadLetter as DeadLetter
    from penstock.decisions import Decision as Decision
    from penstock.decisions import Delay as Delay
    from penstock.decisions import Divert as Divert
    from penstock.decisions import DropIt as DropIt
    from penstock.decisions import FailRun as FailRun
    from penstock.decisions import FailureClass as FailureClass
    from penstock.decisions import FailureRule as FailureRule
    from penstock.decisions import NodeError as NodeError
    from penstock.decisions import Proceed as Proceed
    from penstock.decisions import Reject as Reject
    from penstock.decisions import Transient as Transient
    from penstock.decisions import parse_retry_after as parse_retry_after
    from penstock.decisions import status_class as status_class
    from penstock.manifest.model import CommandFacts as CommandFacts
    from penstock.points import Arrival as Arrival
    from penstock.points import Completion as Completion
    from penstock.points import Dispatch as Dispatch
    from penstock.points import Failure as Failure
    from penstock.points import Memory as Memory
    from penstock.points import Overflow as Overflow
    from penstock.points import Settlement as Settlement
    from penstock.points import drawn as drawn
    from penstock.record import Drop as Drop
    from penstock.record import Emission as Emission
    from penstock.record import Reading as Reading
    from penstock.record import Record as Record
    from penstock.record import Undecodable as Undecodable
    from penstock.sdk import BadNode as BadNode
    from penstock.sdk import Context as Context
    from penstock.sdk import Contract as Contract
    from penstock.sdk import Effect as Effect
    from penstock.sdk import In as In
    from penstock.sdk import Node as Node
    from penstock.sdk import Out as Out
    from penstock.sdk import Portability as Portability
    from penstock.sdk import Result as Result
    from penstock.sdk import Role as Role
    from penstock.sdk import Secret as Secret
    from penstock.sdk import Sink as Sink
    from penstock.sdk import Source as Source
    from penstock.sdk import Timer as Timer
    from penstock.sdk import Transform as Transform
    from penstock.sdk import channel_kind as channel_kind
    from penstock.sdk import node as node
    from penstock.sdk import policy as policy
    from penstock.sdk import spec_of as spec_of

_ROOMS = {
    "sdk": "BadNode Context Contract Effect In Node Out Portability Result Role Secret Sink Source Timer Transform channel_kind node policy spec_of",
    "record": "Drop Emission Reading Record Undecodable",
    "decisions": (
        "Answer DeadLetter Decision Delay Divert DropIt FailRun FailureClass FailureRule NodeError Proceed Reject Transient "
        "parse_retry_after status_class"
    ),
    "points": "Arrival Completion Dispatch Failure Memory Overflow Settlement drawn",
    "manifest.model": "CommandFacts",
    "_plugins.admission": "Admission",
    "_plugins.packs": "FoundPack",
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
