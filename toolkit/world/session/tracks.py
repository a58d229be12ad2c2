"""A world with what clients did to it as tracks: the facts of the session, added to what is left of the closed form."""

from __future__ import annotations

from functools import partial
from heapq import merge
from typing import TYPE_CHECKING, Final

from toolkit.timeline.view import NEVER
from toolkit.tracks.track import Counter, Item, Piece, Track
from toolkit.world.documents import controller_document
from toolkit.world.export import DERIVED, Export, changes
from toolkit.world.life import MILLION, Life
from toolkit.world.part import WHOLE, Part
from toolkit.world.session.view import failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.model.wire import Document
    from toolkit.world.session.course import Course
    from toolkit.world.session.session import Session

_OWN_QUEUE: Final = ("processed", "failed", "subslices")


class SessionExport(Export):
    """The tracks of a session that has been folded up to the last instant of the stretch."""

    def __init__(  # noqa: PLR0913 - as `Export`
        self, session: Session, first: int, last: int, *, until: int, begin: int, part: Part = WHOLE
    ) -> None:
        """Choose the stretch; as `Export`."""
        super().__init__(session.world, first, last, until=until, begin=begin, part=part)
        self._session = session
        self._other_jobs = session.base.jobs
        self._other_executions = session.base.out_by(last)

    def tracks(self) -> dict[str, Iterator[Track]]:
        """Give every collection's tracks, made one by one as they are asked for."""
        more = {
            "jobs": self._dossiers(),
            "executions": self._courses(),
            "controllers": self._course_controllers(),
            "errors": self._course_errors(),
        }
        tracks = super().tracks()
        return tracks | {name: merge(tracks[name], of, key=lambda track: track.id) for name, of in more.items()}

    def record_count(self) -> int:
        """Count the jobs and executions, for progress."""
        return super().record_count() + sum(map(self._part.holds, [*self._session.jobs, *self._session.courses]))

    def _lived(self, first: int, last: int) -> Iterable[Life | Course]:
        return self._session.lived(first, last)

    def _living(self) -> list[tuple[Life, int | None]]:
        return self._session.base.living_between(self._first, self._last)

    def _assets(self) -> Iterator[Track]:
        # One that was deleted at the instant at which it was saved was never there.
        found = [
            asset
            for asset in self._session.assets.every
            if asset.since <= self._last and asset.until > max(self._first, asset.since)
        ]
        tracks = [
            Track(id=str(a.record.fields["id"]), doc=a.record.fields, spans=self._spans(a.since, a.until))
            for a in found
        ]
        return iter(sorted(tracks, key=lambda track: track.id))

    def _dossiers(self) -> Iterator[Track]:
        for job_id, dossier in sorted(self._session.jobs.items()):
            if dossier.times[0] > self._last:
                continue
            begin = max(self._first, dossier.times[0])

            def document(t: int) -> Document:
                record = dossier.at(t)  # noqa: B023 - called before the next one
                assert record is not None
                return record.fields

            yield Track(
                id=job_id,
                doc=document(begin),
                changes=changes(dossier.times, begin, self._last, document),
                spans=self._spans(dossier.times[0], NEVER),
            )

    def _sorted_courses(self) -> list[Course]:
        return [course for _, course in sorted(self._session.courses.items()) if course.created <= self._last]

    def _courses(self) -> Iterator[Track]:
        for course in self._sorted_courses():
            begin = max(self._first, course.created)
            document = partial(_execution, self._session, course)
            instants = sorted({*(t for t, _ in course.moves), course.deleted})
            yield Track(
                id=course.ex_id,
                doc=document(begin),
                changes=changes(instants, begin, self._last, document),
                spans=self._spans(course.created, NEVER),
            )

    def _course_controllers(self) -> Iterator[Track]:
        for course in self._sorted_courses():
            begin, end = max(self._first, course.connects), min(self._last, course.left - 1)
            if begin > end:
                continue
            document = partial(_controller, course)
            floods = course.pace is not None and course.pace.floods and course.pace.total is None
            failed = Counter(of="processed", times=course.ppm, per=MILLION)
            if course.upsets.broke is not None:
                failed = Counter(pieces=_shown(_failed(course, begin, *course.upsets.broke), begin, end))
            counters = {
                "processed": Counter(pieces=_shown(course.line, begin, end)),
                "failed": failed,
                "subslices": Counter(of="processed", times=course.permille, per=1000),
            }
            ignored: tuple[str, ...] = _OWN_QUEUE
            if course.life is not None and not course.upsets.levels:
                counters["queued"], ignored = Counter(of="workers_active"), DERIVED
            elif floods and course.pending is None:
                counters["queued"] = Counter(pieces=_shown(_still_from(course.queue, course), begin, end))
                ignored = DERIVED
            yield Track(
                id=course.ex_id,
                doc=document(begin),
                changes=changes(_instants(course, begin, end, ignored), begin, end, document, ignore=ignored),
                counters=counters,
                spans=self._spans(course.connects, course.left),
            )

    def _node(self, track: Track) -> Iterator[Track]:
        outages = self._session.outages
        number = self._world.placement.number_of(track.id)
        assert number is not None
        stretches = [
            (max(since, self._first), until)
            for since, until in outages.stretches(number, self._first)
            if since <= self._last and self._first < until
        ]
        if not stretches:
            return
        begin = stretches[0][0]

        def document(t: int) -> Document:
            # While it is not shown nobody asks.
            return outages.shown(number, track.doc, t) or track.doc

        yield Track(
            id=track.id,
            doc=document(begin),
            changes=changes(outages.edges(number), begin, self._last, document),
            lists=track.lists,
            counts=track.counts,
            spans=[span for stretch in stretches for span in self._spans(*stretch)],
        )

    def _more_items(self) -> Iterable[tuple[int, Item]]:
        for course in self._session.courses.values():
            for process in course.processes:
                if process.shown <= self._last and process.until > max(process.shown, self._first):
                    entry = self._session.process_document(process)
                    yield process.slot[0], self._item(entry, process.shown, process.until)

    def _course_errors(self) -> Iterator[Track]:
        scenario = self._world.scenario
        tracks: list[Track] = []
        for course in self._sorted_courses():
            if not course.fails_ever or course.started > self._last:
                continue
            shown = (failures(course, t, scenario.errors_newest, scenario.errors_within) for t in (
                max(self._first, course.created), self._last,
            ))  # fmt: skip
            begin, end = (numbers for numbers in shown)
            for nth in range(begin.start, end.stop):
                tracks += self._error(course, nth)
        yield from sorted(tracks, key=lambda track: track.id)

    def _error(self, course: Course, nth: int) -> Iterator[Track]:
        """Give the track of an error record, unless it is pushed out as soon as it is there."""
        scenario = self._world.scenario
        since, _ = course.failure_time(nth)
        until = min(course.fails(nth + scenario.errors_newest), course.expires(since + scenario.errors_within))
        if since < until:
            document = self._session.error_record(course, nth).fields
            yield Track(id=document["slice_id"], doc=document, spans=self._spans(since, until))


def _instants(course: Course, begin: int, end: int, ignored: tuple[str, ...]) -> list[int]:
    """Give the instants at which a controller's fields change, those apart that counters give."""
    if "queued" not in ignored and course.life is None:
        return _every(course, begin, end)
    instants = {t for t, _ in course.moves} | course.edges() | {course.since}
    instants |= {course.drained(t) for t, status in course.moves if status == "paused"}
    completes = course.queuing_complete(NEVER)
    instants |= set() if completes is None else {completes}
    life = course.life
    if life is not None and course.started <= end:
        shifts = range(course.started, end + 1, life.holds)
        instants.update(shifts[max(0, (begin - course.started) // life.holds) :])
        instants |= {*life.losses, *life.returns}
    return sorted(instants)


def _every(course: Course, begin: int, end: int) -> list[int]:
    instants, t = [], begin
    while (t := course.stats_until(t)) <= end:
        instants.append(t)
    return instants


def _failed(course: Course, begin: int, processed: int, failed: int) -> list[Piece]:
    """Give the line of the failed slices of an execution of which from some slice on every one fails.

    Args:
        course: The execution.
        begin: From when on the line is asked for.
        processed: How many slices are processed before.
        failed: How many of them failed.
    """
    breaks, known = course.upsets.breaks, course.failed(begin)
    steps = [(begin, known, 0)] if begin < breaks else []
    steps += [(course.failure_time(nth)[0], nth, 0) for nth in range(known + 1, failed + 1)] if begin < breaks else []
    return steps + [(at, value - processed + failed, rate) for at, value, rate in course.line if at >= breaks]


def _still_from(pieces: list[Piece], course: Course) -> list[Piece]:
    """Let a line stand still from when the counters are final."""
    final = course.final
    if final == NEVER:
        return pieces
    return [piece for piece in pieces if piece[0] < final] + [(final, course.queued(final), 0)]


def _shown(pieces: list[Piece], begin: int, last: int) -> list[Piece]:
    """Give the pieces as far as `[begin, last]` shows them."""
    past = sum(piece[0] <= begin for piece in pieces)
    return [piece for piece in pieces[max(0, past - 1) :] if piece[0] <= last]


def _execution(session: Session, course: Course, t: int) -> Document:
    return session.record(course, t).fields


def _controller(course: Course, t: int) -> Document:
    return controller_document(course, t, course.ex_id, course.job_id, course.name)
