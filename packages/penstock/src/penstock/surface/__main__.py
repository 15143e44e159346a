"""Hold the SDK against what is recorded of its version, or record it: `python -m penstock.surface [--write]`.

Takes:   nothing, or `--write`.
Gives:   what differs, and exit code 1; with `--write` the file, unless it would break what the version promises.
Ignores: what any of it means (`judge`).
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """Look, and write when asked to and nothing speaks against it."""
    from penstock.surface.inspect_sdk import present
    from penstock.surface.judge import judge
    from penstock.surface.kept import record

    if arguments not in ([], ["--write"]):
        sys.stderr.write(__doc__ or "")
        return 2
    code = present()
    verdict = judge(code)
    if arguments and not verdict.broken:
        sys.stdout.write(f"wrote {record(code)}\n")
        return 0
    sys.stdout.write("".join(f"{line}\n" for line in verdict.lines) or "the SDK is what is recorded of it\n")
    return int(bool(verdict.lines))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
