"""The recording itself: ticks, frames into the journal, and the bundle at the end.

Owns the order of things: a frame is asked for, redacted, journalled, and only then is the next one asked for. What
ends a recording early (Ctrl-C, a full disk) leaves the bundle of what there is, or the journal and a line about it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import __version__
from toolkit.bundle.writer import check_target, write_bundle
from toolkit.clock import Clock, RunningClock, wall_now
from toolkit.errors import RecordError, TargetError, ToolkitError
from toolkit.recorder.access import Access
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Client, Limits
from toolkit.recorder.compose import Composer
from toolkit.recorder.frames import FrameReader
from toolkit.recorder.interrupt import Interrupt, Interrupted
from toolkit.recorder.journal import Journal
from toolkit.recorder.pages import WINDOW
from toolkit.recorder.plan import Plan
from toolkit.recorder.redact import Redactor
from toolkit.recorder.tally import Tally, described
from toolkit.recorder.watching import Standing
from toolkit.timeline.view import NEVER
from toolkit.tracks.fold import fold

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from toolkit.recorder.frames import Seen
    from toolkit.recorder.plan import Resumption
    from toolkit.recorder.watching import Watcher

UNTIL_INTERRUPTED = NEVER
"""A `for_ms` that does not end by itself."""
_LATE_MS = 100
"""A tick that comes later than this is counted as late, and its frame has the instant at which it was taken."""
_KEY_BYTES = 32


@dataclass(frozen=True)
class Surroundings:
    """What a recording gets from outside, so that tests can stand in for it.

    Attributes:
        clock: Gives the ticks.
        sleep: Waits for so many seconds.
        limits: How patient to be with the cluster.
    """

    clock: Clock = field(default_factory=lambda: RunningClock(wall_now(), NEVER))
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    limits: Limits = field(default_factory=Limits)


def record(  # noqa: PLR0913 - the flags of the command
    url: str,
    *,
    every_ms: int,
    for_ms: int,
    target: Path,
    redact: bool,
    force: bool,
    say: Callable[[str], None],
    access: Access | None = None,
    around: Surroundings | None = None,
) -> Path:
    """Record a cluster into a bundle.

    Args:
        url: Its address.
        every_ms: From one tick to the next, at least 1.
        for_ms: How long, both ends included; 0 is one frame, `UNTIL_INTERRUPTED` goes on until Ctrl-C.
        target: The bundle's directory.
        redact: Whether names become pseudonyms and credentials are dropped, before anything is written.
        force: Whether a bundle that is there already is replaced.
        say: Takes lines for the person who waits.
        access: What the cluster is shown; nothing by default.
        around: The clock and the patience; the real ones by default.

    Returns:
        The target.

    Raises:
        UsageError: If the address is none.
        TargetError: If the target is taken or cannot be written.
        RecordError: If there is no cluster to record.
        KeyboardInterrupt: If interrupted before there was anything, or twice.
    """
    around = around or Surroundings()
    plan = Plan(
        parse_address(url), access or Access(), around.limits, every_ms, for_ms, target,
        errors=False, redact=redact, keep_names=False, key=None, force=force,
    )  # fmt: skip
    return record_plan(plan, _Lines(say), around)


class _Lines:
    """Tells everything as lines, a frame too unless it is the only one."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def say(self, text: str) -> None:
        self._say(text)

    def frame(self, standing: Standing, told: str) -> None:
        of = "" if standing.of is None else f" of {standing.of:,}"
        if standing.of != 1:
            self._say(f"frame {standing.frames + standing.missed:,}{of}: {told}")


def record_plan(plan: Plan, watcher: Watcher, around: Surroundings | None = None) -> Path:
    """Record as planned, with the plan's limits; gives the target.

    Raises:
        TargetError: If the target is taken or cannot be written.
        RecordError: If there is no cluster to record.
        KeyboardInterrupt: If interrupted before there was anything, or twice.
    """
    _check_place(plan)
    return _Recording(plan, watcher, around or Surroundings()).run()


def resume(resumption: Resumption, watcher: Watcher, around: Surroundings | None = None) -> Path:
    """Go on with a recording that was cut off; gives the bundle's directory.

    Raises:
        RecordError: If there is no recording to go on with.
    """
    del watcher, around
    msg = f"cannot resume {resumption.folder}: this version cannot go on with a recording; record the cluster anew"
    raise RecordError(msg)


class _Recording:
    def __init__(self, plan: Plan, watcher: Watcher, around: Surroundings) -> None:
        self._plan = plan
        self._watcher = watcher
        self._say = watcher.say
        self._around = around
        self._redactor = Redactor(plan.key or secrets.token_bytes(_KEY_BYTES)) if plan.redact else None
        self._composer = Composer(self._redactor)
        head = {"toolkit": __version__, "redacted": plan.redact, "every_ms": plan.every_ms}
        self._journal = Journal(Path(os.path.realpath(plan.target)), head)
        self._tally = Tally()

    def run(self) -> Path:
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
        except KeyboardInterrupt:
            kept = self._kept()
            if kept:
                self._say(f"interrupted{kept}")
            raise

    def _ended_early(self) -> None:
        if not self._tally.frames:
            self._say("interrupted before the first frame was complete: nothing was recorded")
            raise KeyboardInterrupt
        self._say("interrupted: making the bundle of what was recorded (Ctrl-C again gives that up)")

    def _kept(self) -> str:
        """Say where the frames are, if there are any; a journal without one is removed."""
        if not self._tally.frames:
            self._journal.remove()
            return ""
        return f"; what was recorded is kept in {self._journal.place}"

    async def _record(self, interrupt: Interrupt) -> None:
        plan, clock, tally = self._plan, self._around.clock, self._tally
        async with Client(plan.address, plan.limits, plan.access) as client:
            reader = FrameReader(client, plan.address.shown)
            start = clock.now()
            last_tick = plan.for_ms // plan.every_ms
            tick = 0
            while tick <= last_tick:
                due = start + tick * plan.every_ms
                await interrupt.guard(self._around.sleep(clock.seconds_until(due) or 0))
                begun = clock.now()
                late = begun - due > _LATE_MS
                seen = await interrupt.guard(reader.read(begun if late else due))
                tally.late += late
                self._take(seen, client)
                passed = (clock.now() - start) // plan.every_ms
                following = max(tick + 1, min(passed, last_tick + 1))
                tally.missed += following - tick - 1
                tick = following

    def _take(self, seen: Seen, client: Client) -> None:
        tally = self._tally
        frame = self._composer.frame(max(seen.t, tally.last + 1) if tally.frames else seen.t, seen)
        self._journal.append(frame)
        for name in sorted(seen.cut - tally.cut):
            self._say(f"the cluster lists no more than {WINDOW:,} {name}: what lies behind them is not recorded")
        tally.take(frame.t, seen)
        endless = self._plan.for_ms == UNTIL_INTERRUPTED
        of = self._plan.for_ms // self._plan.every_ms + 1
        left = max(0, of - tally.frames - tally.missed) * self._plan.every_ms
        standing = Standing(
            tally.frames,
            None if endless else of,
            None if endless else left,
            tally.late,
            tally.missed,
            client.requests,
            client.received,
            0,
            tally.gaps.total(),
        )
        self._watcher.frame(standing, described(frame))

    def _finish(self) -> Path:
        tally = self._tally
        folded = fold(self._journal.frames())
        path = write_bundle(
            self._plan.target,
            folded.tracks,
            first=tally.first,
            last=tally.last,
            origin=self._origin(),
            orders=folded.orders,
            frames=folded.frames,
            force=self._plan.force,
        )
        self._journal.remove()
        self._say(self._tally.summary(self._redactor.report if self._redactor else None))
        return path

    def _origin(self) -> dict[str, Any]:
        redactor, address = self._redactor, self._plan.address
        origin = {
            "kind": "recorded",
            "toolkit": __version__,
            "address": address.shown if redactor is None else redactor.address(address.base),
            "cluster": self._composer.info,
            "every_ms": self._plan.every_ms,
            **self._tally.noted(),
            "redacted": redactor is not None,
        }
        if self._plan.access.insecure:
            origin["insecure"] = True
        return origin if redactor is None else origin | {"redaction": redactor.report._asdict()}


def _check_place(plan: Plan) -> None:
    """Check that the bundle can be written where it is wanted, before the cluster is asked for anything."""
    check_target(plan.target, force=plan.force)
    place = Path(os.path.realpath(plan.target)).parent
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        msg = f"cannot record into {plan.target}: {place} cannot be written to; choose another place"
        raise TargetError(msg)
