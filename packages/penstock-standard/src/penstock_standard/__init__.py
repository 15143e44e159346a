"""The standard pack: nodes and policies to begin with; a pack like any other, made with the public SDK only.

A table of contents: classes are imported when they are first used, so importing the pack costs nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock_standard.nodes.cooldown import Cooldown as Cooldown
    from penstock_standard.nodes.filter import Filter as Filter
    from penstock_standard.nodes.generator import Generator as Generator
    from penstock_standard.nodes.http_sink import HttpSink as HttpSink
    from penstock_standard.nodes.jsonl_sink import JsonlSink as JsonlSink
    from penstock_standard.nodes.jsonl_source import JsonlSource as JsonlSource
    from penstock_standard.nodes.lines_source import LinesSource as LinesSource
    from penstock_standard.nodes.map import Map as Map
    from penstock_standard.nodes.parse_access_log import ParseAccessLog as ParseAccessLog
    from penstock_standard.nodes.route import Route as Route
    from penstock_standard.nodes.sessions import Sessions as Sessions
    from penstock_standard.nodes.stdout import Stdout as Stdout
    from penstock_standard.nodes.top import Top as Top
    from penstock_standard.policies.budget import Budget as Budget
    from penstock_standard.policies.circuit_breaker import CircuitBreaker as CircuitBreaker
    from penstock_standard.policies.concurrency_limit import ConcurrencyLimit as ConcurrencyLimit
    from penstock_standard.policies.dead_letter import DeadLetterRouting as DeadLetterRouting
    from penstock_standard.policies.deadline import Deadline as Deadline
    from penstock_standard.policies.dedup import Dedup as Dedup
    from penstock_standard.policies.hedge import Hedge as Hedge
    from penstock_standard.policies.overflow import Overflowing as Overflowing
    from penstock_standard.policies.rate_limit import RateLimit as RateLimit
    from penstock_standard.policies.retry import Retry as Retry
    from penstock_standard.policies.sampling import Sampling as Sampling
    from penstock_standard.policies.staleness import Staleness as Staleness

_NODES = {
    "JsonlSource": "jsonl_source",
    "LinesSource": "lines_source",
    "Generator": "generator",
    "Map": "map",
    "Filter": "filter",
    "Route": "route",
    "Cooldown": "cooldown",
    "ParseAccessLog": "parse_access_log",
    "Sessions": "sessions",
    "Top": "top",
    "JsonlSink": "jsonl_sink",
    "HttpSink": "http_sink",
    "Stdout": "stdout",
}
_POLICIES = {
    "Retry": "retry",
    "Deadline": "deadline",
    "CircuitBreaker": "circuit_breaker",
    "ConcurrencyLimit": "concurrency_limit",
    "RateLimit": "rate_limit",
    "Overflowing": "overflow",
    "Dedup": "dedup",
    "Staleness": "staleness",
    "Budget": "budget",
    "Sampling": "sampling",
    "DeadLetterRouting": "dead_letter",
    "Hedge": "hedge",
}
_HOMES = {
    **{name: f"nodes.{file}" for name, file in _NODES.items()},
    **{name: f"policies.{file}" for name, file in _POLICIES.items()},
}

__all__ = ["penstock_nodes", "penstock_policies", *_HOMES]


def penstock_nodes() -> "Iterable[type]":
    """Offer the node types of this pack to the host."""
    return [__getattr__(name) for name in _NODES]


def penstock_policies() -> "Iterable[type]":
    """Offer the policy types of this pack to the host."""
    return [__getattr__(name) for name in _POLICIES]


def __getattr__(name: str) -> type:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: type = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
