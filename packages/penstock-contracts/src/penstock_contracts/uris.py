"""Join and part URIs that anybody may have written, also those that are none.

Takes:   text.
Gives:   `joined`, `parted_uri`: as `urllib.parse` has it, and the text itself where that raises.
Ignores: where URIs lead; nothing is ever fetched.
"""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin


def joined(base: str, reference: str) -> str:
    """The reference, resolved against the base.

    >>> joined("file:///a/b.json", "c.json#/x"), joined("file:///a", "http://[")
    ('file:///a/c.json#/x', 'http://[')
    """
    try:
        return urljoin(base, reference) if base else reference
    except ValueError:
        return reference


def parted_uri(uri: str) -> tuple[str, str]:
    """The URI without its fragment, and the fragment.

    >>> parted_uri("file:///a.json#/x"), parted_uri("http://[#x")
    (('file:///a.json', '/x'), ('http://[', 'x'))
    """
    try:
        found = urldefrag(uri)
    except ValueError:
        before, _, after = uri.partition("#")
        return before, after
    return found.url, found.fragment
