"""The recording itself: ticks, frames into the journal, and the bundle at the end.

Owns the order of things: a frame is asked for, redacted, journalled, and only then is the next one asked for. What
ends a recording early (Ctrl-C, a full disk) leaves the bundle of what there is, or the journal and a line about it.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from toolkit.bundle.writer import check_target, journal_of, nearest_folder
from toolkit.clock import Clock, RunningClock, wall_now
from toolkit.errors import BundleDamaged, RecordError, TargetError, ToolkitError, UsageError
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Client
from toolkit.recorder.compose import Composer
from toolkit.recorder.entries import frame_entry, read_frame
from toolkit.recorder.finish import Finished, Head, finish, open_journal, read_head, target_of
from toolkit.recorder.frames import FrameReader
from toolkit.recorder.interrupt import Interrupt, Interrupted
from toolkit.recorder.journal import FORMAT, Journal
from toolkit.recorder.plan import UNTIL_INTERRUPTED, Plan, Resumption
from toolkit.recorder.redact import Redactor
from toolkit.recorder.tally import Tally, described
from toolkit.recorder.watching import Standing
from toolkit.timeline.view import NEVER
from toolkit.tracks.steps import Stepper

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from toolkit.recorder.frames import Seen
    from toolkit.recorder.watching import Watcher

_LATE_MS = 100
"""A tick that comes later than this is counted as late, and its frame has the instant at which it was taken."""
KEY_BYTES = 32
"""How long a key is that nobody gave."""


@dataclass(frozen=True)
class Surroundings:
    """What a recording gets from outside, so that tests can stand in for it.

    Attributes:
        clock: Gives the ticks.
        sleep: Waits for so many seconds.
    """

    clock: Clock = field(default_factory=lambda: RunningClock(wall_now(), NEVER))
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


def record(plan: Plan, watcher: Watcher, around: Surroundings | None = None) -> Finished:
    """Record a cluster into a bundle.

    Args:
        plan: What is asked for.
        watcher: Told how it goes.
        around: The clock and how to wait; the real ones by default.

    Raises:
        TargetError: If the target is taken or cannot be written, or holds a recording that was not finished.
        RecordError: If there is no cluster to record.
        KeyboardInterrupt: If interrupted before there was anything, or twice; its text says what became of it.
    """
    _check_place(plan)
    journal = Journal(journal_of(Path(os.path.realpath(plan.target))))
    if journal.there:
        journal.hold()
        if not plan.force:
            journal.close()
            msg = (
                f"cannot record into {plan.target}: a recording into it was not finished; toolkit finish {plan.target} "
                f"makes its bundle, toolkit record --resume {plan.target} goes on, --force throws it away"
            )
            raise TargetError(msg)
        journal.remove()
    around = around or Surroundings()
    redactor = _redactor(plan)
    head = Head(
        journal=FORMAT,
        start=around.clock.now(),
        every_ms=plan.every_ms,
        for_ms=plan.for_ms,
        errors=plan.errors,
        redacted=plan.redact,
        keep_names=plan.keep_names,
        key=_fingerprint(plan.key) if plan.key is not None else None,
        address=plan.address.shown if redactor is None else redactor.address(plan.address.base),
        insecure=plan.access.insecure,
    )
    return _Recording(plan, head, journal, redactor, watcher, around).run()


def resume(asked: Resumption, watcher: Watcher, around: Surroundings | None = None) -> Finished:
    """Go on with a recording that was cut off, and make its bundle.

    Args:
        asked: Where the journal is, and how to reach the cluster.
        watcher: Told how it goes.
        around: The clock and how to wait; the real ones by default.

    Raises:
        BundleNotFound: If there is no such recording.
        BundleDamaged: If its journal cannot be read.
        UsageError: If it is over, its key is another one, or its address is not known.
        TargetError: If another process is recording into it, or it cannot be written.
    """
    around = around or Surroundings()
    with open_journal(asked.folder) as journal:
        head, texts = read_head(journal)
        plan = _resumed(asked, head, target_of(journal, asked.folder), around.clock.now())
        check_target(plan.target, force=False)
        recording = _Recording(plan, head, journal, _redactor(plan), watcher, around)
        for text in texts:
            recording.follow(text)
        if journal.lost:
            msg = (
                f"cannot go on with {asked.folder}: its journal is damaged, {journal.lost:,} frames behind the damage "
                f"cannot be used; toolkit finish {asked.folder} makes a bundle of the others and keeps the journal"
            )
            raise BundleDamaged(msg)
        if head.redacted and head.key is None:
            recording.learn()
            watcher.say(
                "this recording's key was not stored: names seen before keep their pseudonyms where a record tells "
                "them, others may get new ones (--redaction-key-file would keep all)"
            )
        return recording.run()


def _resumed(asked: Resumption, head: Head, target: Path, now: int) -> Plan:
    """Make the plan of a recording that goes on."""
    problem = f"cannot go on with {asked.folder}: "
    if head.key is not None and (asked.key is None or _fingerprint(asked.key) != head.key):
        msg = (
            f"{problem}its pseudonyms are made with the key of a file, and this is not it; "
            "give the same file with --redaction-key-file"
        )
        raise UsageError(msg)
    if asked.address is None and head.redacted:
        msg = f"{problem}a redacted recording does not hold the cluster's address; give it again, before --resume"
        raise UsageError(msg)
    if asked.for_ms is not None:
        head.for_ms = min(UNTIL_INTERRUPTED, now - head.start + asked.for_ms)
    if now > head.start + head.for_ms:
        msg = (
            f"{problem}the time it was to last is over; toolkit finish {asked.folder} makes its bundle, "
            "--for says how much longer to record"
        )
        raise UsageError(msg)
    address = asked.address or parse_address(head.address)
    return Plan(
        address=address,
        target=target,
        every_ms=head.every_ms,
        for_ms=head.for_ms,
        access=asked.access(address),
        limits=asked.limits,
        errors=head.errors,
        redact=head.redacted,
        keep_names=head.keep_names,
        key=asked.key,
    )


class _Recording:
    def __init__(  # noqa: PLR0913, PLR0917 - everything that it is made of
        self,
        plan: Plan,
        head: Head,
        journal: Journal,
        redactor: Redactor | None,
        watcher: Watcher,
        around: Surroundings,
    ) -> None:
        self._plan = plan
        self._head = head
        self._journal = journal
        self._redactor = redactor
        self._watcher = watcher
        self._around = around
        self._stepper = Stepper()
        self._composer = Composer(redactor, self._stepper)
        self._tally = Tally()
        self._before = Tally()
        self._client: Client | None = None
        self._resumed = False

    def follow(self, text: memoryview) -> None:
        """Take in a frame that an earlier run recorded."""
        frame, self._before = read_frame(text)
        self._stepper.follow(frame)
        self._before.resumed += 1
        self._resumed = True
        self._tally = msgspec.structs.replace(self._before)

    def _ids(self) -> set[str]:
        return {*self._stepper.order("jobs"), *self._stepper.order("executions")}

    def learn(self) -> None:
        """Take pseudonyms from the records of an earlier run, whose key is gone."""
        self._composer.learn()

    def run(self) -> Finished:
        try:
            with Interrupt() as interrupt:
                try:
                    asyncio.run(self._record(interrupt))
                except Interrupted:
                    self._ended_early()
                return self._finish()
        except ToolkitError as error:
            kept = self._kept()
            if not kept:
                raise
            msg = f"{error}{kept}"
            raise type(error)(msg) from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            advice = f"make room or choose another place{self._kept()}"
            msg = f"cannot record into {self._plan.target}: {reason}; {advice}"
            raise TargetError(msg) from error
        except KeyboardInterrupt as error:
            kept = self._kept()
            if not kept:
                raise
            msg = f"interrupted{kept}"
            raise KeyboardInterrupt(msg) from error
        except Exception as error:  # noqa: BLE001 - whatever nobody thought of
            # Its own words and its traceback may hold what was seen: they are not shown.
            msg = f"cannot go on recording: a defect of the toolkit ({_where(error)}); please report it{self._kept()}"
            raise RecordError(msg) from None
        finally:
            self._journal.close()

    def _ended_early(self) -> None:
        if not self._tally.frames:
            msg = "interrupted before the first frame was complete: nothing was recorded"
            raise KeyboardInterrupt(msg)
        self._watcher.say("interrupted: making the bundle of what was recorded (Ctrl-C again gives that up)")

    def _kept(self) -> str:
        """Say where the frames are, if there are any; a journal without one is removed."""
        if not self._tally.frames:
            self._journal.remove()
            return ""
        return (
            f"; what was recorded is kept in {self._journal.place}: toolkit finish {self._plan.target} makes the bundle"
        )

    async def _record(self, interrupt: Interrupt) -> None:
        plan, clock = self._plan, self._around.clock
        last_tick = plan.last_tick
        async with Client(plan.address, plan.limits, plan.access) as client:
            self._client = client
            if not self._tally.frames:
                # Only now: making ready must not make the first tick late.
                self._head.start = clock.now()
            start = self._head.start
            reader = FrameReader(client, plan.address.shown, errors=plan.errors, brief=True)
            tick = self._next_tick()
            while tick <= last_tick:
                due = start + tick * plan.every_ms
                await interrupt.guard(self._around.sleep(clock.seconds_until(due) or 0))
                begun = clock.now()
                late = begun - due > _LATE_MS
                self._tally.ticks = tick + 1
                taken = begun if late else due
                # No name holds what was seen: it would take room until the next frame was read.
                self._take(await interrupt.guard(reader.read(taken)), taken, late=late)
                passed = (clock.now() - start) // plan.every_ms
                following = max(tick + 1, min(passed, last_tick + 1))
                self._tally.missed += following - tick - 1
                tick = following

    def _next_tick(self) -> int:
        """Give the tick to go on with; those since the last frame of an earlier run were missed."""
        if not self._tally.frames:
            return 0
        done = self._tally.ticks
        tick = max(done, -((self._head.start - self._around.clock.now()) // self._plan.every_ms))
        self._tally.missed += min(tick, self._plan.last_tick + 1) - done
        return tick

    def _take(self, seen: Seen, taken: int, *, late: bool) -> None:
        tally = self._tally
        tally.late += late
        known = self._ids() if self._resumed else set()
        frame = self._composer.frame(max(seen.t, tally.last + 1) if tally.frames else seen.t, seen)
        for name in sorted(seen.cut.keys() - tally.cut.keys()):
            self._watcher.say(f"not all {name} can be reached, so not recorded is {seen.cut[name]}")
        if self._resumed and known.isdisjoint(self._ids()) and not seen.gaps:
            self._watcher.say("no job and no execution seen before is there: is this the same cluster?")
        self._resumed = False
        tally.take(frame, seen)
        tally.taken = taken
        self._count()
        sizes = {name: len(records) for name, records in seen.records.items() if name not in {"info", "stats"}}
        seen.records.clear()  # makes room for writing it
        entry = frame_entry(frame, msgspec.to_builtins(tally))
        try:
            if self._journal.there:
                self._journal.append(entry)
            else:
                self._journal.append(msgspec.to_builtins(self._head), entry)
        except OSError:
            tally.frames -= 1
            raise
        self._watcher.frame(self._standing(), described(sizes, frame.gaps))

    def _count(self) -> None:
        """Put what this run counted on top of what earlier ones did."""
        tally, before = self._tally, self._before
        if self._client is not None:
            tally.requests = before.requests + self._client.requests
            tally.received = before.received + self._client.received
        if self._redactor is not None:
            report = self._redactor.report
            tally.credentials = before.credentials + report.credentials
            tally.pseudonyms = before.pseudonyms + report.pseudonyms
            tally.leaks = before.leaks + report.leaks

    def _standing(self) -> Standing:
        tally, plan = self._tally, self._plan
        endless = plan.for_ms >= UNTIL_INTERRUPTED
        return Standing(
            frames=tally.frames,
            of=None if endless else plan.last_tick + 1,
            left_ms=None if endless else max(0, plan.last_tick + 1 - tally.ticks) * plan.every_ms,
            late=tally.late,
            missed=tally.missed,
            requests=tally.requests,
            received=tally.received,
            changes=tally.changes,
            gaps=sum(tally.gaps.values()),
        )

    def _finish(self) -> Finished:
        done = finish(
            self._journal,
            self._plan.target,
            force=self._plan.force,
            secrets=_secrets(self._plan) if self._plan.redact else (),
            tally=self._tally,
        )
        self._watcher.say(done.tally.summary(redacted=done.head.redacted))
        return done


def _where(error: Exception) -> str:
    """Tell an error's type and place, and nothing of what it says."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"


def _redactor(plan: Plan) -> Redactor | None:
    if not plan.redact:
        return None
    key = secrets.token_bytes(KEY_BYTES) if plan.key is None else plan.key
    return Redactor(key, keep_names=plan.keep_names, secrets=_secrets(plan))


def _secrets(plan: Plan) -> tuple[str, ...]:
    """Give the very texts that got us into the cluster: none of them may be in a recording."""
    return (*plan.access.secrets, plan.address.base.host)


def _fingerprint(key: bytes) -> str:
    """Tell a key from others without telling the key."""
    return hmac.digest(key, b"the key of a recording", "sha256").hex()[:16]


def _check_place(plan: Plan) -> None:
    """Check that the bundle can be written where it is wanted, before the cluster is asked for anything."""
    check_target(plan.target, force=plan.force)
    place = nearest_folder(Path(os.path.realpath(plan.target)))
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        msg = f"cannot record into {plan.target}: {place} cannot be written to; choose another place"
        raise TargetError(msg)
