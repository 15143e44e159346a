"""A page that tells something else than what happens is found out."""

from __future__ import annotations

import textwrap

import pytest
import transcripts


@pytest.fixture
def told(tmp_path):
    """Holds the conversation of a page given as text."""

    def tell(text):
        page = tmp_path / "page.md"
        page.write_text(textwrap.dedent(text), "utf-8")
        return transcripts.tell(page)

    return tell


def test_a_page_that_tells_the_truth_has_no_differences(told):
    assert (
        told("""
        ```text title=in.txt
        one
        ```
        ```text title=in.txt append
        two
        ```
        ```console
        $ cat in.txt
        one
        two
        $ cd /tmp && x=3
        $ echo $x \\
          more
        3 more
        $ false
        $ echo $?
        1
        ```
    """).differences
        == []
    )


def test_another_output_is_told_with_its_line(told):
    (difference,) = told("""
        ```console
        $ echo one; echo two
        one
        three
        ```
    """).differences
    assert difference.line == 3
    assert difference.what.splitlines()[-2:] == ["-three", "+two"]


def test_what_happened_can_be_written_into_the_page(told):
    page = """\
        ```console
        $ echo one
        $ echo two
        three
        ```
        ```console shown
        $ echo four
        ```
    """
    assert told(page).text == textwrap.dedent(page).replace("$ echo one\n", "$ echo one\none\n").replace("three", "two")


def test_a_command_that_fails_unannounced_is_a_difference(told):
    (difference,) = told("""
        ```console
        $ exit_with() { return 3; }; exit_with
        ```
    """).differences
    assert "ended with 3" in difference.what


def test_blocks_for_readers_only_are_not_run(told):
    assert (
        told("""
        ```console shown
        $ no-such-command
        ```
        ```sh
        $ no-such-command
        ```
    """).differences
        == []
    )


@pytest.mark.parametrize(
    ("shown", "happened"),
    [
        ("x 2026-11-22T07:12:30.931Z", "x 2031-01-02T03:04:05.006Z"),
        ("flow: idle after 0.0 s (run 52657dc670d6)", "flow: idle after 17.3 s (run c8d77b676dba)"),
        ("2 passed in 0.02s", "2 passed in 3.10s"),
        ("NODE  IN  P50 MS  P99 MS\na      5  0.0102     0.1", "NODE  IN  P50 MS  P99 MS\na      5        -       -"),
    ],
)
def test_what_no_two_runs_have_alike_is_compared_by_its_form(shown, happened):
    assert transcripts.same(shown, happened)


@pytest.mark.parametrize(
    ("shown", "happened"),
    [
        ("x 2024-05-01T10:00:00Z", "x 2024-05-01T10:00:01Z"),  # without milliseconds: data
        ("2 passed in 0.02s", "1 passed in 0.02s"),
        ("NODE  IN  P50 MS  P99 MS\na      5  0.0102     0.1", "NODE  IN  P50 MS  P99 MS\na      4  0.0102     0.1"),
        ("a  b\n\na 5 6", "a  b\n\na 5 7"),
    ],
)
def test_everything_else_is_compared_as_it_is(shown, happened):
    assert not transcripts.same(shown, happened)


def test_a_command_that_does_not_end_is_given_up(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ sleep 60\n```\n")
    with pytest.raises(TimeoutError, match="sleep 60"):
        transcripts.tell(page, patience=0.2)
