"""A bundle's life as a timeline: the second implementation of the one read interface."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from toolkit.errors import InstantError
from toolkit.model.instants import EARLIEST, LATEST, format_instant
from toolkit.model.status import TERMINAL
from toolkit.timeline.events import windows
from toolkit.timeline.stats import both_names
from toolkit.timeline.view import NEVER, Change, Held, Record, joined
from toolkit.timeline.wanted import Exact, chosen
from toolkit.tracks.cache import Bounded
from toolkit.tracks.events import Happenings
from toolkit.tracks.finding import Finder
from toolkit.tracks.frames import frame_of, shown_until
from toolkit.tracks.jobs import JobIndex
from toolkit.tracks.kinds import KINDS, instant_of
from toolkit.tracks.moves import moves
from toolkit.tracks.order import Ordering
from toolkit.tracks.outline import MemoryTracks, Run, Standing, TrackSource, outline
from toolkit.tracks.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.timeline.view import Event
    from toolkit.timeline.wanted import Choosing, Fetch, Lead, Leaf, Wanted
    from toolkit.tracks.placing import Explicit
    from toolkit.tracks.track import Track

_ALL: Final = 2**62
_ERROR_LISTS: Final = 64
"""How many executions' error lists are kept sorted."""
_instant_of = attrgetter("t")


class TrackTimeline:
    """Tracks, asked for any instant from `first` to `last`."""

    def __init__(
        self,
        tracks: Mapping[str, Sequence[Track] | TrackSource],
        first: int,
        last: int,
        orders: Mapping[str, Sequence[Explicit]] | None = None,
        frames: Sequence[int] = (),
    ) -> None:
        """Index tracks.

        Args:
            tracks: By collection; a missing one is empty.
            first: The first instant that can be asked for.
            last: The last one.
            orders: By collection, the orders of its list that are not the sort's, ascending.
            frames: The instants of a recording's frames, ascending: in between, the last one holds.
        """
        self.frames = frames
        self.first = first
        self.last = last
        orders = orders or {}
        self._shelves: dict[str, Shelf] = {}
        self._orderings: dict[str, Ordering] = {}
        self._jobs = JobIndex()
        self._errors: dict[str, array[int]] = {}
        self._error_orders: Sequence[Explicit] = ()
        self._error_orderings: Bounded[str, Ordering] = Bounded(_ERROR_LISTS)
        self._happenings = Happenings()
        for kind in KINDS.values():
            held = tracks.get(kind.name, ())
            source = held if not isinstance(held, Sequence) else MemoryTracks(kind, held, frames)
            shelf = self._shelves[kind.name] = Shelf(source, frames)
            explicit = orders.get(kind.name, ())
            if kind.name == "errors":
                self._errors = _by_execution(shelf.index())
                self._error_orders = explicit
                continue
            members = self._happenings.noting(kind.name, shelf.index())
            if kind.name == "executions":
                members = self._jobs.reading(members, kind.watched.index("job_id"))
            self._orderings[kind.name] = Ordering(kind, members, explicit)
        self._finders = {
            name: Finder(self._shelves[name], self._orderings[name].still, KINDS[name].id_field)
            for name in ("jobs", "executions")
        }
        moving = self._orderings["executions"].moving
        self._changes = sorted(change for _, member in moving for change in moves(member))

    def at(self, t: int) -> TrackView:
        """Look at the cluster at an instant.

        Raises:
            InstantError: If `t` is before `first` or after `last`.
        """
        if not self.first <= t <= self.last:
            msg = (
                f"cannot look at {_written(t)}: the bundle goes from {_written(self.first)} to {_written(self.last)}; "
                "ask for an instant in it"
            )
            raise InstantError(msg)
        return TrackView(self, t)

    def changes(self, after: int, until: int) -> Iterator[Change]:
        """Give the status changes later than `after` and not later than `until`, in their order."""
        place = bisect_right(self._changes, after, key=_instant_of)
        end = bisect_right(self._changes, until, key=_instant_of)
        return iter(self._changes[place:end])

    def next_change(self, after: int) -> int:
        """Give the instant of the next status change after `after`, `NEVER` if there is none."""
        place = bisect_right(self._changes, after, key=_instant_of)
        return self._changes[place].t if place < len(self._changes) else NEVER

    def events(self, after: int, until: int) -> Iterator[Event]:
        """Give the events later than `after` and not later than `until`, in order, at the cost of those taken."""
        return chain.from_iterable(windows(self, after, until))

    def happened(self, after: int, until: int) -> Iterator[Event]:
        """Give the events of a short stretch, in no order."""
        return self._happenings.between(self, after, until)

    def shown_at(self, t: int) -> int:
        """Give the instant whose tracks are shown at another one: in a recording the last frame's, for it holds."""
        return self.frames[frame_of(self.frames, t)] if self.frames else t

    def shown_until(self, until: int) -> int:
        """Give until when what the tracks hold until an instant is shown: in a recording until a frame."""
        return shown_until(self.frames, until) if self.frames else until

    def shelf(self, name: str) -> Shelf:
        """Give the records of a collection."""
        return self._shelves[name]

    def ordering(self, name: str) -> Ordering:
        """Give the order of a collection."""
        return self._orderings[name]

    def finder(self, name: str) -> Finder:
        """Give what tells what a search may find of a collection."""
        return self._finders[name]

    def executions_of(self, job_id: str) -> Iterator[int]:
        """Give the positions of executions that may be a job's; another job's may be among them."""
        return self._jobs.of(job_id)

    def places_of(self, name: str, leaf: Leaf) -> set[int] | None:
        """Give the positions of records that a clause may find, `None` if any may be: by the indexes of ids."""
        if not isinstance(leaf.hint, Exact):
            return None
        if leaf.field == KINDS[name].id_field:
            return {place for text in leaf.hint.texts if (place := self._shelves[name].position(text)) is not None}
        if leaf.field == "job_id" and name == "executions":
            return {place for text in leaf.hint.texts for place in self._jobs.of(text)}
        return None

    def erring(self) -> list[str]:
        """Give the ids of the executions that ever have an error record, sorted."""
        return sorted(self._errors)

    def errors_of(self, ex_id: str) -> Ordering | None:
        """Give the order of an execution's error records, `None` if it never has any."""
        positions = self._errors.get(ex_id)
        if positions is None:
            return None
        ordering = self._error_orderings.get(ex_id)
        if ordering is None:
            kind, shelf = KINDS["errors"], self._shelves["errors"]
            members = ((position, outline(kind, shelf.track(position), self.frames)) for position in positions)
            ordering = self._error_orderings.put(ex_id, Ordering(kind, members, self._error_orders))
        return ordering


class TrackView:
    """A bundle at one instant."""

    __slots__ = ("_at", "_timeline", "t")

    def __init__(self, timeline: TrackTimeline, t: int) -> None:
        """Look at a timeline at an instant of it."""
        self._timeline = timeline
        self.t = t
        self._at = timeline.shown_at(t)

    def info(self) -> Held[Record]:
        """What `GET /` answers; `{}` if the bundle does not know."""
        record, until = self._find("cluster", "info")
        return Held(record or Record({}), until)

    def stats(self) -> Held[Record]:
        """What `GET /cluster/stats` answers; `{}` if the bundle does not know."""
        record, until = self._find("cluster", "stats")
        return Held(Record(both_names(record.fields if record else {})), until)

    def nodes(self) -> Held[list[tuple[str, Record]]]:
        """The nodes of the cluster state by key, in the order of the wire."""
        shelf = self._timeline.shelf("nodes")
        found, until = self._listed("nodes", self._timeline.ordering("nodes").page(self._at, 0, _ALL))
        return Held([(shelf.id(position), record) for position, record in found], until)

    def controllers(self) -> Held[list[Record]]:
        """The execution controllers, in the order of the wire."""
        return self._page("controllers", 0, _ALL)

    def controllers_text(self) -> Held[bytes]:
        """The execution controllers as one pretty array."""
        return joined(self.controllers())

    def controller(self, ex_id: str) -> Held[Record | None]:
        """The controller of one execution, `None` if it has none at this instant."""
        return self._find("controllers", ex_id)

    def jobs(self, start: int, size: int) -> Held[list[Record]]:
        """Jobs `start` to `start + size` of the list, without deleted ones."""
        return self._page("jobs", start, size)

    def deleted_jobs(self, start: int, size: int) -> Held[list[Record]]:
        """Jobs `start` to `start + size` of the deleted ones."""
        return self._deleted("jobs", start, size)

    def jobs_like(self, wanted: Wanted, lead: Lead | None) -> Choosing[Fetch]:
        """Leave jobs out that a search cannot find."""
        return (yield from self._like("jobs", wanted, lead))

    def job(self, job_id: str) -> Held[Record | None]:
        """One job, `None` if there is none of that id at this instant."""
        return self._find("jobs", job_id)

    def job_count(self) -> int:
        """How many jobs the list has, without deleted ones."""
        return self._timeline.ordering("jobs").count(self._at)

    def executions(self, start: int, size: int) -> Held[list[Record]]:
        """Executions `start` to `start + size` of the list, without deleted ones."""
        return self._page("executions", start, size)

    def deleted_executions(self, start: int, size: int) -> Held[list[Record]]:
        """Executions `start` to `start + size` of the deleted ones."""
        return self._deleted("executions", start, size)

    def executions_like(self, wanted: Wanted, lead: Lead | None) -> Choosing[Fetch]:
        """Leave executions out that a search cannot find."""
        return (yield from self._like("executions", wanted, lead))

    def execution(self, ex_id: str) -> Held[Record | None]:
        """One execution, `None` if there is none of that id at this instant."""
        return self._find("executions", ex_id)

    def latest_execution(self, job_id: str) -> Held[Record | None]:
        """The newest execution of a job, `None` if it has none; of two that are equally new, the one of lower id."""
        latest, newest = None, 0
        records, until = self._executions_of(job_id)
        for record in records:
            created = instant_of(record.fields.get("_created"))
            if latest is None or created > newest:
                latest, newest = record, created
        return Held(latest, until)

    def living_of(self, job_id: str) -> Held[list[Record]]:
        """The executions of a job that are not terminal."""
        records, until = self._executions_of(job_id)
        return Held([record for record in records if record.fields.get("_status") not in TERMINAL], until)

    def _executions_of(self, job_id: str) -> Held[list[Record]]:
        found, until = [], NEVER
        shelf = self._timeline.shelf("executions")
        for position in self._timeline.executions_of(job_id):
            record, held = shelf.at(position, self._at)
            until = min(until, held)
            if record is not None and record.fields.get("job_id") == job_id:
                found.append(record)
        return Held(found, self._timeline.shown_until(until))

    def execution_count(self) -> int:
        """How many executions the list has, without deleted ones."""
        return self._timeline.ordering("executions").count(self._at)

    def errors(self, ex_id: str) -> Held[list[Record]]:
        """The error records of an execution; empty if there is none."""
        ordering = self._timeline.errors_of(ex_id)
        if ordering is None:
            return Held([], NEVER)
        found, until = self._listed("errors", ordering.page(self._at, 0, _ALL))
        return Held([record for _, record in found if record.fields.get("ex_id") == ex_id], until)

    def assets(self) -> Held[list[Record]]:
        """The assets, newest `_created` first."""
        return self._page("assets", 0, _ALL)

    def asset_operations(self) -> Held[dict[str, tuple[str, ...]]]:
        """Nothing: a bundle checks no job."""
        return Held({}, NEVER)

    def _like(self, name: str, wanted: Wanted, lead: Lead | None) -> Choosing[Fetch]:
        timeline, ordering = self._timeline, self._timeline.ordering(name)

        def ask(leaf: Leaf) -> Choosing[set[int]]:
            yield
            return timeline.places_of(name, leaf)

        nothing: set[int] = set()
        positions = yield from chosen(wanted, ask, nothing)
        page: Callable[[int, int], Held[list[int]]] | None
        if positions is not None:
            listed, until = ordering.among(self._at, positions)

            def page(start: int, size: int) -> Held[list[int]]:
                return Held(listed[start : start + size], until)

        else:
            finder = timeline.finder(name)
            places = yield from finder.places(wanted, lead, lambda leaf: timeline.places_of(name, leaf))
            page = None if places is None else ordering.only(self._at, places)
        return None if page is None else lambda start, size: self._records(name, page(start, size))

    def _find(self, name: str, record_id: str) -> Held[Record | None]:
        record, until = self._timeline.shelf(name).find(record_id, self._at)
        return Held(record, self._timeline.shown_until(until))

    def _page(self, name: str, start: int, size: int) -> Held[list[Record]]:
        return self._records(name, self._timeline.ordering(name).page(self._at, start, size))

    def _deleted(self, name: str, start: int, size: int) -> Held[list[Record]]:
        return self._records(name, self._timeline.ordering(name).deleted_page(self._at, start, size))

    def _records(self, name: str, positions: Held[list[int]]) -> Held[list[Record]]:
        found, until = self._listed(name, positions)
        return Held([record for _, record in found], until)

    def _listed(self, name: str, positions: Held[list[int]]) -> Held[list[tuple[int, Record]]]:
        found, until = self._timeline.shelf(name).all_at(positions, self._at)
        return Held(found, self._timeline.shown_until(until))


def _by_execution(members: Iterable[tuple[int, Run]]) -> dict[str, array[int]]:
    """Sort error records' positions by every execution they ever belong to."""
    groups: defaultdict[str, array[int]] = defaultdict(lambda: array("L"))
    for position, member in members:
        if isinstance(member, Standing):
            for at, ex_id in enumerate(member.columns[1], position):
                if isinstance(ex_id, str):
                    groups[ex_id].append(at)
        else:
            for ex_id in {values[1] for _, values in member.steps if isinstance(values[1], str)}:
                groups[ex_id].append(position)
    return dict(groups)


def _written(t: int) -> str:
    return format_instant(t) if EARLIEST <= t <= LATEST else f"{t} ms"
