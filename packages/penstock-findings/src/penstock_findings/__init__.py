"""One thing to tell the user, where it is, and how to print it.

A table of contents: each name is imported when it is first used, so that `import penstock_findings` costs nothing.
`load` is a module (`load.load(path)`, `load.parse_yaml(...)`), and so are `pointers` and `reporters`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings import load as load
    from penstock_findings import pointers as pointers
    from penstock_findings import reporters as reporters
    from penstock_findings.codebook import Explanation as Explanation
    from penstock_findings.codebook import all_codes as all_codes
    from penstock_findings.codebook import explain as explain
    from penstock_findings.document import Document as Document
    from penstock_findings.document import Parsed as Parsed
    from penstock_findings.errors import PenstockError as PenstockError
    from penstock_findings.exits import Exit as Exit
    from penstock_findings.finding import JSON as JSON
    from penstock_findings.finding import Finding as Finding
    from penstock_findings.finding import Location as Location
    from penstock_findings.finding import Related as Related
    from penstock_findings.finding import Severity as Severity
    from penstock_findings.load import parse_json as parse_json
    from penstock_findings.load import parse_toml as parse_toml
    from penstock_findings.load import parse_yaml as parse_yaml
    from penstock_findings.report import Report as Report
    from penstock_findings.reporters import write as write
    from penstock_findings.secret import Secret as Secret
    from penstock_findings.secret import redacted as redacted
    from penstock_findings.spelling import hint_for as hint_for
    from penstock_findings.spelling import nearest as nearest

_ROOMS = {
    "JSON": "finding",
    "Document": "document",
    "Exit": "exits",
    "Explanation": "codebook",
    "Finding": "finding",
    "Location": "finding",
    "Parsed": "document",
    "PenstockError": "errors",
    "Related": "finding",
    "Report": "report",
    "Secret": "secret",
    "Severity": "finding",
    "all_codes": "codebook",
    "explain": "codebook",
    "hint_for": "spelling",
    "load": None,
    "nearest": "spelling",
    "parse_json": "load",
    "parse_toml": "load",
    "parse_yaml": "load",
    "pointers": None,
    "redacted": "secret",
    "reporters": None,
    "write": "reporters",
}

__all__ = [*_ROOMS]


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = __import__(f"{__name__}.{_ROOMS[name] or name}", fromlist=("_",))  # importlib would be one import more
    value = globals()[name] = room if _ROOMS[name] is None else getattr(room, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
