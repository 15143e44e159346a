"""The languages of the formats, for those who read `format` as an assertion.

Takes:   the name of a format.
Gives:   its language; None for a name that no draft defines, which asserts nothing; `Unsupported` for the rest.
Ignores: which draft knows which name, and whether formats are asserted at all: the reading is chosen elsewhere.

The choices, where the standards leave some or are not regular:
  date, date-time  RFC 3339 with the days of each month and leap years; the year 0000 is refused, as Python does
  time             a leap second only as 23:59:60 with a zero offset
  duration         ISO 8601 as in appendix A of RFC 3339: units in order, none left out between two, weeks alone
  email            RFC 5321: a dot-string or quoted string of at most 64 characters, then a host name or address in brackets
  hostname         RFC 1123: labels of at most 63, 253 characters in all; the code inside an `xn--` label is not looked at
  uri, iri         RFC 3986 and 3987 in full; IPv6 addresses in brackets too
  uuid             the five groups; any version
  regex, idn-email, idn-hostname   are not worked out
"""

from __future__ import annotations

from functools import lru_cache

from penstock_contracts.regular.language import Language, lengths, parse
from penstock_contracts.regular.pattern import Unsupported

# ---------------------------------------------------------------- dates

_LEAP_YEAR = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_FULL_DATE = (
    r"(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
    rf"|{_LEAP_YEAR}-02-29)"
)
_FULL_TIME = (
    r"(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
    r"|23:59:60(?:\.\d+)?(?:[Zz]|[+-]00:00))"
)
_DURATION_TIME = r"T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S)"
_DURATION_DATE = r"(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)"

# ---------------------------------------------------------------- hosts and addresses

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_H16 = r"[0-9A-Fa-f]{1,4}"
_LS32 = rf"(?:{_H16}:{_H16}|{_IPV4})"
_IPV6 = (
    rf"(?:(?:{_H16}:){{6}}{_LS32}"
    rf"|::(?:{_H16}:){{5}}{_LS32}"
    rf"|(?:{_H16})?::(?:{_H16}:){{4}}{_LS32}"
    rf"|(?:(?:{_H16}:){{0,1}}{_H16})?::(?:{_H16}:){{3}}{_LS32}"
    rf"|(?:(?:{_H16}:){{0,2}}{_H16})?::(?:{_H16}:){{2}}{_LS32}"
    rf"|(?:(?:{_H16}:){{0,3}}{_H16})?::{_H16}:{_LS32}"
    rf"|(?:(?:{_H16}:){{0,4}}{_H16})?::{_LS32}"
    rf"|(?:(?:{_H16}:){{0,5}}{_H16})?::{_H16}"
    rf"|(?:(?:{_H16}:){{0,6}}{_H16})?::)"
)
_LABEL = r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_HOST_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_ATOM = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_LOCAL_PART = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})"

# ---------------------------------------------------------------- uris

_UCS = (
    r"\u{A0}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFEF}"
    + "".join(rf"\u{{{plane:X}0000}}-\u{{{plane:X}FFFD}}" for plane in range(1, 14))
    + r"\u{E1000}-\u{EFFFD}"
)
_PRIVATE = r"\u{E000}-\u{F8FF}\u{F0000}-\u{FFFFD}\u{100000}-\u{10FFFD}"


def _uri(*, reference: bool, more: str, private: str) -> str:
    """The grammar of RFC 3986; `more` is what an IRI allows besides, `private` only in the query."""
    unreserved, subs, percent = rf"0-9A-Za-z._~{more}\-", r"!$&'()*+,;=", r"%[0-9A-Fa-f]{2}"
    pchar = rf"(?:[{unreserved}{subs}:@]|{percent})"
    user = rf"(?:[{unreserved}{subs}:]|{percent})*@"
    future = rf"[vV][0-9A-Fa-f]+\.[0-9A-Za-z._~\-{subs}:]+"
    host = rf"(?:\[(?:{_IPV6}|{future})\]|(?:[{unreserved}{subs}]|{percent})*)"
    authority = rf"(?:{user})?{host}(?::[0-9]*)?"
    path = rf"(?:/{pchar}*)*"
    absolute = rf"/(?:{pchar}+(?:/{pchar}*)*)?"
    rootless = rf"{pchar}+(?:/{pchar}*)*"
    tail = rf"(?:\?(?:{pchar}|[/?{private}])*)?(?:#(?:{pchar}|[/?])*)?"
    whole = rf"[A-Za-z][0-9A-Za-z+.\-]*:(?://{authority}{path}|{absolute}|{rootless}|){tail}"
    if not reference:
        return whole
    no_scheme = rf"(?:[{unreserved}{subs}@]|{percent})+(?:/{pchar}*)*"
    return rf"(?:{whole}|(?://{authority}{path}|{absolute}|{no_scheme}|){tail})"


_POINTER = r"(?:/(?:[^/~]|~[01])*)*"
_VARNAME = r"(?:[0-9A-Za-z_]|%[0-9A-Fa-f]{2})(?:\.?(?:[0-9A-Za-z_]|%[0-9A-Fa-f]{2}))*"
_VARSPEC = rf"{_VARNAME}(?::[1-9]\d{{0,3}}|\*)?"
_TEMPLATE = (
    rf"(?:[!#$&(-;=?-\[\]_a-z~{_UCS}{_PRIVATE}]|%[0-9A-Fa-f]{{2}}|\{{[+#./;?&=,!@|]?{_VARSPEC}(?:,{_VARSPEC})*\}})*"
)

_WHOLE = {
    "date": _FULL_DATE,
    "time": _FULL_TIME,
    "date-time": rf"{_FULL_DATE}[Tt]{_FULL_TIME}",
    "duration": rf"P(?:{_DURATION_DATE}(?:{_DURATION_TIME})?|{_DURATION_TIME}|\d+W)",
    "hostname": _HOST_NAME,
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "uri": _uri(reference=False, more="", private=""),
    "uri-reference": _uri(reference=True, more="", private=""),
    "iri": _uri(reference=False, more=_UCS, private=_PRIVATE),
    "iri-reference": _uri(reference=True, more=_UCS, private=_PRIVATE),
    "uri-template": _TEMPLATE,
    "uuid": r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
    "json-pointer": _POINTER,
    "relative-json-pointer": rf"(?:0|[1-9]\d*)(?:#|{_POINTER})",
}
_NARROWED = {
    "date": parse(r"^(?!0000)"),
    "date-time": parse(r"^(?!0000)"),
    "hostname": lengths(1, 253),
}
_NOT_WORKED_OUT = ("regex", "idn-email", "idn-hostname")
KNOWN = frozenset((*_WHOLE, "email"))
EXACT = frozenset(("date", "ipv4", "ipv6"))
"""Formats of which the reference validator's own checker accepts exactly the language that is here."""


@lru_cache(maxsize=64)
def format_language(name: str) -> Language | None:
    """The strings of a format; None if the name asserts nothing; raises `Unsupported`."""
    if name in _NOT_WORKED_OUT:
        raise Unsupported(f"the format `{name}`")
    if name == "email":
        return _whole(_LOCAL_PART).between(1, 64) + _whole(rf"@(?:{_HOST_NAME}|\[(?:{_IPV4}|[Ii][Pp][Vv]6:{_IPV6})\])")
    whole = _WHOLE.get(name)
    if whole is None:
        return None
    found = _whole(whole)
    return found & _NARROWED[name] if name in _NARROWED else found


def _whole(pattern: str) -> Language:
    return parse(f"^(?:{pattern})$")
