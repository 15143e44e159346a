"""What must not run any more, whoever signed it: the deny list, signed, numbered and with an end.

A table of contents: `read_list` believes a list, `denied` holds something against it, `compile_list` makes one of what
somebody wrote, `sign_list` signs it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_trust.deny.match import denied as denied
    from penstock_trust.deny.model import DenyList as DenyList
    from penstock_trust.deny.model import Entry as Entry
    from penstock_trust.deny.read import CHECKS as CHECKS
    from penstock_trust.deny.read import DOUBTS as DOUBTS
    from penstock_trust.deny.read import ReadList as ReadList
    from penstock_trust.deny.read import read_list as read_list
    from penstock_trust.deny.source import compile_list as compile_list
    from penstock_trust.deny.source import sign_list as sign_list

_ROOMS = {
    "model": "DenyList Entry",
    "match": "denied",
    "read": "CHECKS DOUBTS ReadList read_list",
    "source": "compile_list sign_list",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [*_WHERE]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = __import__(f"{__name__}.{_WHERE[name]}", fromlist=("_",))  # importlib would be one import more
    value = globals()[name] = getattr(room, name)
    return value
