"""The events of a bundle: what its executions, controllers and nodes become, as their tracks say.

A generated bundle has the events of the world it was made of. A recording has them at its frames.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from itertools import chain
from typing import TYPE_CHECKING, Final

from toolkit.timeline.events import WORKERS, moved, refreshed, staffed, stated, text_of
from toolkit.timeline.view import NEVER
from toolkit.tracks.outline import BEGINNING, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from toolkit.timeline.view import Event
    from toolkit.tracks.outline import Run
    from toolkit.tracks.state import TrackState
    from toolkit.tracks.timeline import TrackTimeline

_STAFF: Final = (*WORKERS, "name", "job_id")
_STATE: Final = ("state",)
_BLOCK: Final = 256
"""So many records in a row are passed by together where none of them is there."""


class Presence:
    """Which of the records of a kind are there in a stretch of time, those left out that are always the same."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: list[tuple[int, int, int]] = []
        self._last: array[int] = array("q")

    def noting(self, members: Iterable[tuple[int, Run]]) -> Iterator[tuple[int, Run]]:
        """Let members through, and note of each from when to when it is there, gaps included."""
        for position, member in members:
            if isinstance(member, Outline) and member.changing:
                since, until = (member.spans[0][0], member.spans[-1][1]) if member.spans else (None, None)
                row = BEGINNING if since is None else since, NEVER if until is None else until, position
                self._rows.append(row)
            yield position, member
        self._rows.sort()
        blocks = range(0, len(self._rows), _BLOCK)
        self._last = array("q", (max(row[1] for row in self._rows[at : at + _BLOCK]) for at in blocks))

    def between(self, after: int, until: int) -> Iterator[int]:
        """Give the positions of records that may be there at `after` or later, and not only later than `until`."""
        for block, last in enumerate(self._last):
            rows = self._rows[block * _BLOCK : (block + 1) * _BLOCK]
            if rows[0][0] > until:
                return
            if last >= after:
                yield from (position for since, gone, position in rows if since <= until and gone >= after)


class Renewals:
    """The instants at which a new world begins: no job that was there stays."""

    def __init__(self) -> None:
        """Start empty."""
        self._starts: array[int] = array("q")
        self._ends: array[int] = array("q")
        self.instants: list[int] = []

    def noting(self, members: Iterable[tuple[int, Run]]) -> Iterator[tuple[int, Run]]:
        """Let the jobs through, and note when they are there."""
        for position, member in members:
            if isinstance(member, Outline):
                for since, until in member.spans or [(None, None)]:
                    self._starts.append(BEGINNING if since is None else since)
                    if until is not None:
                        self._ends.append(until)
            else:
                self._starts.extend([BEGINNING] * len(member.ids))
            yield position, member
        starts, ends = sorted(self._starts), sorted(self._ends)
        self.instants = [t for t in sorted(set(ends)) if bisect_left(starts, t) == bisect_right(ends, t)]

    def between(self, after: int, until: int) -> list[int]:
        """Give those later than `after` and not later than `until`."""
        return self.instants[bisect_right(self.instants, after) : bisect_right(self.instants, until)]


class Happenings:
    """What is needed of a bundle's tracks to find their events."""

    def __init__(self) -> None:
        """Start empty."""
        self._renewals, self._controllers, self._nodes = Renewals(), Presence(), Presence()
        self._books: dict[str, Presence | Renewals] = {
            "jobs": self._renewals,
            "controllers": self._controllers,
            "nodes": self._nodes,
        }

    def noting(self, name: str, members: Iterator[tuple[int, Run]]) -> Iterator[tuple[int, Run]]:
        """Let the members of a collection through, and note what is needed of them."""
        return self._books[name].noting(members) if name in self._books else members

    def between(self, timeline: TrackTimeline, after: int, until: int) -> Iterator[Event]:
        """Give the events of a stretch, in no order; all that comes with a new world is one event.

        Args:
            timeline: The timeline of the same tracks.
            after: The stretch begins after this instant.
            until: It ends with this one.
        """
        renewed = self._renewals.between(after, until)
        yield from (refreshed(t) for t in renewed)
        found = chain(
            _moves(timeline, after, until),
            _workers(timeline, self._controllers.between(after, until), after, until),
            _states(timeline, self._nodes.between(after, until), after, until),
        )
        yield from (event for event in found if event.t not in renewed)


def _moves(timeline: TrackTimeline, after: int, until: int) -> Iterator[Event]:
    for change in timeline.changes(after, until):
        record, _ = timeline.shelf("executions").find(change.ex_id, change.t)
        assert record is not None, "what changes its status is there"
        names = record.fields.get("job_id"), record.fields.get("name")
        yield moved(change.t, change.ex_id, *names, (change.before, change.after))


def _workers(timeline: TrackTimeline, positions: Iterable[int], after: int, until: int) -> Iterator[Event]:
    shelf = timeline.shelf("controllers")
    for position in positions:
        state = shelf.state(position)
        for t in _shown(timeline, state, WORKERS, (after, until)):
            before, now = (state.values(_STAFF, timeline.shown_at(at)) for at in (t - 1, t))
            if before is not None and now is not None:
                controller = shelf.id(position), now.get("job_id"), now.get("name")
                yield from staffed(t, controller, before, now)


def _states(timeline: TrackTimeline, positions: Iterable[int], after: int, until: int) -> Iterator[Event]:
    shelf = timeline.shelf("nodes")
    for position in positions:
        state = shelf.state(position)
        for t in _shown(timeline, state, _STATE, (after, until)):
            documents = (state.values(_STATE, timeline.shown_at(at)) for at in (t - 1, t))
            before, now = (None if doc is None else text_of(doc.get("state")) for doc in documents)
            yield from stated(t, shelf.id(position), before, now)


def _shown(timeline: TrackTimeline, state: TrackState, fields: Sequence[str], stretch: tuple[int, int]) -> list[int]:
    """Give when in a stretch it is shown that some fields of a track may be others: in a recording at frames."""
    after, until = stretch
    touched = state.touched(fields, timeline.shown_at(after), until)
    return sorted({t for t in map(timeline.shown_until, touched) if after < t <= until})
