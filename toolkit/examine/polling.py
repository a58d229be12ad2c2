"""Looks at a live cluster: the recorder's frames, judged instead of stored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.clock import RunningClock, wall_now
from toolkit.errors import RecordError
from toolkit.examine.examiner import Examiner, Look
from toolkit.model.wire import loads
from toolkit.recorder.client import Client, Limits
from toolkit.recorder.fault import Fault
from toolkit.recorder.frames import FrameReader
from toolkit.recorder.interrupt import Interrupt, Interrupted
from toolkit.timeline.view import NEVER
from toolkit.tracks.fold import record_id
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.model.wire import Document
    from toolkit.recorder.access import Access
    from toolkit.recorder.address import Address
    from toolkit.recorder.frames import Seen

_CLUSTER: Final = ("info", "stats")


class Poll(NamedTuple):
    """What to look at, and how often.

    Attributes:
        address: Where the cluster is.
        every_ms: From one look to the next, at least 1.
        for_ms: How long, both ends included.
        settle_ms: For how long what may pass must last before it is told.
        limits: How patient to be with the cluster.
        access: How to get in.
    """

    address: Address
    every_ms: int
    for_ms: int
    settle_ms: int
    limits: Limits = Limits()
    access: Access | None = None


def examine_live(
    poll: Poll, say: Callable[[str], None], done: Callable[[int, int], None] = lambda _done, _all: None
) -> Examiner:
    """Judge a live cluster; Ctrl-C ends the looking, and what was found counts.

    Args:
        poll: What to look at.
        say: Takes lines for the person who waits.
        done: Told how many looks are over, and how many there are to be.

    Raises:
        RecordError: If there is no cluster.
        KeyboardInterrupt: If interrupted before there was anything to judge.
    """
    polling = _Polling(poll, say, done)
    with Interrupt() as interrupt:
        try:
            asyncio.run(polling.run(interrupt))
        except Interrupted:
            say("interrupted: this is what was found so far")
            if not polling.examiner.looks:
                raise KeyboardInterrupt from None
    return polling.examiner


class _Polling:
    def __init__(self, poll: Poll, say: Callable[[str], None], done: Callable[[int, int], None]) -> None:
        self._poll = poll
        self._say = say
        self._done = done
        self._reading = Reading()
        self._gaps: dict[str, str] = {}
        self.examiner = Examiner(poll.settle_ms)

    async def run(self, interrupt: Interrupt) -> None:
        poll, clock = self._poll, RunningClock(wall_now(), NEVER)
        async with Client(poll.address, poll.limits, poll.access) as client:
            exact = await interrupt.guard(_is_exact(client))
            reader = FrameReader(client, poll.address.shown)
            start = clock.now()
            tick, last = 0, poll.for_ms // poll.every_ms
            while tick <= last:
                self._done(tick, last + 1)
                await interrupt.guard(asyncio.sleep(clock.seconds_until(start + tick * poll.every_ms) or 0))
                try:
                    seen = await interrupt.guard(reader.read(clock.now()))
                except RecordError as error:
                    msg = str(error).replace("cannot record", "cannot check", 1)
                    raise RecordError(msg) from None
                self._tell_gaps(seen)
                self.examiner.take(self._reading.look(seen, exact=exact))
                tick = max(tick + 1, (clock.now() - start) // poll.every_ms)

    def _tell_gaps(self, seen: Seen) -> None:
        for name in sorted(seen.gaps.keys() - self._gaps.keys()):
            self._say(f"{name} could not be read and was not judged then: {seen.gaps[name]}")
        self._gaps |= seen.gaps


async def _is_exact(client: Client) -> bool:
    """Tell whether the cluster answers whole frames as of one instant: the toolkit's own live server does."""
    try:
        answer = await client.get("/_toolkit/healthz", _mode, attempts=1)
    except Fault:
        return False
    return answer.value == "live"


def _mode(body: bytes) -> object:
    try:
        value = loads(body)
    except ValueError:
        return None
    return value.get("mode") if isinstance(value, dict) else None


class Reading:
    """Makes looks of frames; what did not change since the last one is not read again."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._texts: dict[tuple[str, str], tuple[bytes, Document]] = {}

    def look(self, seen: Seen, *, exact: bool) -> Look:
        """Make a look of a frame."""
        records: dict[str, list[tuple[str, Document]]] = {}
        for source, entries in seen.records.items():
            kind = "cluster" if source in _CLUSTER else source
            if kind in KINDS:
                records.setdefault(kind, []).extend(self._keyed(source, entries))
        partial = frozenset(seen.cut) | frozenset(seen.gaps)
        return Look(seen.t, records, exact=exact, partial=partial)

    def _keyed(self, source: str, entries: Sequence[tuple[str, bytes]]) -> list[tuple[str, Document]]:
        """Key a source's records; of those with one id, the second and further ones get a number added."""
        found: dict[str, Document] = {}
        for place, (key, record) in enumerate(entries):
            doc = self._document(source, key or str(place), record)
            own = key if source == "nodes" or source in _CLUSTER else record_id(source, doc)
            name, count = own, 1
            while name in found:
                count += 1
                name = f"{own}#{count}"
            found[name] = doc
        return list(found.items())

    def _document(self, source: str, key: str, record: bytes) -> Document:
        known = self._texts.get((source, key))
        if known is None or known[0] != record:
            known = self._texts[source, key] = record, loads(record)
        return known[1]
