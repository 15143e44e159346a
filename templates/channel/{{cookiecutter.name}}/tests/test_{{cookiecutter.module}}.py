"""{{ cookiecutter.id }}: what it does, and the promises that the runtime relies on."""

import os
import stat
from pathlib import Path

import pytest
from penstock.stores import StoreError
from penstock_testkit import channel_suite

from {{ cookiecutter.package }}.channels.{{ cookiecutter.module }} import {{ cookiecutter.cls }}

Test{{ cookiecutter.cls }} = channel_suite({{ cookiecutter.cls }})


@pytest.mark.skipif(os.name == "nt", reason="folders have other rights there")
def test_nobody_else_can_look_into_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o755)
    store = {{ cookiecutter.cls }}(str(folder), ack="process")
    store.open("graph", [])
    store.close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made private"):
        {{ cookiecutter.cls }}(str(tmp_path / "file" / "kept"), ack="process").open("graph", [])
