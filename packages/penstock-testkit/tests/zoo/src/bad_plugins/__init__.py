"""Nodes that each break one promise: a table of contents."""

from bad_plugins import lives, sinks, transforms

ALL = [
    value
    for module in (transforms, lives, sinks)
    for value in vars(module).values()
    if isinstance(value, type) and hasattr(value, "__penstock_node__")
]


def penstock_nodes():
    """Everything that is bad."""
    return ALL
