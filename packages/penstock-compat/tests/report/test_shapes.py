"""The fast answer to whether a value has a shape, and the one that says where it does not, are the same answer."""

from __future__ import annotations

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from penstock_compat.formats import RESULTS, results_text
from penstock_compat.report import compile_report, text_of
from penstock_compat.report.json_format import REPORT
from penstock_compat.shape import fits, misfits
from penstock_findings.document import Document

_ODD = st.sampled_from([None, True, 1, -1, 0.5, "", "proven", "x" * 90, [], {}, [1], {"a": 1}])


def places(value, path=()):
    """The path of every value inside."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from places(inner, (*path, name))


def changed(value, path, to):
    """The value with another one at that path; `to` is what is put there."""
    value = copy.deepcopy(value)
    if not path:
        return copy.deepcopy(to)
    inside = value
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = to
    return value


@given(st.data())
def test_both_answers_agree_about_every_edited_file(large, data):
    from dataclasses import replace

    few = replace(large, results=large.results[22:28])
    text, shape = data.draw(
        st.sampled_from([(results_text(few), RESULTS), (text_of(compile_report(few), "json"), REPORT)])
    )
    value = json.loads(text)
    assert fits(value, shape)
    path = data.draw(st.sampled_from(list(places(value))))
    edited = changed(value, path, data.draw(_ODD))
    if data.draw(st.booleans()) and isinstance(edited, dict) and edited:
        edited.pop(data.draw(st.sampled_from(sorted(edited))))
    document = Document("x.json", edited, "", (0, 0, None))
    assert fits(edited, shape) == (not list(misfits(edited, shape, document)))
