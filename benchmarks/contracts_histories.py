"""What the contracts engine says about real schemas that changed: releases of packages that ship them.

Run:     python benchmarks/contracts_histories.py [--folder DIR] [--only WORDS] [--show]
Bar:     95 % of the questions decided in 10 s each, and no answer that the sampled values contradict.
How:     each schema file of a release is held against the same file of the release before, both ways, when it differs.
         What the engine proves is tried on sampled values by the reference validator; what it refutes it has confirmed.
         The ten seconds are the processor's, so that a busy machine does not count; a process that never ends is ended.
Ignores: packages that the registries do not give; they are said so.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urljoin

import machine

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "packages/penstock-contracts/tests/laws"))

SECONDS, PATIENCE, BAR = 10.0, 60.0, 0.95  # of the processor, of the clock


@dataclass(frozen=True, slots=True)
class History:
    """Releases of one package, oldest first, and where its schemas are."""

    registry: str
    name: str
    versions: tuple[str, ...]
    files: str = "**/*.json"


HISTORIES = (
    History(
        "pypi",
        "sentry-kafka-schemas",
        ("0.1.60", "1.0.0", "1.3.0", "2.0.0", "2.1.0", "2.1.20", "3.0.2"),
        "**/*.schema.json",
    ),
    History(
        "pypi", "check-jsonschema", ("0.20.0", "0.25.0", "0.28.0", "0.29.4", "0.31.0", "0.33.0"), "**/vendor/*.json"
    ),
    History("pypi", "cyclonedx-python-lib", ("6.4.4", "7.6.2", "8.9.0", "11.0.0"), "**/*.schema.json"),
    History("pypi", "nbformat", ("5.7.0", "5.10.4"), "**/*.schema.json"),
    History("npm", "vega-lite", ("5.2.0", "5.9.0", "5.16.3", "5.20.1"), "package/build/vega-lite-schema.json"),
    History("npm", "vega", ("5.25.0", "5.30.0"), "package/build/vega-schema.json"),
    History("npm", "@biomejs/biome", ("1.8.0", "1.9.4"), "package/configuration_schema.json"),
    History("npm", "wrangler", ("3.60.0", "4.0.0"), "package/config-schema.json"),
    History("npm", "@octokit/webhooks-schemas", ("5.8.0", "6.11.0", "7.6.1"), "package/schema.json"),
)


def fetched(history: History, version: str, folder: Path) -> Path | None:
    """The unpacked release; None when the registry does not give it."""
    where = folder / history.name.replace("/", "-") / version
    if not where.is_dir():
        with tempfile.TemporaryDirectory() as empty:
            if history.registry == "npm":
                command = ["npm", "pack", "--silent", "--pack-destination", empty, f"{history.name}@{version}"]
            else:
                wanted = ("--no-deps", "--only-binary", ":all:", "--dest", empty, f"{history.name}=={version}")
                command = [sys.executable, "-m", "pip", "download", "--quiet", *wanted]
            if shutil.which(command[0]) is None or subprocess.run(command, capture_output=True, check=False).returncode:
                return None
            (archive,) = Path(empty).iterdir()
            shutil.unpack_archive(archive, where, "zip" if archive.suffix == ".whl" else "gztar")
    return where


@dataclass(frozen=True, slots=True)
class Edition:
    """A schema, and the files of its release under every name that it may call them."""

    schema: Any
    others: dict[str, Any]

    def store(self) -> dict[str, Any]:
        """URI -> document; files are called by `file:` or beside the schema's own `$id`."""
        own = self.schema.get("$id", self.schema.get("id", "")) if isinstance(self.schema, dict) else ""
        found = {f"file://{name}": held for name, held in self.others.items()}
        if isinstance(own, str) and own:
            found |= {urljoin(own, name): held for name, held in self.others.items() if held is not self.schema}
        return found


def changes(history: History, folder: Path) -> Iterator[tuple[str, Edition, Edition]]:
    """Name, older and newer schema, of every file that differs between two releases."""
    before: dict[str, Edition] = {}
    for version in history.versions:
        where = fetched(history, version, folder)
        if where is None:
            print(f"{history.name} {version} is not to be had here")
            continue
        release: dict[str, Any] = {}
        for path in sorted(where.glob(history.files)):
            try:
                release[path.name] = json.loads(path.read_text("utf-8"))
            except ValueError:
                continue
        for name, schema in release.items():
            if name in before and before[name].schema != schema:
                yield f"{history.name} {version} {name}", before[name], Edition(schema, release)
            before[name] = Edition(schema, release)


def answer(a: Edition, b: Edition, out: Any) -> None:
    """In a process of its own: the verdict, the time, and a sampled value that contradicts it, if there is one."""
    from adversary.exact import dumps, exactly
    from adversary.judge import Judge
    from adversary.sample import Sampler

    import penstock_contracts as contracts

    options = contracts.Options(seconds=PATIENCE, store_a=a.store(), store_b=b.store())
    begun = time.process_time()
    verdict = contracts.includes(a.schema, b.schema, options=options)
    took = time.process_time() - begun
    wrong = ""
    if isinstance(verdict, contracts.Proven):
        try:
            schemas = [exactly(each.schema) for each in (a, b)]
            judges = [Judge(exactly(each.schema), store=exactly(each.store())) for each in (a, b)]
            for value in Sampler(schemas, Random(0)).values(60):
                if judges[0].accepts(value) and not judges[1].accepts(value):
                    wrong = dumps(value)[:300]
        except Exception as error:  # the reference validator cannot read it, or a reference leads elsewhere
            wrong = f"(not tried: {type(error).__name__})"
    kind = "Late" if took > SECONDS else type(verdict).__name__
    out.send((kind, getattr(verdict, "reason", ""), getattr(verdict, "detail", ""), took, wrong))


def asked(a: Edition, b: Edition) -> tuple[str, str, str, float, str]:
    """The answer, or that there was none in time."""
    context = multiprocessing.get_context("spawn")
    into, out = context.Pipe(duplex=False)
    process = context.Process(target=answer, args=(a, b, out))
    process.start()
    out.close()
    try:
        if into.poll(2 * PATIENCE):  # starting, sampling and judging are not the engine's
            found: tuple[str, str, str, float, str] = into.recv()
            return found
    except EOFError:
        return ("Crash", "", "", 0.0, "")
    finally:
        process.kill()
        process.join()
    return ("Late", "", "", PATIENCE, "")


def main() -> int:
    """Ask about every change; 0 when enough were decided and nothing was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, help="where releases are kept (default: a temporary folder)")
    parser.add_argument("--only", default="", help="packages whose name holds these words")
    parser.add_argument("--show", action="store_true", help="print every question")
    chosen = parser.parse_args()
    machine.print_facts()
    rows = [["", "questions", "decided", "proven", "refuted", "slowest"]]
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (chosen.folder or Path(temporary)).resolve()
        for history in HISTORIES:
            if chosen.only not in history.name:
                continue
            counts: Counter[str] = Counter()
            slowest = 0.0
            for name, older, newer in changes(history, folder):
                for direction, a, b in (("old in new", older, newer), ("new in old", newer, older)):
                    kind, reason, detail, took, wrong = asked(a, b)
                    counts[kind] += 1
                    slowest = max(slowest, took)
                    if wrong and not wrong.startswith("(not tried"):
                        counts["wrong"] += 1
                        print(f"WRONG {name} {direction}: {wrong}")
                    if chosen.show or kind not in ("Proven", "Refuted"):
                        print(f"{name} {direction}: {kind} {reason} {detail} {took:.2f} s {wrong}", flush=True)
            number = sum(counts[kind] for kind in ("Proven", "Refuted", "Undecided", "Late", "Crash"))
            decided = counts["Proven"] + counts["Refuted"]
            rows.append(
                [history.name, *map(str, (number, decided, counts["Proven"], counts["Refuted"])), f"{slowest:.2f} s"]
            )
            total += Counter(asked=number, decided=decided, wrong=counts["wrong"])
    machine.table(rows)
    share = total["decided"] / max(1, total["asked"])
    print(f"{total['asked']} questions, decided {share:.2%} (bar {BAR:.0%}), wrong {total['wrong']} (bar 0)")
    return 0 if share >= BAR and not total["wrong"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
