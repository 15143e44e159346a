"""What the matrix found about a wheel is signed with it: the predicate of the one tool is what the other attests."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from penstock_compat.facts import Cause, Cell, Evidence, Result, Results, Rung, State
from penstock_compat.formats import write_results
from penstock_compat.report.attestation_format import TYPE

pytest.importorskip("penstock_trust", reason="the trust tools are not installed")


def run(folder: Path, module: str, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def wheel(folder: Path) -> Path:
    path = folder / "site_pack-1.0-py3-none-any.whl"
    home = "site_pack-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("site_pack.py", "VALUE = 1\n")
        archive.writestr(f"{home}/METADATA", "Metadata-Version: 2.1\nName: site-pack\nVersion: 1.0\n")
        archive.writestr(f"{home}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{home}/RECORD", "")
    return path


def test_the_predicate_of_a_report_is_attested_for_the_wheel_that_was_tested(tmp_path):
    path = wheel(tmp_path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    cell = Cell("site-pack", "1.0", "", "linux", "x86_64", "3.12", "newest")
    proof = Evidence((), {}, f"sha256:{digest}", "", {}, 1.0, "", None, "2026-11-22T12:00:00Z", "job 7")
    result = Result(cell, State.PASSED, Cause.NONE, Rung.TESTED, proof)
    write_results(Results("by hand", (result,)), tmp_path / "all.compat.json")
    run(
        tmp_path,
        "penstock_compat",
        "report",
        "all.compat.json",
        "--format",
        "attestation",
        "--output",
        "predicate.json",
    )
    run(tmp_path, "penstock_trust", "keys", "generate", "office.pem")
    run(
        tmp_path, "penstock_trust", "attest", path.name, "--predicate", "predicate.json", "--type", TYPE, "--key", "office.pem"
    )  # fmt: skip
    (bundle,) = tmp_path.glob("*.dsse.json")
    statement = json.loads(base64.b64decode(json.loads(bundle.read_text("utf-8"))["payload"]))
    assert statement["predicateType"] == TYPE
    assert statement["predicate"] == json.loads((tmp_path / "predicate.json").read_text("utf-8"))
    assert statement["subject"][0]["digest"]["sha256"] == digest
    assert statement["predicate"]["pack"]["digest"] == f"sha256:{digest}"
