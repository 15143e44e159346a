"""The pack of the site-safety example: what it offers to the host."""

from __future__ import annotations


def penstock_nodes() -> list[type]:
    """Offer the node types of this pack."""
    from site_safety.zone_rule import ZoneRule

    return [ZoneRule]
