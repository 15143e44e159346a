"""Look at a page as a person would: render it in a headless Chromium and read the pixels.

Takes:   a page; a Chromium, when this machine has one.
Gives:   `CHROMIUM`; `screenshot`, rows of (red, green, blue).
Ignores: what should be seen.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
Pixel = tuple[int, int, int]


def screenshot(page: Path, folder: Path, *, width: int, height: int) -> list[list[Pixel]]:
    """The page in a window of that size; without a network, for the page must not need one."""
    shot = folder / "shot.png"
    words = (
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}", f"--screenshot={shot}", page.as_uri(),
    )  # fmt: skip  # how it runs, what it does
    done = subprocess.run([CHROMIUM or "", *words], capture_output=True, timeout=60, check=False)
    assert shot.is_file(), done.stderr.decode(errors="replace")
    return _pixels(shot.read_bytes())


def _pixels(png: bytes) -> list[list[Pixel]]:
    """A PNG of 8-bit colours, without interlacing, which is what the browser writes."""
    at, data = 8, b""
    width = height = size = 0
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colours, *_ = struct.unpack(">IIBBBBB", body)
            assert depth == 8
            size = {2: 3, 6: 4}[colours]
        elif kind == b"IDAT":
            data += body
        at += 12 + length
    rows, before, raw = [], bytearray(width * size), zlib.decompress(data)
    for y in range(height):
        start = y * (width * size + 1)
        before = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + width * size]), before, size)
        rows.append([(before[x], before[x + 1], before[x + 2]) for x in range(0, width * size, size)])
    return rows


def _unfiltered(kind: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    if kind == 2:
        return bytearray((one + other) & 255 for one, other in zip(line, above, strict=True))
    for x in range(len(line)) if kind else ():
        left = line[x - size] if x >= size else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + above[x]) // 2
        else:
            corner = above[x - size] if x >= size else 0
            guess = min((left, above[x], corner), key=lambda value: abs(left + above[x] - corner - value))
        line[x] = (line[x] + guess) & 255
    return line
