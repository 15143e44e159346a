"""Bytes made smaller, and back: Zstandard, and zlib for what stores of older formats hold.

Takes:   bytes.
Gives:   `compress`, `decompress`.
Ignores: whether it pays (`blocks.py`, `_engine/ledger.py`).
"""

from __future__ import annotations

import sys
import zlib

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdCompressor, ZstdError
    from compression.zstd import decompress as _unzstd
else:
    from backports.zstd import ZstdCompressor, ZstdError
    from backports.zstd import decompress as _unzstd

_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1; zlib begins otherwise
_compressor = ZstdCompressor(level=1)  # one for all: it locks itself, and making one takes longer than using it
_WHOLE = ZstdCompressor.FLUSH_FRAME


def compress(data: bytes) -> bytes:
    """The same, smaller as a rule."""
    packed: bytes = _compressor.compress(data, _WHOLE)
    return packed


def decompress(packed: bytes) -> bytes:
    """What was compressed, now or by an older Penstock. Raises `ValueError` for anything else."""
    try:
        return _unzstd(packed) if packed[:4] == _MAGIC else zlib.decompress(packed)
    except (ZstdError, zlib.error) as error:
        raise ValueError(f"cannot be decompressed: {error}") from error
