"""The command `penstock-contracts lock`.

Takes:   subjects.
Gives:   a lock file with one more version of each of their contracts.
Ignores: whether they are compatible; `diff` compares with the file afterwards.
"""

from __future__ import annotations

import os
import sys

import click

from penstock_contracts.bump import release_of
from penstock_contracts.cli import options
from penstock_contracts.exact import same
from penstock_contracts.packs import newest
from penstock_contracts.subjects import lock as locks
from penstock_contracts.subjects.errors import CannotRead
from penstock_contracts.subjects.open import open_candidate
from penstock_contracts.subjects.trees import Folder
from penstock_findings.finding import Finding


@click.command()
@click.argument("subjects", metavar="SUBJECT...", nargs=-1, required=True)
@click.option("--file", "path", default=locks.NAME, show_default=True, help="The lock file to write.")
@click.option("--version", "version", metavar="VERSION", help="The version of contracts that do not say theirs.")
@click.option("--today", type=options.Day(), metavar="DAY", help="The day to write down. Default: today, in UTC.")
def lock(subjects: tuple[str, ...], path: str, version: str | None, today: object) -> int:
    """Add the versions of the contracts in SUBJECT... to a lock file, so that later ones can be compared with them.

    A version that is in the file already never changes.

    \b
    Example:
      penstock-contracts lock packs/site
      penstock-contracts lock events/alert.json --version 1.2.0
      penstock-contracts diff --against penstock-contracts.lock events/alert.json
    """
    from dataclasses import replace
    from datetime import date, datetime, timezone

    day = today if isinstance(today, date) else datetime.now(timezone.utc).date()
    folder, name = os.path.split(os.path.abspath(path))
    known = locks.read_lock(Folder(folder), name) if os.path.exists(path) else []
    added = []
    wrong: list[Finding] = []
    released = {(one.contract.name, one.contract.version): one.contract for one in known}
    for words in subjects:
        subject = open_candidate(words)
        contracts = newest(subject.pack).values() if subject.pack is not None else subject.contracts
        for contract in contracts:
            numbered = replace(contract, version=contract.version or version)
            if numbered.version is None or release_of(numbered.version) is None:
                message = f"`{contract.name}` does not say its version"
                wrong.append(Finding("K532", message, contract.at(contract.start), hint="say it with --version"))
                continue
            before = released.get((numbered.name, numbered.version))
            if before is not None and not same(before.schema, numbered.schema):
                message = f"`{contract.name}` {numbered.version} is in the lock file with another schema"
                wrong.append(Finding("K507", message, contract.at(contract.start), hint="give it a new version"))
            added.append(numbered)
    if wrong:
        raise CannotRead("these contracts cannot be locked", findings=wrong)
    text = locks.lock_text(known, added, day.isoformat())
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        from penstock_findings.errors import PenstockError

        raise PenstockError(f"cannot write `{path}`: {(error.strerror or str(error)).lower()}", code="F003") from error
    fresh = [one for one in added if (one.name, one.version) not in released]
    sys.stdout.write("".join(f"{one.name} {one.version}: added\n" for one in fresh) or "nothing new\n")
    return 0
