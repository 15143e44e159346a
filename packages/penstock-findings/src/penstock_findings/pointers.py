"""Write and read JSON Pointers (RFC 6901).

Takes:   a pointer as text, tokens as text or list positions.
Gives:   `join` and `split`, each the other's inverse.
Ignores: documents; `document.Document` follows pointers.
"""

from __future__ import annotations


def join(pointer: str, *tokens: str | int) -> str:
    """The pointer to a member (of a member, ...) of what `pointer` points at.

    >>> join("/nodes", 0, "a/b")
    '/nodes/0/a~1b'
    """
    return pointer + "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def split(pointer: str) -> list[str]:
    """The tokens of a pointer; the empty pointer, the whole document, has none.

    Raises `ValueError` when the pointer neither is empty nor starts with a slash.

    >>> split("/nodes/0/a~1b")
    ['nodes', '0', 'a/b']
    """
    if not pointer:
        return []
    if pointer[0] != "/":
        raise ValueError(f"a JSON Pointer is empty or starts with `/`, not {pointer!r}")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]
