"""Read a file of YAML, TOML or JSON, and keep where everything stands.

Takes:   a path, or the bytes of a file and the path to name in findings.
Gives:   `Parsed`: a document and findings. A file at fault never raises.
Ignores: what the values mean. A new file format gets its own parser in `_parsers`.
"""

from __future__ import annotations

from penstock_findings.document import Parsed
from penstock_findings.finding import Finding, Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

LIMIT = 4 * 1024 * 1024  # bytes; what people write by hand is a hundred times smaller
SUFFIXES = (".json", ".toml", ".yaml", ".yml")


def load(path: str | PathLike[str], *, limit: int = LIMIT) -> Parsed:
    """Read the file, by its suffix: `.yaml`, `.yml`, `.toml` or `.json`.

    `limit` is in bytes; a larger file is finding F102. A file that cannot be read is F101, another suffix F114.
    """
    from os import fsdecode, stat
    from os.path import splitext
    from stat import S_ISFIFO

    name = fsdecode(path)
    suffix = splitext(name)[1].lower()
    if suffix not in SUFFIXES:
        return _refused(name, "F114", f"cannot tell the format of `{name}`", f"name it {', '.join(SUFFIXES)}")
    try:
        if S_ISFIFO(stat(name).st_mode):  # opening it would wait for a writer
            return _refused(name, "F101", f"cannot read `{name}`: it is a pipe")
        with open(name, "rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        why = getattr(error, "strerror", None) or str(error)
        return _refused(name, "F101", f"cannot read `{name}`: {why.lower()}")
    parse = {".toml": parse_toml, ".json": parse_json}.get(suffix, parse_yaml)
    return parse(data, name, limit=limit)


def parse_yaml(data: bytes, path: str, *, limit: int = LIMIT) -> Parsed:
    """The one YAML document in `data`, by the rules of the YAML 1.2 core schema, as JSON values."""
    from penstock_findings._parsers import yaml_text

    return yaml_text.parse(data, path, limit)


def parse_toml(data: bytes, path: str, *, limit: int = LIMIT) -> Parsed:
    """The TOML 1.0 document in `data`, as JSON values."""
    from penstock_findings._parsers import toml_text

    return toml_text.parse(data, path, limit)


def parse_json(data: bytes, path: str, *, limit: int = LIMIT) -> Parsed:
    """The JSON document (RFC 8259) in `data`."""
    from penstock_findings._parsers import json_text

    return json_text.parse(data, path, limit)


def _refused(path: str, code: str, message: str, hint: str | None = None) -> Parsed:
    return Parsed(None, [Finding(code, message, Location(path), hint=hint)], path)
