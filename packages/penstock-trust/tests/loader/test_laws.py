"""What is always true of a pack that was accepted: no change of what is installed loads without a word."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from scene import Scene

changes = st.sampled_from(["flip", "append", "cut", "remove", "swap"])


def changed(path: Path, change: str, at: int, other: Path) -> bool:
    """Change the file; whether that made a difference."""
    before = path.read_bytes()
    if change == "remove":
        path.unlink()
        return True
    after = {
        "flip": before[: at % max(len(before), 1)]
        + bytes([before[at % len(before)] ^ 1] if before else [])
        + before[at % max(len(before), 1) + 1 :],
        "append": before + b"#",
        "cut": before[: at % max(len(before), 1)],
        "swap": other.read_bytes(),
    }[change]
    path.write_bytes(after)
    return after != before


@settings(max_examples=80)
@given(st.data(), changes, st.integers(0, 10_000))
def test_any_change_of_any_accepted_file_is_refused_by_its_name(data, change, at):
    folder = Path(tempfile.mkdtemp(prefix="penstock-trust-"))
    try:
        scene = Scene(folder)
        scene.install()
        files = sorted(path for path in scene.packages.rglob("*") if path.is_file())
        accepted = [path for path in files if path.name not in ("RECORD", "INSTALLER")]
        path = data.draw(st.sampled_from(accepted), label="file")
        other = data.draw(st.sampled_from([each for each in accepted if each != path]), label="other file")
        difference = changed(path, change, at, other)
        ruling = scene.guard().judge.judge(scene.asked())
        assert ruling.allowed is not difference
        assert [finding.at.path for finding in ruling.findings] == ([str(path)] if difference else [])
    finally:
        shutil.rmtree(folder)


names = st.sampled_from(["more.py", "more.so", "more.cpython-311-x86_64-linux-gnu.so", "more.pyc", ".hidden", "more"])


@settings(max_examples=40)
@given(st.data(), names)
def test_any_file_more_in_a_folder_of_the_pack_is_refused_by_its_name(data, name):
    folder = Path(tempfile.mkdtemp(prefix="penstock-trust-"))
    try:
        scene = Scene(folder)
        scene.install()
        folders = sorted(path for path in scene.packages.rglob("*") if path.is_dir())
        added = data.draw(st.sampled_from(folders), label="folder") / name
        added.write_bytes(b"")
        ruling = scene.guard().judge.judge(scene.asked())
        assert [(finding.code, finding.at.path) for finding in ruling.findings] == [("T413", str(added))]
    finally:
        shutil.rmtree(folder)
