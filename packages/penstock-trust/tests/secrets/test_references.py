"""A reference is a text that may be shown; what is behind it is not, whatever goes wrong on the way."""

from __future__ import annotations

import os
import stat
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_findings import PenstockError
from penstock_trust.secrets import Secret, SecretRef, redacted, resolve
from penstock_trust.secrets.exposure import exposed
from penstock_trust.secrets.reference import SCHEMES, BadReference
from penstock_trust.secrets.resolving import COMMANDS, NoSecret, allowed, schemes

VALUE = "s3cr3t-of-the-tests"


@pytest.mark.parametrize(
    "text",
    [
        "env:A",
        "env:_a1",
        "file:/run/secrets/x",
        "file:a b",
        "keyring:svc/me",
        "keyring:https://host/me",
        "cmd:sops -d x.yaml",
    ],
)
def test_a_reference_is_read_and_written_the_same(text):
    assert str(SecretRef.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "env", "env:", "env:1A", "ENV:A", "env:A B", "file:", "file: x", "file:x ", "keyring:svc", "keyring:/me", "keyring:svc/",
     "cmd:", "vault:x", VALUE, "cmd:a\nb", "file:" + "x" * 5000],
)  # fmt: skip  # texts that name nothing
def test_what_names_no_secret_is_refused_and_not_repeated(text):
    with pytest.raises(BadReference) as raised:
        SecretRef.parse(text)
    assert raised.value.code == "T601"
    assert VALUE not in str(raised.value)


@given(st.text(max_size=30))
def test_any_text_is_a_reference_or_refused(text):
    try:
        assert str(SecretRef.parse(text)) == text
    except BadReference:
        pass


def test_a_command_is_shown_by_its_program_only():
    assert SecretRef.parse("cmd:sops -d --key abc").label == "cmd:sops"


# -- what is behind


def test_a_variable(monkeypatch):
    assert resolve("env:TOKEN", {"TOKEN": VALUE}).reveal() == VALUE
    monkeypatch.setenv("TRUST_TEST_TOKEN", VALUE)
    assert resolve("env:TRUST_TEST_TOKEN").reveal() == VALUE


def test_a_file_without_its_last_line_end(tmp_path):
    (tmp_path / "token").write_text(VALUE + "\n")
    assert resolve(f"file:{tmp_path}/token", {}).reveal() == VALUE


def test_what_is_resolved_is_a_secret_and_is_taken_out_of_text():
    secret = resolve("env:TOKEN", {"TOKEN": VALUE})
    assert isinstance(secret, Secret)
    assert redacted(f"got {VALUE}") == "got <env:TOKEN>"
    assert repr(secret) == "<env:TOKEN>"


@pytest.fixture
def program(tmp_path):
    def make(body):
        path = tmp_path / "decrypt"
        path.write_text(f"#!{sys.executable}\n{body}\n")
        path.chmod(0o700)
        return str(path)

    return make


def test_what_a_listed_program_prints(program):
    path = program(f"import sys; print('{VALUE}' + '-'.join(sys.argv[1:]))")
    around = {COMMANDS: path, "PATH": os.environ["PATH"]}
    assert resolve(f"cmd:{path} a 'b c'", around).reveal() == f"{VALUE}a-b c"
    assert resolve("cmd:decrypt", around).reveal() == VALUE


@pytest.mark.parametrize(
    ("words", "listed", "expected"),
    [
        ("/usr/bin/sops", "/usr/bin/sops", "/usr/bin/sops"),
        ("sops", "/usr/bin/age:/usr/bin/sops", "/usr/bin/sops"),
        ("sops", "", None),
        ("/tmp/sops", "/usr/bin/sops", None),
        ("./sops", "/usr/bin/sops", None),
        ("../bin/sops", "/usr/bin/sops", None),
        ("sops", "sops:./sops", None),
        ("sops", "/usr/bin/sops:/opt/sops", None),
        ("bin/sops", "/usr/bin/sops", None),
    ],
)
def test_only_listed_programs_are_run(words, listed, expected):
    assert allowed(words, {COMMANDS: listed}) == expected


def test_no_shell_is_asked(program, tmp_path):
    path = program("import sys; print(sys.argv[1:])")
    assert resolve(f"cmd:{path} $(touch {tmp_path}/made) ; touch x", {COMMANDS: path}).reveal().startswith("['$(touch'")
    assert not (tmp_path / "made").exists()


@pytest.fixture
def ring(monkeypatch):
    kept = {("svc", "me"): VALUE, ("https://host", "me"): VALUE}
    module = types.ModuleType("keyring")
    module.get_password = lambda service, user: kept.get((service, user))
    monkeypatch.setitem(sys.modules, "keyring", module)
    return module


def test_an_entry_of_a_keyring(ring):
    assert resolve("keyring:svc/me", {}).reveal() == VALUE
    assert resolve("keyring:https://host/me", {}).reveal() == VALUE


def failing(service, user):
    raise RuntimeError(f"locked, and by the way {VALUE}")


def test_a_keyring_that_fails_says_what_failed_and_nothing_else(ring):
    ring.get_password = failing
    with pytest.raises(NoSecret) as raised:
        resolve("keyring:svc/me", {})
    assert raised.value.code == "T605"
    assert VALUE not in str(raised.value)


def test_no_keyring_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(NoSecret) as raised:
        resolve("keyring:svc/me", {})
    assert raised.value.findings[0].hint == "pip install 'penstock-trust[keyring]'"


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("env:NOT_THERE", "T602"),
        ("env:EMPTY", "T602"),
        ("file:/not/there", "T603"),
        ("file:/", "T603"),
        ("file:/dev/zero", "T603"),
        ("keyring:svc/other", "T605"),
        ("cmd:sops", "T607"),
        ("cmd:'", "T606"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told_with_its_code(ring, reference, code):
    with pytest.raises(NoSecret) as raised:
        resolve(reference, {"EMPTY": ""})
    assert raised.value.code == code
    assert raised.value.findings[0].message


@pytest.mark.parametrize(
    "body",
    [f"import sys; print('{VALUE}'); sys.exit(3)", f"import sys; sys.stderr.write('{VALUE}'); sys.exit(1)",
     f"import sys; sys.stdout.buffer.write(b'\\xff{VALUE}')", f"print('{VALUE}' * 9000)", "pass"],
)  # fmt: skip  # programs that fail
def test_what_a_failing_program_prints_is_not_told(program, body):
    path = program(body)
    with pytest.raises(PenstockError) as raised:
        resolve(f"cmd:{path}", {COMMANDS: path})
    assert raised.value.code in ("T602", "T603", "T606")
    assert VALUE not in str(raised.value) + str(raised.value.findings)
    assert raised.value.__cause__ is None


def test_the_core_is_offered_what_it_does_not_know_itself(ring):
    offered = schemes()
    assert set(offered) == set(SCHEMES) - {"env", "file"}
    assert offered["keyring"]("svc/me") == VALUE
    with pytest.raises(PenstockError):
        offered["cmd"]("sops")


def test_who_else_can_read_a_file_is_told(tmp_path):
    path = tmp_path / "token"
    path.write_text(VALUE)
    path.chmod(0o600)
    assert exposed(SecretRef.parse(f"file:{path}")) == ()
    path.chmod(0o644)
    (finding,) = exposed(SecretRef.parse(f"file:{path}"))
    assert (finding.code, finding.hint) == ("T604", f"chmod 600 {path}")
    path.chmod(0o600)
    tmp_path.chmod(0o777)
    assert [one.code for one in exposed(SecretRef.parse(f"file:{path}"))] == ["T604"]
    tmp_path.chmod(0o700 | stat.S_ISVTX)
    assert exposed(SecretRef.parse("env:A")) == ()
