"""How long questions about patterns take: inclusion of identifiers, uuids, dates, versions, addresses, and of hostile ones.

Run:     python benchmarks/regular.py    (or `nox -s bench -- benchmarks/regular.py`)
Bars:    a typical pair within 1 ms in the median; every hostile one within 5 s, if only to say that it is too hard.
How:     each question in a process that has not met the patterns before: parse both, then ask for the shortest string in
         one and not in the other. What counts is the processor's time, the least of five processes. `greenery` is asked
         the same where it is installed and can read the patterns, for at most 20 s a question.
Ignores: schemas (`contracts.py`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median

import machine

UUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
UUID4 = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
DATE = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d{2}:\d{2})$"
LOOSE_DATE = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"
VERSION = (
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$"
)
EMAIL = r"^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$"
LOOSE_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
HOST = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"

TYPICAL = [
    (UUID4, UUID), (UUID, UUID4), (VERSION, r"^\d+\.\d+\.\d+"), (r"^\d+\.\d+\.\d+$", VERSION), (DATE, LOOSE_DATE),
    (LOOSE_DATE, DATE), (EMAIL, LOOSE_EMAIL), (LOOSE_EMAIL, EMAIL), (HOST, "^[a-z0-9.-]+$"), ("^[a-z0-9.-]+$", HOST),
    ("^[a-z][a-z0-9_]{0,62}$", "^[a-zA-Z][a-zA-Z0-9_-]{0,63}$"), ("^[a-z][a-z0-9_]{0,254}$", "^[a-z0-9_]{1,255}$"),
    ("^[a-z]{1,10000}$", "^.{0,9999}$"), (r"^(?=.*\d)(?=.*[a-z])(?=.*[A-Z]).{8,}$", "[a-z]"),
    ("^((?!foo).)*$", "^(?!.*foo)"), (r"^\w+$", r"^\S+$"), ("^arn:aws:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", "^arn:"),
    ("^[a-z0-9]+(?:-[a-z0-9]+)*$", "^[a-z0-9-]+$"), ("^(?:/[^/]+)+$", "^/"), ("^#[0-9a-f]{6}$", "^#([0-9a-f]{3}){1,2}$"),
]  # fmt: skip
HOSTILE = [
    ("^[ab]*a[ab]{40}$", "^[ab]*b[ab]{39}$"), ("^(a+)+$", "^(a|aa)+$"), ("^([a-c]{1,30}x){1,30}$", "^([a-d]{1,29}x){1,31}$"),
    ("^(a{0,50}b{0,50}){0,50}$", "^(b{0,50}a{0,50}){0,50}$"), ("".join(f"(?=.*{c})" for c in "abcdefghijklmnopqrst"), "zz"),
    (r"^[\p{L}\p{N}_.-]{1,64}@[\p{L}\p{N}.-]{1,255}$", "^[^@]{1,60}@.*$"), ("^" + "a?" * 500 + "a" * 500 + "$", "^a{500,999}$"),
]  # fmt: skip

OURS = """
import json, sys, time
from penstock_contracts.regular import OutOfSteps, parse
parse("^a warm-up of the imports$").within(parse("^$"))
a, b = json.loads(sys.argv[1])
begun = time.process_time()
try:
    found = (parse(a) - parse(b)).shortest()
except OutOfSteps:
    found = "too hard"
print(json.dumps([1000 * (time.process_time() - begun), found]))
"""
THEIRS = """
import json, sys, time
from greenery import parse
a, b = json.loads(sys.argv[1])
whole = lambda text: ("" if text[0] == "^" else ".*") + text.strip("^$") + ("" if text[-1] == "$" else ".*")
begun = time.process_time()
found = (parse(whole(a)).to_fsm() - parse(whole(b)).to_fsm()).empty()
print(json.dumps([1000 * (time.process_time() - begun), found]))
"""


def asked(script: str, pair: tuple[str, str], seconds: float = 60) -> tuple[float, object] | None:
    """Milliseconds and the answer; None when there was none."""
    command = [sys.executable, "-c", script, json.dumps(pair)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    milliseconds, answer = json.loads(said.stdout)
    return milliseconds, answer


def table(pairs: list[tuple[str, str]], times: int, rival: bool) -> list[float]:
    """Ask each pair and print a line about it."""
    took = []
    for pair in pairs:
        runs = [run for _ in range(times) if (run := asked(OURS, pair))]
        best = min(milliseconds for milliseconds, _ in runs)
        took.append(best)
        their = asked(THEIRS, pair, 20) if rival else None
        beside = f"   greenery {their[0]:9.2f} ms" if their else "   greenery         -" if rival else ""
        print(f"{best:9.2f} ms{beside}   {pair[0][:44]:44}  in  {pair[1][:34]:34}  {str(runs[0][1])[:40]}")
    return took


def main() -> int:
    """Print both tables; 0 when the bars hold."""
    machine.print_facts()
    rival = subprocess.run([sys.executable, "-c", "import greenery"], capture_output=True, check=False).returncode == 0
    typical = table(TYPICAL, 5, rival)
    hostile = table(HOSTILE, 1, False)
    print(
        f"typical: median {median(typical):.2f} ms, worst {max(typical):.2f} ms; hostile: worst {max(hostile):.0f} ms"
    )
    return 0 if median(typical) <= 1 and max(hostile) <= 5_000 else 1


if __name__ == "__main__":
    sys.exit(main())
