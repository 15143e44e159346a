"""The zone rule, in the real engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from site_safety.zone_rule import ZoneRule, inside

from penstock.testing import run_node

ZONE = {
    "id": "dock-edge",
    "camera": "dock",
    "polygon": [(0.2, 0.5), (0.8, 0.5), (0.8, 0.9), (0.2, 0.9)],
    "severity": {"PERSON": "critical", "FORKLIFT": "warning"},
}
SEEN = {
    "id": "dock-1",
    "time": "2024-05-13T06:00:00Z",
    "camera": "dock",
    "class": "PERSON",
    "confidence": 0.9,
    "bbox": [0.45, 0.3, 0.1, 0.4],
    "track_id": "dock-t1",
}


def judge(*detections):
    return run_node(ZoneRule([ZONE]), detections)


def test_a_person_in_the_zone_is_an_event():
    (event,) = judge(SEEN).emitted["out"]
    assert event.key == "dock"
    assert event.payload == {
        **{name: SEEN[name] for name in ("id", "time", "camera", "class", "confidence", "track_id")},
        "zone": "dock-edge",
        "severity": "critical",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"bbox": [0.45, 0.0, 0.1, 0.4]},  # its head is in the zone, its feet are not
        {"class": "TRUCK"},
        {"confidence": 0.49},
        {"camera": "gate"},
    ],
)
def test_whatever_is_allowed_is_filtered(change):
    outcome = judge({**SEEN, **change})
    assert (outcome.payloads, outcome.filtered, outcome.dead) == ([], 1, [])


def test_what_is_for_the_backend_to_refuse_is_passed_on():
    (no_track, odd) = judge({**SEEN, "track_id": None}, {**SEEN, "severity": "apocalyptic"}).payloads
    assert no_track["track_id"] is None
    assert odd["severity"] == "apocalyptic"


@pytest.mark.parametrize("missing", ["camera", "class", "confidence", "bbox"])
def test_what_is_no_detection_is_a_dead_letter_at_once(missing):
    (letter,) = judge({name: value for name, value in SEEN.items() if name != missing}).dead
    assert (letter.attempts, letter.failure_class) == (1, "contract")


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_point_is_in_one_of_the_two_halves_of_a_square(x, y):
    left, right = [(0, 0), (0.5, 0), (0.5, 2), (0, 2)], [(0.5, 0), (2, 0), (2, 2), (0.5, 2)]
    assert inside(x, y, left) != inside(x, y, right)
