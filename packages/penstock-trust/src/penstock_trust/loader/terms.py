"""Read what holds on this machine before the first pack is judged: the policy, its deny list, what was used before.

Takes:   the trust configuration and the time.
Gives:   `terms_of`; raises `PenstockError` when the policy cannot be read, for then nothing may load.
Ignores: whether the policy is in force; that is asked for every pack (`checks`).
"""

from __future__ import annotations

from penstock_trust.deny.read import list_for
from penstock_trust.loader.case import Terms
from penstock_trust.policy.load import load_policy
from penstock_trust.seen import read_seen
from penstock_trust.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from penstock_trust.site import Site


def terms_of(site: Site, now: datetime, *, prefix: str | None = None) -> Terms:
    """What holds now, for the environment with this prefix (our own)."""
    store = Store(site.store_of(prefix))
    policy = load_policy(site.policy)
    seen = read_seen(store.root)
    return Terms(policy, list_for(policy, now=now, seen=seen.lists), store, now, seen.policies)
