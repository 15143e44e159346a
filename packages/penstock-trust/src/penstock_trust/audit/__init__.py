"""What was done to trust here, by whom and how it ended; a log that cannot be changed without being noticed.

A table of contents: `AuditLog` writes, `verify` looks whether what is there is what was written, `checkpoint` signs how
far it is.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_trust.audit.anchor import Checkpoint as Checkpoint
    from penstock_trust.audit.anchor import keep as keep
    from penstock_trust.audit.anchor import sign_checkpoint as sign_checkpoint
    from penstock_trust.audit.entry import Entry as Entry
    from penstock_trust.audit.examine import CHECKS as CHECKS
    from penstock_trust.audit.examine import AuditReport as AuditReport
    from penstock_trust.audit.examine import verify as verify
    from penstock_trust.audit.log import AuditError as AuditError
    from penstock_trust.audit.log import AuditLog as AuditLog

_ROOMS = {
    "anchor": "Checkpoint keep sign_checkpoint",
    "entry": "Entry",
    "log": "AuditError AuditLog",
    "examine": "CHECKS AuditReport verify",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [*_WHERE]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = __import__(f"{__name__}.{_WHERE[name]}", fromlist=("_",))  # importlib would be one import more
    value = globals()[name] = getattr(room, name)
    return value
