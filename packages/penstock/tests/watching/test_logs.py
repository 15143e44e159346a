"""A line of a log is one JSON object, whatever is in it, whatever standard error can show, and without secrets."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock._engine.secrets import redact_logs
from penstock._watching.logs import Lines, as_lines
from penstock_findings.secret import Secret


class Silent:
    def __str__(self):
        raise ValueError("no text")

    __repr__ = __str__


def strictly(line):
    """What a program reads in it that takes RFC 8259 at its word."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    assert line.splitlines() == [line]
    return json.loads(line, parse_constant=refuse)


circular: list[object] = []
circular.append(circular)
deep: list[object] = []
for _ in range(100_000):
    deep = [deep]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ({(1, 2): {3}}, {"(1, 2)": "{3}"}),
        (circular, ["..."]),
        (Silent(), "<Silent that gives no text: ValueError>"),
        ({"x": Silent(), Silent: 1}, {"x": "<Silent that gives no text: ValueError>", str(Silent): 1}),
        (10**5000, "<int that gives no text: ValueError>"),
        ("half \udc80", "half \udc80"),
        ("a\u2028b\x85c\nd", "a\u2028b\x85c\nd"),
        ((1, 2.5, True, None), [1, 2.5, True, None]),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("ascii", [False, True])
def test_whatever_is_handed_over_the_line_is_json(value, told, ascii):
    record = logging.makeLogRecord({"msg": "x", "odd": value})
    assert strictly(Lines({}, ascii).format(record))["odd"] == told


def test_there_is_an_end_to_how_deep_a_line_goes():
    assert strictly(Lines({}).format(logging.makeLogRecord({"odd": deep})))["odd"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.tuples(st.text()), inner),
)


@given(st.text(), anything, st.booleans())
def test_a_line_is_one_line_and_json(message, value, ascii):
    record = logging.makeLogRecord({"msg": message, "value": value})
    assert strictly(Lines({"graph": "g"}, ascii).format(record))["message"] == message


def test_a_message_that_its_arguments_do_not_fit_is_told_and_not_thrown_away():
    record = logging.makeLogRecord({"msg": "%d items", "args": ("three",)})
    assert strictly(Lines({}).format(record))["message"] == "%d items ('three',)"


def test_what_is_ours_is_not_taken_over_by_what_is_handed_over():
    more = {"level": 3.5, "time": 7, "graph": "mine", "error": "e"}
    line = strictly(Lines({"graph": "site"}).format(logging.makeLogRecord({"levelname": "INFO", **more})))
    assert (line["level"], line["graph"]) == ("info", "site")
    assert {name: line[f"{name}_"] for name in more} == more


def test_a_stack_that_was_asked_for_is_there(capsys):
    with as_lines():
        logging.getLogger("pack").info("where", stack_info=True)
    assert "test_a_stack_that_was_asked_for" in strictly(capsys.readouterr().err.strip())["stack"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1252"])
def test_a_standard_error_that_cannot_show_everything_gets_json_all_the_same(encoding):
    program = (
        "import logging; from penstock._watching.logs import as_lines\n"
        "with as_lines(): logging.getLogger('p').info('gr\\xf6\\xdfe \\U0001f600')"
    )
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=environment)
    assert strictly(done.stderr.decode("utf-8").strip())["message"] == "größe 😀"


def test_a_label_with_quotes_does_not_break_the_line():
    secret = Secret('p"ss\\wörd', 'file:/run/"x"\\.key')
    record = logging.makeLogRecord({"msg": secret.reveal(), "odd": [{secret.reveal(): secret}]})
    line = strictly(Lines({}).format(record))
    assert line["message"] == f"<{secret.label}>"
    assert line["odd"] == [{f"<{secret.label}>": f"<{secret.label}>"}]


def test_a_number_that_is_a_secret_is_none_that_is_told():
    secret = Secret("84731905", "env:PIN")
    record = logging.makeLogRecord({"msg": "x", "pin": int(secret.reveal())})
    assert strictly(Lines({}).format(record))["pin"] == "<env:PIN>"


def test_a_log_call_that_does_not_fit_tells_no_secret_and_raises_nothing(capsys):
    secret = Secret("hunter2-hunter2", "env:TOKEN")
    made = logging.getLogRecordFactory()
    try:
        redact_logs()
        log = logging.getLogger("pack.unfit")
        log.warning("%d items", secret.reveal())
        log.warning("%s", Silent())
    finally:
        logging.setLogRecordFactory(made)
    assert secret.reveal() not in capsys.readouterr().err


def test_nor_does_it_where_logs_are_text():
    program = (
        "import logging; from penstock._engine.secrets import redact_logs\n"
        "from penstock_findings.secret import Secret\n"
        "secret = Secret('hunter2-hunter2', 'env:TOKEN'); redact_logs()\n"
        "logging.getLogger('p').warning('%d items', secret.reveal())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "hunter2" not in done.stderr
    assert "<env:TOKEN>" in done.stderr
