"""Answer questions of inclusion with a peer that is a Python library: one line of JSON in, one line out.

Run:     PYTHON ask.py jsonsubschema|jsoncompat     (by `contracts.py`, with the Python that the peer is installed for)
Takes:   {"a": schema, "b": schema}
Gives:   {"says": true|false, "seconds": ...}, or {"says": "error ...", ...}
Ignores: time-outs, which are the caller's.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any


def jsonsubschema() -> Callable[[Any, Any], bool]:
    """`isSubschema`, as its page says."""
    from jsonsubschema import isSubschema

    return lambda a, b: bool(isSubschema(a, b))


def jsoncompat() -> Callable[[Any, Any], bool]:
    """`check_compat`: a new reader is compatible when it takes all that the old schema describes."""
    from jsoncompat import check_compat

    return lambda a, b: bool(check_compat(json.dumps(a), json.dumps(b), "deserializer"))


def main() -> None:
    """Answer until there are no more questions."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    peer = {"jsonsubschema": jsonsubschema, "jsoncompat": jsoncompat}[sys.argv[1]]()
    for line in sys.stdin:
        question = json.loads(line)
        begun = time.process_time()
        try:
            says: Any = peer(question["a"], question["b"])
        except BaseException as error:  # a panic of a library in Rust is no Exception
            says = f"error {type(error).__name__}: {error}"[:200]
        print(json.dumps({"says": says, "seconds": time.process_time() - begun}), file=answers, flush=True)


if __name__ == "__main__":
    main()
