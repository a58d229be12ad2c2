"""When a finding is told, how often, and what is left alone on a cluster whose lists lag."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.bundle.making import CONTROLLER, DATE, EPOCH, EXECUTION, JOB, NODE, STATS
from toolkit.examine.examiner import Examiner, Finding, Look
from toolkit.examine.polling import Reading
from toolkit.model.instants import format_instant
from toolkit.model.wire import Literal, dumps
from toolkit.recorder.frames import Seen

if TYPE_CHECKING:
    from collections.abc import Sequence

START = EPOCH + 60_000
"""A minute after the records were created."""
Records = dict[str, list[tuple[str, dict[str, Any]]]]


def records(**more: Any) -> Records:
    """Make a small sane cluster; `more` changes fields of its controller."""
    return {
        "jobs": [("j1", JOB)],
        "executions": [("e1", EXECUTION)],
        "controllers": [("e1", CONTROLLER | {"workers_joined": 2} | more)],
        "nodes": [("n1", NODE)],
        "errors": [],
        "assets": [],
        "cluster": [("stats", {"controllers": STATS, "slicer": STATS})],
    }


def judged(
    looks: Sequence[Records],
    *,
    every: int = 1_000,
    partial: frozenset[str] = frozenset(),
    exact: bool = False,
    settle: int = 5_000,
) -> list[Finding]:
    """Judge looks, by default with a settle time of five seconds."""
    examiner = Examiner(settle)
    for place, seen in enumerate(looks):
        examiner.take(Look(START + place * every, seen, exact=exact, partial=partial))
    return examiner.findings


def without(name: str, seen: Records | None = None) -> Records:
    """Take a list away, as if it could not be read."""
    return {kind: found for kind, found in (seen or records()).items() if kind != name}


def test_the_same_finding_is_told_once() -> None:
    """With the values of the first time, how often it was, and the first and the last instant."""
    (one,) = judged([records(processed=value) for value in (5, 3, 9, 9, 8, 8)])

    assert (one.rule, one.severity, one.kind, one.id, one.field) == (
        "counter-falls", "error", "controllers", "e1", "processed",
    )  # fmt: skip
    assert (one.seen, one.times) == ("fell from 5 to 3", 2)
    assert (one.first, one.last) == (START + 1_000, START + 4_000)


def test_what_stays_broken_is_counted_at_every_look() -> None:
    """Also while the record does not change, and not while it is not there."""
    (one,) = judged([records(queued=-1)] * 3 + [without("x", records() | {"controllers": []})] + [records(queued=-1)])

    assert (one.rule, one.times, one.last - one.first) == ("below-zero", 4, 4_000)


@pytest.mark.parametrize(
    ("was", "is_now", "seen"),
    [
        (Literal("9.5"), Literal("3.5"), "fell from 9.5 to 3.5"),
        (9.5, 3, "fell from 9.5 to 3"),
        (Literal(str(2**70)), 3, f"fell from {2**70} to 3"),
        (Literal("1e3"), Literal("999.5"), "fell from 1e3 to 999.5"),
        (Literal("1e99999999999999999999"), 3, ""),
        (Literal('"\\ud800"'), 3, ""),
        (Literal("9.50"), Literal("9.5"), ""),
        (3, Literal("3.5"), ""),
        (float("inf"), 3, ""),
    ],
)
def test_counters_fall_whatever_number_they_are(was: object, is_now: object, seen: str) -> None:
    """With a fraction, or beyond what 64 bits hold; what is no number says nothing."""
    found = judged([records(processed=was), records(processed=is_now)])
    assert [one.seen for one in found if one.rule == "counter-falls"] == [seen] * bool(seen)
    assert {one.rule for one in found} <= {"counter-falls"}


def test_no_number_is_below_zero() -> None:
    """Neither one with a fraction, nor one beyond 64 bits."""
    for odd in (Literal("-1.5"), Literal(str(-(2**70)))):
        (one,) = judged([records(queued=odd)])
        assert (one.rule, one.seen) == ("below-zero", f"is {odd.text}")


def _under(master: int | None, processed: int) -> Records:
    active = [] if master is None else [{"worker_id": 1, "assignment": "cluster_master", "pid": master}]
    totals = STATS | {"processed": processed}
    return records() | {
        "nodes": [("n1", NODE | {"available": 7, "active": active})],
        "cluster": [("stats", {"controllers": totals, "slicer": totals})],
    }


def test_totals_do_not_fall_under_one_master() -> None:
    """To whatever number; they begin anew with another master, also where its node is seen a look later."""
    for less in (0, 3, 8):
        (one,) = judged([_under(5, 9)] * 2 + [_under(5, less)] * 4)
        assert (one.rule, one.severity, one.kind, one.field, one.seen, one.first) == (
            "totals-fall", "error", "cluster", "controllers.processed",
            f"fell from 9 to {less}, under the same master", START + 2_000,
        )  # fmt: skip
    assert judged([_under(5, 9)] * 2 + [_under(6, 3)] * 9) == []
    assert judged([_under(5, 9)] * 2 + [_under(5, 3)] + [_under(6, 3)] * 9) == []
    assert judged([_under(5, 9)] * 2 + [_under(None, 9), *[_under(5, 3)] * 9]) == []
    assert judged([_under(None, 9)] * 2 + [_under(None, 3)] * 9) == []


def test_an_unknown_status_is_told_at_once() -> None:
    """As a warning: a cluster that is newer may have more of them."""
    found = judged(_executions({"_status": "runing"}))
    assert [(one.rule, one.severity, one.seen) for one in found] == [("unknown-status", "warning", "is 'runing'")]


def test_another_run_counts_from_zero() -> None:
    """A controller with another start is another run of it."""
    assert judged([records(processed=5), records(processed=0, started=format_instant(START))]) == []


def test_what_may_pass_is_told_when_it_lasts() -> None:
    """A controller of no execution for two seconds is a lag, for three an error, however long the settle time is."""
    odd, well = records() | {"executions": []}, records()

    assert judged([odd] * 3 + [well] + [odd] * 3) == []
    for settle in (3_000, 5_000, 10**9):
        (one,) = judged([well] + [odd] * 4, settle=settle)
        assert (one.rule, one.times, one.first) == ("controller-of-no-execution", 4, START + 1_000)
    (one,) = judged([well] + [odd] * 2, settle=1_000)
    assert one.times == 2


def test_what_is_only_unusual_waits_for_the_settle_time() -> None:
    """A lost node is a warning after five seconds; in between it must never be well."""
    odd, well = records() | {"nodes": [("n1", NODE | {"state": "disconnected"})]}, records()

    assert judged([odd] * 5 + [well] + [odd] * 5) == []
    (one,) = judged([odd] * 6)
    assert (one.rule, one.times, one.first, one.last) == ("node-disconnected", 6, START, START + 5_000)


def test_an_error_at_every_look_is_told_where_they_are_few() -> None:
    """Three looks or more, over more than the second and a half that lists may lag; not if one was well."""
    odd, well = records() | {"executions": []}, records()

    (one,) = judged([odd] * 3)
    assert (one.rule, one.times, one.first, one.last) == ("controller-of-no-execution", 3, START, START + 2_000)
    assert judged([odd] * 2) == []
    assert judged([odd] * 3, every=750) == []
    assert judged([well, odd, odd]) == judged([odd, odd, well]) == judged([odd, without("executions"), odd]) == []


def test_a_nodes_state_may_be_five_seconds_old() -> None:
    """Slots that do not add up are an error when they last longer."""
    odd = records() | {"nodes": [("n1", NODE | {"active": [{"worker_id": 1, "assignment": "worker"}]})]}

    assert judged([records()] + [odd] * 6 + [records()], settle=60_000) == []
    (one,) = judged([records()] + [odd] * 8, settle=60_000)
    assert (one.rule, one.severity) == ("slots-do-not-add-up", "error")


def test_what_was_taken_at_one_instant_need_not_last() -> None:
    """Errors are told at once there, warnings are not."""
    odd = records() | {"executions": [], "nodes": [("n1", NODE | {"state": "disconnected"})]}
    assert [one.rule for one in judged([odd], exact=True)] == ["controller-of-no-execution"]


def test_a_gap_says_nothing() -> None:
    """While a list could not be read, what depends on it is neither told nor forgotten."""
    odd = records() | {"executions": []}

    assert judged([without("executions")] * 9) == []
    (one,) = judged([odd, without("executions"), without("controllers"), odd, odd, odd])
    assert (one.times, one.first) == (4, START)


def test_a_list_that_was_cut_is_not_taken_for_whole() -> None:
    """An execution beyond the window of the search is no missing one."""
    odd = records() | {"executions": []}
    assert judged([odd] * 9, partial=frozenset({"executions"})) == []


def _executions(*versions: dict[str, Any]) -> list[Records]:
    return [records() | {"executions": [("e1", EXECUTION | version)]} for version in versions]


def test_a_copy_of_the_index_that_lags_is_no_finding() -> None:
    """A search may answer with what a record was before its last change, for a moment."""
    old = {"_status": "running", "_updated": format_instant(START)}
    new = {"_status": "stopping", "_updated": format_instant(START + 3_000)}

    assert judged(_executions(old, new, old, new, new)) == []
    assert {one.rule for one in judged(_executions(old, new, old, new), exact=True)} == {
        "illegal-transition", "updated-falls",
    }  # fmt: skip
    late = judged(_executions(old, *[new] * 7, old))
    assert {one.rule for one in late} == {"illegal-transition", "updated-falls"}
    other = judged(_executions(old, new, old | {"workers": 3}))
    assert {one.rule for one in other} == {"illegal-transition", "updated-falls"}


def test_hosts_clocks_may_differ_by_a_second() -> None:
    """The dates of one record are written by several hosts."""
    since, before = {"_updated": format_instant(START)}, {"_updated": format_instant(START - 1_000)}
    created = {"_created": format_instant(START)}
    assert judged(_executions(created | since, created | before)) == []


def test_soft_deletion_changes_what_has_ended() -> None:
    """`_deleted`, its date, `active` and the date of the write; nothing else."""
    ended = {"_status": "stopped", "_updated": DATE}
    deleted = ended | {"_deleted": True, "_deleted_on": format_instant(START), "active": False}
    no_controller = [seen | {"controllers": []} for seen in _executions(ended, deleted, deleted | {"workers": 9})]

    assert judged(no_controller[:2]) == []
    (one,) = judged(no_controller)
    assert (one.rule, one.field, one.seen) == ("terminal-changes", "workers", "was 2, is 9, after it was stopped")


def test_records_of_unknown_shape_say_nothing() -> None:
    """Whatever a field holds, it is no reason to fail, and numbers that are none are not compared."""
    for odd in (None, "x", [], {}, True, [None], {"a": 1}, 10**30, 1.5):
        document: dict[str, Any] = dict.fromkeys(
            [*EXECUTION, *CONTROLLER, *NODE, "_deleted_on", "controllers", "slicer"], odd
        )
        seen = {kind: [("k", deepcopy(document))] for kind in records()}
        found = judged([seen, records(), seen, seen] * 3)
        assert {one.severity for one in found} <= {"warning"}


def _seen(records_: dict[str, Any]) -> Seen:
    more: dict[str, Any] = {"gaps": {}, "absent": frozenset(), "cut": frozenset({"jobs"})}
    return Seen(t=START, skew_ms=3, records=records_, **more)


def test_frames_are_looks() -> None:
    """The keys are unique, the cluster's two records are one kind, and a text that stays is read once."""

    def frame() -> Seen:
        found = {
            "info": [("info", dumps({"name": "c"}))],
            "stats": [("stats", dumps({"slicer": {}}))],
            "nodes": [("n1", dumps(NODE))],
            "jobs": [("", dumps(JOB)), ("", dumps(JOB)), ("", dumps({"no": 1}))],
        }
        return _seen(found)

    reading = Reading()
    first, second = (reading.look(frame(), exact=False) for _ in range(2))
    keys = {kind: [key for key, _ in found] for kind, found in first.records.items()}
    assert keys["jobs"][:2] == ["j1", "j1#2"]
    assert keys["jobs"][2].startswith("no-id-")
    assert (keys["nodes"], keys["cluster"]) == (["n1"], ["info", "stats"])
    assert first.partial == {"jobs"}
    assert [doc for _, doc in first.records["jobs"]] == [JOB, JOB, {"no": 1}]
    assert all(a is b for (_, a), (_, b) in zip(first.records["jobs"], second.records["jobs"], strict=True))
