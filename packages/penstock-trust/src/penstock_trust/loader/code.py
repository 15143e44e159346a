"""Keep compiled code of accepted sources, so that it need not be compiled at every start.

Takes:   sources, by their digest.
Gives:   `tag`, `packed`, `unpacked`, `compiled`; one file for a pack and an interpreter, whose sha256 is in the receipt.
Why not: `.pyc` files: Python believes one whose time stamp fits, whoever wrote it.  Nothing here is written while a
         graph runs, and nothing is unpacked that the organisation's receipt does not name.
Ignores: where the file lies (`store`).
"""

from __future__ import annotations

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType


def tag() -> str:
    """What compiled code must fit: the interpreter, its bytecode, and how it optimises."""
    from importlib.util import MAGIC_NUMBER

    return f"{sys.implementation.cache_tag}-{MAGIC_NUMBER.hex()}-{sys.flags.optimize}"


def filename(of: str) -> str:
    """The name of the file with the code for this tag."""
    return f"code-{of}.bin"


def packed(sources: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Digest -> (path for tracebacks, source), as digest -> marshalled code; what does not compile is left out."""
    made = {}
    for digest, (path, source) in sources.items():
        try:
            made[digest] = marshal.dumps(compiled(source, path))
        except (SyntaxError, ValueError):  # it will be told when somebody imports it
            continue
    return marshal.dumps(made)


def unpacked(data: bytes) -> dict[str, bytes]:
    """Digest -> marshalled code. Only for bytes whose digest a receipt names: marshal is not for strangers."""
    try:
        made = marshal.loads(data)
    except (ValueError, EOFError, TypeError):
        return {}
    return made if isinstance(made, dict) else {}


def compiled(source: bytes, path: str) -> CodeType:
    """The code of a module, free of the `__future__` of whoever compiles it."""
    code: CodeType = compile(source, path, "exec", dont_inherit=True)
    return code


def main() -> None:
    """Be the interpreter for which code is compiled: sources on standard input, `packed` on standard output."""
    sys.stdout.buffer.write(packed(marshal.loads(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
