"""The standard pack: nodes to begin with; a pack like any other, made with the public SDK only.

A table of contents: node classes are imported when they are first used, so importing the pack costs nothing.
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

__all__ = ["penstock_nodes", *_NODES]


def penstock_nodes() -> "Iterable[type]":
    """Offer the node types of this pack to the host."""
    return [__getattr__(name) for name in _NODES]


def __getattr__(name: str) -> type:
    if name not in _NODES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: type = getattr(import_module(f"{__name__}.nodes.{_NODES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
