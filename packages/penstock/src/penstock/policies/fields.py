"""Say what a policy file of format 1 may hold: its keys, and for plain settings the values they may have.

Takes:   nothing.
Gives:   the keys of every part; what selectors go by; which settings a rule may set, of what.
Ignores: how a file is walked (`read`). `policy.schema.json` says the same to editors; a test keeps them in step.
"""

from __future__ import annotations

from penstock.graph.fields import Choice, Whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.graph.fields import Kind

TOP = ("format", "name", "description", "rules")
TOP_REQUIRED = ("name", "rules")  # `format` has a finding of its own
RULE = ("for", "use", "set", "classify", "accept_loss", "optional", "note")
RULE_REQUIRED = ("for",)
USE = ("type", "as", "config", "off")
USE_REQUIRED = ("type",)
CLASSIFY = ("error", "status", "retry_after", "as")
CLASSIFY_REQUIRED = ("as",)

RUN = "run"  # what `for` may say instead of a selector: the run as a whole
OF_NODES = ("node", "tag", "type", "pack", "role")  # most particular first
SELECTOR = (*OF_NODES, "channel", "link")

ROLES = Choice(("source", "transform", "sink"))
CLASSES = Choice(("transient", "permanent", "contract", "decode", "timeout"))

SET: Mapping[str, Kind] = {
    "concurrency": Whole(1, 10_000),  # of nodes
    "capacity": Whole(1, 1_000_000_000),  # of channels
}
SET_OF = {"concurrency": "node", "capacity": "channel"}

# What is asked where: the role of a node, or what else a policy can stand at -> decision points.
ASKED: Mapping[str, tuple[str, ...]] = {
    "source": ("admit", "failure"),
    "transform": ("dispatch", "failure", "completion"),
    "sink": ("dispatch", "failure", "completion"),
    "channel": ("overflow",),
    "run": ("settle",),
}
