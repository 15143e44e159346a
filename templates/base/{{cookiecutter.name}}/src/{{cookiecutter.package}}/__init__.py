"""{{ cookiecutter.description }}: what this pack offers.

Each entry is `module:Class`, imported when Penstock asks for it, so that importing the package costs nothing.
`penstock pack add` writes new entries; after every change run `penstock pack lock`.
"""

from collections.abc import Iterable
from importlib import import_module

NODES: list[str] = []
POLICIES: list[str] = []
CHANNELS: list[str] = []


def penstock_nodes() -> Iterable[type]:
    """Offer the node types of this pack."""
    return [_imported(entry) for entry in NODES]


def penstock_policies() -> Iterable[type]:
    """Offer the policy types of this pack."""
    return [_imported(entry) for entry in POLICIES]


def penstock_channels() -> Iterable[type]:
    """Offer the channel kinds of this pack."""
    return [_imported(entry) for entry in CHANNELS]


def _imported(entry: str) -> type:
    module, _, name = entry.partition(":")
    found: type = getattr(import_module(f"{__name__}.{module}"), name)
    return found
