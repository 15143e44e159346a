"""Bytes made smaller, and back: Zstandard, and zlib for what stores of older formats hold.

Takes:   bytes.
Gives:   `compress`, `decompress`, `LIMIT`.
Ignores: whether it pays (`blocks.py`, `_engine/ledger.py`).
"""

from __future__ import annotations

import os
import sys
import zlib

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdCompressor, ZstdDecompressor, ZstdError
else:
    from backports.zstd import ZstdCompressor, ZstdDecompressor, ZstdError

LIMIT = 1 << 30  # bytes before and after: a kilobyte of somebody else's may stand for more than any memory holds
_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1; zlib begins otherwise
_compressor = ZstdCompressor(level=1)  # one for all: it locks itself, and making one takes longer than using it
_WHOLE = ZstdCompressor.FLUSH_FRAME


def _begin_anew() -> None:
    global _compressor
    _compressor = ZstdCompressor(level=1)  # a thread that the child does not have may hold the lock of the old one


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def compress(data: bytes, limit: int = LIMIT) -> bytes:
    """The same, smaller as a rule. Raises `ValueError` for what could not be had back."""
    if len(data) > limit:
        raise ValueError(f"{len(data)} bytes at once are more than can be kept")
    packed: bytes = _compressor.compress(data, _WHOLE)
    return packed


def decompress(packed: bytes, limit: int = LIMIT) -> bytes:
    """What was compressed, now or by an older Penstock. Raises `ValueError` for anything else."""
    reader = ZstdDecompressor() if packed[:4] == _MAGIC else zlib.decompressobj()
    try:
        data: bytes = reader.decompress(packed, limit)
    except (ZstdError, zlib.error) as error:
        raise ValueError(f"cannot be decompressed: {error}") from error
    if not reader.eof or reader.unused_data:
        raise ValueError("cannot be decompressed: it does not end where it should")
    return data
