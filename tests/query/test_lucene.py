"""Every construct of a Lucene filter, against expectations written by hand."""

# ruff: noqa: E501 - tables of whole answers

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.model.instants import parse_instant
from toolkit.model.wire import Literal
from toolkit.query.lexer import MOST_CHARACTERS, MOST_CLAUSES, MOST_DEPTH
from toolkit.query.lucene import compile_query
from toolkit.query.mapping import EXECUTIONS
from toolkit.query.wording import QueryRefused, titled

NOW = parse_instant("2026-11-22T17:00:00Z")
DOCUMENTS: dict[str, dict[str, Any]] = {
    "a": {
        "name": "once-ok", "_status": "completed", "workers": 2, "active": True, "lifecycle": "once",
        "assets": ["standard", "two words"], "_created": "2026-11-22T16:59:15.675Z", "cpu": Literal("0.5"),
        "_failureReason": "", "_slicer_stats": {"processed": 5}, "labels": {"a": "b"}, "log_level": {"x": 1},
    },
    "b": {
        "name": "Once slice FAILURES", "_status": "failed", "workers": 10, "active": False, "lifecycle": "once",
        "assets": None, "_created": "2026-11-21T00:00:00.000Z", "memory": 2**40, "_has_errors": True,
        "_failureReason": "node worker-1 was lost, version 1.2.3", "slicers": "3",
    },
    "c": {
        "name": "nightly export", "_status": "running", "workers": "7", "lifecycle": "persistent", "assets": [],
        "_created": "2025-12-31T23:59:59.999Z", "kubernetes_image": 5, "_updated": 1_795_300_000_000,
    },
}  # fmt: skip


def found(query: str) -> str:
    """Give the names of the documents a query finds."""
    compiled = compile_query(query, EXECUTIONS, NOW)
    return "".join(name for name, document in DOCUMENTS.items() if compiled.matches(document))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # Terms: keywords exactly, text by its tokens, everything in any field.
        ("_status:failed", "b"), ("_status:Failed", ""), ("_status:fail", ""), ("lifecycle:once", "ab"),
        ("name:once", "ab"), ("name:ONCE", "ab"), ("name:once-ok", "ab"), ("name:nothing-slice", "b"),
        ("name:--", None), (r"name:\-\-", ""), (r"name:\-\- name:once", "ab"), (r"name:\-\- AND name:once", "ab"),
        ("assets:standard", "a"), (r"assets:two\ words", "a"), ("kubernetes_image:5", "c"),
        ("failed", "b"), ("once", "ab"), ("7", "c"), ("true", "ab"), ("zebra", ""), ("bogus:1", ""),
        ("labels.a:b", ""), ("log_level:*", ""), ("_slicer_stats.processed:5", ""), ("cpu:0.5", "a"), ("memory:1099511627776", "b"),
        ("slicers:3", "b"), ("workers:7.0", "c"), ("workers:7.5", ""), ("TO", ""), ("and", ""),
        (r"name:\u006fnce", "ab"),
        # Phrases.
        ('name:"once slice"', "b"), ('name:"slice once"', ""), ('name:"once failures"', ""),
        ('name:"once failures"~1', "b"), ('name:"slice once"~2', "b"), ('name:"slice once"~1', ""),
        ('name:"once once"~5', ""), ('assets:"two words"', "a"), ('name:"-"', ""), ('workers:"2"', "a"),
        ('"once slice"', "b"), (r'assets:"two\ words"', "a"), ('name:"once slice"~', "b"), ('name:"a*"', ""),
        # Wildcards and existence.
        ("name:on*", "ab"), ("name:O?ce", "ab"), ("_status:*ed", "ab"), ("_status:c*p*d", "a"), ("_status:r?nning", "c"),
        ("_status:r?ning", ""), ("_status:?*?", "abc"), ("_status:co*x*d", ""), (r"_status:fail\*", ""), ("fail*", "b"),
        ("assets:*", "a"), ("active:*", "ab"), ("_failureReason:*", "ab"), ("bogus:*", ""), ("*", "abc"), ("*:*", "abc"),
        ("_exists_:active", "ab"), ("_exists_:bogus", ""), ('_exists_:"active"', "ab"), ("_exists_:ac*", "ab"),
        ("_exists_:_slicer_stats", ""), ("_exists_:(active)", ""), (r"na\*:once", "ab"), ("*:once", "ab"),
        # Ranges and comparisons.
        ("workers:[2 TO 7]", "ac"), ("workers:{2 TO 7}", ""), ("workers:{2 TO 7]", "c"), ("workers:[2 TO 7}", "a"),
        ("workers:[3 TO *]", "bc"), ("workers:[* TO 3]", "a"), ("workers:[* TO *]", "abc"), ("workers:>2", "bc"),
        ("workers:>=2", "abc"), ("workers:<7", "a"), ("workers:<=7", "ac"), ("workers:>6.5", "bc"),
        ("_status:[a TO e]", "a"), ("_status:>failed", "c"), ("name:[slice TO z]", "b"), ('workers:["2" TO "7"]', "ac"),
        ("active:[false TO true]", "ab"), ("active:>false", "a"), ("workers:[-5 TO 3]", "a"), (r"workers:>\-1", "abc"),
        ("name:[* TO *]", "abc"), ("bogus:>1", ""), ("cpu:<1", "a"), (">zz", ""), ("name:>", ""),
        # Dates.
        ("_created:2026-11-22", "a"), ("_created:2026", "ab"), ("_created:2026-11", "ab"), ("_created:2025-12", "c"),
        ('_created:"2026-11-22T16:59:15.675Z"', "a"), (r"_created:2026-11-22T16\:59", "a"), ("_created:>2026", ""),
        ("_created:>=2026", "ab"), ("_created:<2026", "c"), ("_created:<=2025", "c"), ("_created:>now-1h", "a"),
        ("_created:[now-2d TO now]", "ab"), ("_created:[now/d TO now/d]", "a"), ("_created:<now-1M", "c"),
        ("_updated:[1795300000000 TO 1795300000000]", "c"), ('_created:["2026-11-21||/d" TO "2026-11-21||+1d"}', "b"),
        # Booleans of the language: clauses from left to right.
        ("_status:failed OR workers:2", "ab"), ("_status:failed workers:2", "ab"), ("_status:failed || workers:2", "ab"),
        ("name:once AND workers:2", "a"), ("name:once && workers:2", "a"), ("name:once AND NOT workers:2", "b"),
        ("name:once -workers:2", "b"), ("name:once !workers:2", "b"), ("name:once AND -workers:2", "b"),
        ("+name:once workers:2", "ab"), ("+name:once +workers:2", "a"), ("-name:once", "c"), ("NOT name:once", "c"),
        ("!name:once", "c"), ("name:once OR name:nightly AND workers:7", "c"), ("name:nightly AND workers:7 OR x", "c"),
        ("name:once AND (workers:2 OR workers:10)", "ab"), ("name:once AND (-workers:2)", "b"),
        ("NOT name:once AND workers:2", ""), ("-workers:2 AND name:once", "b"), ("(name:once) (name:nightly)", "abc"),
        ("((workers:2))", "a"), ("-name:once -name:nightly", ""), ("name:once OR -workers:2", "b"),
        ("name:once^2", "ab"), ("(workers:2)^0.5 workers:10^3", "ab"), ("workers:[1 TO 3]^2", "a"),
        # Groups on a field; words in a row are one value for a keyword.
        ("_status:(failed OR running)", "bc"), ("name:(+once -slice)", "a"), ("workers:(2 OR >9)", "ab"),
        ("_status:(failed running)", ""), ("assets:(two words)", "a"), ("name:(ok export)", "ac"),
        ("name:(once OR bogus:(x))", "ab"), ("name:(x workers:2)", "a"), ("name:(slice once AND failures)", "b"),
        ("two words", "a"), ("failed running", ""), ("failed running *", "abc"), ("a - b", ""), ("name:(ok ! export)", "ac"),
        # Edits.
        ("name:onec~", "ab"), ("name:onecx~1", ""), ("name:onecx~2", "ab"), ("_status:faild~", "b"), ("name:oN~", ""),
        ("_status:fxxled~2", "b"), ("_status:fxxled~0.5", "b"), ("name:failuresxx~", "b"), ("name:once~0", "ab"),
        ("_status:f*~", "b"), ("onec~", "ab"),
        # Tokens of the standard analyser.
        ("_failureReason:1.2.3", "b"), ("_failureReason:1.2", ""), ("_failureReason:worker", "b"),
    ],
)  # fmt: skip
def test_a_filter_finds(query: str, expected: str | None) -> None:
    """Each construct finds what Lucene finds; `None` is a syntax error."""
    if expected is None:
        with pytest.raises(QueryRefused, match="Failed To Parse Query"):
            found(query)
    else:
        assert found(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "", " ", "((", "()", ")", "a AND", "AND a", "OR", "NOT", '"a', "a\\", "name:", ":a", "a:b:c", "--a", "+-a", "a:-b",
        "a^", "a^2^3", "a^x", "[a b]", "[a TO b", "{a TO b)", "a/b", "f*:a", "?:a", "a~1.5", r"\u00zz", "name::a",
        '"a":b', "[a TO]", "]", "}", "/a", "NOT NOT a", "a:NOT b", "_created:>2026-01-01T00:00:00Z", r"a\u12:x",
        r'_exists_:"\u1"',
    ],
)  # fmt: skip
def test_what_is_no_query_is_refused_as_opensearch_does(query: str) -> None:
    """A syntax error echoes the query."""
    with pytest.raises(QueryRefused) as refused:
        found(query)
    assert refused.value.message == titled(
        f"search_phase_execution_exception: [query_shard_exception] Reason: Failed to parse query [{query}]"
    )


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("workers:abc", 'Failed To Create Query: For Input String: "Abc"'),
        ('workers:""', "Failed To Create Query: Empty String"),
        ("workers:(1 2)", 'Failed To Create Query: For Input String: "1 2"'),
        ("workers:>x", 'Failed To Create Query: For Input String: "X"'),
        ("workers:3000000000", "Failed To Create Query: Value [3000000000] Is Out Of Range For An Integer"),
        ("memory:1e30", "Failed To Create Query: Value [1e30] Is Out Of Range For A Long"),
        ("active:x", "Failed To Create Query: Can't Parse Boolean Value [X], Expected [true] Or [false]".replace("[t", "[T").replace("[f", "[F")),
        ("workers:1*", "Can Only Use Prefix Queries On Keyword, Text And Wildcard Fields - Not On [Workers] Which Is Of Type [Integer]"),
        ("active:?x*", "Can Only Use Wildcard Queries On Keyword, Text And Wildcard Fields - Not On [Active] Which Is Of Type [Boolean]"),
        ("workers:12~", "Failed To Create Query: Can Only Use Fuzzy Queries On Keyword And Text Fields - Not On [Workers] Which Is Of Type [Integer]"),
        ("_created:soon", "Failed To Create Query: Failed To Parse Date Field [Soon] With Format [Strict Date Optional Time||epoch Millis]: [Failed To Parse Date Field [Soon] With Format [Strict Date Optional Time||epoch Millis]]"),
        ("/a.*/", "Failed To Create Query: Regular Expressions Are Refused, For The Time They Can Take"),
        ("name:/a/", "Failed To Create Query: Regular Expressions Are Refused, For The Time They Can Take"),
        ("(" * (MOST_DEPTH + 1), f"Failed To Create Query: The Query Is Nested Deeper Than {MOST_DEPTH}"),
        ("a" * (MOST_CHARACTERS + 1), f"Failed To Create Query: The Query Has {MOST_CHARACTERS + 1} Characters, More Than {MOST_CHARACTERS}"),
    ],
)  # fmt: skip
def test_what_a_field_cannot_be_asked_is_refused(query: str, reason: str) -> None:
    """A clause that does not fit its field's type, or is too much, is a clear 400."""
    with pytest.raises(QueryRefused) as refused:
        found(query)
    assert refused.value.message == f"OpenSearch Error: Search Phase Execution: [Query Shard] Reason: {reason}"


def test_the_number_of_clauses_is_bounded() -> None:
    """As many clauses as OpenSearch takes are fast, one more is refused."""
    before = time.monotonic()
    assert found(" OR ".join(["7"] * MOST_CLAUSES)) == "c"
    assert found("(" * MOST_DEPTH + "workers:2" + ")" * MOST_DEPTH) == "a"
    with pytest.raises(QueryRefused, match="Too Many Clauses"):
        found(" ".join(["-a"] * (MOST_CLAUSES + 1)))
    assert time.monotonic() - before < 20


def test_a_query_says_whether_it_depends_on_the_instant() -> None:
    """`now` in a date does, the word anywhere else does not."""
    assert compile_query("_created:>now-1h", EXECUTIONS, NOW).uses_now
    assert compile_query('_created:"now"', EXECUTIONS, NOW).uses_now
    assert not compile_query("name:now AND _created:>2026", EXECUTIONS, NOW).uses_now


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("index_not_found_exception: [index_not_found_exception] x", "OpenSearch Error: Index Not Found: X"),
        ("a [b] [a]", "OpenSearch Error: A [B] [A]"),
        ("a  -_b ([c", "OpenSearch Error: A  - B ([C"),
        ("", "OpenSearch Error: "),
        ("x" * 3000, "OpenSearch Error: X" + "x" * 2981 + " ..."),
    ],
)
def test_errors_are_worded_as_teraslice_does(text: str, message: str) -> None:
    """Underscores go, words get capitals, repetitions go, long texts are cut."""
    assert titled(text) == message


PARTS = [*'+-!(){}[]^"~*?:\\/&|<>= ', " AND ", " OR ", " NOT ", " TO ", "a", "1", "name:", "_created:", "now"]
SYNTAX = st.lists(st.sampled_from(PARTS), max_size=25).map("".join)


@given(st.one_of(st.text(max_size=60), SYNTAX))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    """No text is a traceback."""
    with contextlib.suppress(QueryRefused):
        found(text)
