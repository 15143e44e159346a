"""Say what a profile file of format 1 may hold: its keys, and which settings of a run it may give.

Takes:   nothing.
Gives:   the keys, `SETTINGS`, `LOSSY`: values that may cost records on a durable channel.
Ignores: how a file is walked (`read`). `profile.schema.json` says the same to editors; a test keeps them in step.
"""

from __future__ import annotations

from penstock.graph import fields as of_graphs
from penstock.graph.fields import Choice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.graph.fields import Kind

TOP = ("format", "name", "description", "inherits", "settings", "policies", "accept_loss")
TOP_REQUIRED = ("name",)  # `format` has a finding of its own

# Whether payloads are checked is the graph's own matter: a profile does not change what passes for right.
SETTINGS: Mapping[str, Kind] = {name: kind for name, kind in of_graphs.SETTINGS.items() if name != "validate"}

LOSSY: Mapping[str, tuple[str, str]] = {  # setting -> the value, and what it may cost
    "ack": ("process", "a power cut may take back what was committed in the last moments"),
}
ACCEPTABLE = Choice(tuple(LOSSY))
