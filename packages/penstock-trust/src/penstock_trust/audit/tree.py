"""Hash a growing list so that one digest speaks for all of it: the tree of RFC 6962, kept as its full subtrees.

Takes:   the bytes of leaves, one after the other.
Gives:   `Tree`, which knows its root after each; `EMPTY_ROOT`.
Source:  RFC 6962, section 2.1: leaves are hashed behind a zero byte and nodes behind a one, so neither passes for the other.
Ignores: what the leaves say.
"""

from __future__ import annotations

from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


class Tree:
    """A list of `size` leaves; `peaks` are the roots of its full subtrees, the largest first."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: tuple[bytes, ...] = ()) -> None:
        """Raises `ValueError` when there are not as many peaks as such a size has."""
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
        self.size = size
        self.peaks = list(peaks)

    def add(self, leaf: bytes) -> None:
        """Append a leaf.

        >>> tree = Tree()
        >>> tree.add(b"")
        >>> tree.root().hex()[:16]
        '6e340b9cffb37a98'
        """
        node = sha256(b"\x00" + leaf).digest()
        carry = self.size
        while carry & 1:
            node = sha256(b"\x01" + self.peaks.pop() + node).digest()
            carry >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The digest of the whole list, 32 bytes."""
        if not self.peaks:
            return EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = sha256(b"\x01" + peak + node).digest()
        return node
