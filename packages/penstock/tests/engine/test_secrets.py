"""Secrets: handed to the node that the graph gives them to, and found in nothing that a run leaves behind.

The canary: a node that does everything wrong with its secret except to write it into a payload on purpose. It is run in a
process of its own, once to the end and once until it is killed, and then every byte that is left is searched.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from penstock import Reading, Secret, node
from penstock._engine.checks import CannotStart
from penstock._engine.lifecycle import LifecycleErrors
from penstock._engine.secrets import redact_logs, resolve_secrets
from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock._watching.logs import as_lines
from penstock.graph.model import Channel
from penstock.running import history_bytes, run, simulate
from penstock.testing import Collect, graph_of
from penstock_findings import PenstockError

CANARY = 'c4n"ry/Ω tok3n+42'
RECORDS = 12


def spellings(value: str) -> list[bytes]:
    """Everything by which a searcher would know the value; of base64 what is the same whatever stands around it."""
    data = value.encode()
    cores = [base64.b64encode(b"\0" * n + data)[(8 * n + 5) // 6 : 8 * (n + len(data)) // 6] for n in range(3)]
    forms = [data, json.dumps(value)[1:-1].encode(), json.dumps(value, ensure_ascii=False)[1:-1].encode(), *cores]
    forms += [urllib.parse.quote(value, safe="").encode(), urllib.parse.quote_plus(value).encode(), data.hex().encode()]
    return [*forms, *(core.replace(b"+", b"-").replace(b"/", b"_") for core in cores)]


@node("ticks")
class Ticks:
    """Counts."""

    def read(self, ctx):
        for number in range((ctx.position or 0), RECORDS):
            yield Reading(number, number + 1)


@node("careless", capabilities=("secrets", "network"))
class Careless:
    """Does everything wrong with its secret that can be done by accident."""

    deadly: bool = False

    def open(self, ctx):
        logging.getLogger("library").warning("connecting with %s", ctx.secret("token").reveal())

    def process(self, record, ctx):
        token = ctx.secret("token")
        value = token.reveal()
        n = record.payload
        ctx.log.info(f"token {value}", header=f"Bearer {value}", again=token)
        logging.getLogger("urllib3").error("GET https://host/?t=%s", urllib.parse.quote(value, safe=""))
        if n == 0:
            raise ValueError(f"401 for {value}")
        if n == 1:
            raise ConnectionError("Basic " + base64.b64encode(f"user:{value}".encode()).decode())
        if n == 2:
            raise RuntimeError(json.dumps({"token": value}))
        if n == 3:
            raise KeyError(value)
        if n == 4:
            return record.derive({"token": token})  # no payload holds a secret: a dead letter, by its `repr`
        if n == 5:
            return record.derive(f"{token}")
        if n == 6:
            raise OSError(5, f"cannot open https://user:{urllib.parse.quote_plus(value)}@host")
        if n == 7:
            ctx.log.error("failed", cause=repr(ValueError(value)))
            try:
                raise ValueError(value)
            except ValueError:
                logging.getLogger("library").exception("it failed")
            raise ValueError("x" * 1990 + value)  # a message that is cut off in the middle of it
        if n == 10 and self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return record.derive(n)


def scene(store: Any, *, deadly: bool = False) -> Any:
    return graph_of(
        {"ticks": Ticks(), "careless": Careless(deadly=deadly), "bystander": Nosy(), "end": Collect()},
        ["ticks -> events", "events@work -> careless", "careless -> done", "done@end -> bystander", "bystander -> end"],
        [Channel("events", retention=3600.0), Channel("done", retention=3600.0)],
        secrets={"careless": {"token": "env:CANARY"}},
        batch=2,
        ack="process",
    )


@node("nosy", capabilities=("secrets",))
class Nosy:
    """Asks for what the graph gave to somebody else."""

    def process(self, record, ctx):
        with pytest.raises(KeyError):
            ctx.secret("token")
        return record


def main(place: Path, deadly: bool) -> None:
    logging.basicConfig(filename=place / "run.log", level=logging.DEBUG, format="%(name)s %(message)s")
    store = SqliteStore(place / "store", ack="process")
    graph, build = scene(store, deadly=deadly)
    report = run(graph, build, store, until_idle=True, environment={"CANARY": CANARY})
    (place / "report.json").write_text(json.dumps(report.as_json()))
    (place / "history.json").write_bytes(history_bytes(store))
    store.close()
    print(report)


def left_behind(place: Path, output: bytes) -> dict[str, bytes]:
    files = {str(path): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    return {**files, "output": output}


def found_in(remains: dict[str, bytes]) -> list[tuple[str, bytes]]:
    return [(name, form) for name, data in remains.items() for form in spellings(CANARY) if form in data]


@pytest.mark.crash
@pytest.mark.parametrize("deadly", [False, True], ids=["to the end", "until it is killed"])
def test_no_byte_of_a_secret_is_left_behind_by_a_run(tmp_path, deadly):
    done = subprocess.run([sys.executable, __file__, str(tmp_path), str(int(deadly))], capture_output=True, check=False)
    assert done.returncode == (-signal.SIGKILL if deadly else 0), done.stderr.decode()
    remains = left_behind(tmp_path, done.stdout + done.stderr)
    whole = b"".join(remains.values())
    assert found_in(remains) == []
    assert whole.count(b"<env:CANARY>") >= 10  # it was there to be found: in failures, in logs, under its label
    assert any(name.endswith("-wal") for name in remains) or not deadly
    if not deadly:
        store = SqliteStore(tmp_path / "store", ack="process")
        store.attach()
        dead = list(store.dead_letters())
        assert {letter.node for letter in dead} == {"careless"}
        assert len(dead) == 8
        store.close()


def test_the_search_finds_what_is_there_to_be_found():
    for form in spellings(CANARY):
        assert found_in({"file": b"before " + form + b" behind"})
    for before in range(3):
        text = base64.b64encode(b"u" * before + CANARY.encode() + b"behind")
        assert found_in({"file": text})


# -- who gets which


@node("plain")
class Plain:
    """Never said that it uses secrets."""

    def process(self, record, ctx):
        return record.derive(str(sorted(ctx._secrets)))


def test_a_node_that_never_said_that_it_uses_secrets_gets_none():
    end = Collect()
    graph, build = graph_of(
        {"ticks": Ticks(), "plain": Plain(), "end": end},
        ["ticks -> plain", "plain -> end"],
        secrets={"plain": {"token": "env:CANARY"}},
    )
    simulate(graph, build, 1, environment={"CANARY": CANARY})
    assert {record.payload for record in end.records} == {"[]"}
    assert resolve_secrets(graph, {}) == {}  # so it does not have to be there either


def given(reference: str) -> Any:
    return graph_of({"c": Careless(), "end": Collect()}, ["c -> end"], secrets={"c": {"token": reference}})[0]


def test_a_secret_of_another_kind_is_asked_of_whoever_knows_the_kind():
    found = resolve_secrets(given("keyring:svc/me"), {}, {"keyring": lambda place: f"value of {place}"})
    assert found["c"]["token"].reveal() == "value of svc/me"
    assert repr(found["c"]["token"]) == "<keyring:svc/me>"


def refuses(place: str) -> str:
    raise PenstockError("the keyring is locked", hint="unlock it")


def knows_nothing(place: str) -> str:
    raise LookupError(place)


@pytest.mark.parametrize(
    ("reference", "schemes", "said", "hint"),
    [
        (
            "keyring:svc/me",
            {},
            "`keyring:svc/me`",
            "no pack that is installed knows `keyring:`; `penstock-trust` brings it",
        ),
        ("keyring:svc/me", {"keyring": refuses}, "the keyring is locked", "unlock it"),
        ("keyring:svc/me", {"keyring": knows_nothing}, "`keyring:svc/me`", "set it before the run"),
        ("env:NOT_THERE", {}, "`env:NOT_THERE`", "set it before the run"),
        ("file:/not/there", {}, "`file:/not/there`", "set it before the run"),
    ],
)
def test_a_reference_that_leads_nowhere_stops_the_run_before_its_first_record(reference, schemes, said, hint):
    with pytest.raises(CannotStart) as raised:
        resolve_secrets(given(reference), {}, schemes)
    (finding,) = raised.value.findings
    assert finding.message == f"secret `token` of node `c` is not there: {said}"
    assert finding.hint == hint


def test_a_file_is_read_without_its_last_line_end(tmp_path):
    (tmp_path / "token").write_text("value\n")
    assert resolve_secrets(given(f"file:{tmp_path}/token"), {})["c"]["token"].reveal() == "value"


# -- what goes wrong at the edges


@node("shut", capabilities=("secrets",))
class Shut:
    """Cannot be opened, and says why."""

    def open(self, ctx):
        raise ValueError(f"refused with {ctx.secret('token').reveal()}")

    def process(self, record, ctx):
        return record


def test_a_node_that_does_not_open_does_not_tell():
    graph, build = graph_of(
        {"ticks": Ticks(), "shut": Shut(), "end": Collect()}, ["ticks -> shut", "shut -> end"],
        secrets={"shut": {"token": "env:CANARY"}},
    )  # fmt: skip  # the graph in one line
    with pytest.raises(LifecycleErrors) as raised:
        simulate(graph, build, 1, environment={"CANARY": CANARY}, store=MemoryStore())
    error: BaseException | None = raised.value
    while error is not None:
        assert CANARY not in str(error) + repr(error.args) + str(getattr(error, "findings", ""))
        error = error.__cause__ or error.__context__


def test_log_records_lose_their_secrets_and_keep_everything_else(caplog):
    redact_logs()
    redact_logs()  # once is enough
    secret = Secret(CANARY, "env:CANARY")
    log = logging.getLogger("any")
    log.warning("one %s of %d", CANARY, 7)
    log.warning("plain %s", {"a": 1})
    try:
        raise ValueError(CANARY)
    except ValueError:
        log.exception("failed")
    assert [record.getMessage() for record in caplog.records] == ["one <env:CANARY> of 7", "plain {'a': 1}", "failed"]
    assert CANARY not in caplog.text
    assert "ValueError: <env:CANARY>" in caplog.text
    assert secret.matches(CANARY)


def test_logs_as_json_lose_them_as_well_also_from_what_is_handed_over_beside_the_message(capsys):
    secret = Secret(CANARY, "env:CANARY")
    redact_logs()
    with as_lines(run="r1"):
        try:
            raise ValueError(CANARY)
        except ValueError:
            logging.getLogger("any").exception(
                "failed with %s", CANARY, extra={"header": f"Bearer {CANARY}", "token": secret}
            )
    line = json.loads(capsys.readouterr().err)
    assert (line["message"], line["header"], line["token"]) == (
        "failed with <env:CANARY>", "Bearer <env:CANARY>", "<env:CANARY>",
    )  # fmt: skip  # what is left of each
    assert line["error"].endswith("ValueError: <env:CANARY>")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "1")
