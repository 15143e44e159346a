"""Nodes that each break one promise: a table of contents."""

from bad_plugins import lives, sinks, stores, transforms

ALL = [
    value
    for module in (transforms, lives, sinks)
    for value in vars(module).values()
    if isinstance(value, type) and hasattr(value, "__penstock_node__")
]


def penstock_nodes():
    """Everything that is bad."""
    return ALL


def penstock_channels():
    """Every bad store, but for those that were never locked."""
    found = [
        value for value in vars(stores).values() if isinstance(value, type) and "__penstock_channel__" in vars(value)
    ]
    return [kind for kind in found if kind not in stores.OUTSIDE]
