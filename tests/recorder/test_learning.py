from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recorder.test_canaries import RECORDS, SHAPES, canaries_of, keyed, planted, surrounded
from toolkit.recorder.allowed import KINDS
from toolkit.recorder.redact import Redactor

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


def going_on(kind: str, *records: dict[str, Any]) -> Redactor:
    """Make a redactor with another key that has learned from a recording of records."""
    before, after = Redactor(b"gone"), Redactor(b"new")
    for record in records:
        after.learn(kind, record, before.document(kind, record))
    return after


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("plant", [None, planted, keyed, surrounded])
def test_a_recording_goes_on_with_the_pseudonyms_it_had(kind: str, plant: Any) -> None:
    """What was learned from a record as it was makes the same record as before, whatever is in it."""
    for shape in SHAPES if plant else SHAPES[:1]:
        record = plant(copy.deepcopy(RECORDS[kind]), canaries_of(shape)) if plant else RECORDS[kind]

        assert going_on(kind, record).document(kind, record) == Redactor(b"gone").document(kind, record), shape


@given(kind=st.sampled_from(sorted(KINDS)), record=st.dictionaries(st.text(), JSON, max_size=5))
def test_anything_can_be_learned_from(kind: str, record: dict[str, Any]) -> None:
    """Whatever a record holds, learning from it ends, and the record becomes what it was."""
    assert going_on(kind, record).document(kind, record) == Redactor(b"gone").document(kind, record)


def test_what_was_learned_holds_everywhere() -> None:
    """A host that was learned from a node has its pseudonym in URLs and errors too, as a key as well."""
    before, after = Redactor(b"gone"), Redactor(b"new")
    after.learn("nodes", {"hostname": "es-1.acme.com"}, before.document("nodes", {"hostname": "es-1.acme.com"}))
    after.learn_key("10.1.2.3", before.key("10.1.2.3"))
    error = {"error": "Error: http://es-1.acme.com:9200/ failed, connect ECONNREFUSED 10.1.2.3:9200"}

    assert after.document("errors", error) == before.document("errors", error)
    assert after.key("es-2.acme.com").endswith(before.key("es-2.acme.com").partition(".")[2])
    assert after.key("other") == Redactor(b"new").key("other")


@pytest.mark.parametrize(
    "change", [{"workers": 3}, {"name": "x", "more": 1}, {"labels": {}}, {"labels": None}, {"_status": "stopped"}]
)
def test_nothing_is_learned_of_what_has_changed(change: dict[str, Any]) -> None:
    """A record that is not what it was teaches nothing."""
    record = {"name": "acme", "workers": 2, "_status": "running", "labels": {"acme": ["acme"]}}
    after = Redactor(b"new")
    after.learn("executions", record, Redactor(b"gone").document("executions", record | change))
    after.learn("executions", record, {})
    after.learn_key("acme", "something else")

    assert after.key("acme") == Redactor(b"new").key("acme")


def test_what_is_in_doubt_is_not_used() -> None:
    """A text with two pseudonyms, and two texts with one, get new ones, whatever comes later."""
    words = ["".join(letters) * 6 for letters in itertools.permutations("abc", 2)]
    for pairs in ([("x", words[0]), ("x", words[1])], [("x", words[0]), ("y", words[0])]):
        after = Redactor(b"new")
        for text, old in (*pairs, *pairs):
            after.learn_key(text, old)

        assert after.key("x") == Redactor(b"new").key("x")
        assert after.key("y") == Redactor(b"new").key("y")


def test_marks_in_names_are_no_marks() -> None:
    """A name that is kept may hold what marks are made of."""
    after = Redactor(b"new", keep_names=True)
    record = {"name": "\ue0007\ue001"}
    after.learn("jobs", record, record)

    assert after.document("jobs", record) == record
