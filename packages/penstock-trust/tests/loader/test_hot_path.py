"""Judging and importing packs costs little, and needs nothing that is costly."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from scene import Scene

COSTLY = ("sigstore", "sigstore_models", "pydantic", "pydantic_core", "requests", "tuf", "click", "asyncio", "penstock")
ADMIT = """\
import json, sys, time
began = time.process_time()
folder, names, wanted = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
from datetime import datetime, timezone
from penstock_trust.admission import guard_of
from penstock_trust.loader.case import Asked
from penstock_trust.loader.surroundings import installed_at
from penstock_trust.site import read_site_file
packages = folder + "/site-packages"
guard = guard_of(read_site_file(folder + "/trust.toml"), now=datetime(2026, 6, 1, tzinfo=timezone.utc), path=[packages])
files = 0
for name in names:
    word = name.replace("-", "_")
    ruling = guard.admit(Asked(installed_at(f"{packages}/{word}-1.0.dist-info"), word))
    assert ruling.allowed, ruling.findings
    files += len(ruling.case.table)
started = time.process_time() - began
began = time.process_time()
__import__(wanted)
imported = time.process_time() - began
print(json.dumps({"started": started, "imported": imported, "files": files, "modules": sorted(sys.modules)}))
"""
PLAIN = """\
import json, sys, time
sys.path.insert(0, sys.argv[1] + "/site-packages")
began = time.process_time()
__import__(sys.argv[3])
print(json.dumps({"imported": time.process_time() - began}))
"""
FUNCTIONS = "".join(
    f"def f{number}(x, y=1):\n    'Do it.'\n    return sorted([x + {number}, y], key=str)\n\n\n" for number in range(25)
)


def measured(program, scene, names, wanted):
    """What a fresh process says; CPU seconds, because other work on the machine is not ours."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    words = [sys.executable, "-c", program, str(scene.folder), json.dumps(names), wanted]
    done = subprocess.run(words, capture_output=True, text=True, env=kept, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_costly_is_imported(scene):
    scene.install()
    found = measured(ADMIT, scene, ["acme-flow"], "acme_flow")
    assert "acme_flow.nodes" in found["modules"]
    assert [name for name in COSTLY if name in found["modules"]] == []


@pytest.fixture(scope="module")
def hundred(tmp_path_factory):
    """A hundred packs of 23 files."""
    scene = Scene(tmp_path_factory.mktemp("hundred"))
    for number in range(100):
        name = f"acme-p{number}"
        word = name.replace("-", "_")
        modules = {f"{word}/__init__.py": "", f"{word}/penstock-pack.json": "{}\n"}
        modules |= {f"{word}/m{at}.py": FUNCTIONS for at in range(17)}
        scene.install(name, "1.0", modules)
    return scene


def test_a_hundred_packs_are_admitted_in_less_than_300_ms(hundred):
    names = [f"acme-p{number}" for number in range(100)]
    found = [measured(ADMIT, hundred, names, "acme_p0") for _ in range(3)]
    assert found[0]["files"] == 2300
    best = min(each["started"] for each in found)
    print(f"start of the loader for 100 packs and 2,300 files: {1000 * best:.0f} ms")
    assert best <= 0.3


def test_a_verified_import_costs_little_more_than_a_cached_one(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("large"))
    modules = {"acme_large/__init__.py": "".join(f"from acme_large import m{at}\n" for at in range(200))}
    modules |= {f"acme_large/m{at}.py": f"AT = {at}\n{FUNCTIONS}" for at in range(200)}
    scene.install("acme-large", "1.0", modules)
    measured(PLAIN, scene, [], "acme_large")  # which writes the cache
    pairs = [
        (measured(ADMIT, scene, ["acme-large"], "acme_large"), measured(PLAIN, scene, [], "acme_large"))
        for _ in range(5)
    ]
    verified, plain = (min(pair[at]["imported"] for pair in pairs) for at in (0, 1))
    print(f"import of 200 modules: verified {1000 * verified:.0f} ms, cached {1000 * plain:.0f} ms")
    assert verified <= 1.15 * plain
