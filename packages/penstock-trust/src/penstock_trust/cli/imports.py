"""The command `penstock-trust import-pep740`.

Takes:   a wheel and the provenance that a package index serves for it.
Gives:   a bundle beside the wheel for each attestation in it.
Ignores: whether they hold; `verify` asks.
"""

from __future__ import annotations

import os

import click

from penstock_trust.cli import options
from penstock_trust.cli.audited import changes, told
from penstock_trust.cli.printing import answer, bytes_of

_LIMIT = 4 << 20  # bytes


@changes("import-pep740")
@click.argument("wheel", metavar="WHEEL", type=options.FILE)
@click.argument("provenance", metavar="PROVENANCE", type=options.FILE)
@options.replace
@options.json_only
def import_pep740(wheel: str, provenance: str, replace: bool, as_json: bool) -> int:
    """Turn a publisher's attestations (PEP 740) into claims beside WHEEL that a policy can name.

    They say who published the file on the index, by the same certificates as sigstore's own; `verify` holds them against
    the policy like any other.

    \b
    Example:
      penstock-trust import-pep740 numpy-2.1.0-cp311-cp311-linux_x86_64.whl numpy.provenance.json
      penstock-trust verify numpy-2.1.0-cp311-cp311-linux_x86_64.whl --policy policy.toml
    """
    from penstock_trust.pep740 import import_pep740 as take_over

    paths = take_over(wheel, bytes_of(provenance, _LIMIT), provenance, replace=replace)
    written = [os.fspath(path) for path in paths]
    told(written=written)
    answer(written, {"wheel": wheel, "written": written}, as_json)
    return 0
