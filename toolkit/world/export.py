"""A generated world as tracks: the same function as a table, exact at every instant of the stretch."""

from __future__ import annotations

from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from toolkit.timeline.view import NEVER
from toolkit.tracks.state import apply
from toolkit.tracks.track import Change, Counter, Item, Piece, Span, Track
from toolkit.world.documents import controller_document, error_document
from toolkit.world.failing import shown_errors
from toolkit.world.life import MILLION, Life
from toolkit.world.order import past_of
from toolkit.world.part import WHOLE, Part
from toolkit.world.population import LANE, STARTED, number_of
from toolkit.world.totals import TOTALS, pushes
from toolkit.world.view import process_count

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from toolkit.model.wire import Document
    from toolkit.world.order import Column, Past
    from toolkit.world.session.course import Course
    from toolkit.world.world import World

DERIVED: Final = ("processed", "failed", "subslices", "queued")


class Export:
    """The tracks of one world over `[first, last]`, both ends included; each collection sorted by id."""

    _other_jobs: Collection[int] = ()
    _other_executions: Collection[int] = ()
    """The numbers of those that clients did something to: their tracks are made elsewhere."""

    def __init__(  # noqa: PLR0913 - a stretch of a world, and which part of its records
        self,
        world: World,
        first: int,
        last: int,
        *,
        until: int = NEVER,
        begin: int | None = None,
        part: Part = WHOLE,
    ) -> None:
        """Choose the stretch.

        Args:
            world: The world.
            first: Its first instant, not before the world's epoch.
            last: Its last one.
            until: When the world ends, if another one follows.
            begin: The bundle's first instant, if another world came before.
            part: Which records will be looked at: the large collections hold no others.
        """
        self._world = world
        self._first = first
        self._last = last
        self._until = until
        self._begin = first if begin is None else begin
        self._part = part

    def tracks(self) -> dict[str, Iterator[Track]]:
        """Give every collection's tracks, made one by one as they are asked for."""
        return {
            "jobs": self._jobs(),
            "executions": self._executions(),
            "controllers": self._controllers(),
            "nodes": self._nodes(),
            "errors": self._errors(),
            "assets": self._assets(),
            "cluster": self._cluster(),
        }

    def _assets(self) -> Iterator[Track]:
        documents = [record.fields for record in self._world.assets]
        tracks = [Track(id=doc["id"], doc=doc, spans=self._spans(self._first, NEVER)) for doc in documents]
        return iter(sorted(tracks, key=lambda track: track.id))

    def _cluster(self) -> Iterator[Track]:
        spans = self._spans(self._first, NEVER)
        yield Track(id="info", doc=self._world.info.fields, spans=spans)
        if not self._part.holds("stats"):
            return
        steps = list(pushes(self._world, self._first, self._last, self._lived))
        first = dict(zip(TOTALS, steps[0][1], strict=True))
        pieces = {name: _steps([(t, values[place]) for t, values in steps]) for place, name in enumerate(TOTALS)}
        counters = {name: Counter(pieces=made) for name, made in pieces.items() if len(made) > 1}
        yield Track(id="stats", doc=first, counters=counters, spans=spans)

    def _lived(self, first: int, last: int) -> Iterable[Life | Course]:
        return self._world.lived(first, last)

    def _living(self) -> list[tuple[Life, int | None]]:
        """The executions that live at some instant of the stretch, with their places in the cycle."""
        return self._world.living_between(self._first, self._last)

    def record_count(self) -> int:
        """Count the jobs and executions, for progress."""
        return len(self._job_numbers) + len(self._numbers)

    def _jobs(self) -> Iterator[Track]:
        world, spans = self._world, self._spans(self._first, NEVER)
        for number in map(int, self._job_numbers):
            document = world.make_job(number)
            yield Track(id=document["job_id"], doc=document, spans=spans)

    @cached_property
    def _job_numbers(self) -> Column:
        """The jobs, in the order of their ids."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        every = np.arange(self._world.scenario.jobs)
        return self._part.sorted(self._world.job_ids, _without(every, self._other_jobs))

    @cached_property
    def _past(self) -> Past:
        return past_of(self._world.population)

    @cached_property
    def _numbers(self) -> Column:
        """The executions that exist at some instant of the stretch, in the order of their ids."""
        import numpy as np  # noqa: PLC0415 - as above

        world = self._world
        some = [number_of(LANE, lane) for lane in range(world.population.living)]
        some += [number_of(STARTED, i) for i in range(world.lives.calendar.starts_by(self._last))]
        every = np.concatenate([self._past.numbers.astype(np.int64), np.array(some, dtype=np.int64)])
        return self._part.sorted(world.ex_ids, _without(every, self._other_executions))

    def _executions(self) -> Iterator[Track]:
        world, throughout = self._world, self._spans(self._first, NEVER)
        for number in map(int, self._numbers):
            life = world.lives.make(number)
            if life.ended <= self._first:
                document = world.make_execution(life, len(life.moves))
                yield Track(id=document["ex_id"], doc=document, spans=throughout)
                continue
            begin = max(self._first, life.created)
            at = partial(_execution, world, life)
            yield Track(
                id=world.ex_ids.id_of(number),
                doc=at(begin),
                changes=changes([t for t, _ in life.moves], begin, self._last, at),
                spans=self._spans(life.created, NEVER),
            )

    def _spans(self, since: int, until: int) -> list[Span]:
        """A record's time of existence; empty if it is all of the bundle's."""
        since, until = max(since, self._first), min(until, self._until)
        # What ends with its world ends in the bundle even where that is an instant after this world's last one.
        gone = until if until <= self._last or until == self._until < NEVER else None
        span = (since if since > self._begin else None, gone)
        return [] if span == (None, None) else [span]

    def _controllers(self) -> Iterator[Track]:
        world = self._world
        rows = [(world.ex_ids.id_of(life.number), life) for life, _ in self._living()]
        for ex_id, life in sorted(row for row in rows if self._part.holds(row[0])):
            begin = max(self._first, life.created)
            names = world.job_ids.id_of(life.job), world.population.job(life.job).name
            document = partial(_controller, life, ex_id, *names)
            instants = {t for t, _ in life.moves} | {*life.losses, *life.returns}
            at = life.started
            shifts = range(at, min(life.frozen, self._last) + 1, life.holds) if at <= self._last else ()
            early = max(0, (begin - at) // life.holds) if at <= self._last else 0
            instants.update(shifts[early:])
            yield Track(
                id=ex_id,
                doc=document(begin),
                changes=changes(sorted(instants), begin, min(self._last, life.ended - 1), document, ignore=DERIVED),
                counters={
                    "processed": Counter(pieces=_pieces(life, begin, self._last)),
                    "failed": Counter(of="processed", times=life.ppm, per=MILLION),
                    "subslices": Counter(of="processed", times=life.permille, per=1000),
                    "queued": Counter(of="workers_active"),
                },
                spans=self._spans(life.created, life.ended),
            )

    def _nodes(self) -> Iterator[Track]:
        world = self._world
        placement = world.placement
        if not any(self._part.holds(placement.node_id(node)) for node in range(placement.nodes)):
            return
        items: list[list[Item]] = [[] for _ in range(placement.nodes)]
        for life, place in self._living():
            ids = world.ex_ids.id_of(life.number), world.job_ids.id_of(life.job)
            for process in range(process_count(life, min(self._last, life.ended - 1))):
                since = life.started if process else life.first("initializing")
                entry = placement.process(life, process, place, *ids)
                items[placement.node_of(life, process)].append(self._item(entry, since, life.ended))
        for node, item in self._more_items():
            items[node].append(item)
        documents = [placement.node(node) for node in range(placement.nodes)]
        for document, extra in sorted(zip(documents, items, strict=True), key=lambda row: str(row[0]["node_id"])):
            extra.sort(key=lambda item: int(item.doc["worker_id"]))
            active = [self._item(entry, self._first, NEVER) for entry in document["active"]] + extra
            yield from self._node(Track(
                id=document["node_id"],
                doc=document | {"active": []},
                lists={"active": active},
                counts={"available": (document["total"], "active")},
                spans=self._spans(self._first, NEVER),
            ))  # fmt: skip

    def _node(self, track: Track) -> Iterator[Track]:
        yield track

    def _item(self, entry: Document, since: int, until: int) -> Item:
        ((a, b),) = self._spans(since, until) or [(None, None)]
        return Item(doc=entry, since=a, until=b)

    def _more_items(self) -> Iterable[tuple[int, Item]]:
        return ()

    def _errors(self) -> Iterator[Track]:
        stretch = self._first, self._last
        for shown in shown_errors(self._world, self._past, stretch, self._part, self._other_executions):
            when, ids = (shown.failed, shown.processed), (shown.ex_id, shown.slice_id)
            document = error_document(when, *ids, shown.drawn)
            yield Track(id=shown.slice_id, doc=document, spans=self._spans(shown.failed, shown.until))


def _execution(world: World, life: Life, t: int) -> Document:
    return world.execution_record(life.number, life.moves_until(t)).fields


def _controller(life: Life, ex_id: str, job_id: str, name: str, t: int) -> Document:
    return controller_document(life, t, ex_id, job_id, name)


def _without(numbers: Any, others: Collection[int]) -> Any:  # noqa: ANN401 - arrays of numpy's
    import numpy as np  # noqa: PLC0415 - as above

    return numbers[~np.isin(numbers, list(others))] if others else numbers


def _pieces(life: Life, begin: int, last: int) -> list[Piece]:
    """The line of `processed` as far as `[begin, last]` shows it: still, counting, still."""
    pieces = [(life.created, 0, 0), life.piece]
    if life.frozen != NEVER:
        pieces.append((life.frozen, life.processed(life.frozen), 0))
    past = sum(piece[0] <= begin for piece in pieces)
    return [piece for piece in pieces[max(0, past - 1) :] if piece[0] <= last]


def _steps(values: list[tuple[int, int]]) -> list[Piece]:
    """Turn a number's values by instant into pieces that stand still, one for each time it becomes another."""
    changed = [values[0], *(now for before, now in pairwise(values) if before[1] != now[1])]
    return [(t, value, 0) for t, value in changed]


def changes(
    instants: list[int], begin: int, last: int, document: Callable[[int], Document], ignore: tuple[str, ...] = ()
) -> list[Change]:
    """Turn a document's states into dated deltas: what is set or removed at each instant in `(begin, last]`."""
    found = []
    before = document(begin)
    for t in instants:
        if not begin < t <= last:
            continue
        after = document(t)
        changed = {k: v for k, v in after.items() if k not in ignore and (k not in before or before[k] != v)}
        removed = [key for key in before if key not in after]
        if changed or removed:
            change = Change(t=t, set=changed, unset=removed)
            # Another order of the same fields is another document.
            same = list(apply(before, change)) == list(after)
            found.append(change if same else Change(t=t, doc=after))
        before = after
    return found
