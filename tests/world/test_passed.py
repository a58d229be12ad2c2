"""What is left out of the world by arithmetic is what would be left out one by one."""

from __future__ import annotations

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from toolkit.model.instants import DAY
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.session.passed import Passed
from toolkit.world.session.remainder import Sequenced
from toolkit.world.timeline import LiveTimeline

EPOCH = 1_767_225_600_000


@given(
    cycle=st.integers(1, 9),
    takes=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30)), max_size=6, unique_by=lambda take: take[0]),
    end=st.integers(0, 120),
)
def test_places_are_passed_by_from_the_one_on_at_which_their_job_was_taken(
    cycle: int, takes: list[tuple[int, int]], end: int
) -> None:
    """Whichever jobs are taken when, places are held, counted and given as if they had been written down."""
    passed = Passed(cycle)
    expected: set[int] = set()
    for turn, first in sorted(((turn, first) for turn, first in takes if turn < cycle), key=lambda take: take[1]):
        passed.add(turn, first)
        expected |= set(range(first + (turn - first) % cycle, 120, cycle))

    assert [place for place in range(120) if passed.holds(place)] == sorted(expected)
    assert passed.before(end) == sum(place < end for place in expected)
    assert sorted(passed.places(end)) == sorted(place for place in expected if place < end)


@given(size=st.integers(0, 60), out=st.sets(st.integers(0, 59)))
def test_a_sequence_without_some_entries_is_what_stays_in_order(size: int, out: set[int]) -> None:
    """Few or many, scattered or in one stretch: every entry that stays is found at its position."""
    gone = sorted(place for place in out if place < size)
    whole = Sequenced(size, lambda i: (i, str(i)), lambda i: i)
    left = whole.without(len(gone), lambda place: bisect_left(gone, place))
    stays = [i for i in range(size) if i not in out]

    assert [left.number(i) for i in range(left.size)] == stays
    assert [left.key(i) for i in range(left.size)] == [(i, str(i)) for i in stays]


def test_years_after_a_stop_are_not_gone_through() -> None:
    """Ten years of lifecycle events that pass a job by are not kept one by one, nor the same job ever started."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(epoch=EPOCH), log)
    view = timeline.at(EPOCH)
    record = next(one for one in view.executions(0, 100).value if one.fields["_status"] == "running")
    log.append(EPOCH, {"do": "stop", "ex_id": record.fields["ex_id"]})
    last = EPOCH + 3_650 * DAY
    session, _ = timeline.session_at(last)
    latest = timeline.at(last).latest_execution(str(record.fields["job_id"])).value

    assert len(session.base.out_by(last)) > 10_000
    assert len(session.base.executions) == 1
    assert latest is not None
    assert latest.fields["ex_id"] == record.fields["ex_id"]
