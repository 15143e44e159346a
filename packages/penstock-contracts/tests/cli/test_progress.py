"""Who waits at a terminal is told how far the work is, and a log is not."""

from __future__ import annotations

import io

from penstock_contracts.cli.progress import QUIET, Progress


class Screen(io.StringIO):
    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def progress(stream):
    clock = Clock()
    return Progress(stream, clock), clock


def test_nothing_is_said_in_the_first_seconds():
    screen = Screen()
    made, clock = progress(screen)
    clock.now += QUIET / 2
    made.of(0, 9, "alert.json")
    made.done()
    assert screen.getvalue() == ""


def test_later_one_line_is_written_over_and_over_and_cleared():
    screen = Screen()
    made, clock = progress(screen)
    clock.now += QUIET + 1
    made.of(3, 9, "alert.json")
    clock.now += 1
    made.asked(42)
    made.done()
    lines = screen.getvalue().split("\r")
    assert lines[1].startswith("comparing 4 of 9: alert.json, ")
    assert lines[2].startswith("comparing 4 of 9: alert.json, 42 questions asked (4 s)")
    assert lines[-2].strip() == ""
    assert lines[-1] == ""


def test_a_log_hears_nothing():
    log = io.StringIO()
    made, clock = progress(log)
    clock.now += 60
    made.of(0, 9, "a")
    made.asked(1)
    made.done()
    assert log.getvalue() == ""


def test_names_cannot_drive_the_terminal():
    screen = Screen()
    made, clock = progress(screen)
    clock.now += 60
    made.of(0, 1, "a\x1b[2Jb\n")
    assert "\x1b" not in screen.getvalue()
