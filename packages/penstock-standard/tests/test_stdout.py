"""Showing records on standard output."""

from __future__ import annotations

import json

from penstock import Record
from penstock_standard import Stdout
from penstock_standard.errors import NotJson


def test_each_record_is_one_line_and_what_is_not_json_is_refused(context, capsys):
    some = [Record({"a": "é"}), Record(object()), Record([1, None])]
    verdicts = Stdout().write_batch(some, context())
    assert [type(verdict) for verdict in verdicts] == [type(None), NotJson, type(None)]
    assert capsys.readouterr().out == '{"a":"é"}\n[1,null]\n'


def test_a_line_can_be_the_whole_record(context, capsys):
    record = Record({"n": 1}, key="k")
    Stdout(line="record").write_batch([record], context())
    assert json.loads(capsys.readouterr().out)["id"] == record.id
