"""The commands of packs at a glance are those that the whole manifest names, however it is written."""

from __future__ import annotations

import json

import pytest

from penstock._plugins.glance import commands_at_a_glance
from penstock.manifest.canonical import text_of

COMMANDS = {
    "plain": [{"name": "vision", "doc": "Look at pictures.", "import_path": "acme:vision"}],
    "two": [{"name": "vision", "doc": "Look.", "import_path": "acme:a"}, {"name": "hear", "doc": "", "import_path": "acme:b"}],
    "without words": [{"name": "vision", "import_path": "acme:vision"}],
    "quotes and lines": [{"name": "vision", "doc": 'Look at "all", {b}\nthen more', "import_path": "acme:vision"}],
    "other letters": [{"name": "vision", "doc": "Schau: ä, \u2028, \U0001f600.", "import_path": "acme:vision"}],
    "brackets": [{"name": "vision", "doc": "]", "import_path": "acme:vision"}],
    "wrong name": [{"name": "No Name", "doc": "x", "import_path": "acme:vision"}],
    "none": [],
}  # fmt: skip  # one row for each case


@pytest.mark.parametrize("commands", COMMANDS.values(), ids=COMMANDS)
def test_a_glance_does_not_depend_on_how_the_manifest_is_written(site, commands):
    manifest = {"format": 1, "pack": "acme", "version": "1.0", "sdk": 1, "commands": commands}
    seen = []
    for text in (
        text_of(manifest),
        json.dumps(manifest),
        json.dumps(manifest, indent=4),
        text_of(manifest).replace("\n", "\r\n"),
    ):
        package = site.package("acme", manifest=text) if not seen else site.folder / "acme"
        (package / "penstock-pack.json").write_bytes(text.encode())
        if not seen:
            site.info("acme", "1.0", "[penstock]\nacme = acme\n")
        seen.append(commands_at_a_glance(site.path))
    named = {command["name"]: command.get("doc", "").partition("\n")[0] for command in commands}
    named.pop("No Name", None)
    assert seen == [named] * len(seen)
