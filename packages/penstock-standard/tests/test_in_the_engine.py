"""The standard nodes with the real engine around them: what they remember is what the store keeps."""

from __future__ import annotations

import json

from penstock.testing import MemoryStore, record, run_node
from penstock_standard import Cooldown, Generator, JsonlSink, JsonlSource, Sessions, Top


def test_a_source_goes_on_where_the_store_says(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"n": 1}\n{"n": NaN}\n')
    store = MemoryStore()
    first = run_node(JsonlSource(str(path)), store=store)
    assert (first.payloads, [letter.body for letter in first.dead]) == ([{"n": 1}], [b'{"n": NaN}'])
    with path.open("a") as file:
        file.write('{"n": 3}\n')
    assert run_node(JsonlSource(str(path)), store=store).payloads == [{"n": 3}]


def test_a_generator_with_a_rate_waits_by_the_clock_of_the_run():
    paced = run_node(Generator(count=20, rate=2.0))
    assert paced.payloads == [{"n": n} for n in range(20)]
    assert 9 <= paced.report.seconds < 30


def test_what_is_held_back_is_told_by_reason(at):
    outcome = run_node(Cooldown(10), [record({}, key="k", event_time=at(n)) for n in range(25)])
    assert len(outcome.payloads) == 3
    assert outcome.dropped == {"cooldown": 22}
    assert outcome.report.conserved


def test_closed_sessions_leave_nothing_behind(at):
    outcome = run_node(Sessions(10), [record({}, key=key, event_time=at(n)) for n in (0, 5, 30) for key in "ab"])
    assert sorted((payload["key"], payload["count"]) for payload in outcome.payloads) == [
        ("a", 1),
        ("a", 2),
        ("b", 1),
        ("b", 2),
    ]
    assert outcome.store.state_keys("node") == []


def test_closed_windows_leave_nothing_but_their_end_behind(at):
    outcome = run_node(Top("/v", window=10), [record({"v": n % 3}, event_time=at(n)) for n in range(25)])
    assert [payload["total"] for payload in outcome.payloads] == [10, 10, 5]
    assert outcome.store.state_keys("node") == ["windows"]


def test_a_file_grows_from_run_to_run(tmp_path):
    path = tmp_path / "out.jsonl"
    store = MemoryStore()
    for some in ([1, 2], [1, 2, 3]):  # the feed is a source too: the second run only brings what is new
        outcome = run_node(JsonlSink(str(path)), [{"n": n} for n in some], store=store)
        assert outcome.dead == []
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [1, 2, 3]
