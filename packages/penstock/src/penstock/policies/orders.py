"""Write down policy files so that every process of a store can take them up: the body of an order.

Takes:   policy files as they were read.
Gives:   `body_of`, `files_of`: to text and back; `paths_of`; `BadOrder`.
Why so:  an order holds the whole text of its files, since a file may have changed when a process reads the order.
Ignores: how an order is left and found (the store), and whether the files are right.
"""

from __future__ import annotations

import json

from penstock_findings.errors import PenstockError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from penstock_findings.document import Parsed

KIND = "policies"  # of orders and notes


def body_of(files: Sequence[Parsed], digest: str) -> str:
    """The text of an order; `digest` is that of the set which whoever gives the order made of the files."""
    value = {"files": [{"path": file.path or "", "text": file.text} for file in files], "digest": digest}
    return json.dumps(value, ensure_ascii=False)


def files_of(body: str) -> list[Parsed]:
    """The files of an order, parsed again."""
    from penstock_findings.load import parse_json, parse_toml, parse_yaml

    parsers = {"toml": parse_toml, "json": parse_json}
    return [
        parsers.get(file["path"].rpartition(".")[2].lower(), parse_yaml)(file["text"].encode("utf-8"), file["path"])
        for file in _read(body)["files"]
    ]


def paths_of(body: str) -> list[str]:
    """Where the files of an order stood."""
    return [str(file["path"]) for file in _read(body)["files"]]


class BadOrder(PenstockError):
    """An order cannot be read. Whoever put it into the store, by other means than ours, is at fault."""

    code = "L121"


def _read(body: str) -> Any:
    try:
        value = json.loads(body)
        sound = type(value["digest"]) is str and all(
            type(file["path"]) is str and type(file["text"]) is str for file in value["files"]
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadOrder("an order in the store cannot be read") from error
    if not sound:
        raise BadOrder("an order in the store cannot be read")
    return value
