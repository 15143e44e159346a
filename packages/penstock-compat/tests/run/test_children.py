"""Programs that do what they should not: nothing of them is left, and the caller always gets an answer."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from penstock_compat.run.child import HEAD, MARK, TAIL, see_to_end

posix = pytest.mark.skipif(os.name != "posix", reason="sessions and signals are those of POSIX")


def seen(code, *, timeout=20.0, limit=2**20, mark="", cwd="."):
    env = {"PATH": os.environ["PATH"], **({MARK: mark} if mark else {})}
    return see_to_end([sys.executable, "-c", code], cwd=str(cwd), env=env, timeout=timeout, limit=limit)


def lives(process):
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(process):
    end = time.monotonic() + 10
    while lives(process) and time.monotonic() < end:
        os.sched_yield()
    return not lives(process)


def test_both_streams_and_the_exit_are_kept():
    ended = seen("import sys; print('out'); sys.stdout.flush(); print('err', file=sys.stderr); sys.exit(3)")
    assert (ended.exit, ended.signal, ended.timed_out, ended.log.split()) == (3, None, False, ["out", "err"])


@posix
def test_a_signal_is_told_as_one():
    ended = seen("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (ended.exit, ended.signal) == (None, signal.SIGSEGV)


def test_a_program_that_hangs_is_ended_in_time():
    began = time.monotonic()
    ended = seen("print('begun', flush=True)\nwhile True: pass", timeout=0.7)
    assert (ended.timed_out, ended.exit, ended.log.strip()) == (True, None, "begun")
    assert time.monotonic() - began < 10


def test_a_program_that_closes_its_output_and_works_on_is_waited_for():
    ended = seen("import os, time\nos.close(1); os.close(2); time.sleep(0.3); os._exit(4)")
    assert (ended.exit, ended.timed_out) == (4, False)


def test_a_flood_is_cut_off_and_its_ends_are_kept():
    ended = seen("print('first')\nwhile True: print('x' * 9999)", limit=5 * 2**20)
    assert ended.flooded
    assert ended.exit is None
    assert ended.log.startswith("first\n")
    assert "bytes left out" in ended.log
    assert len(ended.log) < HEAD + TAIL + 200


def test_what_cannot_be_started_is_an_answer_too():
    ended = see_to_end(["/nowhere/python"], cwd=".", env={}, timeout=5)
    assert (ended.exit, ended.log) == (127, "cannot start `/nowhere/python`: no such file or directory")


CHILD = "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], {more})\nprint(child.pid, flush=True)\n"


@posix
@pytest.mark.parametrize("more", ["", "start_new_session=True", "start_new_session=True, stdout=-3, stderr=-3"])
@pytest.mark.parametrize("end", ["", "while True: pass"], ids=["ends", "hangs"])
def test_no_child_is_left_behind_not_even_in_a_session_of_its_own(more, end):
    if "session" in more and not os.path.isdir("/proc"):
        pytest.skip("only Linux shows environments")
    began = time.monotonic()
    ended = seen(CHILD.format(more=more) + end, timeout=1.5, mark=f"test-{os.getpid()}-{time.monotonic_ns()}")
    assert gone(int(ended.log.split()[0]))
    assert time.monotonic() - began < 15


@posix
def test_a_fork_bomb_within_limits_is_gone_afterwards():
    if not os.path.isdir("/proc"):
        pytest.skip("only Linux shows environments")
    code = """
import os, time
for level in range(6):
    os.fork()
os.setsid() if os.getpid() != os.getpgid(0) else None
print(os.getpid(), flush=True)
time.sleep(60)
"""
    ended = seen(code, timeout=2.0, mark=f"bomb-{os.getpid()}-{time.monotonic_ns()}")
    processes = [int(word) for word in ended.log.split()]
    assert len(processes) == 64
    assert all(map(gone, processes))
