"""Print templates: from answers to the files of a pack, as text.

Takes:   parts (`base`, `transform` ...), what they are filled with, and the folder of templates.
Gives:   `printed`: path -> bytes, sorted; `TEMPLATES`, those that ship with this distribution; `version_of`.
Ignores: where the files go (`tree.py`).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from penstock_templates.answers import Answers

SDK = "0.1"
_COMPILED = "__pycache__"  # an installer compiles whatever ends in .py, also in templates
_HERE = Path(__file__).parent
# In a wheel the templates lie beside the code; in the repository they are a folder of their own.
TEMPLATES = _HERE / "templates" if (_HERE / "templates").is_dir() else _HERE.parents[3] / "templates"


def filling(answers: Answers, id: str) -> dict[str, str]:
    """What a template is filled with: the answers, and what can be told from them."""
    return {
        "name": answers.name,
        "package": answers.package,
        "short": answers.name.removeprefix("penstock-"),
        "description": answers.description,
        "author": answers.author,
        "sdk": SDK,
        "id": id,
        "module": id.replace("-", "_"),
        "cls": "".join(word[:1].upper() + word[1:] for word in id.split("-")),
    }


def printed(parts: Sequence[str], words: Mapping[str, str], templates: Path = TEMPLATES) -> dict[str, bytes]:
    """The files that the parts make, later ones over earlier ones; the same bytes everywhere."""
    from cookiecutter.main import cookiecutter  # type: ignore[import-untyped]  # it comes without types

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.yaml")  # so that nothing of the user's own is read
        config.write_text(f"cookiecutters_dir: {folder}/c\nreplay_dir: {folder}/r\n", encoding="utf-8")
        for part in parts:
            cookiecutter(
                str(templates / part), no_input=True, extra_context=dict(words), output_dir=f"{folder}/out",
                overwrite_if_exists=True, accept_hooks=False, config_file=str(config),
            )  # fmt: skip  # what in one line, how in another
        root = Path(folder, "out", words["name"])
        return {
            path.relative_to(root).as_posix(): path.read_bytes().replace(b"\r\n", b"\n")
            for path in sorted(root.rglob("*"))
            if path.is_file() and _COMPILED not in path.parts
        }


def version_of(templates: Path = TEMPLATES) -> str:
    """What tells one state of the templates from another: a digest of all their files."""
    digest = hashlib.sha256()
    for path in sorted(templates.rglob("*")):
        if path.is_file() and _COMPILED not in path.parts:
            name = path.relative_to(templates).as_posix()
            digest.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).digest())
    return digest.hexdigest()[:16]
